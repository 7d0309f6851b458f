# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""A host of the audit as text, or hosts that are alike: one row a listener, worst first, and what is wrong below."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.at_once import for_host, parted
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import controller_commands
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import STATES
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import number, part, text
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.queues import Queue
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import plural

from .._fleet.alike import Group, holders
from .._fleet.host import Host, Line
from .._fleet.names import in_short
from .lines import INDENT, NARROWEST, paragraph, wrap
from .unix import unix_lines

_HEADINGS = ("LISTENER", "PROCESS", "STATE", "ACCEPT QUEUE", "SYN QUEUE", "BOUND BY", "WHAT TO DO")
_SHOWN = ("somaxconn", "tcp_max_syn_backlog", "tcp_syncookies")  # of the sysctls
_GAP = "  "
_MOST_FINDINGS = 20  # of one host; the JSON has them all
_FEWEST_ROWS = 5
_MOST_NAMES = 12  # of hosts that are alike


def section(group: Group, width: int, most: int | None = None, everything: bool = False) -> t.Iterator[str]:
    """The lines that tell of hosts that are alike, or of one.

    ``most``: about how many lines they may be; listeners that are well are then counted, in place of a row each.
    ``everything``: what to do is told of listeners that are well, too.
    """
    host = group.example
    if host.error is not None:
        yield from silent(group, width)
        return
    above = [*paragraph(_heading(group), width), *_example(group, width), ""]
    below = list(_notes(host, width))
    rows = None if most is None else max(most - len(above) - len(below) - len(("headings", "and more")), _FEWEST_ROWS)
    yield from above
    yield from _table(host, width, rows, everything)
    yield from unix_lines(host.facts, width, everything)
    yield from below


def _example(group: Group, width: int) -> list[str]:
    if len(group.hosts) == 1:
        return []
    told = "{0}Shown is {1}, the fullest of them: numbers, process ids and commands are its own."
    return paragraph(told.format(INDENT, group.example.name), width)


def silent(group: Group, width: int) -> list[str]:
    """Who gave no answer, all of them by name, and why."""
    whose = in_short(group.hosts, len(group.hosts))
    alike = "" if len(group.hosts) == 1 else "{0} hosts: ".format(len(group.hosts))
    return paragraph("{0}: no answer: {1}{2}".format(whose, alike, group.example.error), width)


def in_one_line(group: Group) -> str:
    """Hosts that are alike, or one, in as few words as tell whether there is more to know."""
    states = collections.Counter(line.condition.state for line in group.example.lines)
    bound = collections.Counter(text(line.members[0].row, "bound_by") or "unknown" for line in group.example.lines)
    told = ["{0} {1}".format(states[state], state) for state in STATES if state in states]
    parts = [
        _whose(group, 4),
        "{0}, {1}".format(
            _linux(group), plural(len(group.example.lines), "listener") + (": " + ", ".join(told) if told else "")
        ),
    ]
    knobs = ", ".join(
        "{0} {1}".format(count, knob) for knob, count in sorted(bound.items(), key=lambda one: (-one[1], one[0]))
    )
    found = collections.Counter(str(one.get("id")) for one in group.example.findings)
    ends = [knobs and "bound by " + knobs, found and "findings: " + ", ".join(found), _counted_notes(group.example)]
    return "; ".join(filter(None, [": ".join(parts), *ends]))


def _counted_notes(host: Host) -> str:
    return plural(len(host.warnings), "note") if host.warnings else ""


def _whose(group: Group, most: int = _MOST_NAMES) -> str:
    names = in_short(group.hosts, most)
    return names if len(group.hosts) == 1 else "{0} hosts alike: {1}".format(len(group.hosts), names)


def _linux(group: Group) -> str:
    return "Linux " + ", ".join(sorted(group.levels)[:4]) + (", …" if len(group.levels) > 4 else "")


def _heading(group: Group) -> str:
    facts = group.example.facts
    kernel = part(facts, "kernel")
    values = {name: number(part(part(facts, "sysctls"), name).get("runtime")) for name in _SHOWN}
    sysctls = ", ".join("{0} {1}".format(name, "unknown" if it is None else it) for name, it in values.items())
    return "{0}: {1}, SYN queue rule {2} ({3}); {4}".format(
        _whose(group), _linux(group), kernel.get("rule"), kernel.get("rule_source"), sysctls
    )


# ---------------------------------------------------------------- the table


def _cells(line: Line, needs: bool) -> tuple[str, ...]:
    worst = line.members[0]
    return (
        line.name,
        holders(line),
        line.condition.state,
        _accept_queue(line),
        _syn_queue(line),
        text(worst.row, "bound_by") or "unknown",
        line.remedy if needs else "",
    )


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


def _table(host: Host, width: int, most: int | None, everything: bool) -> t.Iterator[str]:
    """Aligned columns. The last one wraps, and is there where something is to be done."""
    if not host.lines:
        yield "no TCP listener"
        return
    about = {str(one.get("subject")) for one in host.findings}
    wanting = [everything or line.condition.troubled or line.subject in about for line in host.lines]
    # worst first they are; one that is well by its numbers may be what a finding is about
    shown = list(zip(host.lines, wanting))
    if most is not None and len(shown) > most:
        shown = [one for place, one in enumerate(shown) if one[1] or place < most]
    table = [_HEADINGS, *(_cells(line, needs) for line, needs in shown)]
    columns = len(_HEADINGS) - (0 if any(wanting) else 1)
    fixed = [max(len(cells[column]) for cells in table) for column in range(len(_HEADINGS) - 1)]
    left = sum(fixed) + len(_GAP) * len(fixed)
    for cells in table:
        head = _GAP.join(cell.ljust(size) for cell, size in zip(cells, fixed)) + _GAP
        wrapped = wrap(cells[-1], max(width - left, NARROWEST)) if columns == len(_HEADINGS) else [""]
        yield (head + wrapped[0]).rstrip()
        yield from (" " * left + line for line in wrapped[1:])
    left_out = len(host.lines) - len(shown)
    if left_out:
        yield "and {0} that {1} well: `-e audit_details={2}` shows all".format(
            plural(left_out, "more listener"), "is" if left_out == 1 else "are", host.name
        )


# ---------------------------------------------------------------- what stands below it


def _notes(host: Host, width: int) -> t.Iterator[str]:
    """What is wrong, what the numbers of the table do not say by themselves, and what could not be read."""
    above = {line.subject: line.remedy for line in reversed(host.lines)}
    said = set()
    if host.findings:
        yield ""
    for finding in host.findings[:_MOST_FINDINGS]:
        heading = "{0}: {1}: {2}".format(*(finding.get(name) for name in ("severity", "subject", "summary")))
        yield from paragraph(heading, width)
        lasting, now = parted(str(finding.get("remedy")))
        remedy = _not_said(lasting, above.get(str(finding.get("subject")), ""))
        if remedy:
            yield from paragraph(INDENT + controller_commands.for_host(remedy, host.name), width)
        if now and (str(finding.get("subject")), now) not in said:
            said.add((str(finding.get("subject")), now))
            yield from paragraph(INDENT + for_host(now, host.name), width)
    if len(host.findings) > _MOST_FINDINGS:
        yield "and " + plural(len(host.findings) - _MOST_FINDINGS, "more finding")
    notes = [_older(line) for line in host.lines if line.members[0].queues.syn.over and not line.condition.troubled]
    notes += ["note: " + warning for warning in host.warnings]
    if notes:
        yield ""
    for note in notes:
        yield from paragraph(note, width)


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
