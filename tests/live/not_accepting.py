# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server program in a process of its own that listens and does not accept, for a reason that it is told.

    with children.child(net.server, "not_accepting", "busy", 80, 4): …     # all of its four threads calculate
"""

from __future__ import annotations

import hashlib
import os
import resource
import socket
import sys
import threading
import time

from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.children import ready

BACKLOG = 5
DESCRIPTORS = 48


def asleep(_sock: socket.socket, _argument: str) -> None:
    ready()
    while True:
        time.sleep(60)


def hostile_name(sock: socket.socket, _argument: str) -> None:
    with open("/proc/self/comm", "w", encoding="utf-8", newline="") as name:
        name.write("a) D {{ 1 }}\x1b\n")
    asleep(sock, "")


def descriptors(sock: socket.socket, _argument: str) -> None:
    """It accepts, keeps what it has, and tries again at once when it may have no more, as many programs do."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, 2 * DESCRIPTORS))
    ready()
    kept = []
    while True:
        try:
            kept.append(sock.accept())
        except OSError:  # EMFILE
            time.sleep(0.001)


def blocked(_sock: socket.socket, fifo: str) -> None:
    """Its child of vfork(2) opens a FIFO before it becomes another program, and there it waits."""
    ready()
    os.posix_spawn("/bin/true", ["true"], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 0, fifo, os.O_RDONLY, 0)])
    asleep(_sock, "")


def busy(sock: socket.socket, count: str) -> None:
    """As many busy threads, the main thread among them."""
    for _number in range(int(count) - 1):
        _start(_calculate)
    ready()
    _calculate()


def one_busy(sock: socket.socket, count: str) -> None:
    """As many threads, of which one is busy and not the main thread."""
    for _number in range(int(count) - 2):
        _start(time.sleep, 600)
    _start(_calculate)
    asleep(sock, "")


def prefork(_sock: socket.socket, count: str) -> None:
    """A master that sleeps, and as many workers; the first is busy, the others sleep."""
    for number in range(int(count)):
        if os.fork() == 0:
            lab_parent_death()
            if number == 0:
                _calculate()
            time.sleep(600)
            os._exit(0)
    asleep(_sock, "")


def lab_parent_death() -> None:
    """End when the master does."""
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _start(function, *arguments) -> None:
    threading.Thread(target=function, args=arguments, daemon=True).start()


def _calculate() -> None:
    """It lets go of the interpreter lock, so that other threads may do the same."""
    while True:
        hashlib.pbkdf2_hmac("sha256", b"", b"", 10_000_000)


if __name__ == "__main__":
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("0.0.0.0", int(sys.argv[2])))
        lab.relisten(listening, BACKLOG)
        globals()[sys.argv[1]](listening, sys.argv[3])
