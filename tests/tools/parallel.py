# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs sessions of nox several at a time. Each gets one line, and one that fails also the end of its log.

`nox --parallel` does not serve here: it prints all that every session told, knows no session beside which little else
may run, and kills after two seconds, when a live test still has namespaces and daemons to take away.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import Dict, Iterable, List, NamedTuple, Tuple

from places import BUILD, ROOT

AT_ONCE = 6  # jobs on two cores, since five of them wait half the time; what a test measures in its own namespaces is the same beside another
BESIDE_SECONDS = 2  # jobs, while one of them counts seconds
LOGS = os.path.join(BUILD, "log")
SHOWN_LINES = 80  # of the log of a job that failed
PATIENCE = 1500  # seconds until a job counts as hung
CLEANING = 40  # seconds that it has to clean up once it was interrupted
SLOWEST = 10  # tests that are named in the end
PYTEST_DURATION = re.compile(r"^([0-9.]+)s (?:call|setup) +(\S+)")
PYTEST_FAILURE = re.compile(r"^(?:FAILED|ERROR) \S+::.*")
PYTEST_CLOSING = re.compile(r"^=* ?((\d+ \w+, )*\d+ \w+ in [0-9.]+s.*?|no tests ran in .*?) ?=*$")


class Job(NamedTuple):
    """One line of the result: a session, and what it is told after `--`."""

    name: str
    session: str
    arguments: Tuple[str, ...] = ()
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


def command_line(job: Job) -> List[str]:
    own = [sys.executable, "-m", "nox", "--error-on-missing-interpreters", "--session", job.session]
    return own + (["--", *job.arguments] if job.arguments else [])


def end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt its group, so that tests clean up, then kill what is left."""
    for number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(CLEANING)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def say(word: str, name: str, rest: str = "") -> None:
    print(("%-8s %-52s %s" % (word, name, rest)).rstrip(), flush=True)


def report(name: str, result: Result) -> None:
    say("ok" if result.passed else "FAILED", name, "%4.0f s  %s" % (result.seconds, result.closing))
    if not result.passed:
        with open(result.log, encoding="utf-8", errors="replace") as lines:
            tail = lines.read().splitlines()[-SHOWN_LINES:]
        print("\n".join("    " + line for line in tail))
        print("    whole log: %s" % os.path.relpath(result.log, ROOT), flush=True)


def startable(waiting: List[Job], running: Iterable[Job]) -> List[Job]:
    """Those that may start now, in their order: what counts seconds first, and short ones beside it."""
    started: List[Job] = []
    for job in sorted(waiting, key=lambda one: not one.counts_seconds):
        beside = [*running, *started]
        counting = any(one.counts_seconds for one in beside)
        if len(beside) >= (BESIDE_SECONDS if counting or job.counts_seconds else AT_ONCE):
            continue
        if not counting or job.short or job.counts_seconds:
            started.append(job)
    return started


class Runner:
    """Runs jobs and keeps what came of them."""

    def __init__(self) -> None:
        self.failed: List[str] = []
        self.logs: List[str] = []
        self._running: Dict[Job, subprocess.Popen[bytes]] = {}
        self._changed = threading.Condition()

    def _watch(self, job: Job, process: subprocess.Popen[bytes], log: str) -> None:
        """Wait for one job, and tell what came of it."""
        start = time.monotonic()
        try:
            passed = process.wait(PATIENCE) == 0
        except subprocess.TimeoutExpired:
            end(process)
            with open(log, "a", encoding="utf-8") as output:
                output.write("\nstopped: not done after %s s\n" % PATIENCE)
            passed = False
        with self._changed:
            del self._running[job]
            if not passed:
                self.failed.append(job.name)
            self.logs.append(log)
            report(job.name, Result(passed, time.monotonic() - start, closing_line(log), log))
            self._changed.notify()

    def _start(self, job: Job) -> None:
        """Start one job in a process group of its own, so that it ends whole where it hangs or is stopped."""
        say("run", job.name)
        log = log_path(job.name)
        with open(log, "w", encoding="utf-8") as output:
            process = subprocess.Popen(
                command_line(job), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        self._running[job] = process
        threading.Thread(target=self._watch, args=(job, process, log), daemon=True).start()

    def all(self, jobs: List[Job]) -> None:
        """Run them all; where it is interrupted, end what runs, whole."""
        waiting = list(jobs)
        try:
            with self._changed:
                while waiting or self._running:
                    for job in startable(waiting, self._running):
                        waiting.remove(job)
                        self._start(job)
                    self._changed.wait()
        except BaseException:
            for process in list(self._running.values()):
                end(process)
            raise


def run_all(jobs: List[Job], title: str) -> int:
    """Run them; 0 where all passed."""
    start = time.monotonic()
    os.makedirs(LOGS, exist_ok=True)
    runner = Runner()
    runner.all(jobs)
    minutes = (time.monotonic() - start) / 60
    for seconds, test in slowest(runner.logs):
        print("%7.1f s  %s" % (seconds, test))
    for failure in failures(runner.logs):
        print(failure)
    if runner.failed:
        print("\n%s: FAILED in %.1f min: %s" % (title, minutes, ", ".join(runner.failed)))
        return 1
    print("\n%s: all %d suites passed in %.1f min" % (title, len(jobs), minutes), flush=True)
    return 0
