# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says how far a task is that people wait for, once it takes long, and where somebody looks.

The lines go to standard error, and only where that is a terminal: what callbacks write to standard output stays as it
is, whichever they are, and a log or a pipe gets nothing. A task that is over within ten seconds says nothing.

Each host has a process of its own on the controller. They are forked from one that has imported this file, and share
the few numbers below: which task it is, when it began, when something was said last, and how many hosts are done.
"""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import sys
import threading
import time
import typing as t

from ansible.utils.display import Display

FIRST, EVERY = 10.0, 10.0  # seconds until something is said, and between two lines
_LOOKS = 0.5  # seconds between two looks at the clock
_TASK, _BEGAN, _TOLD, _DONE = range(4)


def _shared() -> t.Any:
    """The numbers; None where nobody looks, or nothing can be shared. A worker's standard error is no terminal."""
    try:
        if not sys.stderr.isatty():
            return None
        return multiprocessing.get_context("fork").Array("d", 4)
    except (AttributeError, OSError, ValueError):
        return None


_SHARED = _shared()


class Progress:
    """Of one task on the hosts of a batch."""

    def __init__(
        self, shared: t.Any, task: str, hosts: t.Sequence[str], words: str, seconds: float | None = None
    ) -> None:
        self._shared, self._hosts = shared, hosts
        self._words, self._seconds = words, seconds
        # As a number that a double holds exactly; a batch of hosts is a task of its own
        digest = hashlib.sha256("\0".join((task, *hosts)).encode("utf-8", "replace")).digest()
        self._task = float(int.from_bytes(digest[:6], "big"))

    def begins(self, now: float) -> None:
        with self._shared.get_lock():
            if self._shared[_TASK] != self._task:
                self._shared[:] = [self._task, now, now + FIRST - EVERY, 0.0]

    def ends(self) -> None:
        with self._shared.get_lock():
            if self._shared[_TASK] == self._task:
                self._shared[_DONE] += 1

    def line(self, now: float) -> str | None:
        """The line to print now, if any: only one of all processes prints it."""
        with self._shared.get_lock():
            task, began, told, done = self._shared[:]
            if task != self._task or now - told < EVERY:
                return None
            self._shared[_TOLD] = now
        passed = "%d s" % (now - began)
        if self._seconds is not None and now - began < self._seconds:
            passed = "%s of %d s" % (passed, self._seconds)
        if len(self._hosts) == 1:
            return "%s %s: %s" % (self._words, self._hosts[0], passed)
        return "{0}: {1:,} of {2:,} hosts done after {3}".format(self._words, int(done), len(self._hosts), passed)


@contextlib.contextmanager
def shown(
    task: t.Any, task_vars: t.Mapping[str, t.Any] | None, words: str, seconds: t.Any = None
) -> t.Iterator[None]:
    """Says so while the `with` lasts: ``words``, as "Watching", and ``seconds``, how long it takes, if known."""
    hosts = (task_vars or {}).get("ansible_play_batch")
    if _SHARED is None or task.async_val or not isinstance(hosts, list) or not hosts:
        yield
        return
    progress = Progress(_SHARED, str(task._uuid), [str(host) for host in hosts], words, _number(seconds))
    over = threading.Event()
    thread = threading.Thread(target=_tell, args=(progress, over), name="progress", daemon=True)
    progress.begins(time.monotonic())
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        progress.ends()


def _tell(progress: Progress, over: threading.Event) -> None:
    display = Display()
    while not over.wait(_LOOKS):
        line = progress.line(time.monotonic())
        if line:
            display.display(line, stderr=True, screen_only=True)


def _number(value: t.Any) -> float | None:
    try:
        return float(value) if 0 < float(value) < 1e6 else None
    except (TypeError, ValueError):
        return None
