# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""A fleet in numbers: what binds how many listeners, how they fare, the worst of them, and which hosts are alike."""

from __future__ import annotations

import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import STATES
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import number, part, text
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.queues import Queue
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import printable

from .alike import Alike, Group, holders, place_of
from .host import Host, Line, audited
from .kind import KINDS

MOST_WORST = 10
_STATE_NUMBER = {state: place for place, state in enumerate(STATES)}
_BINDING = ("application", "somaxconn", "tcp_max_syn_backlog", "syncookies", "unknown")


class Fleet:
    """The hosts that were added so far, counted. Each is looked at once, and only one of each group is kept."""

    def __init__(self, worst: int = MOST_WORST) -> None:
        self.hosts = self.listeners = 0
        self.kinds = dict.fromkeys(KINDS, 0)
        self.bound_by: dict[str, int] = dict.fromkeys(_BINDING, 0)
        self.states = dict.fromkeys(STATES, 0)
        self.errors: dict[str, str] = {}
        self.unreachable: list[str] = []
        self.failed: list[str] = []
        self._alike = Alike()
        self._worst = worst
        self._fullest: list[tuple[t.Any, ...]] = []

    def add(self, host: Host) -> None:
        """Count one more host in."""
        self.hosts += 1
        self.kinds[self._alike.add(host)] += 1
        if host.error is not None:
            self.errors[host.name] = host.error
            (self.unreachable if host.unreachable else self.failed).append(host.name)
            return
        self.listeners += len(host.lines)
        for line in host.lines:
            bound = text(line.members[0].row, "bound_by")
            self.bound_by[bound if bound in self.bound_by and bound else "unknown"] += 1
            self.states[line.condition.state] += 1
        for line in host.lines[: self._worst]:
            urgency = _STATE_NUMBER[line.condition.state], -line.condition.fill
            if len(self._fullest) == self._worst and urgency > self._fullest[-1][0][:2]:
                break  # worst first they are: those that follow are no worse than it
            self._fullest.append(((*urgency, -_drops(line), host.name, line.name), host.name, line))
            self._fullest.sort(key=lambda one: one[0])
            del self._fullest[self._worst :]

    def groups(self) -> list[Group]:
        """Worst first."""
        return self._alike.worst_first()

    def worst(self) -> list[tuple[str, Line]]:
        """The listeners nearest to their limits, or beyond, each with its host."""
        return [(host, line) for _key, host, line in self._fullest]


def summary(answers: t.Mapping[str, t.Any], worst: int = MOST_WORST) -> dict[str, t.Any]:
    """What the filter ``fleet_summary`` returns.

    :raises ValueError: an answer that lacks parts; the text names host and parts.
    """
    fleet = Fleet(worst)
    for name in sorted(answers):
        fleet.add(audited(name, answers[name]))
    groups = fleet.groups()
    return {
        "hosts": fleet.hosts,
        "answered": fleet.hosts - len(fleet.errors),
        "listeners": fleet.listeners,
        "bound_by": fleet.bound_by,
        "states": fleet.states,
        "kinds": fleet.kinds,
        "worst": [dict(_listener(line), host=host) for host, line in fleet.worst()],
        "groups": [_group(one) for one in groups if one.example.error is None],
        "unreachable": sorted(fleet.unreachable),
        "failed": sorted(fleet.failed),
        "errors": fleet.errors,
    }


def _drops(line: Line) -> int:
    return max((number(one.row.get("drops")) or 0 for one in line.members), default=0)


def _group(group: Group) -> dict[str, t.Any]:
    example = group.example
    sysctls = part(example.facts, "sysctls")
    return {
        "hosts": sorted(group.hosts),
        "kind": group.kind,
        "example": example.name,
        "kernels": sorted(group.levels),
        "sysctls": {str(name): part(sysctls, name).get("runtime") for name in sysctls},
        "listeners": [dict(_listener(line), listener=printable(place_of(line))) for line in example.lines],
        "findings": [
            {name: printable(str(one.get(name))) for name in ("severity", "id", "subject", "summary", "remedy")}
            for one in example.findings
        ],
    }


def _listener(line: Line) -> dict[str, t.Any]:
    worst = line.members[0]
    return {
        "listener": printable(line.name),
        "process": printable(holders(line)),
        "state": line.condition.state,
        "fill": round(line.condition.fill, 4),
        "accept_queue": _queue(worst.queues.accept),
        "syn_queue": _queue(worst.queues.syn),
        "drops": number(worst.row.get("drops")),
        "bound_by": text(worst.row, "bound_by"),
        "remedy": printable(line.remedy),
    }


def _queue(queue: Queue) -> dict[str, int | None]:
    return {"used": queue.used, "limit": queue.limit}
