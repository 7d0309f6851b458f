# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Findings about single listeners: what is full, what the kernel said about it, and which knob binds it.

A limit that is never reached binds nobody: a listener is only told of where a
queue is full or nearly, where it dropped connections, or where the kernel
reported a flood on it.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Set

from .._kernel import sysctls
from .._model import binding, counters, gathered, namespace_commands, text
from . import finding, observed

_ACCEPT_FIRST = "First make the application accept again: a larger backlog only helps over short pauses. "

_SAID_ONCE = (
    "It says so only once for each listener. No later message does not mean that it is over: the counters tell."
)
_STILL = (
    "Run `nstat -az TcpExtTCPReqQFullDoCookies TcpExtTCPReqQFullDrop TcpExtListenDrops` twice: these counters grow "
    "while it lasts. "
)
_MOST_NAMED = 8  # listeners in a text


def accept_queue_full(host: observed.Host) -> Iterator[finding.Finding]:
    """Completed connections wait and nobody takes them: the application is what is slow."""
    for it in host.listeners:
        if it.accept.full:
            full = it.group.accept if it.group else 0
            yield finding.Finding(
                finding.CRITICAL,
                it.subject,
                "{0} for accept(2), which is all that the accept queue admits: {1} does not accept, and {2} no "
                "answer{3}.{4} This is not SYN flooding.".format(
                    text.plural(it.accept.used, "connection", "wait"),
                    it.holder,
                    clients(it, full, "get"),
                    _of_its_group(it, full),
                    _reason(it),
                ),
                dict(numbers_of(it), why=dict(it.why) or {"cause": "unknown"}, **members(it, full)),
                see_why_it_does_not_accept(host, it),
                weight=it.accept.fill,
            )


def syn_queue_full(host: observed.Host) -> Iterator[finding.Finding]:
    """Half-open connections fill the SYN queue while the accept queue has room: a flood, or a limit too small."""
    for it in host.listeners:
        if not it.syn.full or it.accept.full or it.new_peers.full or it.verdict.decided:
            continue
        dropping = it.on_full == "drop"
        full = it.group.syn if it.group else 0
        what = dropped(it, full) if dropping else clients(it, full, "are") + " answered with cookies"
        yield finding.Finding(
            finding.CRITICAL if dropping and not _perhaps_older(it) else finding.WARNING,
            it.subject,
            " ".join(filter(None, (_fills_the_syn_queue(it), what + ".", pattern(host, it), _how_to_tell(host, it)))),
            dict(numbers_of(it), **dict(half_open_evidence(host, it), **members(it, full))),
            turn_cookies_on(host, it) if dropping else "SYN cookies let clients in meanwhile. " + it.remedy,
            weight=it.syn.fill,
        )


def new_peers_turned_away(host: observed.Host) -> Iterator[finding.Finding]:
    """The last quarter of tcp_max_syn_backlog is kept for known peers, and all the rest is taken."""
    for it in host.listeners:
        if it.new_peers.full and not it.accept.full and not it.verdict.decided:
            full = it.group.new_peers if it.group else 0
            yield finding.Finding(
                finding.CRITICAL,
                it.subject,
                "{0} the limit for new peers ({1}) that tcp_max_syn_backlog sets while "
                "tcp_syncookies is 0: {2} silently. {3}".format(
                    text.plural(it.syn.used, "half-open connection", "reach"),
                    it.new_peers.limit,
                    dropped(it, full),
                    " ".join(filter(None, (pattern(host, it), _how_to_tell(host, it)))),
                ).strip(),
                dict(numbers_of(it), **dict(half_open_evidence(host, it), **members(it, full))),
                it.remedy or turn_cookies_on(host, it),
                weight=it.new_peers.fill,
            )


def fast_open_full(host: observed.Host) -> Iterator[finding.Finding]:
    """All places of TCP Fast Open are taken: its limit, and no other queue, is what binds."""
    for it in host.listeners:
        if it.fast_open is not None and it.fast_open.full and not it.turning_away:
            yield finding.Finding(
                finding.WARNING,
                it.subject,
                "{0} all places of TCP Fast Open ({1}): new clients connect without it, and lose a round trip. Neither "
                "the accept queue nor the SYN queue is the limit.".format(
                    text.plural(it.fast_open.used, "unanswered connection", "take"), it.fast_open.limit
                ),
                dict(numbers_of(it), fast_open={"used": it.fast_open.used, "limit": it.fast_open.limit}),
                more_fast_open(it),
                weight=it.fast_open.fill,
            )


def more_fast_open(it: Optional[observed.Listener]) -> str:
    """How a listener gets more places of TCP Fast Open."""
    return (
        "Raise the number that {0} sets with TCP_FASTOPEN (nginx: fastopen= of its listen), at most "
        "net.core.somaxconn; it takes effect when the application sets it again. Where net.ipv4.tcp_fastopen has 0x400 "
        "and the application sets none, it is the backlog of its first listen()."
    ).format(it.holder if it else "the application")


def tcp_max_syn_backlog_binds(host: observed.Host) -> Iterator[finding.Finding]:
    """The listener is strained, and tcp_max_syn_backlog is the knob that gives it more."""
    accused = host.accused
    for it in host.listeners:
        if it.bound_by == binding.TCP_MAX_SYN_BACKLOG and not it.new_peers.full:
            yield from _bound(host, it, accused, "net.ipv4.tcp_max_syn_backlog")


def bound_by_somaxconn(host: observed.Host) -> Iterator[finding.Finding]:
    """The listener is strained, and its application asked for as much as somaxconn allows or more."""
    accused = host.accused
    for it in host.listeners:
        if it.bound_by == binding.SOMAXCONN:
            yield from _bound(host, it, accused, "net.core.somaxconn")


def latched(host: observed.Host) -> Iterator[finding.Finding]:
    """The listener is strained, somaxconn allows more now, and its backlog is what somaxconn allowed before."""
    accused = host.accused
    for it in host.listeners:
        if _older_limit(host, it):
            somaxconn = host.scope(it.namespace).values["somaxconn"]
            for found in _bound(host, it, accused, "the somaxconn that was in force at its last listen()"):
                yield found._replace(
                    summary="{0} net.core.somaxconn allows {1} now; the socket keeps its {2} until listen() is called "
                    "again.".format(found.summary, somaxconn, it.backlog),
                    evidence=dict(found.evidence, somaxconn=somaxconn),
                )


def bound_by_application(host: observed.Host) -> Iterator[finding.Finding]:
    """The listener is strained, and the backlog that its application asked for is what limits it."""
    accused = host.accused
    for it in host.listeners:
        if it.bound_by == binding.APPLICATION and not _older_limit(host, it):
            yield from _bound(host, it, accused, "the backlog that {0} asked for".format(it.holder))


def flood_reported(host: observed.Host) -> Iterator[finding.Finding]:
    """The kernel's log reports SYN flooding: evidence of the past, said once for each listener."""
    for reported in host.floods:
        told = [it for it in reported.meant or reported.younger if not it.turning_away and not it.verdict.flood]
        if reported.certain or not reported.meant:
            for it in told:
                yield _reported(it, reported.flood) if reported.certain else _of_a_predecessor(it, reported.flood)
        elif told:
            yield _of_one_of(told[0], reported)


# ---------------------------------------------------------------- what strains a listener


def _how_to_tell(host: observed.Host, it: observed.Listener) -> str:
    """How to find out who fills the queue, where this gathering could not."""
    if it.half_open and not host.scope(it.namespace).seconds:
        return (
            "To tell a flood from honest clients, gather with counters_window=2 (the playbook audit: "
            "audit_counters_window=2)."
        )
    return ""


def _perhaps_older(it: observed.Listener) -> bool:
    """Whether nothing but entries that it need not have taken itself shows that its SYN queue is full."""
    return it.syn.over and it.drops == 0


def _fills_the_syn_queue(it: observed.Listener) -> str:
    if not it.syn.over:
        return "{0} the SYN queue, and".format(text.plural(it.syn.used, "half-open connection", "fill"))
    return (
        "{0} half-open connections are there, more than the {1} that the SYN queue admits (several CPUs may overshoot "
        "a little; beyond that, a socket that listened here before and is closed took them). If {1} of them are its "
        "own,"
    ).format(it.syn.used, it.syn.limit)


def _bound(host: observed.Host, it: observed.Listener, accused: Set[str], knob: str) -> Iterator[finding.Finding]:
    """The finding that a knob binds this listener, if the listener is strained at all."""
    signs = _strain(host, it, accused)
    if not signs:
        return
    yield finding.Finding(
        finding.WARNING if it.turning_away or _drops_now(host, it) else finding.INFO,
        it.subject,
        "What its queues admit is set by {0}, and {1}.".format(knob, " and ".join(signs)),
        dict(numbers_of(it), bound_by=it.bound_by),
        (_ACCEPT_FIRST if it.accept.full else "") + (it.remedy or "Raise {0}.".format(knob)),
        weight=max(it.accept.fill, it.syn.fill, it.new_peers.fill),
    )


def _strain(host: observed.Host, it: observed.Listener, accused: Set[str]) -> List[str]:
    """Why its limits matter; empty for a listener that is well."""
    signs = []
    if it.accept.near:
        signs.append("{0} of {1} places of the accept queue are taken".format(it.accept.used, it.accept.limit))
    if it.new_peers.near:
        signs.append("{0} of {1} half-open connections of new peers are there".format(it.syn.used, it.new_peers.limit))
    elif it.syn.near:
        signs.append("{0} of {1} places of the SYN queue are taken".format(it.syn.used, it.syn.limit))
    if it.drops and _drops_matter(host, it):
        signs.append("it has dropped {0} since it began to listen".format(text.plural(it.drops, "connection attempt")))
    if it.subject in accused:
        signs.append("the kernel reported SYN flooding on it")
    return signs


def _drops_now(host: observed.Host, it: observed.Listener) -> bool:
    """Whether it is this listener's drops that the window counted, as far as that can be told."""
    return counters.drops_go_on(it.drops, host.scope(it.namespace).moved)


def _drops_matter(host: observed.Host, it: observed.Listener) -> bool:
    """Whether drops go on or, where no window tells, are more than a few of very many."""
    scope = host.scope(it.namespace)
    return counters.drops_matter(it.drops, scope.counters, scope.moved if scope.seconds else None)


def _older_limit(host: observed.Host, it: observed.Listener) -> bool:
    """Whether the backlog is below somaxconn and exactly what somaxconn has been, or has been meant to be, before."""
    somaxconn = host.scope(it.namespace).values.get("somaxconn")
    if it.bound_by != binding.APPLICATION or it.backlog is None or somaxconn is None or it.backlog >= somaxconn:
        return False
    return it.backlog in _earlier_somaxconn(host, it)


def _earlier_somaxconn(host: observed.Host, it: observed.Listener) -> Set[Optional[int]]:
    earlier = {sysctls.boot_default("somaxconn", host.level)} if host.level else set()
    state = host.states.get("somaxconn", {})
    if it.namespace == namespace_commands.OWN and state.get("drift"):
        earlier.add(gathered.number(state.get("boot")))
    return earlier


# ---------------------------------------------------------------- the kernel's log


def _reported(it: observed.Listener, flood: observed.Flood) -> finding.Finding:
    return finding.Finding(
        finding.WARNING,
        it.subject,
        "The kernel reported SYN flooding {0} and {1}. {2}".format(_when(flood), _what_it_did(flood), _SAID_ONCE),
        dict(numbers_of(it), **_evidence_of(flood)),
        _STILL + it.remedy,
        weight=1.0 if flood.action == "drop" else 0.0,
    )


def _of_one_of(it: observed.Listener, reported: observed.Reported) -> finding.Finding:
    """Told once: the log does not say which of them, and in which network namespace."""
    flood, subjects = reported.flood, [one.subject for one in reported.meant + reported.younger]
    return finding.Finding(
        finding.INFO,
        it.subject,
        "The kernel reported SYN flooding {0} and {1}, on one of {2}: its log does not say which. {3}".format(
            _when(flood), _what_it_did(flood), ", ".join(subjects[:_MOST_NAMED]), _SAID_ONCE
        ),
        dict(_evidence_of(flood), candidates=subjects),
        _STILL.rstrip(),
    )


def _of_a_predecessor(it: observed.Listener, flood: observed.Flood) -> finding.Finding:
    if max(it.since or "", it.raised or "") == it.since:
        what = "of what listened here before: this listener was opened {0} at the earliest".format(it.since)
    else:
        what = "before this listener was raised to {0} ({1})".format(it.backlog, it.raised)
    return finding.Finding(
        finding.INFO,
        it.subject,
        "The kernel reported SYN flooding {0}, {1}. It tells nothing about the listener as it is now.".format(
            _when(flood), what
        ),
        dict(_evidence_of(flood), since=it.since, raised=it.raised),
        "There is nothing to do about it now. " + _STILL.rstrip(),
    )


def _what_it_did(flood: observed.Flood) -> str:
    return "dropped SYNs" if flood.action == "drop" else "answered with cookies"


def _evidence_of(flood: observed.Flood) -> Dict[str, Any]:
    return {"time": flood.time, "action": flood.action, "count": flood.reports, "first_time": flood.first_time}


def _when(flood: observed.Flood) -> str:
    if flood.reports == 1:
        return "at " + flood.time
    return "{0} times, the last at {1},".format(flood.reports, flood.time)


# ---------------------------------------------------------------- words and numbers


def half_open_evidence(host: observed.Host, it: Optional[observed.Listener] = None) -> Dict[str, Any]:
    """Who the half-open connections are from: the listener's where they are known, else over all listeners."""
    part = it.half_open if it and it.half_open else host.half_open
    found: Dict[str, Any] = {name: part.get(name) for name in ("retransmitted", "distinct_sources")}
    sources = part.get("sources")
    if isinstance(sources, (list, tuple)) and sources and isinstance(sources[0], Mapping):
        found["top_network"], found["top_share"] = sources[0].get("network"), sources[0].get("share")
    return {name: value for name, value in found.items() if value is not None}


def pattern(host: observed.Host, it: Optional[observed.Listener] = None) -> str:
    """In words, how they are spread; empty where that is not known."""
    part = it.half_open if it and it.half_open else host.half_open
    total, old = gathered.number(part.get("total")), gathered.number(part.get("retransmitted"))
    seen = half_open_evidence(host, it)
    if not total or old is None or "distinct_sources" not in seen:
        return ""
    share = seen.get("top_share")
    if isinstance(share, (int, float)) and 0.5 <= share <= 1:
        spread = "{0:.0%} come from {1}".format(share, seen.get("top_network"))
    else:
        spread = "they come from {0}".format(text.plural(seen["distinct_sources"], "address"))
    # None sent again may mean no more than that all are younger than the first timeout (1 s; 3 s up to 3.0).
    again = ", and {0} have already had their SYN-ACK sent again".format(old) if old else ""
    return "{0}{3}: {1}{2}.".format(
        text.plural(total, "half-open connection"), spread, again, "" if part is not host.half_open else " in all"
    )


def clients(it: observed.Listener, full: int, verb: str) -> str:
    """Whom it concerns that ``full`` members of its group are full: "about 1 in 4 new clients gets" to "get"."""
    if it.group is None or not 0 < full < it.group.members:
        return "new clients " + verb
    return "about {0} in {1} new clients {2}".format(full, it.group.members, text.agreeing(full, verb))


def dropped(it: observed.Listener, full: int) -> str:
    """Whose SYNs are dropped."""
    return "SYNs of {0} are dropped".format(clients(it, full, "").rstrip())


def members(it: observed.Listener, full: int) -> Dict[str, Any]:
    """Evidence of its SO_REUSEPORT group; nothing for a listener without one."""
    return {"members": it.group.members, "members_full": min(full, it.group.members)} if it.group else {}


def _of_its_group(it: observed.Listener, full: int) -> str:
    if it.group is None:
        return ""
    some = "all" if full >= it.group.members else str(full)
    return ": of the {0} sockets that share this port (SO_REUSEPORT), {1} {2} full".format(
        it.group.members, some, text.agreeing(full, "are")
    )


def numbers_of(it: observed.Listener) -> Dict[str, Any]:
    return {
        "backlog": it.backlog,
        "accept_queue_used": it.accept.used,
        "accept_queue_limit": it.accept.limit,
        "syn_queue_used": it.syn.used,
        "syn_queue_limit": it.syn.limit,
        "new_peer_limit": it.new_peers.limit,
        "drops": it.drops,
    }


def _reason(it: observed.Listener) -> str:
    """Why it does not accept, with a space before it; empty where that is not known."""
    if not it.why:
        return ""
    from . import why

    told = why.reason(it.why)
    return " " + told if told else ""


def see_why_it_does_not_accept(host: observed.Host, it: observed.Listener) -> str:
    """The remedy for a full accept queue, which no setting is: that of the cause or, where it is not known, a look."""
    scope: observed.Scope = host.scope(it.namespace)
    seen = gathered.number(it.why.get("pid"))
    pid = it.pid if seen is None else seen
    look = ["top -H -b -n 1 -p {0}".format(pid)] if pid is not None else []
    if it.why:
        from . import why

        told = why.remedy(it.why, "`{0}`".format(look[0]) if look else "", it.unit)
        if told:
            return told + " A larger backlog only helps over short pauses."
    look.insert(0, "{0}ss -tlnp 'sport = :{1}'".format(scope.command, it.port))
    if pid is not None:
        look.append("cat /proc/{0}/wchan".format(pid))
    return "See what it is busy with: {0}. More workers help; a larger backlog only helps over short pauses.".format(
        ", ".join("`{0}`".format(command) for command in look)
    )


def turn_cookies_on(host: observed.Host, it: observed.Listener, between: str = "") -> str:
    """``between``: a sentence, and a space, that comes before what gives more room."""
    scope = host.scope(it.namespace)
    room = it.remedy if it.remedy.startswith("To admit more, ") or not it.remedy else "For more room: " + it.remedy
    return "{0}sysctl -w net.ipv4.tcp_syncookies=1  # at once. {1}{2}".format(scope.command, between, room).rstrip()
