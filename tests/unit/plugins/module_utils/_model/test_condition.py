# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import (
    FINE,
    STATES,
    UNKNOWN,
    condition,
    worst_first,
)

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


@pytest.mark.parametrize(
    ("listener", "state"),
    [
        (row(), FINE),
        (row(accept=(129, 129)), "accept queue full"),
        (row(syn=(129, 129, None)), "SYN queue full"),
        (row(syn=(97, 129, 97)), "SYN queue full"),
        (row(syn=(104, 129, None)), "filling up"),
        (row(syn=(103, 129, None)), FINE),
        (row(syn=(78, 129, 97)), "filling up"),
        (row(accept=(104, 129)), "filling up"),
        (row(drops=1), "has dropped"),
        (row(syn=(None, 129, None), reuseport={"members": 2, "half_open": 258}), "SYN queue full"),
        # more than the queue admits: not all of it is this socket's, so nobody knows whether it is full
        (row(syn=(12, 11, None)), "SYN above limit"),
        (row(syn=(12, 11, 9)), "SYN queue full"),
        (row(accept=(12, 11)), "accept queue full"),
        # nothing is admitted by design
        (row(syn=(0, 0, None)), FINE),
        (row(syn=(1, 0, None)), FINE),
        # not read is not well
        (row(accept=(4000, None)), UNKNOWN),
        (row(accept=(None, 129)), UNKNOWN),
        (row(syn=(None, 129, None)), UNKNOWN),
        (row(syn=(5, None, None)), UNKNOWN),
        (row(accept=(4000, None), drops=3), "has dropped"),
        (row(syn=(129, 129, None), accept=(4000, None)), "SYN queue full"),
        (row(drops=None), FINE),
        ({}, UNKNOWN),
    ],
)
def test_states(listener: Dict, state: str) -> None:
    assert condition(listener, {}).state == state


def test_only_what_is_full_filling_or_dropping_is_trouble() -> None:
    assert [state for state in STATES if condition(row(), {})._replace(state=state).troubled] == list(STATES[:5])


@pytest.mark.parametrize(
    ("counted", "state"),
    [
        ({"counters": {"PassiveOpens": 3000}}, "has dropped"),
        ({"counters": {"PassiveOpens": 3001}}, FINE),
        ({"counters": None}, "has dropped"),
        ({"counters": {"PassiveOpens": 10}, "counters_delta": {"seconds": 5.0, "ListenDrops": 0}}, FINE),  # long ago
        ({"counters": {"PassiveOpens": 9999}, "counters_delta": {"seconds": 5.0, "ListenDrops": 1}}, "has dropped"),
    ],
)
def test_drops_are_weighed_as_findings_weigh_them(counted: Dict, state: str) -> None:
    assert condition(row(drops=3), counted).state == state


def test_a_listeners_drops_are_weighed_by_its_own_namespace() -> None:
    listeners = [dict(row(drops=3), network_namespace=name) for name in ("host", "blue")]
    facts = {
        "listeners": listeners,
        "counters": {"PassiveOpens": 10**6},
        "network_namespaces": [{"name": "host", "counters": {}}, {"name": "blue", "counters": {"PassiveOpens": 9}}],
    }
    states = [(it.row["network_namespace"], it.condition.state) for it in worst_first(facts)]
    assert states == [("blue", "has dropped"), ("host", FINE)]


def test_worst_first() -> None:
    rows = [
        row(port=1), row(drops=3, port=2), row(accept=(129, 129), port=3), row(syn=(110, 129, None), port=4),
        row(accept=(5, None), port=5), row(syn=(12, 11, None), port=6),
    ]  # fmt: skip
    assert [it.row["port"] for it in worst_first({"listeners": rows})] == [3, 6, 4, 2, 5, 1]


@given(st.lists(st.builds(row, st.tuples(COUNTS, COUNTS), st.tuples(COUNTS, COUNTS, COUNTS), COUNTS), max_size=8))
def test_unknown_values_sort_too(rows: list) -> None:
    judged = worst_first({"listeners": rows})
    assert sorted(id(it.row) for it in judged) == sorted(map(id, rows))
    places = [STATES.index(it.condition.state) for it in judged]
    assert places == sorted(places)
