# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A host as findings look at it: the gathered structure with what is absent or null already settled.

Findings are drawn from whatever was gathered. Here, once, missing parts become
empty ones and missing numbers ``None``, so that no rule has to ask.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from .._kernel import level as kernel_level
from .._model import counters as model_counters
from .._model import gathered, namespace_commands
from .._model import queues as model_queues
from .._model import verdict as model_verdict


class Group(NamedTuple):
    """The SO_REUSEPORT group of a listener; the kernel spreads new clients evenly over its members."""

    members: int
    accept: int = 0  # so many of them have a full accept queue
    syn: int = 0
    new_peers: int = 0


class Listener(NamedTuple):
    """One row of ``listeners``."""

    namespace: str
    subject: str
    family: Optional[str]
    address: Optional[str]
    port: Optional[int]
    backlog: Optional[int]
    accept: model_queues.Queue
    syn: model_queues.Queue
    new_peers: model_queues.Queue  # limited where the last quarter is what new peers meet first
    on_full: Optional[str]
    drops: Optional[int]  # since listen()
    bound_by: Optional[str]
    holder: str  # "nginx (pid 812)", "its application" where it is not visible
    pid: Optional[int]
    remedy: str
    half_open: Mapping[str, Any]  # its row of half_open.listeners, or that of its SO_REUSEPORT group; may be empty
    verdict: model_verdict.Verdict  # undecided where its queue is not strained
    overflowed: bool  # its SYN queue, or what new peers may have of it, was full within the window
    memory: Optional[int] = None  # bytes that its queues hold when they are full
    since: Optional[str] = None  # what was reported before tells nothing of it: when it was opened at the earliest
    raised: Optional[str] = None  # when its backlog was raised while it ran
    unit: Optional[str] = None
    why: Mapping[str, Any] = {}  # why it does not accept, see _model/not_accepting.py; empty where nobody looked
    fast_open: Optional[model_queues.Queue] = None  # places of TCP Fast Open; None where it takes none
    group: Optional[Group] = None  # None where it shares address and port with no other

    @property
    def strain(self) -> float:
        """How full its SYN queue is, or what new peers may have of it; 1.0 for full."""
        return max(self.syn.fill, self.new_peers.fill)

    @property
    def filling(self) -> bool:
        """Whether its SYN queue, or what new peers may have of it, is full or nearly so."""
        return self.syn.near or self.new_peers.near

    @property
    def turning_away(self) -> bool:
        """Whether it can take no new client now without a cookie."""
        return self.accept.full or self.syn.full or self.new_peers.full


class Scope(NamedTuple):
    """A network namespace: its sysctls, and what its counters counted."""

    name: str
    values: Dict[str, int]  # run-time sysctls that could be read
    counters: Dict[str, int]  # since boot, or since the namespace was made
    moved: Dict[str, int]  # over the window
    seconds: float  # of the window; 0 without one

    @property
    def window(self) -> model_verdict.Window:
        """What says whether clients answer."""
        return model_verdict.window_of(self.moved, self.seconds, self.counters)

    @property
    def overflowed(self) -> bool:
        """Whether a SYN queue, or what new peers may have of it, was full within the window."""
        if self.moved.get("TCPReqQFullDrop") or (self.values.get("tcp_syncookies") != 0 and self._cookies_wanted):
            return True
        explained = sum(self.moved.get(name, 0) for name in ("ListenOverflows", "TCPReqQFullDrop"))
        return self.values.get("tcp_syncookies") == 0 and self.moved.get("ListenDrops", 0) > explained

    @property
    def _cookies_wanted(self) -> int:
        """How often a full queue wanted a cookie. With tcp_syncookies 2 every SYN is counted as if it were full."""
        return 0 if self.values.get("tcp_syncookies") == 2 else self.moved.get("TCPReqQFullDoCookies", 0)

    @property
    def inside(self) -> str:
        """To put behind a command or a claim; empty for our own."""
        return gathered.inside(self.name)

    @property
    def command(self) -> str:
        """To put before a command so that it runs there."""
        return namespace_commands.prefix(self.name)

    def notable(self, drops: int) -> bool:
        """Whether so many drops since boot are more than one in a thousand connections."""
        return model_counters.notable(drops, self.counters)


class Flood(NamedTuple):
    """What the kernel's log said of one flood."""

    address: Optional[str]  # up to 6.1 the kernel tells none
    port: Optional[int]
    action: Optional[str]
    time: str  # of the last report
    reports: int = 1  # that say the same
    first_time: Optional[str] = None


class Reported(NamedTuple):
    """A flood and the listeners that it can be about, one for each subject.

    The log is the whole machine's: the same address and port may be listened on in several network namespaces. And it
    is of the past: a listener that was opened or raised since is another one than it speaks of.
    """

    flood: Flood
    meant: Tuple[Listener, ...]
    younger: Tuple[Listener, ...] = ()  # on the same address and port, and not there or not raised yet by then

    @property
    def certain(self) -> bool:
        return len(self.meant) == 1 and not self.younger


class Host(NamedTuple):
    """All that rules look at."""

    level: Optional[kernel_level.Level]
    rule: Optional[str]
    states: Dict[str, Mapping[str, Any]]  # of our own namespace: runtime, boot, boot_source, shadowed, drift
    scopes: Tuple[Scope, ...]
    listeners: Tuple[Listener, ...]
    half_open: Mapping[str, Any]
    floods: Tuple[Reported, ...]  # the latest report for each address and port
    memory: Optional[int] = None  # of the machine, in bytes
    mitigated: Mapping[str, Mapping[str, Any]] = {}  # sysctls that a mitigation in force changed: before, set
    mitigation: Mapping[str, Any] = {}  # the record of the one in force
    now: Optional[str] = None  # the host's time when that was read
    session: Optional[str] = None  # the address that our own session comes from
    addresses: Tuple[str, ...] = ()  # of the host itself
    iptables: Optional[Tuple[str, ...]] = None  # the families that it has the command of

    def scope(self, name: str) -> Scope:
        """The namespace of that name; an empty one where nothing is known of it."""
        return next((scope for scope in self.scopes if scope.name == name), Scope(name, {}, {}, {}, 0.0))

    @property
    def accused(self) -> Set[str]:
        """Subjects of the listeners that a report of a flood is about for certain."""
        return {reported.meant[0].subject for reported in self.floods if reported.certain}

    def listeners_of(self, scope: Scope) -> List[Listener]:
        return [listener for listener in self.listeners if listener.namespace == scope.name]


def observe(facts: Mapping[str, Any]) -> Host:
    """The host behind a gathered structure, any part of which may be absent or null."""
    kernel = gathered.part(facts, "kernel")
    states = {name: state for name, state in gathered.part(facts, "sysctls").items() if isinstance(state, Mapping)}
    entries = {_identity(row): row for row in gathered.rows(gathered.part(facts, "half_open"), "listeners")}
    listeners = _grouped(facts, entries)
    scopes = _scopes(facts, states)
    listeners = tuple(_judged(it, listeners, scopes) for it in listeners)
    return Host(
        level=_level(kernel.get("stable_level")),
        rule=gathered.text(kernel, "rule"),
        states=states,
        scopes=scopes,
        listeners=listeners,
        half_open=gathered.part(facts, "half_open"),
        floods=_reported(gathered.rows(gathered.part(facts, "kernel_log"), "events"), listeners, scopes),
        memory=gathered.number(gathered.part(facts, "memory").get("total_bytes")),
        mitigated={name: one for name, one in _mitigated(facts).items() if isinstance(one, Mapping)},
        mitigation=gathered.part(gathered.part(facts, "mitigation"), "record"),
        now=gathered.text(gathered.part(facts, "mitigation"), "now"),
        session=gathered.text(gathered.part(facts, "mitigation"), "controller"),
        addresses=_texts(gathered.part(facts, "mitigation").get("addresses")) or (),
        iptables=_families(gathered.part(facts, "mitigation").get("iptables")),
    )


def _texts(told: Any) -> Optional[Tuple[str, ...]]:
    return tuple(one for one in told if isinstance(one, str)) if isinstance(told, (list, tuple)) else None


def _families(told: Any) -> Optional[Tuple[str, ...]]:
    return _texts(list(told) if isinstance(told, Mapping) else told)


def _mitigated(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return gathered.part(gathered.part(gathered.part(facts, "mitigation"), "record"), "sysctls")


def _level(told: Any) -> Optional[kernel_level.Level]:
    try:
        return kernel_level.parse_level(told) if isinstance(told, str) else None
    except ValueError:
        return None


def _scopes(facts: Mapping[str, Any], states: Mapping[str, Mapping[str, Any]]) -> Tuple[Scope, ...]:
    own = {name: state.get("runtime") for name, state in states.items()}
    scopes = [_scope(namespace_commands.OWN, own, facts)]
    for name, row in gathered.namespaces(facts).items():
        if name != namespace_commands.OWN:
            scopes.append(_scope(name, gathered.part(row, "sysctls"), row))
    return tuple(scopes)


def _scope(name: str, values: Mapping[str, Any], counted: Mapping[str, Any]) -> Scope:
    moved = gathered.part(counted, "counters_delta")
    seconds = moved.get("seconds")
    return Scope(
        name=name,
        values=gathered.numbers(values),
        counters=gathered.numbers(gathered.part(counted, "counters")),
        moved={key: value for key, value in gathered.numbers(moved).items() if key != "seconds"},
        seconds=float(seconds) if isinstance(seconds, (int, float)) and 0 < seconds < 1e9 else 0.0,
    )


def _identity(row: Mapping[str, Any]) -> Tuple[Any, ...]:
    return gathered.namespace_of(row), gathered.text(row, "family"), gathered.endpoint(row)


def _grouped(facts: Mapping[str, Any], entries: Mapping[Any, Mapping[str, Any]]) -> Tuple[Listener, ...]:
    """The listeners; each member of a group knows how many of its group are full."""
    listeners = gathered.rows(facts, "listeners")
    found = [(_identity(row), _listener(row, entries.get(_identity(row), {}))) for row in listeners]
    groups: Dict[Tuple[Any, ...], Group] = {}
    for key, it in found:
        if it.group:
            before = groups.get(key, it.group)
            groups[key] = before._replace(
                accept=before.accept + it.accept.full,
                syn=before.syn + it.syn.full,
                new_peers=before.new_peers + it.new_peers.full,
            )
    return tuple(it._replace(group=groups[key]) if it.group else it for key, it in found)


def _listener(row: Mapping[str, Any], entries: Mapping[str, Any]) -> Listener:
    processes = gathered.rows(row, "processes")
    pid = gathered.number(processes[0].get("pid")) if processes else None
    queues = model_queues.queues_of(row)
    return Listener(
        namespace=gathered.namespace_of(row),
        subject=gathered.subject_of(row),
        family=gathered.text(row, "family"),
        address=gathered.text(row, "address"),
        port=gathered.number(row.get("port")),
        backlog=gathered.number(row.get("backlog")),
        accept=queues.accept,
        syn=queues.syn,
        new_peers=queues.new_peers,
        on_full=gathered.text(gathered.part(row, "syn_queue"), "on_full"),
        drops=_drops(row),
        bound_by=gathered.text(row, "bound_by"),
        holder=_holder(processes, row.get("unit"), pid),
        pid=pid,
        remedy=gathered.text(row, "remedy") or "",
        half_open=entries,
        verdict=model_verdict.Verdict(model_verdict.UNDECIDED),
        overflowed=False,
        memory=gathered.number(row.get("memory_bytes")),
        since=gathered.text(row, "since"),
        raised=gathered.text(gathered.part(row, "raised"), "time"),
        unit=gathered.text(row, "unit"),
        why=gathered.part(gathered.part(row, "accept_queue"), "why"),
        fast_open=model_queues.fast_open_of(row),
        group=_group(row),
    )


def _group(row: Mapping[str, Any]) -> Optional[Group]:
    members = gathered.number(gathered.part(row, "reuseport").get("members"))
    return Group(members) if members is not None and members > 1 else None


def _drops(row: Mapping[str, Any]) -> Optional[int]:
    """What it dropped since it listens, or since it was raised."""
    drops = gathered.number(row.get("drops"))
    before = gathered.number(gathered.part(row, "raised").get("drops"))
    return drops if drops is None or before is None else max(drops - before, 0)


def _judged(it: Listener, listeners: Tuple[Listener, ...], scopes: Tuple[Scope, ...]) -> Listener:
    """The listener with the verdict on what fills its SYN queue.

    One whose queue has room again is judged if the window shows that one was full, and no other's has half as much in.
    """
    scope = next((scope for scope in scopes if scope.name == it.namespace), None)
    if it.accept.near or not it.half_open or scope is None:
        return it
    others = [one for one in listeners if one.namespace == it.namespace and one.subject != it.subject]
    alone = not any(one.filling or (not it.filling and 2 * one.strain > it.strain) for one in others)
    it = it._replace(overflowed=scope.overflowed and alone)
    if not (it.filling or it.overflowed):
        return it
    from .._model import flood as model_flood

    entries = model_flood.entries_of(it.half_open)._replace(full=it.syn.full or it.new_peers.full)
    window = model_verdict.window_of(
        scope.moved, scope.seconds, scope.counters, last_quarter=it.new_peers.limit is not None
    )
    verdict = model_flood.judge(entries, window, alone)
    if verdict.kind == model_verdict.HONEST_BURST and not (it.overflowed or it.turning_away):
        return it  # they all have found room
    return it._replace(verdict=verdict)


def _reported(
    events: List[Mapping[str, Any]], listeners: Tuple[Listener, ...], scopes: Tuple[Scope, ...]
) -> Tuple[Reported, ...]:
    untouched = {scope.name for scope in scopes if model_counters.never_full(scope.counters)}
    floods = (_flood(event) for event in events if event.get("kind") == "syn_flood")
    by_port: Dict[Optional[int], Dict[str, Listener]] = {}
    for it in listeners:
        by_port.setdefault(it.port, {})[it.subject] = it
    found = []
    for flood in {(flood.address, flood.port): flood for flood in floods}.values():
        there = [it for it in by_port.get(flood.port, {}).values() if flood.address in (None, it.address)]
        younger = tuple(it for it in there if max(it.since or "", it.raised or "") > flood.time)
        meant = tuple(it for it in there if it not in younger and it.namespace not in untouched)
        found.append(Reported(flood, meant, younger))
    return tuple(found)


def _flood(event: Mapping[str, Any]) -> Flood:
    return Flood(
        address=gathered.text(event, "address"),
        port=gathered.number(event.get("port")),
        action=gathered.text(event, "action"),
        time=str(event.get("time")),
        reports=gathered.number(event.get("count")) or 1,
        first_time=gathered.text(event, "first_time"),
    )


def _holder(processes: List[Mapping[str, Any]], unit: Any, pid: Optional[int]) -> str:
    if processes and pid is not None:
        return "{0} (pid {1})".format(processes[0].get("name"), pid)
    return unit if isinstance(unit, str) else "its application"
