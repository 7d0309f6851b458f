# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Would the unit tests see a slip of the hand? A random sample of mutants of the pure rooms, each held against them.

A mutant is one small change of one file (operators.py). The unit tests that run the changed line run again; those of the same room
first. A mutant that no test fails for survives. One that changes nothing anybody could see is listed in equivalent.txt, with the
reason. At most one in ten may survive.

sample.py [--number N] [--seed SEED] [--only PART-OF-A-PATH]
"""

from __future__ import annotations

import argparse
import concurrent.futures
import difflib
import glob
import hashlib
import json
import os
import queue
import random
import resource
import shutil
import subprocess
import sys
import time
from typing import Dict, List, NamedTuple, Optional, Sequence

from operators import Mutant, mutants, mutated, operators

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORK = os.path.join(ROOT, ".build", "mutants")
EQUIVALENT = os.path.join(ROOT, "tests", "mutants", "equivalent.txt")
PURE = ("_kernel", "_boot", "_log", "_writers", "_model", "_watch", "_metrics", "_findings", "_change", "_report", "_applications")
# The catalogue of applications is data: tests/live/test_catalogue.py and test_applications.py hold it against the programs
DATA = "known_"
AT_ONCE = 2
MOST_SURVIVE = 0.10
SLOWEST, MEMORY = 120, 4 << 30  # seconds and bytes that the tests of a mutant may take before it counts as dead


class Tested(NamedTuple):
    """One file of unit tests as it ran without a mutant."""

    path: str
    seconds: float
    lines: Dict[str, List[int]]  # which ran, by file


class Verdict(NamedTuple):
    mutant: Mutant
    fate: str  # killed, survived, equivalent
    change: str  # the lines that differ


def pure_files() -> List[str]:
    found = [path for room in PURE for path in glob.glob(os.path.join(ROOT, "plugins", "module_utils", room, "*.py"))]
    return sorted(os.path.relpath(path, ROOT) for path in found if not os.path.basename(path).startswith(("__", DATA)))


def read(path: str) -> str:
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def copy(number: int) -> str:
    """A copy of the checkout that mutants may be put into."""
    top = os.path.join(WORK, "copy-%d" % number)
    shutil.rmtree(top, ignore_errors=True)
    shutil.copytree(ROOT, top, ignore=shutil.ignore_patterns("__pycache__", ".build", ".git", ".collections", "audit"))
    collection = os.path.join(top, ".collections", "ansible_collections", "linuxnet")
    os.makedirs(collection)
    os.symlink("../../..", os.path.join(collection, "tcp"))
    return top


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def pytest(top: str, paths: Sequence[str], limit: float, lines_to: str = "") -> Optional[int]:
    """pytest's exit code; None where it took too long."""
    environment = dict(os.environ, PYTHONPATH=os.path.join(top, ".collections") + ":" + os.path.join(top, "tests", "mutants"))
    environment["LINES_TO"] = lines_to
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "plugin", "-m", "not ansible", *paths]
    process = subprocess.Popen(
        command, cwd=top, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=bounded,
        start_new_session=True,
    )  # fmt: skip
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()


def digest(paths: Sequence[str]) -> str:
    """Of files; one that is gone counts as empty."""
    found = hashlib.sha256()
    for path in paths:
        found.update(path.encode() + b"\0" + (read(path).encode() if os.path.exists(os.path.join(ROOT, path)) else b"") + b"\0")
    return found.hexdigest()


def beside(test: str) -> List[str]:
    """A file of tests and the helpers in its folder."""
    near = sorted(glob.glob(os.path.join(ROOT, os.path.dirname(test), "*.py")))
    return [test] + [os.path.relpath(path, ROOT) for path in near if not os.path.basename(path).startswith("test_")]


def as_it_is(top: str, test: str) -> Tested:
    """What a file of tests runs without a mutant; from an earlier time where neither it nor what it runs has changed."""
    known = os.path.join(WORK, "lines", test.replace("/", "+") + ".json")
    if os.path.exists(known):
        with open(known, encoding="utf-8") as file:
            seconds, lines, of_all = json.load(file)
        if of_all == digest(beside(test) + sorted(lines)):
            return Tested(test, seconds, lines)
    began, part = time.monotonic(), known + ".part"
    code = pytest(top, [test], 600, part)
    if code not in (0, 5):  # 5: nothing to run
        raise SystemExit("%s fails without a mutant" % test)
    with open(part, encoding="utf-8") as file:
        lines = json.load(file)
    seconds = time.monotonic() - began
    with open(part, "w", encoding="utf-8") as file:
        json.dump([seconds, lines, digest(beside(test) + sorted(lines))], file)
    os.replace(part, known)
    return Tested(test, seconds, lines)


def concerned(mutant: Mutant, tests: Sequence[Tested]) -> List[List[str]]:
    """The files of tests that run the line, in two lots: those of the same room, and the others; quick ones first."""
    wanted = range(mutant.first, mutant.last + 1)
    found = [test for test in tests if any(line in wanted for line in test.lines.get(mutant.path, ()))]
    room = "/" + mutant.path.split("/")[2] + "/"
    stem = os.path.basename(mutant.path)[: -len(".py")].strip("_")
    found.sort(key=lambda test: (stem not in test.path, test.seconds))
    near = [test.path for test in found if room in test.path]
    return [lot for lot in (near, [test.path for test in found if test.path not in near]) if lot]


_clock = iter(range(1, 1 << 30))


def put(top: str, path: str, source: str) -> None:
    """Write a file of a copy. Each time it is as old as never before: what Python compiled of it earlier is of no use."""
    full = os.path.join(top, path)
    with open(full, "w", encoding="utf-8") as file:
        file.write(source)
    when = 1_000_000_000 + next(_clock)
    os.utime(full, (when, when))


def changed(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if line[:1] in "+-" and not line.startswith(("+++", "---")))


def equivalents() -> List[str]:
    """The changes listed as ones that nobody could see: "path", a space, and the two lines of the change, without indent."""
    if not os.path.exists(EQUIVALENT):
        return []
    with open(EQUIVALENT, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def key(mutant: Mutant, change: str) -> str:
    return " ".join([mutant.path, *("%s %s" % (line[0], line[1:].strip()) for line in change.splitlines())])


def judge(mutant: Mutant, tests: Sequence[Tested], copies: queue.Queue[str], listed: List[str]) -> Verdict:
    source = read(mutant.path)
    after = mutated(source, mutant, operators())
    change = changed(source, after)
    if not change or key(mutant, change) in listed:
        return Verdict(mutant, "equivalent", change)
    top = copies.get()
    try:
        put(top, mutant.path, after)
        lots = concerned(mutant, tests)
        fates = (pytest(top, lot, SLOWEST + 5 * sum(test.seconds for test in tests if test.path in lot)) for lot in lots)
        killed = any(code not in (0, 5) for code in fates)
    finally:
        put(top, mutant.path, source)
        copies.put(top)
    return Verdict(mutant, "killed" if killed else "survived", change if lots else change + "\n(no unit test runs this line)")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--number", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", default="", help="only files with this in their path")
    asked = parser.parse_args()
    seed = random.SystemRandom().randrange(10000) if asked.seed is None else asked.seed
    os.makedirs(os.path.join(WORK, "lines"), exist_ok=True)

    every = [one for path in pure_files() if asked.only in path for one in mutants(path, read(path), operators())]
    chosen = random.Random(seed).sample(every, min(asked.number, len(every)))
    copies: queue.Queue[str] = queue.Queue()
    for number in range(AT_ONCE):
        copies.put(copy(number))

    tops = [os.path.join(ROOT, "tests", "unit", one) for one in ("plugins", "extensions")]
    found = [path for top in tops for path in glob.glob(os.path.join(top, "**", "test_*.py"), recursive=True)]
    paths = sorted(os.path.relpath(path, ROOT) for path in found)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        tests = list(pool.map(lambda path: as_it_is(list(copies.queue)[0], path), paths))
        print("%d mutants of %d, seed %d; %d files of unit tests" % (len(chosen), len(every), seed, len(tests)), flush=True)
        listed, verdicts = equivalents(), []
        for verdict in pool.map(lambda one: judge(one, tests, copies, listed), chosen):
            verdicts.append(verdict)
            if verdict.fate == "survived":
                one = verdict.mutant
                print("survived %s:%d %s\n%s\n" % (one.path, one.first, one.operator, verdict.change), flush=True)
            if len(verdicts) % 25 == 0:
                lived = sum(one.fate == "survived" for one in verdicts)
                print("-- %d of %d mutants: %d survived" % (len(verdicts), len(chosen), lived), flush=True)
    counts = {fate: sum(one.fate == fate for one in verdicts) for fate in ("killed", "equivalent", "survived")}
    share = counts["survived"] / len(verdicts)
    print("\nseed %d: %d mutants, %d killed, %d listed as equivalent, %d survived: %.1f %%, at most %d %%" % (
        seed, len(verdicts), counts["killed"], counts["equivalent"], counts["survived"], 100 * share, 100 * MOST_SURVIVE))  # fmt: skip
    return share > MOST_SURVIVE


if __name__ == "__main__":
    sys.exit(main())
