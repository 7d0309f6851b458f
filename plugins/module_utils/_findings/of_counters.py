# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Findings from counters: what a namespace dropped, and in which of the ways.

Counters only ever grow. What they counted over a window is the present; what
they counted since boot is weak evidence (an hour a month ago, or now?), told
as ``info`` and only where it is more than one in a thousand connections.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from .._kernel import level, rules
from . import finding, observed, of_floods, of_listeners

_SYN_DROPS_COUNTED = level.Level(3, 8)  # before, a dropped SYN left ListenDrops alone
_COOKIES_COUNTED_UNTIL = level.Level(4, 9)  # from 3.8 on, ListenDrops also counted every cookie that was sent
_MANY = 5
_MOST_SENSIBLE = 1 << 20  # for tcp_max_syn_backlog: beyond, it is memory that is short


class Count(NamedTuple):
    """How often something was counted, and over which time."""

    value: int
    now: bool  # over the window, not since boot
    words: str  # "12 in 5.0 s", "12 since boot"
    evidence: Dict[str, Any]


def accept_queue_overflowed(host: observed.Host) -> Iterator[finding.Finding]:
    """ListenOverflows: an accept queue was full, whichever listener's it was."""
    for scope in host.scopes:
        if any(it.accept.full for it in host.listeners_of(scope)):
            continue  # told by name already
        count = _count(scope, "ListenOverflows")
        if count:
            dropped = _with_drops(host, scope)
            why, remedy = _hangs_or_pauses(host, scope) if count.now else (_NOT_AS_FAST, _see_who_is_busy(scope))
            yield finding.Finding(
                finding.WARNING if count.now else finding.INFO,
                scope.name,
                "Connections were turned away because an accept queue was full ({0}): {1}. This is not SYN "
                "flooding.{2}".format(count.words, why, _named(dropped)),
                dict(count.evidence, listeners_with_drops=dropped),
                remedy,
                weight=count.value,
            )


_NOT_AS_FAST = "an application does not accept as fast as clients come"


def _hangs_or_pauses(host: observed.Host, scope: observed.Scope) -> Tuple[str, str]:
    """Why an accept queue overflows now, and what to do: no queue that has been emptied is that of one that hangs."""
    listeners = host.listeners_of(scope)
    if not listeners or any(it.accept.near for it in listeners):
        return _NOT_AS_FAST, _see_who_is_busy(scope)
    room = [it.remedy for it in listeners if it.drops or len(listeners) == 1]
    return (
        "more clients came at once than it admits, or its application paused for a moment; it accepts again",
        room[0] if len(room) == 1 and room[0] else "Raise the backlog of the listener whose drops (ss -tlnm, d) grow.",
    )


def _see_who_is_busy(scope: observed.Scope) -> str:
    return "{0}ss -tln  # where Recv-Q is near Send-Q, see what keeps that application busy".format(scope.command)


def syn_queue_overflowed(host: observed.Host) -> Iterator[finding.Finding]:
    """TCPReqQFullDrop and TCPReqQFullDoCookies: a SYN queue was full, whichever listener's it was."""
    for scope in host.scopes:
        if _told(host, scope) or any(it.syn.full and not it.accept.full for it in host.listeners_of(scope)):
            continue
        drops = _count(scope, "TCPReqQFullDrop")
        # With tcp_syncookies 2 every SYN is counted as if the queue were full.
        cookies = None if _forced(host, scope) else _count(scope, "TCPReqQFullDoCookies")
        if drops:
            yield _overflow(host, scope, drops, finding.CRITICAL, "SYNs were dropped because a SYN queue was full")
        elif cookies:
            yield _overflow(host, scope, cookies, finding.WARNING, "a full SYN queue was answered with cookies")


def fast_open_overflowed(host: observed.Host) -> Iterator[finding.Finding]:
    """TCPFastOpenListenOverflow: all of a listener's places of TCP Fast Open were taken, whoever's it was."""
    for scope in host.scopes:
        takers = [it for it in host.listeners_of(scope) if it.fast_open is not None]
        count = _count(scope, "TCPFastOpenListenOverflow")
        if count is None or any(it.fast_open is not None and it.fast_open.full for it in takers):
            continue  # told by name already
        it = takers[0] if len({it.subject for it in takers}) == 1 else None
        yield finding.Finding(
            finding.WARNING if count.now else finding.INFO,
            it.subject if it else scope.name,
            "All places of TCP Fast Open were taken ({0}): clients connected without it, and lost a round trip.".format(
                count.words
            ),
            dict(count.evidence, limits={one.subject: one.fast_open.limit for one in takers if one.fast_open}),
            of_listeners.more_fast_open(it),
            weight=count.value,
        )


def last_quarter_drops(host: observed.Host) -> Iterator[finding.Finding]:
    """Drops that neither queue explains, while tcp_syncookies is 0: the last quarter, which nothing logs since 3.19."""
    if host.level is not None and host.level < _SYN_DROPS_COUNTED:
        return
    for scope in host.scopes:
        if scope.values.get("tcp_syncookies") != 0 or any(it.new_peers.full for it in host.listeners_of(scope)):
            continue
        if _told(host, scope):
            continue
        count = _count(scope, "ListenDrops", minus=("ListenOverflows", "TCPReqQFullDrop"))
        if count is None or (not count.now and _counts_cookies(host) and scope.counters.get("SyncookiesSent")):
            continue
        backlog = scope.values.get("tcp_max_syn_backlog")
        listeners = host.listeners_of(scope)
        out_of_reach = bool(listeners) and all(_full_before(it, backlog) for it in listeners)
        more = 4 * max(backlog or 0, 1024)
        yield finding.Finding(
            (finding.WARNING if out_of_reach else finding.CRITICAL) if count.now else finding.INFO,
            scope.name,
            "SYNs were dropped although no queue was full ({0}): with tcp_syncookies 0 the kernel keeps the last "
            "quarter of tcp_max_syn_backlog ({1}) for peers it knows, and since 3.19 says nothing about it.{2}".format(
                count.words, "now {0}".format(backlog) if backlog is not None else "not readable here",
                " The SYN queues of all gathered listeners are full before this limit is reached. If there is no other "
                "listener, the likely cause is another one: a router reported that it could not reach a client, and "
                "the kernel removed the half-open connection." if out_of_reach else "",
            ),
            dict(count.evidence, tcp_syncookies=0, tcp_max_syn_backlog=backlog),
            "{0}sysctl -w net.ipv4.tcp_syncookies=1  # lifts the limit at once{1}".format(
                scope.command,
                "; or raise net.ipv4.tcp_max_syn_backlog to {0}".format(more) if more <= _MOST_SENSIBLE else "",
            ),
            weight=count.value,
        )


def _full_before(it: observed.Listener, tcp_max_syn_backlog: Optional[int]) -> bool:
    """Whether its SYN queue is full before only the last quarter is left."""
    if it.syn.limit is None or tcp_max_syn_backlog is None:
        return False
    return it.syn.limit <= tcp_max_syn_backlog - (tcp_max_syn_backlog >> 2)


def _told(host: observed.Host, scope: observed.Scope) -> bool:
    """Whether it is known, and told, what filled a SYN queue."""
    return any(it.verdict.decided for it in host.listeners_of(scope)) or of_floods.burst_is_over(host, scope)


def _overflow(host: observed.Host, scope: observed.Scope, count: Count, severity: str, what: str) -> finding.Finding:
    dropped = _with_drops(host, scope)
    cookies_off = scope.values.get("tcp_syncookies") == 0
    return finding.Finding(
        severity if count.now else finding.INFO,
        scope.name,
        "{0}{1} ({2}).{3} {4}".format(
            what[:1].upper(), what[1:], count.words, _named(dropped), of_listeners.pattern(host) if count.now else ""
        ).strip(),
        dict(
            count.evidence,
            listeners_with_drops=dropped,
            **(of_listeners.half_open_evidence(host) if count.now else {}),
        ),
        (scope.command + "sysctl -w net.ipv4.tcp_syncookies=1  # lets clients in meanwhile" if cookies_off else "")
        or "{0}ss -tan state syn-recv  # shows where from; a larger listen backlog gives honest bursts room".format(
            scope.command
        ),
        weight=count.value,
    )


def _count(scope: observed.Scope, name: str, minus: tuple = ()) -> Optional[Count]:
    """What a counter says, less what others explain of it; None where that is nothing worth telling."""
    if scope.seconds and name in scope.moved:
        value = _rest(scope.moved, name, minus)
        since: Dict[str, Any] = {"seconds": scope.seconds}
        words, numbers = "{0} in {1:.1f} s".format(value, scope.seconds), scope.moved
        worth = value > 0
    else:
        value = _rest(scope.counters, name, minus)
        since = {"since": "boot"}
        words, numbers = "{0} since boot".format(value), scope.counters
        worth = scope.notable(value)
    if not worth:
        return None
    since.update((key, numbers[key]) for key in (name,) + minus if key in numbers)
    return Count(value, numbers is scope.moved, words, since)


def _rest(numbers: Dict[str, int], name: str, minus: tuple) -> int:
    return numbers.get(name, 0) - sum(numbers.get(other, 0) for other in minus)


def _forced(host: observed.Host, scope: observed.Scope) -> bool:
    return rules.forces_cookies(host.level or level.Level(3, 12), scope.values.get("tcp_syncookies", 1))


def _counts_cookies(host: observed.Host) -> bool:
    return host.level is None or host.level < _COOKIES_COUNTED_UNTIL


def _with_drops(host: observed.Host, scope: observed.Scope) -> List[str]:
    """Listeners that dropped connections, most drops first."""
    found = sorted((it for it in host.listeners_of(scope) if it.drops), key=lambda it: -(it.drops or 0))
    return [it.subject for it in found]


def _named(subjects: List[str]) -> str:
    if not subjects:
        return ""
    more = " and {0} more".format(len(subjects) - _MANY) if len(subjects) > _MANY else ""
    return " Drops so far: {0}{1}.".format(", ".join(subjects[:_MANY]), more)
