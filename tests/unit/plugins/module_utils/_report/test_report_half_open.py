# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Half-open entries as users see them: shares, bounds, and each listener by name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.half_open import Tally, ages
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import Followed, ListenKey, NamespaceView
from ansible_collections.linuxnet.tcp.plugins.module_utils._report.half_open import half_open_facts, shortened

LISTENERS = [ListenKey("ipv4", "0.0.0.0", port, None) for port in (80, 81, 82)]


def view(name, rows, top, followed=None):
    tally = Tally()
    for listener, network, again in rows:
        (age,) = ages([again], [900], 1000)
        tally.of(LISTENERS[listener])[age].append(bytes((198, 51, network, listener)))
        tally.settle()
    return NamespaceView(name=name, sysctls={}, half_open=tally.result(top), followed=followed)


ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 2)), max_size=40)


@given(ROWS, ROWS, st.integers(0, 5))
def test_totals_add_up_and_no_list_is_longer_than_asked(one, other, top):
    views = [view("host", one, 64), view("blue", other, 64)]
    whole = half_open_facts(views, 64)
    assert whole["total"] == len(one) + len(other) == sum(row["total"] for row in whole["listeners"])
    for name in ("retransmitted", "young"):
        assert whole[name] == sum(row[name] for row in whole["listeners"])
    for row in [whole, *whole["listeners"]]:
        assert row["total"] == sum(row["retransmissions"]) == sum(source["count"] for source in row["sources"])
        assert row["retransmitted"] == sum(source["retransmitted"] for source in row["sources"])
        assert row["total"] - row["young"] == sum(source["unanswered"] for source in row["sources"])
        assert not row["total"] or abs(sum(source["share"] for source in row["sources"]) - 1) < 0.01
    totals = [row["total"] for row in whole["listeners"]]
    assert totals == sorted(totals, reverse=True)
    short = shortened(whole, top)
    for row in [short, *short["listeners"]]:
        assert len(row["sources"]) <= top and len(row["peers"]) <= top
    assert short["listeners"] == [dict(row, **shortened(row, top)) for row in whole["listeners"][:top]]
    assert {name: short[name] for name in ("total", "young")} == {name: whole[name] for name in ("total", "young")}


def test_a_listener_is_named_and_says_who_was_followed():
    followed = {LISTENERS[0]: Followed(2.0, 9, 8, 1), LISTENERS[2]: Followed(2.0, 3, 3, 0)}
    found = half_open_facts([view("blue", [(0, 1, 0), (1, 1, 0)], 10, followed)], 10)["listeners"]
    assert [(row["port"], row["total"], row["followed"]) for row in found] == [
        (80, 1, {"seconds": 2.0, "entries": 9, "gone": 8, "asked_again": 1}),
        (81, 1, None),
        (82, 0, {"seconds": 2.0, "entries": 3, "gone": 3, "asked_again": 0}),  # all of them were answered
    ]
    assert {row["network_namespace"] for row in found} == {"blue"}
    assert "followed" not in half_open_facts([view("blue", [(0, 1, 0)], 10)], 10)["listeners"][0]


def test_nothing_gathered_is_nothing_told():
    assert half_open_facts([NamespaceView(name="host", sysctls={})], 10) == {
        "total": 0, "retransmitted": 0, "young": 0, "retransmissions": [], "distinct_sources": 0, "sources": [],
        "peers": [], "listeners": [],
    }  # fmt: skip
