# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""What the audit tells of one host, taken out of the gathered structure."""

from __future__ import annotations

import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.at_once import parted
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import Condition, Judged, worst_first
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import (
    endpoint,
    namespace_of,
    part,
    rows,
    subject_of,
    text,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.namespace_commands import OWN
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import printable

_PARTS = ("findings", "kernel", "listeners", "sysctls")
_TOLD = ("critical", "warning")  # findings of these severities
_IN_FORCE = "mitigation-in-force"  # no trouble, but clients are kept out meanwhile


class Line(t.NamedTuple):
    """One listener, or the members of an SO_REUSEPORT group that admit the same; the fullest of them first."""

    members: tuple[Judged, ...]
    name: str  # 0.0.0.0:80 in blue ×32
    subject: str  # the name under which findings speak of it

    @property
    def condition(self) -> Condition:
        return self.members[0].condition

    @property
    def remedy(self) -> str:
        """What lasts of it; what is done at once is for a listener in trouble, below the table."""
        return parted(text(self.members[0].row, "remedy") or "")[0]


class Host(t.NamedTuple):
    """One host of the audit."""

    name: str
    error: str | None  # why nothing could be gathered; all else is then empty
    facts: t.Mapping[str, t.Any]
    lines: tuple[Line, ...]  # worst first
    findings: tuple[t.Mapping[str, t.Any], ...]  # warnings and worse, worst first
    warnings: tuple[str, ...]  # of the module; and that a mitigation is in force
    unreachable: bool = False  # no connection to it, of one with an error


def audited(name: str, facts: t.Any) -> Host:
    """The host behind what was gathered on it, or behind ``{"error": why}``.

    :raises ValueError: parts that the audit needs were not gathered; the text names them.
    """
    if not isinstance(facts, t.Mapping):
        raise ValueError("{0}: expected the gathered syn_backlog, got {1!r}".format(name, facts))
    if facts.get("error") is not None:
        error = printable(str(facts["error"]), 400)
        return Host(name, error, {}, (), (), (), facts.get("unreachable") is True)
    lacking = lacks(facts)
    if lacking:
        raise ValueError("{0}: {1}".format(name, lacking))
    return Host(
        name=name,
        error=None,
        facts=facts,
        lines=_lines(worst_first(facts)),
        findings=tuple(one for one in rows(facts, "findings") if one.get("severity") in _TOLD),
        warnings=tuple(printable(str(one)) for one in (*_in_force(facts), *(facts.get("warnings") or ()))),
    )


def _in_force(facts: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for one in rows(facts, "findings"):
        if one.get("id") == _IN_FORCE and one.get("severity") not in _TOLD:
            yield "{0} {1}".format(one.get("summary"), one.get("remedy"))


def lacks(facts: t.Mapping[str, t.Any]) -> str:
    """Which parts that the audit needs were not gathered, in words; empty where all are there."""
    missing = [one for one in _PARTS if not isinstance(facts.get(one), (dict, list, tuple, t.Mapping))]
    if not missing:
        return ""
    return "{0} missing in what was gathered; the audit needs gather_subset sysctls, listeners and findings".format(
        " and ".join(missing) + (" is" if len(missing) == 1 else " are")
    )


def _lines(judged: list[Judged]) -> tuple[Line, ...]:
    groups: dict[t.Any, list[Judged]] = {}
    for place, it in enumerate(judged):
        shared: t.Any = place
        if part(it.row, "reuseport"):
            shared = (subject_of(it.row), str(it.row.get("family")), it.queues.accept.limit, it.queues.syn.limit)
        groups.setdefault(shared, []).append(it)
    return tuple(map(_line, groups.values()))


def _line(members: list[Judged]) -> Line:
    row = members[0].row
    namespace, where = namespace_of(row), endpoint(row)
    times = " ×{0}".format(len(members)) if len(members) > 1 else ""
    if namespace == OWN:
        return Line(tuple(members), where + times, where)
    return Line(tuple(members), "{0} in {1}{2}".format(where, namespace, times), subject_of(row))
