# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs tests/bench/bench_*.py and tells which bars are held: bench.py [--ci] [--rows NAME,…]

A whole run writes docs/performance.md. With --ci a bar counts as missed only where a second run of the same benchmark
misses it too, by more than a tenth, and the page stays as it is.
"""

from __future__ import annotations

import argparse
import glob
import os
import platform
import subprocess
import sys
import tempfile
import time
from typing import Dict, List

import debian
import parallel
from places import ROOT, SetupError

BENCH = os.path.join(ROOT, "tests", "bench")
PAGE = os.path.join(ROOT, "docs", "performance.md")
sys.path.insert(0, BENCH)

import table


def subject(path: str) -> str:
    """What a benchmark is called: bench_role.py is "role"."""
    return os.path.basename(path)[len("bench_"):-len(".py")]


def run(path: str) -> List[table.Row]:
    """The rows of one benchmark.

    :raises SetupError: it came to no end.
    """
    with tempfile.TemporaryDirectory() as folder:
        rows = os.path.join(folder, "rows")
        # In a session of its own: where we are stopped it is interrupted once, and has time to take its namespaces away
        process = subprocess.Popen([sys.executable, path], cwd=ROOT, env=dict(os.environ, BENCH_ROWS=rows), start_new_session=True)
        try:
            process.wait()
        except BaseException:
            parallel.end(process)
            raise
        found = table.read(rows)
    if process.returncode != table.exit_status(found) or not found:
        raise SetupError("%s came to no end" % os.path.relpath(path, ROOT))
    return found


def output(*argv: str) -> str:
    return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout


def machine_of() -> Dict[str, str]:
    """What was measured on and with."""
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        models = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    with open("/proc/meminfo", encoding="utf-8") as info:
        memory = int(info.readline().split()[1]) / (1 << 20)
    listed = output(sys.executable, "-m", "pip", "list", "--format=freeze").splitlines()
    versions = dict(line.partition("==")[::2] for line in listed)
    collections = output("ansible-galaxy", "collection", "list").splitlines()
    peers = [" ".join(line.split()[:2]) for line in collections if line.startswith(("ansible.posix ", "community.general "))]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": "%s, %d cores" % (models[0] if models else platform.machine(), os.cpu_count() or 0),
        "memory": "%.0f GiB" % memory,
        "kernel": "Linux " + platform.release().split("-")[0],
        "ansible-core": versions.get("ansible-core", "?"),
        "Python": platform.python_version(),
        "beside": ", ".join(peers),
    }


def measure(paths: List[str], twice: bool) -> List[table.Row]:
    """All rows. ``twice``: run a benchmark again that misses a bar by far; of both runs of a row the better one counts."""
    rows: List[table.Row] = []
    for path in paths:
        print("\n%s" % subject(path), flush=True)
        found = run(path)
        if twice and any(row.missed_by_far for row in found):
            print("%s once more, since a bar was missed" % subject(path), flush=True)
            again = {row.name: row for row in run(path)}
            found = [min(row, again[row.name], key=lambda one: one.measured) for row in found]
        rows += found
    return rows


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ci", action="store_true")
    parser.add_argument("--rows", default="")
    asked = parser.parse_args()
    paths = sorted(glob.glob(os.path.join(BENCH, "bench_*.py")))
    known = [subject(path) for path in paths]
    names = asked.rows.split(",") if asked.rows else known
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise SetupError("ROWS: %s is not allowed; there are %s" % (", ".join(unknown), ", ".join(known)))
    debian.setup()
    begin = time.monotonic()
    print(table.HEADING)
    rows = measure([path for path in paths if subject(path) in names], asked.ci)
    if not asked.ci and not asked.rows:
        with open(PAGE, "w", encoding="utf-8") as page:
            page.write(table.page(rows, machine_of()))
    missed = [row.name for row in rows if (row.missed_by_far if asked.ci else not row.held)]
    minutes = (time.monotonic() - begin) / 60
    well = "no bar is missed by more than noise and what is known explain" if asked.ci else "all bars held"
    print("\nmake bench: %s in %.1f min" % ("MISSED: " + "; ".join(missed) if missed else well, minutes))
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SetupError as problem:
        sys.exit("make bench failed: %s" % problem)
