# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How full the queues of a listener are."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional

from . import gathered

_NEARLY_FULL = 0.8


class Queue(NamedTuple):
    """How much of a queue is taken; None where either is not known."""

    used: Optional[int]
    limit: Optional[int]

    @property
    def known(self) -> bool:
        """Whether it can be told how full it is."""
        return self.used is not None and self.limit is not None

    @property
    def full(self) -> bool:
        """Whether the kernel turns the next one away. A queue that admits nothing by design is never full."""
        return self.fill >= 1

    @property
    def near(self) -> bool:
        """Whether four fifths or more are taken."""
        return self.fill >= _NEARLY_FULL

    @property
    def over(self) -> bool:
        """Whether more is there than it admits.

        Of a SYN queue that is no proof that it is full. Entries outlive the socket that took them and are then
        counted for the one that listens in its place; and SYNs that several CPUs take at once overshoot a little.
        """
        return self.used is not None and self.limit is not None and self.used > self.limit

    @property
    def fill(self) -> float:
        """The share that is taken, 1.0 for all; 0.0 where it is not known or nothing is admitted by design."""
        return self.used / self.limit if self.used and self.limit else 0.0


class Queues(NamedTuple):
    """The queues of one listener."""

    accept: Queue
    syn: Queue
    new_peers: Queue  # the SYN queue up to the last quarter's limit; no limit where the SYN queue's own comes first

    @property
    def fill(self) -> float:
        """The share that is taken of the fullest."""
        return max(queue.fill for queue in self)


def queues_of(row: Mapping[str, Any]) -> Queues:
    """The queues of one row of the gathered ``listeners``."""
    accept, syn = gathered.part(row, "accept_queue"), gathered.part(row, "syn_queue")
    used, limit = _half_open(row), gathered.number(syn.get("limit"))
    new_peers = gathered.number(syn.get("new_peer_limit"))
    if new_peers is not None and limit is not None and new_peers >= limit:
        new_peers = None
    return Queues(
        accept=Queue(gathered.number(accept.get("used")), gathered.number(accept.get("limit"))),
        syn=Queue(used, limit),
        new_peers=Queue(used, new_peers),
    )


def fast_open_of(row: Mapping[str, Any]) -> Optional[Queue]:
    """The places of TCP Fast Open of such a row; None where it takes none."""
    told = gathered.part(row, "fast_open")
    return Queue(gathered.number(told.get("used")), gathered.number(told.get("limit"))) if told else None


def _half_open(row: Mapping[str, Any]) -> Optional[int]:
    """Half-open connections of a listener; for a member of an SO_REUSEPORT group its even share."""
    group = gathered.part(row, "reuseport")
    of_group, members = gathered.number(group.get("half_open")), gathered.number(group.get("members"))
    used = gathered.number(gathered.part(row, "syn_queue").get("used"))
    return of_group // members if used is None and of_group is not None and members else used


def accept_queue_of(row: Mapping[str, Any]) -> Queue:
    """The accept queue of a row, which is all that a UNIX socket has."""
    queue = gathered.part(row, "accept_queue")
    return Queue(gathered.number(queue.get("used")), gathered.number(queue.get("limit")))
