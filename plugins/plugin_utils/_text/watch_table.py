# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""A watch as text: one row a listener, worst first, with the histogram of its accept queue as a line of blocks."""

from __future__ import annotations

import textwrap
import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import (
    inside,
    namespace_of,
    number,
    part,
    rows,
    subject_of,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import plural, printable

_HEADINGS = (
    "LISTENER",
    "SYNS",
    "ANSWERED",
    "DROPPED",
    "BEFORE",
    "PEAK",
    "P99",
    "FULL",
    "CONN/S",
    "ENOUGH",
    "ACCEPT QUEUE",
)
_LEFT = (0, 10)  # columns of text; the others are numbers
_GAP = "  "
_BLOCKS = " ▁▂▃▄▅▆▇█"
_MOST_LISTENERS = 50  # of one host, the worst; the JSON has them all
_MOST_FINDINGS = 20
_NARROWEST = 60
_SEVERITIES = ("critical", "warning", "info")


def watch_table(hosts: t.Mapping[str, t.Any], width: int = 140) -> str:
    """The table of one or more hosts.

    ``hosts`` maps a name to what syn_backlog_watch returned as ``watch``, which may have the module's ``warnings``
    beside its own keys; or, for a host that gave none, to ``{"error": why}``.

    :raises ValueError: what is missing, in words.
    """
    if not isinstance(hosts, t.Mapping):
        raise ValueError("expected a mapping of host names to what was watched, got {0!r}".format(hosts))
    lines: list[str] = []
    for name in sorted(hosts, key=lambda name: (_rank(hosts[name]), name)):
        told = hosts[name]
        if not isinstance(told, t.Mapping):
            raise ValueError("{0}: expected what was watched, got {1}".format(name, type(told).__name__))
        lines += [*_section(str(name), told, max(width, _NARROWEST)), ""]
    return "".join(printable(line, max(len(line), 1)) + "\n" for line in [*lines, last_line(hosts)])


def last_line(hosts: t.Mapping[str, t.Any]) -> str:
    """How things stand, in a line."""
    answered = [told for told in hosts.values() if told.get("error") is None]
    troubled = [told for told in answered if _rank(told) < _SEVERITIES.index("info")]
    listeners = sum(len(rows(told, "listeners")) for told in answered)
    silent = len(hosts) - len(answered)
    return "Result: {0} on {1} watched, {2}{3}.".format(
        plural(listeners, "listener"),
        plural(len(answered), "host"),
        "{0} with losses or full queues".format(plural(len(troubled), "host"))
        if troubled
        else "no losses and no full queues",
        ", {0} gave no answer".format(plural(silent, "host")) if silent else "",
    )


def blocks(queue: t.Mapping[str, t.Any]) -> str:
    """The histogram as a block for each step, as high as looks were many; any look at all shows."""
    counts = [number(row.get("samples")) or 0 for row in rows(queue, "histogram")][:34]
    most = max(counts, default=0)
    if not most:
        return ""
    high = len(_BLOCKS) - 1
    return "".join(
        _BLOCKS[0 if not one else max(1, -(-one.bit_length() * high // most.bit_length()))] for one in counts
    )


def _rank(told: t.Any) -> int:
    """The worst severity of a host's findings; hosts without an answer come first."""
    if not isinstance(told, t.Mapping) or told.get("error") is not None:
        return -1
    ranks = [_severity(one) for one in rows(told, "findings")]
    return min(ranks, default=len(_SEVERITIES))


def _severity(one: t.Mapping[str, t.Any]) -> int:
    severity = one.get("severity")
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES)


def _section(name: str, told: t.Mapping[str, t.Any], width: int) -> t.Iterator[str]:
    if told.get("error") is not None:
        yield from _paragraph("{0}: no answer: {1}".format(name, told["error"]), width)
        return
    seconds, looks = told.get("seconds"), number(told.get("looks"))
    yield "{0}: watched for {1} s, {2}".format(name, seconds, plural(looks, "look"))
    yield ""
    yield from _table(told)
    yield from _layers(told)
    yield from _notes(told, width)


def _table(told: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    listeners = sorted([*rows(told, "listeners"), *rows(told, "unix_listeners")], key=_worst_first)
    if not listeners:
        yield "no TCP listener"
        return
    table = [_HEADINGS, *map(_cells, listeners[:_MOST_LISTENERS])]
    sizes = [max(len(cells[column]) for cells in table) for column in range(len(_HEADINGS))]
    for cells in table:
        fitted = (
            cell.ljust(size) if place in _LEFT else cell.rjust(size)
            for place, (cell, size) in enumerate(zip(cells, sizes))
        )
        yield _GAP.join(fitted).rstrip()
    if len(listeners) > _MOST_LISTENERS:
        yield "and " + plural(len(listeners) - _MOST_LISTENERS, "more listener")


def _worst_first(row: t.Mapping[str, t.Any]) -> tuple[t.Any, ...]:
    syns, queue = _of_group(row, "syns"), part(row, "accept_queue")
    lost = sum(number(syns.get(name)) or 0 for name in ("before_listener", "dropped"))
    limit, peak = number(queue.get("limit")) or 1, number(queue.get("peak")) or 0
    arrived = number(syns.get("arrived")) or 0
    return -(lost or number(row.get("dropped")) or 0), -peak / limit, -arrived, subject_of(row), str(row.get("inode"))


def _of_group(row: t.Mapping[str, t.Any], name: str) -> t.Mapping[str, t.Any]:
    return part(row, name) or part(part(row, "reuseport"), name)


def _cells(row: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    syns, queue = _of_group(row, "syns"), part(row, "accept_queue")
    members = number(part(row, "reuseport").get("members"))
    dropped = number(syns.get("dropped"))
    full, rate = queue.get("seconds_full"), row.get("connections_per_second")
    return (
        subject_of(row) + (" (1 of {0})".format(members) if members else ""),
        _number(syns.get("arrived")),
        _number(syns.get("answered")),
        _number(dropped if dropped is not None else row.get("dropped")),
        _number(syns.get("before_listener")),
        "{0}/{1}".format(_number(queue.get("peak")), _number(queue.get("limit"))),
        _number(queue.get("p99")),
        "{0:.1f} s".format(full) if isinstance(full, float) else "?",
        "{0:.1f}".format(rate) if isinstance(rate, float) else "?",
        _number(row.get("recommended_backlog")) if row.get("recommended_backlog") is not None else "-",
        "|{0}|".format(blocks(queue)) if rows(queue, "histogram") else "?",
    )


def _number(value: t.Any) -> str:
    return "?" if number(value) is None else str(value)


def _layers(told: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    lost = rows(told, "layers")
    if lost:
        yield ""
    for row in lost:
        yield "lost: {0}: {1} ({2}, {3}){4}".format(
            row.get("layer"), row.get("dropped"), row.get("reason"), row.get("where"), inside(namespace_of(row))
        )


def _notes(told: t.Mapping[str, t.Any], width: int) -> t.Iterator[str]:
    findings = rows(told, "findings")
    if findings:
        yield ""
    for finding in findings[:_MOST_FINDINGS]:
        yield from _paragraph(
            "{0}: {1}: {2}".format(*(finding.get(name) for name in ("severity", "subject", "summary"))), width
        )
        yield from _paragraph("    {0}".format(finding.get("remedy")), width)
    if len(findings) > _MOST_FINDINGS:
        yield "and " + plural(len(findings) - _MOST_FINDINGS, "more finding")
    warnings = told.get("warnings")
    notes = [str(one) for one in warnings] if isinstance(warnings, (list, tuple)) else []
    if notes:
        yield ""
    for note in notes:
        yield from _paragraph("note: " + note, width)


def _paragraph(words: str, width: int) -> list[str]:
    """Lines of at most this width; those after the first, and all of a remedy, are indented. No word is broken."""
    indent = "    " if words.startswith("    ") else ""
    return textwrap.wrap(
        words.strip(),
        width,
        initial_indent=indent,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]
