# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real clients: the kernel's own connect(2), counted as served once the server's application has greeted them."""

from __future__ import annotations

import contextlib
import errno
import random
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.children import child, ready
from ansible_collections.linuxnet.tcp.tests.live.floods import addresses

#: Seconds that a client waits. A lost SYN is sent again after 1 s and 3 s (since Linux 6.5 after 1, 2 and 3 s): it
#: has at least two tries, at most three, and one that needs more would be given up by its user.
PATIENCE = 2.5


class Crowd:
    """Clients that connect, are greeted and leave; each that is not within its patience has failed."""

    def __init__(self, destination: str, port: int, patience: float = PATIENCE) -> None:
        self.served = self.failed = 0
        self._goal, self._patience = (destination, port), patience
        self._family = socket.AF_INET6 if ":" in destination else socket.AF_INET
        self._waiting: dict[socket.socket, float] = {}
        self._selector = selectors.DefaultSelector()

    @property
    def size(self) -> int:
        return len(self._waiting)

    def add(self, source: str | None = None) -> None:
        client = socket.socket(self._family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        if source is not None:
            client.bind((source, 0))
        code = client.connect_ex(self._goal)
        self._waiting[client] = time.monotonic() + self._patience
        self._selector.register(client, selectors.EVENT_READ)
        if code not in (0, errno.EINPROGRESS):
            self._leave(client, served=False)

    def watch(self, seconds: float) -> None:
        """See for so long who is greeted, less where nobody is left."""
        end = time.monotonic() + seconds
        while True:
            for key, _events in self._selector.select(max(0.0, min(end - time.monotonic(), 0.05)) if self.size else 0):
                self._leave(key.fileobj, served=_greeted(key.fileobj))
            now = time.monotonic()
            for client in [client for client, until in self._waiting.items() if until < now]:
                self._leave(client, served=False)
            if now >= end or not self.size:
                return

    def _leave(self, client: socket.socket, served: bool) -> None:
        self._selector.unregister(client)
        del self._waiting[client]
        client.close()
        self.served += served
        self.failed += not served


def _greeted(client: socket.socket) -> bool:
    try:
        return client.recv(64) != b""
    except OSError:
        return False


def real_clients(
    net: lab.Pair, count: int = 100, port: int = 80, dst: str | None = None, source: str | None = None,
    patience: float = PATIENCE, pause: float = 0.01,
) -> int:  # fmt: skip
    """How many of `count` clients were served: one after the other, `pause` seconds apart, none waiting for the one before.

    They come from the client's own address, which no flood of `floods` uses, or from `source`.
    """
    with net.client.enter():
        crowd = Crowd(dst or net.server_v4, port, patience)
        for _number in range(count):
            crowd.add(source)
            _pass(crowd, pause)
        while crowd.size:
            crowd.watch(patience)
    assert crowd.served + crowd.failed == count
    return crowd.served


def _pass(crowd: Crowd, seconds: float) -> None:
    end = time.monotonic() + seconds
    crowd.watch(seconds)
    time.sleep(max(0.0, end - time.monotonic()))


@contextlib.contextmanager
def crowds(
    net: lab.Pair, destination: str, port: int, size: int, every: float, networks: Sequence[str], patience: float = PATIENCE
) -> Iterator[subprocess.Popen]:
    """`size` real clients all at once, and again `every` so many seconds, from random addresses of `networks`.

    The networks have to be local to the client's namespace; see far.line.
    """
    with child(net.client, "clients", destination, port, size, every, patience, *networks) as process:
        yield process


def _crowds(destination: str, port: int, size: int, every: float, patience: float, networks: Sequence[str]) -> None:
    draw = addresses(networks, random.Random(20261120))
    crowd, begin, rounds = Crowd(destination, port, patience), time.monotonic(), 0
    family = socket.AF_INET6 if ":" in destination else socket.AF_INET
    while True:
        for _number in range(size):
            source = draw().to_bytes(16 if ":" in destination else 4, "big")
            crowd.add(socket.inet_ntop(family, source))
        if rounds == 0:
            ready()
        rounds += 1
        _pass(crowd, max(0.0, begin + rounds * every - time.monotonic()))


if __name__ == "__main__":
    _crowds(
        sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]), sys.argv[6:]
    )
