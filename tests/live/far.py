# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A long and lossy line between the lab's two namespaces: packets take their time, or never arrive.

A tun device at either end, and a process between them that holds each packet back. Real clients behind
it have a real round trip time, so that half-open connections of honest people last as long as they do on the Internet.
"""

from __future__ import annotations

import collections
import contextlib
import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator

from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.children import child, ready

SERVER = "10.79.0.1"
#: all of these are addresses of the client, which may bind to any of them
CLIENTS = "10.80.0.0/12"
_DEVICE = "far"
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_LARGEST = 65536


@contextlib.contextmanager
def line(net: lab.Pair, delay: float, loss: float = 0.0) -> Iterator[subprocess.Popen]:
    """`delay` seconds from one end to the other; of what the server sends, the share `loss` is lost.

    The server has the address SERVER on it, the client all of CLIENTS.
    """
    with child(None, "far", net.server.path, net.client.path, delay, loss) as process:
        lab.ip("-n", net.server.name, batch="\n".join((
            "addr add %s/32 dev %s" % (SERVER, _DEVICE),
            "link set %s up txqueuelen 20000" % _DEVICE,
            "route add %s dev %s" % (CLIENTS, _DEVICE),
        )))  # fmt: skip
        lab.ip("-n", net.client.name, batch="\n".join((
            "link set %s up txqueuelen 20000" % _DEVICE,
            "route add local %s dev lo" % CLIENTS,
            "route add %s/32 dev %s" % (SERVER, _DEVICE),
        )))  # fmt: skip
        yield process


def _tun(namespace: str) -> int:
    """A tun device in the namespace: it belongs to where its descriptor was opened."""
    there = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    lab._setns(there)
    os.close(there)
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", _DEVICE.encode(), _IFF_TUN | _IFF_NO_PI))
    return descriptor


def _carry(server: int, client: int, delay: float, loss: float) -> None:
    rng = random.Random(20261120)
    other_end = {server: client, client: server}
    on_its_way: collections.deque[tuple[float, int, bytes]] = collections.deque()  # all are held back for as long
    while True:
        wait = max(0.0, on_its_way[0][0] - time.monotonic()) if on_its_way else None
        for end in select.select([server, client], [], [], wait)[0]:
            with contextlib.suppress(OSError):
                while True:
                    packet = os.read(end, _LARGEST)
                    if end != server or rng.random() >= loss:
                        on_its_way.append((time.monotonic() + delay, other_end[end], packet))
        now = time.monotonic()
        while on_its_way and on_its_way[0][0] <= now:
            _due, end, packet = on_its_way.popleft()
            with contextlib.suppress(OSError):
                os.write(end, packet)


if __name__ == "__main__":
    ends = _tun(sys.argv[1]), _tun(sys.argv[2])
    ready()
    _carry(*ends, float(sys.argv[3]), float(sys.argv[4]))
