# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How a listener fares now, worst first."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional

_NEARLY_FULL = 0.5  # from here on the kernel itself shortens the lives of half-open entries

TROUBLED = ("accept queue full", "SYN queue full", "filling up", "has dropped")
FINE = "ok"


class Condition(NamedTuple):
    """A word for a listener's state, and how full the fuller of its queues is (0.0 to 1.0 and beyond)."""

    state: str  # one of TROUBLED, or FINE
    fill: float

    @property
    def troubled(self) -> bool:
        return self.state != FINE


def condition(row: Mapping[str, Any]) -> Condition:
    """The condition of one row of the gathered ``listeners``."""
    accept = _fill(row["accept_queue"]["used"], row["accept_queue"]["limit"])
    syn = _fill(half_open_of(row), admitted_half_open(row["syn_queue"]))
    fill = max(accept, syn)
    if accept >= 1:
        return Condition("accept queue full", fill)
    if syn >= 1:
        return Condition("SYN queue full", fill)
    if fill >= _NEARLY_FULL:
        return Condition("filling up", fill)
    return Condition("has dropped" if row["drops"] else FINE, fill)


def half_open_of(row: Mapping[str, Any]) -> Optional[int]:
    """Half-open connections on a listener; for a member of an SO_REUSEPORT group its even share."""
    group = row.get("reuseport")
    if row["syn_queue"]["used"] is None and group:
        return group["half_open"] // group["members"]
    return row["syn_queue"]["used"]


def admitted_half_open(syn_queue: Mapping[str, Any]) -> Optional[int]:
    """The smaller of the SYN queue's limits: what a burst from unknown peers can fill."""
    limits = [limit for limit in (syn_queue["limit"], syn_queue["new_peer_limit"]) if limit is not None]
    return min(limits) if limits else None


def worst_first(rows: Iterable[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Rows by condition, then by fill, drops, the smallest limit, and port."""
    states = TROUBLED + (FINE,)

    def key(row: Dict[str, Any]) -> tuple:
        state, fill = condition(row)
        limit = row["accept_queue"]["limit"]
        return states.index(state), -fill, -(row["drops"] or 0), limit is None, limit or 0, row["port"], row["address"]

    return sorted(rows, key=key)


def _fill(used: Optional[int], limit: Optional[int]) -> float:
    """Share of a queue that is taken; one whose use or limit is unknown, or that holds nothing by design, is empty."""
    return used / limit if used and limit else 0.0
