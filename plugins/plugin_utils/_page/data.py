# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""What the page knows of a fleet, as plain lists. The script `_fleet/data.js` reads them in the same order."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.at_once import parted
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import STATES
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import number, part, rows, subject_of, text

from .._fleet.alike import holders
from .._fleet.compare import HOW, in_words, summed
from .._fleet.host import Host, Line
from .._fleet.kind import KINDS
from .._fleet.summary import Fleet
from .pack import Rows, Texts

_STATE_NUMBER = {state: place for place, state in enumerate(STATES)}
_SEVERITIES = ("critical", "warning", "info")
_MOST_SOURCES = 8
_MOST_AGES = 12
_MOST_EVENTS = 8
_MOST_CHANGES = 500  # of each kind
_MOST_FINDINGS = 200  # of one host; the JSON has them all
_LONGEST_EVIDENCE = 16_384  # characters of JSON


class Data:
    """The hosts that were added so far."""

    def __init__(self) -> None:
        self._texts = Texts()
        self._settings = Rows()
        self._findings = Rows()
        self._hosts: list[list[t.Any]] = []
        self._place: dict[str, int] = {}
        self.names: list[str] = []

    def add(self, host: Host) -> None:
        add = self._texts.add
        self._place[host.name] = len(self._hosts)
        self.names.append(host.name)
        if host.error is not None:
            self._hosts.append([add(host.name), add(host.error), int(host.unreachable)])
            return
        kernel = part(host.facts, "kernel")
        half_open = _half_open_rows(host)
        self._hosts.append([
            add(host.name),
            add("{0} ({1})".format(kernel.get("stable_level"), kernel.get("release"))),
            add("{0} ({1})".format(kernel.get("rule"), kernel.get("rule_source"))),
            self._settings_of(host),
            [self._line(line, half_open) for line in host.lines],
            [self._finding(one) for one in rows(host.facts, "findings")[:_MOST_FINDINGS]],
            [add(warning) for warning in host.warnings],
            self._counters(host),
            [self._event(one) for one in rows(part(host.facts, "kernel_log"), "events")[-_MOST_EVENTS:]],
        ])  # fmt: skip

    def whole(self, fleet: Fleet, compared: t.Any = None) -> dict[str, t.Any]:
        """All of it; the fleet holds the same hosts."""
        groups = [
            [KINDS.index(one.kind), self._place[one.example.name], [self._place[name] for name in one.hosts]]
            for one in fleet.groups()
        ]
        return {
            "kinds": KINDS,
            "states": STATES,
            "severities": _SEVERITIES,
            "groups": groups,
            "hosts": self._hosts,
            "settings": self._settings.rows,
            "findings": self._findings.rows,
            "compared": self._compared(compared) if compared else None,
            "texts": self._texts.patterns,  # last: all the others add to them
        }

    def _compared(self, told: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        rows = {how: [self._texts.add(in_words(row)) for row in told[how][:_MOST_CHANGES]] for how in HOW}
        return {"summary": self._texts.add(summed(told)), **rows}

    def _line(self, line: Line, half_open: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[t.Any]:
        worst, add = line.members[0], self._texts.add
        row = worst.row
        lasting, now = parted(text(row, "remedy") or "")
        told = [
            add(line.name),
            add(holders(line)),
            _STATE_NUMBER[line.condition.state],
            add(text(row, "bound_by") or "unknown"),
            worst.queues.accept.used,
            worst.queues.accept.limit,
            worst.queues.syn.used,
            worst.queues.syn.limit,
            worst.queues.new_peers.limit,
            number(row.get("drops")),
            len(line.members),
            number(row.get("backlog")),
            add(lasting),
            add(now.strip()),
            number(row.get("memory_bytes")),
            add(text(row, "since")),
        ]
        entries = half_open.get(line.subject)
        if entries:
            told.append(self._half_open(entries))
        return told

    def _half_open(self, entries: t.Mapping[str, t.Any]) -> list[t.Any]:
        ages = entries.get("retransmissions")
        numbers = [number(one) or 0 for one in ages] if isinstance(ages, (list, tuple)) else []
        head, rest = numbers[:_MOST_AGES], numbers[_MOST_AGES:]
        sources = [
            [self._texts.add(str(one.get("network"))), number(one.get("count"))]
            for one in rows(entries, "sources")[:_MOST_SOURCES]
        ]
        return [
            number(entries.get("total")),
            number(entries.get("young")),
            [*head, *([sum(rest)] if rest else [])],
            sources,
        ]

    def _finding(self, one: t.Mapping[str, t.Any]) -> int:
        def make() -> list[t.Any]:
            add = self._texts.add
            severity = one.get("severity")
            lasting, now = parted(str(one.get("remedy") or ""))
            evidence = _dumped(one.get("evidence"))
            return [
                _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES) - 1,
                *(add(str(one.get(name))) for name in ("id", "subject", "summary")),
                add(lasting),
                add(now.strip()),
                add(evidence, _LONGEST_EVIDENCE) if len(evidence) <= _LONGEST_EVIDENCE else None,
            ]

        return self._findings.add(_dumped(one), make)

    def _settings_of(self, host: Host) -> int:
        states = part(host.facts, "sysctls")
        return self._settings.add(
            _dumped(states), lambda: [self._setting(str(name), part(states, name)) for name in states]
        )

    def _setting(self, name: str, state: t.Mapping[str, t.Any]) -> list[t.Any]:
        add = self._texts.add
        return [
            add(name),
            number(state.get("runtime")),
            number(state.get("boot")),
            add(text(state, "boot_source")),
            _flag(state.get("drift")),
            _flag(state.get("boot_certain")),
            [
                [add(str(one.get("source"))), add(str(one.get("value")))]
                for one in rows(state, "shadowed")[:_MOST_SOURCES]
            ],
            [
                [add(str(one.get("by"))), add(str(one.get("source"))), add(str(one.get("value")))]
                for one in rows(state, "other_writers")[:_MOST_SOURCES]
            ],
            [
                [add(str(one.get("source"))), add(str(one.get("reason"))), add(str(one.get("instead")))]
                for one in rows(state, "without_effect")[:_MOST_SOURCES]
            ],
        ]

    def _counters(self, host: Host) -> list[list[t.Any]]:
        """Those that counted anything, and what they counted within the window."""
        counted, moved = part(host.facts, "counters"), part(host.facts, "counters_delta")
        return [
            [self._texts.add(str(name)), number(counted[name]), number(moved.get(name))]
            for name in counted
            if number(counted[name])
        ]

    def _event(self, one: t.Mapping[str, t.Any]) -> list[t.Any]:
        add = self._texts.add
        where = "{0} port {1}".format(one.get("address"), one.get("port")) if one.get("port") is not None else ""
        return [
            add(str(one.get("time"))),
            add(str(one.get("kind"))),
            add(where),
            add(str(one.get("action"))),
            number(one.get("count")),
        ]


def _half_open_rows(host: Host) -> dict[str, t.Mapping[str, t.Any]]:
    found = rows(part(host.facts, "half_open"), "listeners")
    return {subject_of(row): row for row in found if number(row.get("total"))}


def _flag(value: t.Any) -> int | None:
    return int(value) if isinstance(value, bool) else None


def _dumped(value: t.Any) -> str:
    return json.dumps(value, default=str)
