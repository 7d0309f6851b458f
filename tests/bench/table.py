# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of the benchmark: what was measured, beside what, and whether the bar is held. Nothing is measured here."""

from __future__ import annotations

import itertools
import json
import os
import statistics
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence

#: Bars that are missed, and what was measured: the page and the exit status of `make bench` tell so, and CI holds that it
#: gets no worse
MISSED = {
    "facts, 200 listeners": 0.30,
    # 142 files of module_utils are parsed on the controller (140 ms) and 53 of them compiled on the target (100 ms)
    "facts, idle host, whole process": 1.41,
}
SLACK = 1.1  # on a noisy machine a bar counts as missed only beyond that, and only twice


class Row(NamedTuple):
    """One measure."""

    name: str
    beside: str  # what a user would take instead; empty where there is none
    ours: float  # median, in the unit
    theirs: Optional[float]  # median of the other; None where there is none
    most: Optional[float]  # most that ours may be: of theirs, or in the unit where there is no other; None for no bar
    unit: str = "ms"
    why: str = ""  # where the bar is known to be missed: what takes the time, and what was tried

    @property
    def ratio(self) -> Optional[float]:
        """Ours over theirs."""
        return self.ours / self.theirs if self.theirs else None

    @property
    def measured(self) -> float:
        """What is held against the bar."""
        return self.ours if self.ratio is None else self.ratio

    @property
    def held(self) -> bool:
        """Whether the bar is held; a row without one always holds."""
        return self.most is None or self.measured <= self.most

    @property
    def missed_by_far(self) -> bool:
        """Whether it is missed by more than noise explains."""
        return self.most is not None and self.measured > max(self.most, MISSED.get(self.name, 0)) * SLACK

    @property
    def verdict(self) -> str:
        return "" if self.most is None else "held" if self.held else "MISSED"


def of(name: str, beside: str, ours: Sequence[float], theirs: Sequence[float], most: Optional[float], why: str = "") -> Row:
    """The row of paired runs, in seconds."""
    other = 1000 * statistics.median(theirs) if theirs else None
    return Row(name, beside, 1000 * statistics.median(ours), other, most, why=why)


def growth(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """How much faster than linear something grows: 1.0 for a straight line.

    What the last step costs for each thing more, over what the steps before it cost for each: the fixed cost falls out.
    """
    first = (seconds[-2] - seconds[0]) / (sizes[-2] - sizes[0])
    last = (seconds[-1] - seconds[-2]) / (sizes[-1] - sizes[-2])
    return last / first if first > 0 else 1.0


def line(row: Row) -> str:
    """The row for a terminal."""
    return "%-58s %11s %11s %7s %6s  %s" % (
        row.name[:58],
        shown(row.ours, row.unit),
        "" if row.theirs is None else shown(row.theirs, row.unit),
        "" if row.ratio is None else "%.2f" % row.ratio,
        "" if row.most is None else "%g" % row.most,
        row.verdict,
    )


HEADING = "%-58s %11s %11s %7s %6s" % ("", "ours", "beside", "ratio", "bar")


def shown(value: float, unit: str) -> str:
    """A number with its unit, as short as it is exact enough."""
    if unit == "ms" and value >= 10000:
        return "%.1f s" % (value / 1000)
    return ("%.0f %s" if value >= 100 else "%.1f %s" if value >= 10 else "%.2f %s") % (value, unit)


def page(rows: Sequence[Row], machine: Dict[str, str]) -> str:
    """The page docs/performance.md."""
    lines = [
        "# Performance",
        "",
        "What `make bench` measured last, each beside what a user would take instead. Both sides of a row ran in turn, on the same",
        "machine and with the same ansible-core and Python; a number is the median of its runs. The ratio is ours over the other's. The bar",
        "is the most that the ratio may be or, where there is nothing to compare with, the most that the number itself may be.",
        "",
        "| measure | ours | beside | takes | ratio | bar | |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        other = "" if row.theirs is None else shown(row.theirs, row.unit)
        ratio = "" if row.ratio is None else "%.2f" % row.ratio
        most = "" if row.most is None else "%g" % row.most
        cells = (row.name, shown(row.ours, row.unit), row.beside, other, ratio, most, row.verdict)
        lines.append("| %s |" % " | ".join(cells))
    missed = [row for row in rows if not row.held]
    if missed:
        lines += ["", "## Bars that were missed", ""]
        for why, alike in itertools.groupby(missed, key=lambda row: row.why):
            told = "; ".join("**%s**, %s" % (row.name, by_how_much(row)) for row in alike)
            lines.append(("- %s. %s" % (told, why)).rstrip())
    lines += ["", "## Where", "", "| | |", "|---|---|"]
    lines += ["| %s | %s |" % one for one in machine.items()]
    lines += [
        "",
        "An idle host is an empty network namespace. A growth of 1 is a straight line: what each thing more costs at the largest size, over",
        "what it costs before. The controller's CPU is that of its process and all its children, with hosts that are reached over ssh.",
        "Machines are noisy: what CI runs counts a bar as missed only where a second run misses it too, by more than a tenth.",
        "",
    ]
    return "\n".join(lines)


def by_how_much(row: Row) -> str:
    """A missed bar beside what was measured, to as many digits as it takes to see the difference."""
    if row.ratio is None:
        return "%s instead of %s" % (shown(row.ours, row.unit), shown(row.most, row.unit))
    measured = next((text for text in ("%.2f" % row.ratio, "%.3f" % row.ratio) if float(text) > row.most), "%.4f" % row.ratio)
    return "%s instead of %g" % (measured, row.most)


def emit(row: Row) -> None:
    """Print the row, and hand it to whoever runs this benchmark (BENCH_ROWS names the file)."""
    print(line(row), flush=True)
    path = os.environ.get("BENCH_ROWS")
    if path:
        with open(path, "a", encoding="utf-8") as rows:
            rows.write(json.dumps(row._asdict()) + "\n")


def read(path: str) -> List[Row]:
    """The rows that were emitted to a file."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as rows:
        return [Row(**json.loads(one)) for one in rows]


def exit_status(rows: Iterable[Row]) -> int:
    """1 where a bar is missed."""
    return 0 if all(row.held for row in rows) else 1


def finish(rows: Iterable[Any]) -> int:
    """Emit rows as they come; the exit status of a benchmark that is run by itself."""
    told = []
    for row in rows:
        emit(row)
        told.append(row)
    return exit_status(told)
