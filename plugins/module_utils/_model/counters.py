# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The counters that tell what happened to listen queues, and how they move over a window.

Names are the kernel's own. A counter that a kernel does not have is absent,
never 0: "not counted" and "did not happen" are different answers.
"""

from __future__ import annotations

import math
from typing import Dict, Mapping, Optional

#: /proc/net/netstat, TcpExt: what concerns listen queues (since which kernel, where younger than 2.6.32)
TCP_EXT = (
    "ListenOverflows",  # accept queue full: at the third ACK, from 3.8 also at the SYN
    "ListenDrops",  # connection attempts dropped at a listener; from 3.8 with every dropped SYN
    "TCPReqQFullDoCookies",  # 3.1: SYN queue full (or tcp_syncookies 2), a cookie wanted
    "TCPReqQFullDrop",  # 3.1: SYN queue full, no cookies, SYN dropped
    "SyncookiesSent",
    "SyncookiesRecv",
    "SyncookiesFailed",
    "TCPDeferAcceptDrop",  # 2.6.35: bare third ACKs held back by TCP_DEFER_ACCEPT
    "TCPFastOpenListenOverflow",  # 3.7: Fast Open queue full
    "TCPSynRetrans",  # 3.15: SYNs and SYN-ACKs sent again
    "TCPMigrateReqSuccess",  # 5.14: requests moved to another member of an SO_REUSEPORT group
    "TCPMigrateReqFailure",
    "EmbryonicRsts",  # half-open connections reset, as with tcp_abort_on_overflow
)

#: /proc/net/snmp, Tcp: the traffic to hold the others against
TCP = ("PassiveOpens",)

_FULL = ("TCPReqQFullDoCookies", "TCPReqQFullDrop")  # counted with each message about SYN flooding

_FASTEST = 50_000_000  # events a second that no counter here exceeds: a greater step is no wrap

_WORTH_TELLING = 1000  # connections for one drop


def parse_counters(text: str, group: str, wanted: tuple) -> Dict[str, int]:
    """The ``wanted`` counters of one group ("TcpExt", "Tcp") in the text of /proc/net/netstat or /proc/net/snmp.

    Both files hold pairs of lines, names above values (net/ipv4/proc.c). What
    does not look like that is passed over.
    """
    found: Dict[str, int] = {}
    names = None
    for line in text.splitlines():
        prefix, colon, rest = line.partition(":")
        if not colon or prefix != group:
            continue
        if names is None:
            names = rest.split()
            continue
        for name, value in zip(names, rest.split()):
            if name in wanted and value.isdigit():
                found[name] = int(value)
        names = None
    return found


def delta(before: Mapping[str, int], after: Mapping[str, int], seconds: float) -> Dict[str, float]:
    """What the counters counted between two readings that lie ``seconds`` apart.

    Counters are unsigned longs. One that went down has wrapped (at 2**32 or
    2**64) where the step is one that ``seconds`` can explain; otherwise the
    counters started again from 0 (a namespace of the same name was made anew),
    and for all of them the second reading is what was counted since: a lower
    bound. Counters that only one of the readings has are left out.

    :returns: ``seconds`` (rounded to milliseconds) and the differences, never negative.
    :raises ValueError: ``seconds`` is negative or not finite.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError("seconds: {0!r} is not a duration".format(seconds))
    common = [name for name in after if name in before]
    steps = {name: _step(before[name], after[name], seconds) for name in common}
    if any(step < 0 for step in steps.values()):
        steps = {name: after[name] for name in common}
    result: Dict[str, float] = {"seconds": round(seconds, 3)}
    result.update(steps)
    return result


def notable(drops: int, counters: Mapping[str, int]) -> bool:
    """Whether so many drops since boot are more than one in a thousand of the connections that were counted."""
    return drops > 0 and drops * _WORTH_TELLING >= counters.get("PassiveOpens", 0)


def drops_go_on(drops: Optional[int], moved: Optional[Mapping[str, int]]) -> bool:
    """Whether it is this listener's drops that the window counted, as far as that can be told."""
    return bool(drops) and (moved or {}).get("ListenDrops", 0) > 0


def drops_matter(drops: Optional[int], counters: Mapping[str, int], moved: Optional[Mapping[str, int]]) -> bool:
    """Whether a listener's drops go on or, where no window tells, are more than a few of very many.

    ``drops``: the listener's, since listen(); None where the kernel does not tell. ``counters`` and ``moved``: its
    network namespace's, since boot and over the window; ``moved`` is None without a window.
    """
    return drops_go_on(drops, moved) if moved is not None else notable(drops or 0, counters)


def _step(before: int, after: int, seconds: float) -> int:
    """The distance from one reading to the next, wraps included; -1 where no wrap explains it."""
    if after >= before:
        return after - before
    for width in (32, 64):
        wrapped = after + (1 << width) - before
        if before < 1 << width and wrapped <= _FASTEST * max(seconds, 1.0):
            return wrapped
    return -1


def never_full(counters: Mapping[str, int]) -> bool:
    """Whether no SYN queue of a namespace was ever full: a report of SYN flooding is not about it.

    The kernel counts one of the two with each message (tcp_syn_flood_action(), tcp_conn_request()).
    """
    return all(counters.get(name) == 0 for name in _FULL)
