# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import FINE, condition, worst_first

COUNTS = st.one_of(st.none(), st.integers(0, 5000))


def row(accept: Any = (0, 129), syn: Any = (0, 129, None), drops: Any = 0, reuseport: Any = None, port: int = 80) -> Dict:
    return {
        "accept_queue": {"used": accept[0], "limit": accept[1]},
        "syn_queue": {"used": syn[0], "limit": syn[1], "new_peer_limit": syn[2]},
        "drops": drops,
        "reuseport": reuseport,
        "port": port,
        "address": "0.0.0.0",
    }


def test_states() -> None:
    assert condition(row()).state == FINE
    assert condition(row(accept=(129, 129))).state == "accept queue full"
    assert condition(row(syn=(129, 129, None))).state == "SYN queue full"
    assert condition(row(syn=(97, 129, 97))).state == "SYN queue full"
    assert condition(row(syn=(65, 129, None))).state == "filling up"
    assert condition(row(drops=1)).state == "has dropped"
    assert condition(row(drops=None)).state == FINE
    assert condition(row(syn=(0, 0, None))).state == FINE
    assert condition(row(syn=(None, 129, None), reuseport={"members": 2, "half_open": 258})).state == "SYN queue full"


def test_worst_first() -> None:
    rows = [row(port=1), row(drops=3, port=2), row(accept=(129, 129), port=3), row(syn=(100, 129, None), port=4)]
    assert [found["port"] for found in worst_first(rows)] == [3, 4, 2, 1]


@given(st.lists(st.builds(row, st.tuples(COUNTS, COUNTS), st.tuples(COUNTS, COUNTS, COUNTS), COUNTS), max_size=8))
def test_unknown_values_sort_too(rows: list) -> None:
    assert sorted(map(id, worst_first(rows))) == sorted(map(id, rows))
