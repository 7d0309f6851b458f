# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""The UNIX sockets of a host as rows of the audit: those in use, since every host has dozens of idle ones."""

from __future__ import annotations

import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import rows, subject_of, text
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.queues import Queue, accept_queue_of
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import printable

from .lines import INDENT, paragraph

_HEADINGS = ("UNIX SOCKET", "PROCESS", "STATE", "ACCEPT QUEUE", "BOUND BY")
_GAP = "  "
_MOST = 20
Row = t.Mapping[str, t.Any]


def unix_lines(facts: Row, width: int, everything: bool) -> t.Iterator[str]:
    """The lines for the sockets on which connections wait, fullest first, or for all of them."""
    found = [(accept_queue_of(row), row) for row in rows(facts, "unix_listeners")]
    shown = [(queue, row) for queue, row in found if everything or queue.used]
    if not shown:
        return
    shown.sort(key=lambda one: (-one[0].fill, subject_of(one[1])))
    table = [_HEADINGS, *(_cells(queue, row) for queue, row in shown[:_MOST])]
    sizes = [max(len(cells[column]) for cells in table) for column in range(len(_HEADINGS))]
    yield ""
    for cells in table:
        yield _GAP.join(cell.ljust(size) for cell, size in zip(cells, sizes)).rstrip()
    if len(shown) > _MOST:
        yield "and {0} more, which report.json has".format(len(shown) - _MOST)
    for _queue, row in shown[:_MOST]:
        if everything and text(row, "remedy"):
            yield from paragraph("{0}{1}: {2}".format(INDENT, printable(subject_of(row)), text(row, "remedy")), width)


def _cells(queue: Queue, row: Row) -> tuple[str, ...]:
    processes = rows(row, "processes")
    holder = printable(str(processes[0].get("name"))) if processes else "not visible"
    taken = "{0}/{1}".format(*("?" if one is None else one for one in queue))
    state = "full" if queue.full else "filling" if queue.near else "ok"
    return printable(subject_of(row)), holder, state, taken, text(row, "bound_by") or "unknown"
