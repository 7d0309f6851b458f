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
import json
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
    pairs: int = 0, beside: Sequence[str] = (),
) -> Iterator[subprocess.Popen]:  # fmt: skip
    """`rate` SYNs a second to the server, each from a random address and port.

    `sources` are networks in prefix notation, each hit equally often; left out, nearly all of the Internet.
    `dst` is an address of the server and tells the family. `pairs`: of address and port, that send their SYN again
    in turn; left out, none does. `beside`: networks of IPv6, from which as many SYNs come, one after each other one, so
    that a queue which both fill holds as many of either, however busy the machine is. Entered once SYNs have arrived.
    """
    destination = dst or net.server_v4
    networks = sources or (EVERYWHERE_V6 if ":" in destination else EVERYWHERE_V4)
    goals = [(destination, list(networks))] + ([(net.server_v6, list(beside))] if beside else [])
    before = lab.counters(net.server)["Tcp.InSegs"]
    with child(net.client, "floods", port, rate, pairs, json.dumps(goals)) as process:
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


class Sender:
    """SYNs to one address and port."""

    def __init__(self, destination: str, port: int, networks: Sequence[str], pairs: int = 0) -> None:
        goal = ipaddress.ip_address(destination)
        self._packet, self._source_at, self._checksum_at, self._rest = lab._template(goal, port, 0)
        self._length = goal.max_prefixlen // 8
        self._rng = random.Random(20261120)
        self._draw = addresses(networks, self._rng)
        self._known = [self._new() for _number in range(pairs)]
        self._raw = socket.socket(socket.AF_INET if goal.version == 4 else socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._raw.connect((destination, 0))

    def _new(self) -> tuple[int, int]:
        return self._draw(), self._rng.randrange(1024, 65536)

    def send(self, number: int) -> None:
        """The SYN of this number."""
        address, sport = self._known[number % len(self._known)] if self._known else self._new()
        packet, source = self._packet, address.to_bytes(self._length, "big")
        packet[self._source_at:self._source_at + self._length] = source
        struct.pack_into("!H", packet, self._checksum_at - 16, sport)
        struct.pack_into("!H", packet, self._checksum_at, ~lab._fold(self._rest + lab._words(source) + sport) & 0xFFFF)
        with contextlib.suppress(OSError):  # a full device queue is part of a flood
            self._raw.send(packet)


def flood(senders: Sequence[Sender], rate: int, started: Callable[[], None] = ready) -> None:
    """`rate` SYNs a second from each sender in turn, until its process is ended; calls `started` after the first."""
    begin, sent, told = time.monotonic(), 0, False
    while True:
        due = int((time.monotonic() - begin) * rate)
        if due - sent > rate:  # the machine was busy: what it missed is not made up for at once
            begin, sent = time.monotonic(), 0
            continue
        for number in range(sent, due):
            for sender in senders:
                sender.send(number)
        sent = due
        if not told and sent:
            told = True
            started()
        time.sleep(_TICK)


if __name__ == "__main__":
    _port, _rate, _pairs = map(int, sys.argv[1:4])
    flood([Sender(_goal, _port, _networks, _pairs) for _goal, _networks in json.loads(sys.argv[4])], _rate)
