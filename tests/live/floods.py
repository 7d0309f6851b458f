# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spoofed floods that go on: SYNs at a rate, from networks of choice, until the `with` ends.

    with serving.application(net.server, 80, backlog=128), floods.spoofed(net, port=80):
        assert clients.real_clients(net, 100, port=80) < 20

Sent from the client's namespace; nobody answers the SYN-ACKs, which the server sends into the void (see lab.Pair).
"""

from __future__ import annotations

import contextlib
import ipaddress
import random
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.children import child, ready

#: as good as everywhere, and nowhere near an address of the lab
EVERYWHERE_V4 = ("11.0.0.0/8", "24.0.0.0/5", "64.0.0.0/3", "128.0.0.0/3", "192.0.0.0/6")
EVERYWHERE_V6 = ("2000::/3",)
_TICK = 0.005  # seconds


@contextlib.contextmanager
def spoofed(
    net: lab.Pair, port: int = 80, rate: int = 2000, sources: Sequence[str] | None = None, dst: str | None = None,
    pairs: int = 0,
) -> Iterator[subprocess.Popen]:  # fmt: skip
    """`rate` SYNs a second to the server, each from a random address and port.

    `sources` are networks in prefix notation, each hit equally often; left out, nearly all of the Internet.
    `dst` is an address of the server and tells the family. `pairs`: of address and port, that send their SYN again
    in turn; left out, none does. Entered once SYNs have arrived.
    """
    destination = dst or net.server_v4
    networks = sources or (EVERYWHERE_V6 if ":" in destination else EVERYWHERE_V4)
    before = lab.counters(net.server)["Tcp.InSegs"]
    with child(net.client, "floods", destination, port, rate, pairs, *networks) as process:
        if not lab.wait_for(lambda: lab.counters(net.server)["Tcp.InSegs"] > before, 5):
            raise AssertionError("no SYN arrived")
        yield process


def networks_of(count: int) -> list[str]:
    """`count` /24 networks that have nothing in common."""
    return ["100.%d.%d.0/24" % (64 + number // 250, number % 250) for number in range(count)]


def addresses(networks: Sequence[str], rng: random.Random) -> Callable[[], int]:
    """A function that draws a random address out of the networks, each network equally often."""
    ranges = [(int(network.network_address), network.num_addresses) for network in map(ipaddress.ip_network, networks)]
    choice, below = rng.choice, rng.randrange

    def draw() -> int:
        first, size = choice(ranges)
        return first + below(size)

    return draw


def flood(
    destination: str, port: int, rate: int, networks: Sequence[str], started: Callable[[], None] = ready, pairs: int = 0
) -> None:
    """Sends until its process is ended; calls `started` after the first SYN."""
    goal = ipaddress.ip_address(destination)
    family = socket.AF_INET if goal.version == 4 else socket.AF_INET6
    packet, source_at, checksum_at, rest = lab._template(goal, port, 0)
    tcp_at, length = checksum_at - 16, goal.max_prefixlen // 8
    rng = random.Random(20261120)
    draw = addresses(networks, rng)
    known = [(draw(), rng.randrange(1024, 65536)) for _number in range(pairs)]
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.connect((destination, 0))
        begin, sent, told = time.monotonic(), 0, False
        while True:
            due = int((time.monotonic() - begin) * rate)
            if due - sent > rate:  # the machine was busy: what it missed is not made up for at once
                begin, sent = time.monotonic(), 0
                continue
            for number in range(sent, due):
                address, sport = known[number % pairs] if known else (draw(), rng.randrange(1024, 65536))
                source = address.to_bytes(length, "big")
                packet[source_at:source_at + length] = source
                struct.pack_into("!H", packet, tcp_at, sport)
                struct.pack_into("!H", packet, checksum_at, ~lab._fold(rest + lab._words(source) + sport) & 0xFFFF)
                with contextlib.suppress(OSError):  # a full device queue is part of a flood
                    raw.send(packet)
            sent = due
            if not told and sent:
                told = True
                started()
            time.sleep(_TICK)


if __name__ == "__main__":
    flood(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[5:], pairs=int(sys.argv[4]))
