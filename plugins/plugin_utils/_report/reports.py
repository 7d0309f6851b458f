# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""The reports that are made of the hosts' answers: text for the terminal, and the files, each piece by piece."""

from __future__ import annotations

import json
import typing as t

from .._fleet.compare import Comparison, Earlier, worse
from .._fleet.host import audited
from .._fleet.input import COMPARISON
from .._fleet.summary import Fleet
from .._page.data import Data
from .._page.page import page
from .._text.table import Text

Answers = t.Mapping[str, t.Mapping[str, t.Any]]  # by the host's name, each as `answer.answer` has it
Pieces = t.Iterable[str]  # of one text, in their order

TABLE_FILE = "report.txt"
JSON_FILE = "report.json"
PAGE_FILE = "report.html"


class Reports(t.NamedTuple):
    """All that is told of one audit."""

    text: str  # for the terminal
    last_line: str  # of it: how things stand
    files: t.Mapping[str, Pieces]  # by name; each can be read once
    worse: bool = False  # whether anything is worse than in an earlier report


def reports(answers: Answers, width: int, details: t.Collection[str] = (), earlier: Earlier | None = None) -> Reports:
    """What is told of these answers; the table is ``width`` columns wide, and tells all of the hosts of ``details``.

    :raises ValueError: a host has the name that the comparison with the earlier report has in report.json.
    """
    if earlier and COMPARISON in answers:
        raise ValueError("a host has the name {0}, under which report.json holds the comparison".format(COMPARISON))
    fleet, data = Fleet(), Data()
    text = Text(fleet, width, details)
    comparison = Comparison(earlier) if earlier else None
    for name in sorted(answers):
        host = audited(name, answers[name])
        fleet.add(host)
        text.add(host)
        data.add(host)
        if comparison:
            comparison.add(host)
    compared = comparison.told() if comparison else None
    told = text.report(compared)
    files = {
        TABLE_FILE: [told],
        JSON_FILE: json_pieces({**answers, COMPARISON: compared} if compared else answers),
        PAGE_FILE: page(fleet, data, compared),
    }
    return Reports(told, text.last_line(compared), files, bool(compared) and worse(compared))


def json_pieces(answers: Answers) -> t.Iterator[str]:
    """What the hosts answered, as JSON with sorted keys."""
    before = "{\n"
    for name in sorted(answers):
        alone = json.dumps({name: answers[name]}, indent=2, sort_keys=True, default=str)
        yield before + alone[len("{\n") : -len("\n}")]
        before = ",\n"
    yield "\n}\n" if answers else "{}\n"
