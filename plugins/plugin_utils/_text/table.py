# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""The audit as text: what is wrong, groups in place of repetitions, and a last line that says how things stand."""

from __future__ import annotations

import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import plural

from .._fleet.alike import Group
from .._fleet.compare import lines as lines_of
from .._fleet.compare import summed
from .._fleet.host import Host, audited
from .._fleet.kind import LOSING, SILENT, SOON, UNREAD, WELL, kind_of
from .._fleet.summary import Fleet
from .lines import paragraph, shown
from .result import Standing
from .section import in_one_line, section, silent

_SCREEN = 24  # lines of a terminal
_MOST_IN_FULL = 20  # groups in trouble; the others are a line each
_MOST_IN_SHORT = 40
_MOST_WELL = 10  # groups, where others are in trouble


Compared = t.Optional[t.Mapping[str, t.Any]]  # as `compare.Comparison.told` has it


class Text:
    """The report of the hosts that were added so far."""

    def __init__(self, fleet: Fleet, width: int, details: t.Collection[str] = ()) -> None:
        self._fleet, self._width, self._details = fleet, width, frozenset(details)
        self._standing = Standing()
        self._detailed: list[Host] = []

    def add(self, host: Host) -> None:
        """Tell of one more host, which the fleet counts already."""
        self._standing.add(host)
        if host.name in self._details:
            self._detailed.append(host)

    def last_line(self, compared: Compared = None) -> str:
        """How things stand, and since when they are so."""
        return shown(" ".join(filter(None, [self._standing.line(), compared and summed(compared)])))

    def report(self, compared: Compared = None) -> str:
        """All of it, with what changed since an earlier report where it was compared with one."""
        changes = [line for told in lines_of(compared) for line in paragraph(told, self._width)] if compared else []
        sections = [*self._sections(), changes]
        told = ["".join(shown(line) + "\n" for line in lines) for lines in sections if lines]
        return "\n".join([*told, self.last_line(compared) + "\n"])

    def _sections(self) -> t.Iterator[list[str]]:
        groups = self._fleet.groups()
        troubled = [one for one in groups if one.kind in (LOSING, SOON)]
        for group in troubled[:_MOST_IN_FULL]:
            yield list(section(group, self._width, _SCREEN * 2))
        yield self._in_short(troubled[_MOST_IN_FULL:], _MOST_IN_SHORT, "in trouble")
        yield [line for one in groups if one.kind == SILENT for line in silent(one, self._width)]
        yield from self._well([one for one in groups if one.kind in (UNREAD, WELL)], alone=not troubled)
        for host in self._detailed:
            if host.error is None:
                yield [
                    "{0} in detail".format(host.name),
                    "",
                    *section(Group(host, kind_of(host)), self._width, everything=True),
                ]

    def _well(self, groups: list[Group], alone: bool) -> list[list[str]]:
        """At most a screen."""
        room = _SCREEN - 2
        full = [list(section(one, self._width, room if len(groups) == 1 else None)) for one in groups]
        if sum(len(lines) + 1 for lines in full) <= room or len(groups) == 1:
            return full
        return [self._in_short(groups, room - 3 if alone else _MOST_WELL, "well")]

    def _in_short(self, groups: list[Group], most: int, how: str) -> list[str]:
        lines: list[str] = []
        for place, group in enumerate(groups):
            told = paragraph(in_one_line(group), self._width)
            if len(lines) + len(told) > most:
                hosts = sum(len(one.hosts) for one in groups[place:])
                more = plural(len(groups) - place, "more group")
                lines.append("and {0} more, {1}, in {2}".format(_hosts(hosts), how, more))
                break
            lines += told
        return [*lines, "`-e audit_details=HOSTS` shows all of a host; report.html has every one."] if lines else []


def audit_table(hosts: t.Mapping[str, t.Any], width: int = 140, details: t.Collection[str] = ()) -> str:
    """The report on one or more hosts.

    ``hosts`` maps a name to its gathered ``syn_backlog``, which may have the module's ``warnings`` beside its own
    keys; or, for a host that gave none, to ``{"error": why}``. ``details`` are the names of hosts of which all is told.

    :raises ValueError: what is missing, in words.
    """
    if not isinstance(hosts, t.Mapping):
        raise ValueError("expected a mapping of host names to the gathered syn_backlog, got {0!r}".format(hosts))
    fleet = Fleet()
    text = Text(fleet, width, details)
    for name in sorted(hosts):
        host = audited(name, hosts[name])
        fleet.add(host)
        text.add(host)
    return text.report()


def _hosts(count: int) -> str:
    return "{0} host{1}".format(count, "" if count == 1 else "s")
