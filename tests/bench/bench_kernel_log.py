# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading hostile logs: twice as much takes twice as long, whatever is in it.

`make bench`, or this file with PYTHONPATH=.collections.

Each source is read at two sizes, in turn; the time of a round is that of the whole way from bytes to events, and the
ratio that of the medians.
"""

from __future__ import annotations

import gzip
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

import table

from ansible_collections.linuxnet.tcp.plugins.module_utils._log import kmsg_record, lines, messages, prefilter
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.log_file import file_events
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._log import hostile

SMALL, LARGE = 10_000_000, 40_000_000
SEED = 20261120
ROUNDS = 5
MAX_OFF = 0.25  # of the ratio that is linear

#: texts that a pattern which goes back and tries again would be lost in, filled up with lines of the longest kind there is
RUNS = (b"Nov 20 04:23:45 web1 kernel: TCP: request_sock_", b"SYN flooding on port ", b"message repeated 5 times: [ ", b"[    1.488069] ", b"0", b" ")


def read_file(path: str) -> int:
    return sum(1 for _event in file_events(path, hostile.SECOND + 60, 0, []))


def written(content: bytes) -> Callable[[], int]:
    file = tempfile.NamedTemporaryFile()  # gone with the function that reads it
    file.write(content)
    file.flush()
    os.utime(file.name, (hostile.SECOND + 60, hostile.SECOND + 60))
    return lambda: read_file(file.name)


def text(size: int) -> Callable[[], int]:
    return written(hostile.text_log(size, SEED)[0][:size])


def packed(size: int) -> Callable[[], int]:
    return written(gzip.compress(hostile.text_log(size, SEED)[0][:size], 1))


def lines_of_runs(size: int) -> Callable[[], int]:
    content = b"\n".join((run * (lines.LONGEST_LINE // len(run)))[: lines.LONGEST_LINE - 30] + b" SYN flooding on port " for run in RUNS)
    return written((content * (size // len(content) + 1))[:size])


def records(make: Callable[..., hostile.Chunk], parse: Callable[[bytes], object]) -> Callable[[int], Callable[[], int]]:
    def prepare(size: int) -> Callable[[], int]:
        kept = [record for record, _events in hostile.records(make, size, SEED)]

        def run() -> int:
            found = 0
            for record in kept:
                said = parse(record) if prefilter.may_matter(record) else None
                found += bool(said and messages.parse_message(said[1]))
            return found

        return run

    return prepare


SOURCES = (
    ("text file", text),
    ("compressed file", packed),
    ("lines made of runs", lines_of_runs),
    ("ring buffer records", records(hostile.kmsg_record, kmsg_record.parse_kmsg)),
    ("journal entries", records(hostile.journal_entry, lines.parse_journal)),
)


def clock(function: Callable[[], int]) -> float:
    begin = time.process_time()
    function()
    return time.process_time() - begin


def rows():
    for label, prepare in SOURCES:
        small, large = prepare(SMALL), prepare(LARGE)
        times: dict[Callable[[], int], list[float]] = {small: [], large: []}
        for _round in range(ROUNDS):
            for function, taken in times.items():
                taken.append(clock(function))
        little, much = (statistics.median(taken) for taken in times.values())
        yield table.Row("growth, hostile log of 10 to 40 MB: %s" % label, "", much / little / (LARGE / SMALL), None, 1 + MAX_OFF, "x")


if __name__ == "__main__":
    sys.exit(table.finish(rows()))
