# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the time goes from the kernel's message to the drop: when the processes in between began, seen from outside."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator

_PAUSE = 0.005  # seconds


class Split:
    """Times of time.monotonic(); None for what has not been seen."""

    def __init__(self) -> None:
        self.playbook: float | None = None  # ansible-playbook began
        self.module: float | None = None  # the module's Python began on the host
        self.in_force: float | None = None

    def told(self, message: float) -> dict[str, float]:
        """Seconds of each part, for the kernel's message at that time."""
        stops = [message, self.playbook, self.module, self.in_force]
        known = [one for one in stops if one is not None]
        assert len(known) == len(stops) and known == sorted(known), stops
        names = ["the rulebook", "ansible-playbook", "the module"]
        return {name: end - begin for name, begin, end in zip(names, known, known[1:])}


@contextlib.contextmanager
def watched(rulebook: int, in_force: Callable[[], bool]) -> Iterator[Split]:
    """Processes that begin from now on below that of the rulebook are looked at, until it is in force."""
    found, stop = Split(), threading.Event()
    thread = threading.Thread(target=_watch, args=(found, stop, rulebook, in_force), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def _watch(found: Split, stop: threading.Event, rulebook: int, in_force: Callable[[], bool]) -> None:
    known = set(os.listdir("/proc"))
    while not stop.is_set() and found.in_force is None:
        for pid in set(os.listdir("/proc")) - known:
            command = _command(pid)
            if not _is_below(pid, rulebook):
                known.add(pid)
                continue
            if found.playbook is None and any(b"ansible-playbook" in word for word in command[:2]):
                found.playbook = time.monotonic()
            if found.playbook is not None and found.module is None and _is_module(pid, command):
                found.module = time.monotonic()
            if command and b"ansible-playbook" not in command[0]:  # else it may become another program yet
                known.add(pid)
        if found.module is not None and in_force():
            found.in_force = time.monotonic()
        time.sleep(_PAUSE)


def _is_below(pid: str, root: int) -> bool:
    while pid not in ("0", "1"):
        if int(pid) == root:
            return True
        try:
            with open("/proc/%s/stat" % pid, encoding="utf-8", errors="replace") as file:
                pid = file.read().rpartition(")")[2].split()[1]
        except OSError:
            break
    return False


def _is_module(pid: str, command: list[bytes]) -> bool:
    """A Python that was told nothing but to read its program, as pipelining has it."""
    return b"python" in os.path.basename(command[0]) if len(command) == 1 else False


def _command(pid: str) -> list[bytes]:
    try:
        with open("/proc/%s/cmdline" % pid, "rb") as file:
            return file.read().rstrip(b"\0").split(b"\0")
    except OSError:
        return []
