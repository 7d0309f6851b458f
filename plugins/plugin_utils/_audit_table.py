# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""The audit as text: one row a listener, worst first, what is wrong, and a last line that says how things stand."""

from __future__ import annotations

import re
import textwrap
import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.at_once import for_host, parted
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import controller_commands
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import Judged
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import number, part, rows, text
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.queues import Queue
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import printable

from ._audit_host import Host, Line, audited
from ._audit_result import Standing

_HEADINGS = ("LISTENER", "PROCESS", "STATE", "ACCEPT QUEUE", "SYN QUEUE", "BOUND BY", "WHAT TO DO")
_SHOWN = ("somaxconn", "tcp_max_syn_backlog", "tcp_syncookies")  # of the sysctls
_GAP = "  "
_NARROWEST_REMEDY = 40
_INDENT = "    "
_MOST_FINDINGS = 20  # of one host; the JSON has them all
_COMMAND = re.compile(r"`[^`]*`")
_HELD = "\x00"  # stands for a space while lines are broken


def audit_table(hosts: t.Mapping[str, t.Any], width: int = 140) -> str:
    """The report on one or more hosts.

    ``hosts`` maps a name to its gathered ``syn_backlog``, which may have the module's ``warnings`` beside its own
    keys; or, for a host that gave none, to ``{"error": why}``.

    :raises ValueError: what is missing, in words.
    """
    if not isinstance(hosts, t.Mapping):
        raise ValueError("expected a mapping of host names to the gathered syn_backlog, got {0!r}".format(hosts))
    standing = Standing()
    sections = []  # text alone: what a host's section is made of is gone when the next one is at work
    for name in sorted(hosts):
        host = audited(name, hosts[name])
        standing.add(host)
        sections.append("".join(_shown(line) + "\n" for line in _section(host, width)))
    return "\n".join([*sections, _shown(standing.line()) + "\n"])


def _shown(line: str) -> str:
    """A line as a terminal may have it, whatever a host put into it."""
    return printable(line, max(len(line), 1))


def _section(host: Host, width: int) -> t.Iterator[str]:
    if host.error is not None:
        yield from _paragraph("{0}: no answer: {1}".format(host.name, host.error), width)
        return
    yield _host_line(host)
    yield ""
    yield from _table(host.lines, width)
    yield from _notes(host, width)


def _host_line(host: Host) -> str:
    kernel = part(host.facts, "kernel")
    values = {name: number(part(part(host.facts, "sysctls"), name).get("runtime")) for name in _SHOWN}
    sysctls = ", ".join("{0} {1}".format(name, "unknown" if it is None else it) for name, it in values.items())
    return "{0}: Linux {1}, SYN queue rule {2} ({3}); {4}".format(
        host.name, kernel.get("stable_level"), kernel.get("rule"), kernel.get("rule_source"), sysctls
    )


# ---------------------------------------------------------------- the table


def _cells(line: Line) -> tuple[str, ...]:
    worst = line.members[0]
    return (
        line.name,
        _holders(line),
        line.condition.state,
        _accept_queue(line),
        _syn_queue(line),
        text(worst.row, "bound_by") or "unknown",
        line.remedy,
    )


def _holders(line: Line) -> str:
    """The units, else the processes, that hold a line's sockets."""
    names = {text(it.row, "unit") or _processes(it) for it in line.members}
    return ", ".join(sorted(filter(None, names))) or "not visible"


def _processes(it: Judged) -> str:
    return ", ".join(sorted({str(process.get("name")) for process in rows(it.row, "processes")}))


def _accept_queue(line: Line) -> str:
    """Each member of a group has one of its own: their sum or, where one is nearly full, that one."""
    queues = [it.queues.accept for it in line.members]
    worst = max(queues, key=lambda queue: queue.fill)
    if len(queues) == 1:
        return _taken(worst)
    if worst.near:
        return "{0} (1 of {1})".format(_taken(worst), len(queues))
    known = [queue.used for queue in queues if queue.used is not None]
    return "{0}/{1}".format(_number(sum(known) if len(known) == len(queues) else None), _limit(line, worst.limit))


def _syn_queue(line: Line) -> str:
    """The kernel tells the half-open connections of a group as one sum."""
    queue, members = line.members[0].queues.syn, len(line.members)
    group = part(line.members[0].row, "reuseport")
    whole, all_members = number(group.get("half_open")), number(group.get("members"))
    used = queue.used
    if whole is not None and all_members:
        used = whole * members // all_members
    shown = "{0}/{1}".format(_number(used), _limit(line, queue.limit))
    new_peers = number(part(line.members[0].row, "syn_queue").get("new_peer_limit"))
    return shown if new_peers is None else "{0} (new peers {1})".format(shown, new_peers)


def _taken(queue: Queue) -> str:
    return "{0}/{1}".format(_number(queue.used), _number(queue.limit))


def _limit(line: Line, each: int | None) -> str:
    return _number(each) if len(line.members) == 1 else "{0}×{1}".format(len(line.members), _number(each))


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)


def _table(lines: t.Sequence[Line], width: int) -> t.Iterator[str]:
    """Aligned columns; the last one takes the rest of the width and wraps."""
    if not lines:
        yield "no TCP listener"
        return
    table = [_HEADINGS, *map(_cells, lines)]
    fixed = [max(len(cells[column]) for cells in table) for column in range(len(_HEADINGS) - 1)]
    left = sum(fixed) + len(_GAP) * len(fixed)
    remedy_width = max(width - left, _NARROWEST_REMEDY)
    for cells in table:
        head = _GAP.join(cell.ljust(size) for cell, size in zip(cells, fixed)) + _GAP
        wrapped = _wrap(cells[-1], remedy_width)
        yield (head + wrapped[0]).rstrip()
        yield from (" " * left + line for line in wrapped[1:])


# ---------------------------------------------------------------- what stands below it


def _notes(host: Host, width: int) -> t.Iterator[str]:
    """What is wrong, what the numbers of the table do not say by themselves, and what could not be read."""
    above = {line.subject: line.remedy for line in reversed(host.lines)}
    said = set()
    if host.findings:
        yield ""
    for finding in host.findings[:_MOST_FINDINGS]:
        heading = "{0}: {1}: {2}".format(*(finding.get(name) for name in ("severity", "subject", "summary")))
        yield from _paragraph(heading, width)
        lasting, now = parted(str(finding.get("remedy")))
        remedy = _not_said(lasting, above.get(str(finding.get("subject")), ""))
        if remedy:
            yield from _paragraph(_INDENT + controller_commands.for_host(remedy, host.name), width)
        if now and (str(finding.get("subject")), now) not in said:
            said.add((str(finding.get("subject")), now))
            yield from _paragraph(_INDENT + for_host(now, host.name), width)
    if len(host.findings) > _MOST_FINDINGS:
        yield "and {0} more findings".format(len(host.findings) - _MOST_FINDINGS)
    notes = [_older(line) for line in host.lines if line.members[0].queues.syn.over and not line.condition.troubled]
    notes += ["note: " + warning for warning in host.warnings]
    if notes:
        yield ""
    for note in notes:
        yield from _paragraph(note, width)


def _older(line: Line) -> str:
    queue = line.members[0].queues.syn
    return (
        "note: {0}: its SYN queue admits {1}; the half-open connections that are there were taken before that, or by a "
        "socket that listened here before."
    ).format(line.name, queue.limit)


def _not_said(remedy: str, above: str) -> str:
    """A finding's remedy without what the table says already."""
    if not above or not remedy.endswith(above):
        return remedy
    rest = remedy[: -len(above)].rstrip()
    return rest + " see WHAT TO DO above." if rest.endswith(":") else rest


def _paragraph(words: str, width: int) -> list[str]:
    indent = _INDENT if words.startswith(_INDENT) else ""
    first, *others = _wrap(words[len(indent) :], max(width, _NARROWEST_REMEDY) - len(_INDENT), whole=True)
    return [indent + first, *(_INDENT + line for line in others)]


def _wrap(words: str, width: int, whole: bool = False) -> list[str]:
    """Lines of at most this width, breaking no `command` that fits on one: it is there to be copied.

    ``whole``: one that does not fit stands on a line of its own, however long that is.
    """
    kept = _COMMAND.sub(
        lambda found: found[0].replace(" ", _HELD) if whole or len(found[0]) <= width else found[0], words
    )
    lines = textwrap.wrap(kept, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace(_HELD, " ") for line in lines] or [""]
