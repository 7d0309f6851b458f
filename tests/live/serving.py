# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server program in a process of its own: it listens, accepts and greets, or lets its clients wait.

    with serving.application(net.server, 80, backlog=128) as app:
        app.pause()     # completed connections wait from now on
        app.resume()
"""

from __future__ import annotations

import contextlib
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.children import child, ready

#: what a client is to read before it counts as served
GREETING = b"hello\n"


class Application:
    """The server program."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process
        self.pid = process.pid

    def pause(self) -> None:
        """It accepts no more, as one that hangs."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def application(
    namespace: lab.Netns, port: int = 80, backlog: int = 128, address: str = "0.0.0.0", accepts: bool = True,
    reuseport: bool = False,
) -> Iterator[Application]:  # fmt: skip
    """A program that listens; one that does not accept is stopped as soon as it listens."""
    with child(namespace, "serving", address, port, backlog, int(reuseport)) as process:
        app = Application(process)
        if not accepts:
            app.pause()
        yield app


def _serve(address: str, port: int, backlog: int, reuseport: bool) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as sock, selectors.DefaultSelector() as ready_to:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(reuseport))
        sock.bind((address, port))
        lab.relisten(sock, backlog)
        sock.setblocking(False)
        ready_to.register(sock, selectors.EVENT_READ)
        ready()
        while True:
            ready_to.select()
            with contextlib.suppress(BlockingIOError):
                while True:
                    connection, _peer = sock.accept()
                    with connection, contextlib.suppress(OSError):
                        connection.send(GREETING)


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1")
