# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many network namespaces: one gathering over all of them beside `ss` in each, and how the time grows."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import beside
import table

NAMESPACES, SIZES = 500, (60, 125, 250, 500)
WORDS = "network_namespaces=all kernel_log_max_age=1"
FACTS = "linuxnet.tcp.syn_backlog_facts"
BY_HAND = "for name in $(ip netns list | cut -d' ' -f1); do ip netns exec $name ss -Htln; done > /dev/null"


class Named:
    """Named namespaces, as many as are wanted next."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def grow(self, count: int) -> None:
        new = ["bench-%d-%d" % (os.getpid(), number) for number in range(len(self._names), count)]
        self._names += new
        self._batch("".join("netns add %s\n" % name for name in new))

    def end(self) -> None:
        self._batch("".join("netns delete %s\n" % name for name in self._names))

    @staticmethod
    def _batch(lines: str) -> None:
        subprocess.run(["ip", "-batch", "-"], input=lines, text=True, check=True)


def rows():
    named = Named()
    grown = []
    with contextlib.ExitStack() as stack:
        stack.callback(named.end)
        (path,) = stack.enter_context(beside.module_files((FACTS, WORDS)))
        for size in SIZES:
            named.grow(size)
            (taken,) = beside.paired(3, [sys.executable, path])
            grown.append(min(taken))
        ours, theirs = beside.paired(1, [sys.executable, path], ["sh", "-c", BY_HAND])
        yield table.of("facts, %d network namespaces, the module's own process" % NAMESPACES, "`ss -Htln` in each", ours, theirs, None)
    yield table.Row("growth, %d to %d network namespaces" % (SIZES[0], SIZES[-1]), "", table.growth(SIZES, grown), None, 1.3, "x")


if __name__ == "__main__":
    sys.exit(table.finish(rows()))
