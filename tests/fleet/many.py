# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten thousand hosts made of the fleet lab's answers, and what their report costs: many.py REPORT.JSON [HOSTS]

Prints the seconds of json.load on their facts, those of making and writing all three files of the report, how many times as long
that is, the memory at its peak, and the sizes of the files. Fails where a bound is missed.
"""

from __future__ import annotations

import copy
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from typing import Any, Dict

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, ".collections"))

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._report.folder import replace_all
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._report.reports import reports

MOST_TIMES, MOST_MEMORY, MOST_PAGE = 5.0, 1 << 30, 15_000_000


def varied(one: Dict[str, Any], number: int, chance: random.Random) -> Dict[str, Any]:
    """Another host like this one: with process ids, sockets, counters and lengths of queues of its own."""
    made = copy.deepcopy(one)
    pid = chance.randrange(300, 60000)
    for row in made.get("listeners", []):
        row["inode"] = chance.randrange(1 << 30)
        if row["address"].startswith("10.77."):
            row["address"] = "10.%d.%d.%d" % (number >> 16, number >> 8 & 255, number & 255)
        for process in row["processes"] or []:
            row["remedy"] = row["remedy"].replace("pid %d" % process["pid"], "pid %d" % (process["pid"] + pid))
            process["pid"] += pid
        queue = row["accept_queue"]
        if queue["used"] == 0 and chance.random() < 0.2:
            queue["used"] = chance.randrange(1 + (queue["limit"] or 0) // 4)
    for counters in (made.get("counters"), made.get("counters_delta")):
        for name in counters or ():
            counters[name] += chance.randrange(1000)
    return made


def fleet(path: str, count: int) -> Dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        told = [one for name, one in json.load(file).items() if not name.startswith("_")]
    chance = random.Random(1)
    return {"host%05d" % number: varied(told[number % len(told)], number, chance) for number in range(count)}


def report(facts: str, folder: str) -> None:
    """In a process of its own, so that its memory is the report's alone."""
    began = time.process_time()
    with open(facts, encoding="utf-8") as file:
        answers = json.load(file)
    loaded = time.process_time()
    replace_all(folder, reports(answers, 140).files)
    done = time.process_time()
    print(json.dumps([loaded - began, done - loaded, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024]))


def main(path: str, count: str = "10000") -> int:
    with tempfile.TemporaryDirectory() as folder:
        facts = os.path.join(folder, "facts.json")
        with open(facts, "w", encoding="utf-8") as file:
            json.dump(fleet(path, int(count)), file)
        runs = []
        for _round in range(3):
            argv = [sys.executable, os.path.abspath(__file__), "--report", facts, folder]
            runs.append(json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout))
        load, made = min(run[0] for run in runs), min(run[1] for run in runs)
        memory, page = max(run[2] for run in runs), os.path.getsize(os.path.join(folder, "report.html"))
        print("%s hosts, %.1f MB of facts: json.load %.2f s, the report %.2f s (%.1f times); %.0f MiB; page %.1f MB, text %.1f MB" % (
            count, os.path.getsize(facts) / 1e6, load, made, made / load, memory / 2**20, page / 1e6,
            os.path.getsize(os.path.join(folder, "report.txt")) / 1e6,
        ))  # fmt: skip
    return int(made > MOST_TIMES * load or memory > MOST_MEMORY or page > MOST_PAGE)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--report"]:
        report(*sys.argv[2:])
    else:
        sys.exit(main(*sys.argv[1:]))
