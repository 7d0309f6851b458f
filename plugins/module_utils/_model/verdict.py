# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What fills a SYN queue: the kinds of answer, and what a network namespace counted, from which `flood` judges."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Optional, Tuple

from . import counters as model_counters
from . import gathered

FEW_NETWORKS = "few networks"
EVERYWHERE = "everywhere"
HONEST_BURST = "honest burst"
LOSSY_CLIENTS = "lossy clients"
UNDECIDED = "undecided"

FLOODS = (FEW_NETWORKS, EVERYWHERE)

#: Findings of which a second look a moment later may tell more: a flood's entries can be fresh, or replaced just now
IN_DOUBT = ("syn-queue-full", "last-quarter-drops")


def in_doubt(findings: Iterable[Mapping[str, Any]]) -> bool:
    """Whether they tell of a SYN queue that turns clients away now, but not of what fills it."""
    return any(one["id"] in IN_DOUBT and one["severity"] != "info" for one in findings)


class Window(NamedTuple):
    """What the network namespace counted meanwhile; since boot, and in 0 seconds, where there was no window."""

    seconds: float
    completed: Optional[int]  # handshakes
    cookies_sent: int
    cookies_back: int
    overflows: int  # of accept queues; without a window, where they are more than a few of very many
    refused: int = 0  # entries that a reset or an ICMP error took away

    @property
    def long_enough(self) -> bool:
        """Whether it says something that nothing happened: most round trips are shorter."""
        return self.seconds >= 1


class Verdict(NamedTuple):
    """What it is, in which networks, and why."""

    kind: str
    networks: Tuple[str, ...] = ()  # of a flood from few networks: those that hold nearly all of it, worst first
    share: float = 0.0  # of the entries, that are in those networks; else in the largest one
    leading: Tuple[str, ...] = ()  # of a flood from everywhere: the few networks that hold half of it or more, if any
    leading_share: float = 0.0

    @property
    def decided(self) -> bool:
        return self.kind != UNDECIDED

    @property
    def flood(self) -> bool:
        return self.kind in FLOODS


def window_of(
    moved: Mapping[str, Any], seconds: float, counters: Mapping[str, Any], last_quarter: bool = False
) -> Window:
    """``counters_delta`` and ``counters`` of the listener's network namespace.

    ``last_quarter``: whether new peers are dropped before the queue is full, which is counted like ICMP errors.
    """
    if not seconds:
        counted = gathered.numbers(counters)
        overflows = counted.get("ListenOverflows", 0)
        return Window(0.0, None, 0, 0, overflows if model_counters.notable(overflows, counted) else 0)
    counted = gathered.numbers(moved)
    return Window(
        seconds=seconds,
        completed=counted.get("PassiveOpens"),
        cookies_sent=counted.get("SyncookiesSent", 0),
        cookies_back=counted.get("SyncookiesRecv", 0),
        overflows=counted.get("ListenOverflows", 0),
        refused=counted.get("EmbryonicRsts", 0) + (0 if last_quarter else _icmp_errors(counted)),
    )


def _icmp_errors(counted: Mapping[str, int]) -> int:
    """Entries that "host unreachable" took away (tcp_req_err): drops at a listener that nothing else explains."""
    rest = counted.get("ListenDrops", 0) - counted.get("ListenOverflows", 0) - counted.get("TCPReqQFullDrop", 0)
    cookies = counted.get("SyncookiesSent", 0)
    return max(rest - cookies if rest >= cookies else rest, 0)  # from 3.8 to 4.8 each cookie was counted, too
