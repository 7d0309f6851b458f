# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process holds the hosts of a scenario: its id and when it started, so that no other is ever taken for it."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import time

CLONE_NEWNET = 0x40000000
PATIENCE = 20  # seconds


def start_time(pid: int) -> int | None:
    """When a process started, in the kernel's ticks since boot; None once it is gone or only waits to be reaped."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as stat:
            words = stat.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if words[0] in "ZX" else int(words[19])


def wait_until(condition, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("waited %d s in vain for %s" % (PATIENCE, what))
        time.sleep(0.02)


class State:
    """The folder of a scenario's hosts. ``holder`` is the process that all of them hang on."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.abspath(folder)
        self._path = os.path.join(self.folder, "state.json")

    def path(self, *names: str) -> str:
        return os.path.join(self.folder, *names)

    def record(self, holder: int) -> None:
        with open(self._path, "w", encoding="utf-8") as stream:
            json.dump({"holder": holder, "started": start_time(holder)}, stream)

    def holder(self) -> int | None:
        """The id of the recorded process; None where it is gone."""
        try:
            with open(self._path, encoding="utf-8") as stream:
                recorded = json.load(stream)
        except (FileNotFoundError, ValueError):
            return None
        alive = recorded["started"] is not None and start_time(recorded["holder"]) == recorded["started"]
        return recorded["holder"] if alive else None

    def require(self) -> int:
        holder = self.holder()
        if holder is None:
            raise SystemExit("no hosts: the process of %s is gone" % self._path)
        return holder

    def enter_network(self) -> None:
        """Move this process into the network that joins the hosts."""
        enter("/proc/%d/ns/net" % self.require())

    def end(self) -> bool:
        """End the holder and with it every process of every host, at once; False where there was none."""
        holder = self.holder()
        if holder is None:
            return False
        with open("/proc/%d/task/%d/children" % (holder, holder), encoding="ascii") as stream:
            first = [int(word) for word in stream.read().split()]  # the first process of the hosts' PID namespace
        before = {pid: start_time(pid) for pid in [holder, *first]}
        for pid, started in before.items():
            if started is not None and start_time(pid) == started:
                os.kill(pid, signal.SIGKILL)
        # The first process goes last: when it is gone, all that it held is
        wait_until(lambda: all(start_time(pid) != started for pid, started in before.items()), "the hosts to end")
        os.unlink(self._path)
        return True


def enter(namespace: str) -> None:
    """setns(2) into a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(namespace, "rb") as stream:
        if libc.setns(stream.fileno(), CLONE_NEWNET) != 0:
            code = ctypes.get_errno()
            raise OSError(code, "setns %s: %s" % (namespace, os.strerror(code)))
