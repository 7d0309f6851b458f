# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""The last line of the audit: how things stand, claiming no more than was read."""

from __future__ import annotations

import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import UNKNOWN

from .._fleet.host import Host

_MANY = 5  # that are named one by one


class Standing:
    """How the hosts stand that were added so far; none of them is kept."""

    def __init__(self) -> None:
        self._hosts = self._answered = self._listeners = self._unknown = 0
        self._silent = _Named()
        self._attention = _Named()
        self._dropped = False
        self._drops_unread = False

    def add(self, host: Host) -> None:
        """Count one more host in."""
        self._hosts += 1
        if host.error is not None:
            self._silent.add("", host.name)
            return
        self._answered += 1
        self._listeners += len(host.lines)
        self._unknown += sum(line.condition.state == UNKNOWN for line in host.lines)
        drops = [member.row.get("drops") for line in host.lines for member in line.members]
        self._dropped = self._dropped or any(drops)
        self._drops_unread = self._drops_unread or None in drops
        for what in _attention(host):
            self._attention.add(host.name, what)

    def line(self) -> str:
        """One line that begins with "Result:"."""
        parts = ["{0}: {1}".format(self._counted(), self._verdict())]
        if self._silent.count:
            parts.append("no answer from {0}".format(self._silent.told(False)))
        return "Result: {0}.".format("; ".join(parts))

    def _counted(self) -> str:
        listeners = _times(self._listeners, "listener")
        if self._answered == self._hosts:
            return "{0} on {1}".format(listeners, _times(self._answered, "host"))
        found = ", " + listeners if self._answered else ""
        return "{0} of {1} answered{2}".format(self._answered, _times(self._hosts, "host"), found)

    def _verdict(self) -> str:
        reserve = "; {0} unknown".format(self._unknown) if self._unknown else ""
        named = self._attention
        if named.count:
            need = "need{0} attention".format("s" if named.count == 1 else "")
            return "{0} {1}: {2}{3}".format(named.count, need, named.told(self._hosts > 1), reserve)
        if not self._answered:
            return "nothing is known"
        if self._dropped:
            dropped = "drops are fewer than one in a thousand connections"
        else:
            dropped = "no listener has dropped a connection"
        unread = bool(self._unknown) or self._drops_unread
        return "no queue is full and {0}{1}{2}".format(dropped, ", as far as could be read" if unread else "", reserve)


class _Named:
    """What is counted, of which the first few are named."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[tuple[str, str]] = []

    def add(self, host: str, what: str) -> None:
        self.count += 1
        if len(self._first) < _MANY:
            self._first.append((host, what))

    def told(self, with_hosts: bool) -> str:
        named = ", ".join(host + " " + what if with_hosts else what for host, what in self._first)
        return named + (" and {0} more".format(self.count - _MANY) if self.count > _MANY else "")


def _attention(host: Host) -> t.Iterator[str]:
    """Listeners in trouble by their state, and whatever else a finding of warning or worse is about, by its id."""
    told = set()
    for line in host.lines:
        if line.condition.troubled:
            told.add(line.subject)
            yield "{0} ({1})".format(line.name, line.condition.state)
    for finding in host.findings:
        if str(finding.get("subject")) not in told:
            told.add(str(finding.get("subject")))
            yield "{0} ({1})".format(finding.get("subject"), finding.get("id"))


def _times(count: int, noun: str) -> str:
    return "{0} {1}{2}".format(count, noun, "" if count == 1 else "s")
