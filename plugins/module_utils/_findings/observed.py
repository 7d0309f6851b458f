# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A host as findings look at it: the gathered structure with what is absent or null already settled.

Findings are drawn from whatever was gathered. Here, once, missing parts become
empty ones and missing numbers ``None``, so that no rule has to ask.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from .._kernel.level import Level, parse_level

OWN_NAMESPACE = "host"
_NEAR = 0.8
_WORTH_TELLING = 1000  # connections for one drop
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_./:@%+-]+")


class Queue(NamedTuple):
    """How much of a queue is taken; None where either is not known."""

    used: Optional[int]
    limit: Optional[int]

    @property
    def full(self) -> bool:
        """Whether the kernel turns the next one away. A queue that admits nothing by design is never full."""
        return bool(self.limit and self.used is not None and self.used >= self.limit)

    @property
    def near(self) -> bool:
        """Whether four fifths or more are taken."""
        return bool(self.limit and self.used is not None and self.used >= _NEAR * self.limit)


class Listener(NamedTuple):
    """One row of ``listeners``."""

    namespace: str
    subject: str
    address: Optional[str]
    port: Optional[int]
    backlog: Optional[int]
    accept: Queue
    syn: Queue
    new_peer_limit: Optional[int]  # where it is what new peers meet first
    on_full: Optional[str]
    drops: Optional[int]  # since listen()
    bound_by: Optional[str]
    holder: str  # "nginx (pid 812)", "its application" where it is not visible
    pid: Optional[int]
    remedy: str

    @property
    def new_peers(self) -> Queue:
        """The last quarter's limit as a queue of its own."""
        return Queue(self.syn.used, self.new_peer_limit)

    @property
    def turning_away(self) -> bool:
        """Whether it can take no new client now without a cookie."""
        return self.accept.full or self.syn.full or self.new_peers.full

    @property
    def filling(self) -> bool:
        return self.accept.near or self.syn.near or self.new_peers.near


class Scope(NamedTuple):
    """A network namespace: its sysctls, and what its counters counted."""

    name: str
    values: Dict[str, int]  # run-time sysctls that could be read
    counters: Dict[str, int]  # since boot, or since the namespace was made
    moved: Dict[str, int]  # over the window
    seconds: float  # of the window; 0 without one

    @property
    def inside(self) -> str:
        """To put behind a command or a claim; empty for our own."""
        return "" if self.name == OWN_NAMESPACE else " in network namespace " + self.name

    @property
    def command(self) -> str:
        """To put before a command so that it runs there."""
        if self.name == OWN_NAMESPACE:
            return ""
        if self.name.startswith("pid:"):
            return "nsenter --net --target {0} ".format(_quoted(self.name[4:]))
        if self.name.startswith("/"):
            return "nsenter --net={0} ".format(_quoted(self.name))
        return "ip netns exec {0} ".format(_quoted(self.name))

    def notable(self, drops: int) -> bool:
        """Whether so many drops since boot are more than one in a thousand connections."""
        return drops > 0 and drops * _WORTH_TELLING >= self.counters.get("PassiveOpens", 0)


class Flood(NamedTuple):
    """What the kernel's log said of one flood."""

    address: Optional[str]  # up to 6.1 the kernel tells none
    port: Optional[int]
    action: Optional[str]
    time: str


class Reported(NamedTuple):
    """A flood and the listeners that it can be about, one for each subject.

    The log is the whole machine's: the same address and port may be listened on in several network namespaces.
    """

    flood: Flood
    meant: Tuple[Listener, ...]


class Host(NamedTuple):
    """All that rules look at."""

    level: Optional[Level]
    rule: Optional[str]
    states: Dict[str, Mapping[str, Any]]  # of our own namespace: runtime, boot, boot_source, shadowed, drift
    scopes: Tuple[Scope, ...]
    listeners: Tuple[Listener, ...]
    half_open: Mapping[str, Any]
    floods: Tuple[Reported, ...]  # the latest report for each address and port

    def scope(self, name: str) -> Scope:
        """The namespace of that name; an empty one where nothing is known of it."""
        return next((scope for scope in self.scopes if scope.name == name), Scope(name, {}, {}, {}, 0.0))

    @property
    def accused(self) -> Set[str]:
        """Subjects of the listeners that a report of a flood is about for certain."""
        return {reported.meant[0].subject for reported in self.floods if len(reported.meant) == 1}

    def listeners_of(self, scope: Scope) -> List[Listener]:
        return [listener for listener in self.listeners if listener.namespace == scope.name]


def observe(facts: Mapping[str, Any]) -> Host:
    """The host behind a gathered structure, any part of which may be absent or null."""
    kernel = _part(facts, "kernel")
    states = {name: state for name, state in _part(facts, "sysctls").items() if isinstance(state, Mapping)}
    listeners = tuple(_listener(row) for row in _rows(facts, "listeners"))
    return Host(
        level=_level(kernel.get("stable_level")),
        rule=_text(kernel, "rule"),
        states=states,
        scopes=_scopes(facts, states),
        listeners=listeners,
        half_open=_part(facts, "half_open"),
        floods=_reported(_rows(_part(facts, "kernel_log"), "events"), listeners),
    )


def number(value: Any) -> Optional[int]:
    """The value where it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _part(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = facts.get(name)
    return part if isinstance(part, Mapping) else {}


def _rows(facts: Mapping[str, Any], name: str) -> List[Mapping[str, Any]]:
    rows = facts.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, (list, tuple)) else []


def _numbers(part: Mapping[str, Any]) -> Dict[str, int]:
    found = {name: number(value) for name, value in part.items()}
    return {name: value for name, value in found.items() if value is not None}


def _level(text: Any) -> Optional[Level]:
    try:
        return parse_level(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _scopes(facts: Mapping[str, Any], states: Mapping[str, Mapping[str, Any]]) -> Tuple[Scope, ...]:
    own = {name: state.get("runtime") for name, state in states.items()}
    scopes = [_scope(OWN_NAMESPACE, own, facts)]
    for row in _rows(facts, "network_namespaces"):
        name = row.get("name")
        if isinstance(name, str) and name != OWN_NAMESPACE:
            scopes.append(_scope(name, _part(row, "sysctls"), row))
    return tuple(scopes)


def _scope(name: str, values: Mapping[str, Any], counted: Mapping[str, Any]) -> Scope:
    moved = _part(counted, "counters_delta")
    seconds = moved.get("seconds")
    return Scope(
        name=name,
        values=_numbers(values),
        counters=_numbers(_part(counted, "counters")),
        moved={key: value for key, value in _numbers(moved).items() if key != "seconds"},
        seconds=float(seconds) if isinstance(seconds, (int, float)) and seconds > 0 else 0.0,
    )


def _listener(row: Mapping[str, Any]) -> Listener:
    namespace = row.get("network_namespace") or OWN_NAMESPACE
    accept, syn = _part(row, "accept_queue"), _part(row, "syn_queue")
    processes = _rows(row, "processes")
    pid = number(processes[0].get("pid")) if processes else None
    address, port = _text(row, "address"), number(row.get("port"))
    return Listener(
        namespace=str(namespace),
        subject=_subject(address, port, row.get("device"), str(namespace)),
        address=address,
        port=port,
        backlog=number(row.get("backlog")),
        accept=Queue(number(accept.get("used")), number(accept.get("limit"))),
        syn=Queue(_half_open(row), number(syn.get("limit"))),
        new_peer_limit=_binding_new_peer_limit(syn),
        on_full=_text(syn, "on_full"),
        drops=number(row.get("drops")),
        bound_by=_text(row, "bound_by"),
        holder=_holder(processes, row.get("unit"), pid),
        pid=pid,
        remedy=_text(row, "remedy") or "",
    )


def _reported(events: List[Mapping[str, Any]], listeners: Tuple[Listener, ...]) -> Tuple[Reported, ...]:
    floods = (_flood(event) for event in events if event.get("kind") == "syn_flood")
    by_port: Dict[Optional[int], Dict[str, Listener]] = {}
    for it in listeners:
        by_port.setdefault(it.port, {})[it.subject] = it
    found = []
    for flood in {(flood.address, flood.port): flood for flood in floods}.values():
        there = by_port.get(flood.port, {}).values()
        found.append(Reported(flood, tuple(it for it in there if flood.address in (None, it.address))))
    return tuple(found)


def _flood(event: Mapping[str, Any]) -> Flood:
    return Flood(_text(event, "address"), number(event.get("port")), _text(event, "action"), str(event.get("time")))


def _text(row: Mapping[str, Any], name: str) -> Optional[str]:
    value = row.get(name)
    return value if isinstance(value, str) else None


def _half_open(row: Mapping[str, Any]) -> Optional[int]:
    """Half-open connections of a listener; for a member of an SO_REUSEPORT group its even share."""
    group = _part(row, "reuseport")
    of_group, members = number(group.get("half_open")), number(group.get("members"))
    used = number(_part(row, "syn_queue").get("used"))
    return of_group // members if used is None and of_group is not None and members else used


def _binding_new_peer_limit(syn: Mapping[str, Any]) -> Optional[int]:
    """The last quarter's limit where it is reached before the SYN queue is full."""
    limit, new_peers = number(syn.get("limit")), number(syn.get("new_peer_limit"))
    return new_peers if new_peers is not None and (limit is None or new_peers < limit) else None


def _quoted(word: str) -> str:
    """The word as a shell takes it for one."""
    return word if _PLAIN_WORD.fullmatch(word) else "'{0}'".format(word.replace("'", "'\\''"))


def _subject(address: Optional[str], port: Optional[int], device: Any, namespace: str) -> str:
    host = "[{0}]".format(address) if ":" in str(address) else str(address)
    where = "" if namespace == OWN_NAMESPACE else " in network namespace " + namespace
    return "{0}{1}:{2}{3}".format(host, "%" + device if isinstance(device, str) else "", port, where)


def _holder(processes: List[Mapping[str, Any]], unit: Any, pid: Optional[int]) -> str:
    if processes and pid is not None:
        return "{0} (pid {1})".format(processes[0].get("name"), pid)
    return unit if isinstance(unit, str) else "its application"
