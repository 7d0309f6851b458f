# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Findings about what fills SYN queues: floods, bursts of honest clients, clients whose packets get lost.

The verdict on each listener is `_model/flood.py`'s. Where it is undecided, `of_listeners` tells that a queue is full.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Optional, Tuple

from .._kernel import level, lifetime, rules
from .._model import controller_commands, flood, namespace_commands, text, verdict
from . import blocking, finding, observed, of_listeners

_NAMED = 3  # networks that a summary names
_FEW = 8  # entries, or handshakes, that say anything
_MANY_COOKIES = 32
_FEW_BACK, _MANY_BACK = 0.1, 0.5


def few_networks(host: observed.Host) -> Iterator[finding.Finding]:
    """A flood that a firewall can drop."""
    for it in host.listeners:
        if it.verdict.kind == verdict.FEW_NETWORKS:
            networks = it.verdict.networks
            yield _flood(
                host,
                it,
                "{0} are from {1}".format(_part(it.verdict.share), _named(networks)),
                {"networks": list(networks)},
                _dropping_of(host, it, networks),
            )


def everywhere(host: observed.Host) -> Iterator[finding.Finding]:
    """A flood that only cookies carry clients through."""
    for it in host.listeners:
        if it.verdict.kind == verdict.EVERYWHERE:
            leading, share = it.verdict.leading, it.verdict.leading_share
            if leading:
                spread = "{0} are from {1}, the others from everywhere".format(_part(share), _named(leading))
                more = {"leading_networks": list(leading), "leading_share": round(share, 4)}
                yield _flood(host, it, spread, more, _cookies_and_room(host, it, _freeing(host, it, leading, share)))
            else:
                yield _flood(host, it, "they come from everywhere" + _at_most(it), {}, _cookies_and_room(host, it))
    for scope in host.scopes:
        yield from _cookies_that_do_not_come_back(host, scope)


def honest_burst(host: observed.Host) -> Iterator[finding.Finding]:
    """More clients at once than the queue admits, and they are real."""
    for it in host.listeners:
        if it.verdict.kind == verdict.HONEST_BURST:
            yield finding.Finding(
                finding.CRITICAL if _dropping(it) else finding.WARNING,
                it.subject,
                "More clients come at once than the SYN queue admits ({0}), and they complete their handshakes: a "
                "burst of honest clients, no flood. {1}.".format(_limit(it), _what_happens(it)),
                _evidence(host, it, {}),
                _cookies_and_room(host, it),
                weight=it.syn.fill,
            )
    for scope in host.scopes:
        if burst_is_over(host, scope):
            yield _past_burst(host, scope)


def lossy_clients(host: observed.Host) -> Iterator[finding.Finding]:
    """Entries that stay for seconds and are completed in the end."""
    for it in host.listeners:
        if it.verdict.kind == verdict.LOSSY_CLIENTS:
            entries = flood.entries_of(it.half_open)
            yield finding.Finding(
                finding.CRITICAL if _dropping(it) else finding.WARNING,
                it.subject,
                "{0} of {1} for an answer for half a second or more, and most get it in the end: packets of real "
                "clients are lost on the way, and their connections take up room meanwhile. This is no flood; do not "
                "block them. {2}.".format(
                    entries.unanswered, text.plural(entries.total, "half-open connection", "wait"), _what_happens(it)
                ),
                _evidence(host, it, {}),
                _cookies_and_room(host, it),
                weight=it.syn.fill,
            )


def burst_is_over(host: observed.Host, scope: observed.Scope) -> bool:
    """Whether a SYN queue overflowed within the window and nothing of it is left.

    The entries of a flood would still be there: nobody answers them for seconds.
    """
    if not scope.overflowed or any(it.filling or it.verdict.decided for it in host.listeners_of(scope)):
        return False
    entries = [flood.entries_of(it.half_open) for it in host.listeners_of(scope)]
    window = scope.window
    if sum(one.unanswered for one in entries) >= _FEW or (window.completed or 0) < _FEW:
        return False
    return window.cookies_sent < _MANY_COOKIES or window.cookies_back >= _MANY_BACK * window.cookies_sent


def _named(networks: Tuple[str, ...]) -> str:
    if len(networks) > _NAMED + 1:
        return "{0} and {1} more networks".format(", ".join(networks[:_NAMED]), len(networks) - _NAMED)
    return " and ".join(", ".join(networks).rsplit(", ", 1))


def _part(share: float) -> str:
    return "all of them" if share > 0.995 else "{0:.0%} of all".format(share)


def _at_most(it: observed.Listener) -> str:
    return ", {0:.0%} from the network with most".format(it.verdict.share) if it.verdict.share >= 0.05 else ""


def _dropping_of(host: observed.Host, it: observed.Listener, networks: Tuple[str, ...]) -> str:
    """How to have a flood's networks dropped; cookies and room where none of them may be."""
    since = blocking.dropped_since(host, it, networks)
    if since:
        return (
            "A mitigation has dropped new connections from {0} since {1}. The entries in the queue end by themselves. "
            "If they are still there after a minute, run {2} again."
        ).format("this network" if len(networks) == 1 else "these networks", since, controller_commands.MITIGATE)
    told = blocking.block(host, it, networks)
    if told.networks:
        return blocking.advice(host, it, networks)
    return _cookies_and_room(host, it, told.notes.strip() + " ")


def _freeing(host: observed.Host, it: observed.Listener, networks: Tuple[str, ...], share: float) -> str:
    """What blocking the networks that lead a flood would free, and the command for it."""
    told = blocking.block(host, it, networks)
    if not told.command:
        return ""
    return "Dropping new connections from {0} frees about {1:.0%} of the places: as root on the host `{2}`.{3} ".format(
        _named(told.networks), share * len(told.networks) / len(networks), told.command, told.notes
    )


def _flood(
    host: observed.Host, it: observed.Listener, spread: str, more: Dict[str, Any], remedy: str
) -> finding.Finding:
    entries = flood.entries_of(it.half_open)
    return finding.Finding(
        finding.CRITICAL if _dropping(it) else finding.WARNING,
        it.subject,
        "A SYN flood: {0} there ({1} admitted), {2} of them unanswered for half a second or more, and {3}. {4}.".format(
            text.plural(entries.total, "half-open connection", "are"),
            _limit(it),
            entries.unanswered,
            spread,
            _what_happens(it),
        ),
        _evidence(host, it, dict(more, share=round(it.verdict.share, 4))),
        remedy,
        weight=it.syn.fill,
    )


def _what_happens(it: observed.Listener) -> str:
    if _dropping(it):
        return of_listeners.dropped(it, _full(it))
    if it.on_full == "drop":
        return "Once the queue is full, SYNs of new clients are dropped"
    whom = of_listeners.clients(it, _full(it), "are")
    return whom[0].upper() + whom[1:] + " answered with cookies" + ("" if it.syn.full else " where the queue is full")


def _full(it: observed.Listener) -> int:
    """How many of its SO_REUSEPORT group are full; 0 where it has none."""
    return max(it.group.syn, it.group.new_peers) if it.group else 0


def _dropping(it: observed.Listener) -> bool:
    return it.on_full == "drop" and (it.turning_away or it.overflowed)


def _limit(it: observed.Listener) -> Optional[int]:
    limits = [queue.limit for queue in (it.syn, it.new_peers) if queue.limit is not None]
    return min(limits) if limits else None


def _cookies_and_room(host: observed.Host, it: observed.Listener, between: str = "") -> str:
    if it.on_full == "drop":
        return of_listeners.turn_cookies_on(host, it, between)
    return "SYN cookies let clients in meanwhile. " + between + it.remedy


def _evidence(host: observed.Host, it: observed.Listener, more: Dict[str, Any]) -> Dict[str, Any]:
    entries, scope = flood.entries_of(it.half_open), host.scope(it.namespace)
    retries = scope.values.get(
        "tcp_synack_retries", host.scope(namespace_commands.OWN).values.get("tcp_synack_retries")
    )
    known = host.level is not None and retries is not None
    limit = _limit(it)
    rate = lifetime.spoofed_rate_to_fill(host.level, retries, limit or 0) if known else None  # type: ignore[arg-type]
    found = dict(
        of_listeners.numbers_of(it),
        network_namespace=it.namespace,
        address=it.address,
        port=it.port,
        half_open=entries.total,
        unanswered=entries.unanswered,
        retransmitted=sum(entries.retransmissions[1:]),
        distinct_sources=it.half_open.get("distinct_sources"),
        half_open_lifetime=lifetime.half_open_lifetime(host.level, retries) if known else None,  # type: ignore[arg-type]
        spoofed_syn_rate_to_fill=None if rate is None else round(rate, 1),
        share=round(it.verdict.share, 4),
    )
    if entries.followed:
        found.update(followed=entries.followed, answered=entries.gone, asked_again=entries.asked_again)
    found.update(_counted(scope))
    found.update(of_listeners.members(it, _full(it)))
    found.update(more)
    return found


def _counted(scope: observed.Scope) -> Dict[str, Any]:
    if not scope.seconds:
        return {}
    window = scope.window
    return {
        "seconds": scope.seconds,
        "completed": window.completed,
        "refused": window.refused,
        "cookies_sent": window.cookies_sent,
        "cookies_back": window.cookies_back,
    }


# ---------------------------------------------------------------- where no entry is left to tell


def _only_listener(host: observed.Host, scope: observed.Scope) -> Optional[observed.Listener]:
    there = {it.subject: it for it in host.listeners_of(scope)}
    return next(iter(there.values())) if len(there) == 1 else None


def _past_burst(host: observed.Host, scope: observed.Scope) -> finding.Finding:
    it = _only_listener(host, scope)
    dropped = scope.values.get("tcp_syncookies") == 0
    return finding.Finding(
        finding.CRITICAL if dropped else finding.WARNING,
        it.subject if it else scope.name,
        "A SYN queue was full within the last {0:.1f} s, and of its half-open connections none is left: {1} handshakes "
        "were completed meanwhile. A burst of honest clients, no flood; {2}.".format(
            scope.seconds, scope.window.completed, "SYNs were dropped" if dropped else "cookies carried them"
        ),
        dict(
            _counted(scope),
            network_namespace=scope.name,
            address=it.address if it else None,
            port=it.port if it else None,
            dropped=scope.moved.get("TCPReqQFullDrop"),
        ),
        _cookies_and_room(host, it) if it else _room_of_somebody(scope, dropped),
    )


def _room_of_somebody(scope: observed.Scope, dropped: bool) -> str:
    room = "raise the backlog of the listener that has bursts: it is the one whose drops (ss -tlnm, d) grow"
    if dropped:
        return "{0}sysctl -w net.ipv4.tcp_syncookies=1  # at once. For more room: {1}".format(scope.command, room)
    return room[:1].upper() + room[1:]


def _cookies_that_do_not_come_back(host: observed.Host, scope: observed.Scope) -> Iterator[finding.Finding]:
    """With tcp_syncookies 2 nothing is ever queued: only what comes back tells a flood from clients."""
    window = scope.window
    if not rules.forces_cookies(host.level or level.Level(3, 12), scope.values.get("tcp_syncookies", 1)):
        return
    if window.seconds < 1 or window.cookies_sent < _MANY_COOKIES:
        return
    if window.cookies_back > _FEW_BACK * window.cookies_sent:
        return
    it = _only_listener(host, scope)
    yield finding.Finding(
        finding.WARNING,
        it.subject if it else scope.name,
        "A SYN flood: of {0} cookies sent in {1:.1f} s {2} came back. While tcp_syncookies is 2 nothing is queued: "
        "SYN cookies let clients in, but where the flood is from cannot be seen.".format(
            window.cookies_sent, window.seconds, window.cookies_back
        ),
        dict(
            _counted(scope),
            network_namespace=scope.name,
            address=it.address if it else None,
            port=it.port if it else None,
            half_open=0,
            tcp_syncookies=2,
        ),
        "{0}sysctl -w net.ipv4.tcp_syncookies=1  # then the SYN queue shows where it is from, and clients still get "
        "in".format(scope.command),
        weight=window.cookies_sent,
    )
