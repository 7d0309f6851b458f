# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""Hosts in the same state, as one group: the same settings, listeners, limits, states and findings.

What differs from host to host though nothing else does is left out of it: process ids, how full a queue is as long as
its state is the same, the release of the kernel as long as its rule is the same, and the host's own addresses.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import STATES
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import namespace_of, number, part, rows, text

from .host import Host, Line
from .kind import KINDS, kind_of

_STATE_NUMBER = {state: place for place, state in enumerate(STATES)}
_DIGITS = re.compile("[0-9]+")
_EVERYWHERE = ("0.0.0.0", "::", "*", "127.0.0.1", "::1")


class Group:
    """Hosts that are alike, and the one of them that is shown for all: the one with the fullest queue."""

    __slots__ = ("example", "fill", "hosts", "kind", "levels")

    def __init__(self, host: Host, kind: str) -> None:
        self.kind = kind
        self.hosts: list[str] = []
        self.levels: set[str] = set()  # of the kernels
        self.example = host
        self.fill = -1.0
        self.add(host)

    def add(self, host: Host) -> None:
        self.hosts.append(host.name)
        self.levels.add(str(part(host.facts, "kernel").get("stable_level")))
        fill = max((line.condition.fill for line in host.lines), default=0.0)
        if fill > self.fill:
            self.fill, self.example = fill, host


class Alike:
    """Groups of the hosts that were added so far. Adding one takes the same time however many there are."""

    def __init__(self) -> None:
        self._groups: dict[t.Any, Group] = {}

    def add(self, host: Host) -> str:
        """Returns its kind."""
        kind = kind_of(host)
        state = (kind, *_state_of(host))
        found = self._groups.get(state)
        if found is None:
            self._groups[state] = Group(host, kind)
        else:
            found.add(host)
        return kind

    def worst_first(self) -> list[Group]:
        """By kind, then by the state of their worst listener, the largest first of those that are equal so far."""
        return sorted(self._groups.values(), key=_urgency)


def _urgency(group: Group) -> tuple[t.Any, ...]:
    worst = min((_STATE_NUMBER[line.condition.state] for line in group.example.lines), default=len(STATES))
    critical = any(one.get("severity") == "critical" for one in group.example.findings)
    return KINDS.index(group.kind), not critical, worst, -len(group.hosts), min(group.hosts)


def _state_of(host: Host) -> tuple[t.Any, ...]:
    """What two hosts that are alike have in common."""
    if host.error is not None:
        return (host.unreachable, _DIGITS.sub("#", host.error.replace(host.name, "HOST")))
    labels = {line.subject: place_of(line) for line in host.lines} if host.findings else {}
    return (
        text(part(host.facts, "kernel"), "rule"),
        tuple(sorted([_setting(name, state) for name, state in part(host.facts, "sysctls").items()])),
        tuple(sorted([_line(line) for line in host.lines])),
        tuple(_finding(one, labels) for one in host.findings),
        tuple(sorted(_DIGITS.sub("#", warning) for warning in host.warnings)),
    )


def _setting(name: t.Any, state: t.Any) -> tuple[str, str, str]:
    values = state if isinstance(state, (dict, t.Mapping)) else {}
    return str(name), str(values.get("runtime")), str(values.get("boot"))


def place_of(line: Line) -> str:
    """Where a line listens, with "own address" for one that only this host has."""
    row = line.members[0].row
    address, device = str(row.get("address")), text(row, "device")
    if device is None and address in _EVERYWHERE and line.name == line.subject:
        return line.name
    if address not in _EVERYWHERE and not address.startswith("127."):
        address = "own address"
    elif ":" in address:
        address = "[{0}]".format(address)
    inside = namespace_of(row)
    told = "{0}{1}:{2}".format(address, "%" + device if device else "", number(row.get("port")))
    return told if inside == "host" else "{0} in {1}".format(told, inside)


def holders(line: Line) -> str:
    """The units, else the processes, that hold a line's sockets; "not visible" where nobody is."""
    if len(line.members) == 1:
        row = line.members[0].row
        return text(row, "unit") or _processes(row) or "not visible"
    names = {text(it.row, "unit") or _processes(it.row) for it in line.members}
    return ", ".join(sorted(filter(None, names))) or "not visible"


def _processes(row: t.Mapping[str, t.Any]) -> str:
    return ", ".join(sorted({str(process.get("name")) for process in rows(row, "processes")}))


def _line(line: Line) -> tuple[str, ...]:
    worst = line.members[0]
    accept, syn, new_peers = worst.queues
    limits = "{0} {1} {2} {3}".format(len(line.members), accept.limit, syn.limit, new_peers.limit)
    knob = text(worst.row, "bound_by") or ""
    return place_of(line), str(worst.row.get("family")), line.condition.state, holders(line), knob, limits


def _finding(finding: t.Mapping[str, t.Any], labels: t.Mapping[str, str]) -> tuple[str, ...]:
    subject = str(finding.get("subject"))
    return str(finding.get("severity")), str(finding.get("id")), labels.get(subject, subject)
