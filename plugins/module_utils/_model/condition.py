# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How a listener fares now, worst first."""

from __future__ import annotations

from typing import Any, List, Mapping, NamedTuple, Tuple

from . import counters as model_counters
from . import gathered
from . import queues as model_queues

ACCEPT_FULL = "accept queue full"
SYN_FULL = "SYN queue full"
SYN_OVER = "SYN above limit"  # not all of it need be this socket's: see `Queue.over`
FILLING = "filling up"
DROPPED = "has dropped"
UNKNOWN = "unknown"  # how full a queue is could not be read, and what could be read is well
FINE = "ok"

_TROUBLED = (ACCEPT_FULL, SYN_FULL, SYN_OVER, FILLING, DROPPED)
STATES = (*_TROUBLED, UNKNOWN, FINE)  # worst first


class Condition(NamedTuple):
    """A word for a listener's state, and how full the fullest of its queues is (0.0 to 1.0 and beyond)."""

    state: str  # one of STATES
    fill: float

    @property
    def troubled(self) -> bool:
        return self.state in _TROUBLED


class Judged(NamedTuple):
    """A row of the gathered ``listeners``, and how it fares."""

    row: Mapping[str, Any]
    queues: model_queues.Queues
    condition: Condition


def condition(row: Mapping[str, Any], counted: Mapping[str, Any]) -> Condition:
    """The condition of one row; ``counted`` holds the ``counters`` and ``counters_delta`` of its namespace."""
    return _judged(row, counted).condition


def _judged(row: Mapping[str, Any], counted: Mapping[str, Any]) -> Judged:
    queues = model_queues.queues_of(row)
    if queues.accept.full:
        state = ACCEPT_FULL
    elif queues.new_peers.full or (queues.syn.full and not queues.syn.over):
        state = SYN_FULL
    elif queues.syn.full:
        state = SYN_OVER
    elif queues.accept.near or queues.syn.near or queues.new_peers.near:
        state = FILLING
    elif row.get("drops") and _drops_matter(row, counted):
        state = DROPPED
    else:
        state = FINE if queues.accept.known and queues.syn.known else UNKNOWN
    return Judged(row, queues, Condition(state, queues.fill))


def _drops_matter(row: Mapping[str, Any], counted: Mapping[str, Any]) -> bool:
    counters = gathered.numbers(gathered.part(counted, "counters"))
    moved = gathered.numbers(gathered.part(counted, "counters_delta"))
    return model_counters.drops_matter(gathered.number(row.get("drops")), counters, moved or None)


def worst_first(facts: Mapping[str, Any]) -> List[Judged]:
    """The gathered listeners by condition, then by fill, drops, the smallest limit, and name."""
    counted = gathered.namespaces(facts)
    judged = [_judged(row, counted.get(gathered.namespace_of(row), {})) for row in gathered.rows(facts, "listeners")]
    return sorted(judged, key=_urgency)


def _urgency(it: Judged) -> Tuple[Any, ...]:
    limit = it.queues.accept.limit
    return (
        STATES.index(it.condition.state), -it.condition.fill, -(gathered.number(it.row.get("drops")) or 0),
        limit is None, limit or 0, gathered.number(it.row.get("port")) or 0, gathered.endpoint(it.row),
    )  # fmt: skip
