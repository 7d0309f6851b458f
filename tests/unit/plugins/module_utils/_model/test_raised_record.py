# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.raised_record import MOST, Raised, parse, record

NUMBERS = st.integers(0, 2**63 - 1)
ONES = st.builds(Raised, NUMBERS, NUMBERS, st.just("2026-11-20T04:23:45Z"), st.none() | NUMBERS, st.none() | NUMBERS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["boot_id", "raised", "inode", "time"]), inner),
    max_leaves=10,
)


@given(st.lists(ONES, max_size=5), st.lists(ONES, max_size=5))
def test_what_is_noted_is_read_back_and_the_newest_of_a_socket_counts(before, new):
    told = json.loads(json.dumps(record(before, new, "boot")))
    found = {(one.network_namespace, one.inode): one for one in parse(told, "boot")}
    assert found == {(one.network_namespace, one.inode): one for one in before + new}
    assert parse(told, "another boot") == []


@given(JSON)
def test_anything_is_read(told):
    assert isinstance(parse(told, "boot"), list)


def test_it_is_bounded():
    many = [Raised(1, number, "2026-11-20T04:23:45Z", 5, 0) for number in range(MOST + 10)]
    rows = parse(record(many, [], "b"), "b")
    assert len(rows) == MOST and rows[-1].inode == MOST + 9
