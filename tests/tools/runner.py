# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs suites, two at a time. Each gets one line, and one that fails also the end of its log."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Dict, Iterable, List, NamedTuple, Set, Tuple

from venvs import BUILD, ROOT

AT_ONCE = 4  # suites on two cores, since half of them wait; what a test measures in its own namespaces is the same beside another
BESIDE_SECONDS = 2  # suites, while one of them counts seconds
LOGS = os.path.join(BUILD, "log")
SHOWN_LINES = 80  # of the log of a suite that failed
PATIENCE = 1500  # seconds until a suite counts as hung
SLOWEST = 10  # tests that are named in the end
PYTEST_DURATION = re.compile(r"^([0-9.]+)s (?:call|setup) +(\S+)")
PYTEST_FAILURE = re.compile(r"^(?:FAILED|ERROR) \S+::.*")
PYTEST_CLOSING = re.compile(r"^=* ?((\d+ \w+, )*\d+ \w+ in [0-9.]+s.*?|no tests ran in .*?) ?=*$")


class Suite(NamedTuple):
    """One line of the result: a command in a virtual environment."""

    name: str
    venv: Callable[[], str]  # makes it ready and gives its path
    command: Tuple[str, ...]  # a program of the venv, or a script of this directory that takes the venv first
    counts_seconds: bool = False  # so that little else may run beside it
    short: bool = False  # fit to run beside such a one


class Result(NamedTuple):
    passed: bool
    seconds: float
    closing: str  # what pytest said last
    log: str


def log_path(name: str) -> str:
    return os.path.join(LOGS, re.sub(r"[^A-Za-z0-9.]+", "-", name) + ".log")


def closing_line(log: str) -> str:
    """The last summary that pytest wrote to this log, "" where it wrote none."""
    found = ""
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = PYTEST_CLOSING.match(line.rstrip())
            if match:
                found = match.group(1)
    return found


def slowest(logs: Iterable[str]) -> List[Tuple[float, str]]:
    """The tests that took longest, of all suites whose pytest told how long each took."""
    found = []
    for log in logs:
        with open(log, encoding="utf-8", errors="replace") as lines:
            found += [(float(one.group(1)), one.group(2)) for one in map(PYTEST_DURATION.match, lines) if one]
    return sorted(found, reverse=True)[:SLOWEST]


def failures(logs: Iterable[str]) -> List[str]:
    """pytest's line about each test that failed, with its reason."""
    found = []
    for log in logs:
        with open(log, encoding="utf-8", errors="replace") as lines:
            found += [line.rstrip() for line in lines if PYTEST_FAILURE.match(line)]
    return found


def environment(venv: str) -> Dict[str, str]:
    """What a suite runs with: the venv first, the collection importable, every cache below .build, byte code kept there."""
    cache = os.path.join(BUILD, "cache")
    return dict(
        {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        PATH=os.path.join(venv, "bin") + os.pathsep + os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
        VIRTUAL_ENV=venv,
        PYTHONPATH=os.path.join(ROOT, ".collections"),
        PYTHONPYCACHEPREFIX=os.path.join(cache, "pycache"),
        ANSIBLE_HOME=os.path.join(BUILD, "ansible"),
        NO_COLOR="1",
    )


def command_line(suite: Suite, venv: str) -> List[str]:
    program = suite.command[0]
    if program.endswith(".py"):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), program)
        return [sys.executable, script, venv, *suite.command[1:]]
    return [os.path.join(venv, "bin", program), *suite.command[1:]]


def run(suite: Suite, running: Set[subprocess.Popen[bytes]]) -> Result:
    """Run one suite in a process group of its own, so that it ends whole where it hangs or is stopped."""
    say("run", suite.name)
    venv, log, start = suite.venv(), log_path(suite.name), time.monotonic()
    with open(log, "w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command_line(suite, venv),
            cwd=ROOT,
            env=environment(venv),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        running.add(process)
        try:
            passed = process.wait(PATIENCE) == 0
        except subprocess.TimeoutExpired:
            end(process)
            output.write("\nstopped: not done after %d s\n" % PATIENCE)
            passed = False
        running.discard(process)
    return Result(passed, time.monotonic() - start, closing_line(log), log)


def end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt the group, so that tests clean up, then kill what is left."""
    for number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def say(word: str, name: str, rest: str = "") -> None:
    print(("%-8s %-52s %s" % (word, name, rest)).rstrip(), flush=True)


def report(suite: Suite, result: Result) -> None:
    say("ok" if result.passed else "FAILED", suite.name, "%4.0f s  %s" % (result.seconds, result.closing))
    if not result.passed:
        with open(result.log, encoding="utf-8", errors="replace") as lines:
            tail = lines.read().splitlines()[-SHOWN_LINES:]
        print("\n".join("    " + line for line in tail))
        print("    whole log: %s" % os.path.relpath(result.log, ROOT), flush=True)


class Runner:
    """Runs suites and keeps the names of those that failed."""

    def __init__(self) -> None:
        self.failed: List[str] = []
        self.logs: List[str] = []
        self._running: Set[subprocess.Popen[bytes]] = set()
        self._stopped = False
        self._output = threading.Lock()

    def one(self, suite: Suite) -> None:
        if self._stopped:
            return
        result = run(suite, self._running)
        with self._output:
            if not result.passed:
                self.failed.append(suite.name)
            self.logs.append(result.log)
            report(suite, result)

    def several(self, suites: Iterable[Suite], at_once: int) -> None:
        with ThreadPoolExecutor(at_once) as pool:
            waiting = [pool.submit(self.one, suite) for suite in suites]
            try:
                for done in waiting:
                    done.result()
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """End what runs, whole, and start nothing more."""
        self._stopped = True
        for process in list(self._running):
            end(process)


def stop_on_sigterm() -> None:
    """Take SIGTERM as Python takes Ctrl-C, so that what runs is ended too."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))


def make_ready(suites: List[Suite]) -> None:
    """Make the venvs that these suites need."""
    for suite in suites:
        suite.venv()


def run_all(suites: List[Suite], title: str) -> int:
    """Run them, first those that count seconds with few others; 0 where all passed."""
    start = time.monotonic()
    os.makedirs(LOGS, exist_ok=True)
    runner = Runner()
    counting = [suite for suite in suites if suite.counts_seconds]
    short = [suite for suite in suites if suite.short] if counting else []
    runner.several(counting + short, BESIDE_SECONDS)
    runner.several([suite for suite in suites if suite not in counting + short], AT_ONCE)
    minutes = (time.monotonic() - start) / 60
    for seconds, test in slowest(runner.logs):
        print("%7.1f s  %s" % (seconds, test))
    for failure in failures(runner.logs):
        print(failure)
    if runner.failed:
        print("\n%s: FAILED in %.1f min: %s" % (title, minutes, ", ".join(runner.failed)))
        return 1
    print("\n%s: all %d suites passed in %.1f min" % (title, len(suites), minutes))
    return 0
