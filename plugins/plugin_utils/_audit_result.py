# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""The last line of the audit: how things stand, claiming no more than was read."""

from __future__ import annotations

import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import UNKNOWN

from ._audit_host import Host

_MANY = 5  # that are named one by one


def last_line(hosts: t.Sequence[Host]) -> str:
    """One line that begins with "Result:"."""
    parts = ["{0}: {1}".format(_counted(hosts), _verdict(hosts))]
    silent = [host.name for host in hosts if host.error is not None]
    if silent:
        parts.append("no answer from {0}".format(_some(silent)))
    return "Result: {0}.".format("; ".join(parts))


def _counted(hosts: t.Sequence[Host]) -> str:
    answered = sum(host.error is None for host in hosts)
    listeners = _times(sum(len(host.lines) for host in hosts), "listener")
    if answered == len(hosts):
        return "{0} on {1}".format(listeners, _times(answered, "host"))
    found = ", " + listeners if answered else ""
    return "{0} of {1} answered{2}".format(answered, _times(len(hosts), "host"), found)


def _verdict(hosts: t.Sequence[Host]) -> str:
    unknown = sum(line.condition.state == UNKNOWN for host in hosts for line in host.lines)
    reserve = "; {0} unknown".format(unknown) if unknown else ""
    named = list(_attention(hosts))
    if named:
        return "{0} need{1} attention: {2}{3}".format(len(named), "s" if len(named) == 1 else "", _some(named), reserve)
    if all(host.error is not None for host in hosts):
        return "nothing is known"
    drops = [member.row.get("drops") for host in hosts for line in host.lines for member in line.members]
    if any(drops):
        dropped = "drops are fewer than one in a thousand connections"
    else:
        dropped = "no listener has dropped a connection"
    unread = bool(unknown) or None in drops
    return "no queue is full and {0}{1}{2}".format(dropped, ", as far as could be read" if unread else "", reserve)


def _attention(hosts: t.Sequence[Host]) -> t.Iterator[str]:
    """Listeners in trouble by their state, and whatever else a finding of warning or worse is about, by its id."""
    for host in hosts:
        place = host.name + " " if len(hosts) > 1 else ""
        told = set()
        for line in host.lines:
            if line.condition.troubled:
                told.add(line.subject)
                yield "{0}{1} ({2})".format(place, line.name, line.condition.state)
        for finding in host.findings:
            if finding.get("subject") not in told:
                told.add(finding.get("subject"))
                yield "{0}{1} ({2})".format(place, finding.get("subject"), finding.get("id"))


def _some(named: list[str]) -> str:
    more = " and {0} more".format(len(named) - _MANY) if len(named) > _MANY else ""
    return ", ".join(named[:_MANY]) + more


def _times(count: int, noun: str) -> str:
    return "{0} {1}{2}".format(count, noun, "" if count == 1 else "s")
