# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counters as /proc prints them, and their movement across wraps and fresh starts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.counters import (
    TCP,
    TCP_EXT,
    delta,
    drops_matter,
    notable,
    parse_counters,
)

NETSTAT_2_6_32 = """\
TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts PruneCalled ListenOverflows ListenDrops
TcpExt: 1 2 3 4 5 6 7
IpExt: InNoRoutes ListenDrops
IpExt: 8 9
"""


def test_a_counter_that_the_kernel_lacks_is_absent():
    assert parse_counters(NETSTAT_2_6_32, "TcpExt", TCP_EXT) == {
        "SyncookiesSent": 1, "SyncookiesRecv": 2, "SyncookiesFailed": 3, "EmbryonicRsts": 4,
        "ListenOverflows": 6, "ListenDrops": 7,
    }  # fmt: skip


def test_signed_values_beside_are_no_trouble():
    assert parse_counters("Tcp: RtoMin MaxConn PassiveOpens\nTcp: 200 -1 18446744073709551615\n", "Tcp", TCP) == {
        "PassiveOpens": 2**64 - 1
    }


@pytest.mark.parametrize("text", ["", "TcpExt: ListenDrops\n", "TcpExt: ListenDrops\nTcpExt:\n", "ListenDrops 3\n"])
def test_what_is_cut_short_gives_nothing(text):
    assert parse_counters(text, "TcpExt", TCP_EXT) == {}


@given(st.text(max_size=300))
def test_no_text_raises(text):
    parse_counters("TcpExt: " + text, "TcpExt", TCP_EXT)


def test_the_window():
    before = {"ListenDrops": 10, "ListenOverflows": 3, "Gone": 1}
    after = {"ListenDrops": 15, "ListenOverflows": 3, "New": 1}
    assert delta(before, after, 5.00049) == {"seconds": 5.0, "ListenDrops": 5, "ListenOverflows": 0}


@pytest.mark.parametrize("width", [32, 64])
def test_a_wrap_goes_on_counting(width):
    top = 2**width
    assert delta({"ListenDrops": top - 2, "PassiveOpens": 7}, {"ListenDrops": 3, "PassiveOpens": 8}, 1.0) == {
        "seconds": 1.0, "ListenDrops": 5, "PassiveOpens": 1,
    }  # fmt: skip


def test_a_fresh_start_counts_from_nothing_for_all():
    before = {"ListenDrops": 5000, "PassiveOpens": 10}
    after = {"ListenDrops": 2, "PassiveOpens": 11}
    assert delta(before, after, 5.0) == {"seconds": 5.0, "ListenDrops": 2, "PassiveOpens": 11}


def test_a_large_counter_that_restarts_has_not_wrapped():
    assert delta({"PassiveOpens": 2**31}, {"PassiveOpens": 4}, 5.0)["PassiveOpens"] == 4


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_a_window_is_a_duration(seconds):
    with pytest.raises(ValueError, match="seconds"):
        delta({}, {}, seconds)


COUNTS = st.dictionaries(st.sampled_from(TCP_EXT), st.integers(0, 2**64 - 1))


@given(COUNTS, COUNTS, st.floats(0, 3600))
def test_no_difference_is_negative(before, after, seconds):
    found = delta(before, after, seconds)
    assert set(found) == {"seconds"} | (set(before) & set(after))
    assert all(value >= 0 for value in found.values())


@given(COUNTS, st.integers(0, 10**6), st.sampled_from([32, 64]))
def test_small_steps_are_exact_even_over_the_top(before, step, width):
    before = {name: value % 2**width for name, value in before.items()}
    after = {name: (value + step) % 2**width for name, value in before.items()}
    for name, value in delta(before, after, 1.0).items():
        assert name == "seconds" or value == step


@pytest.mark.parametrize("drops, opens, expected", [(0, 0, False), (1, 0, True), (1, 1000, True), (1, 1001, False)])
def test_one_drop_in_a_thousand_connections_is_worth_telling(drops, opens, expected):
    assert notable(drops, {"PassiveOpens": opens}) is expected
    assert drops_matter(drops, {"PassiveOpens": opens}, None) is expected


def test_a_window_tells_better_than_all_time():
    assert not drops_matter(50, {}, {"ListenDrops": 0})
    assert drops_matter(50, {"PassiveOpens": 10**9}, {"ListenDrops": 1})
    assert not drops_matter(0, {}, {"ListenDrops": 1})  # another listener's
    assert not drops_matter(None, {}, {"ListenDrops": 1})
