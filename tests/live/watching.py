# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of a watch share: a lab whose answers leave, a watch around what a test does, and accounts to expect."""

from __future__ import annotations

import contextlib
import ipaddress
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import watch
from ansible_collections.linuxnet.tcp.tests.live import lab


class Looks:
    """How often a watch has asked whether it is to end: once before each look, and only when everything is open."""

    def __init__(self) -> None:
        self._asked = 0
        self._changed = threading.Condition()

    def asked(self) -> None:
        with self._changed:
            self._asked += 1
            self._changed.notify_all()

    def wait(self, count: int, patience: float = 60.0) -> None:
        """Return after so many whole looks that begin from now on, however slow the machine is."""
        with self._changed:
            wanted = self._asked + count + 1
            assert self._changed.wait_for(lambda: self._asked >= wanted, patience), "no watch"


@contextlib.contextmanager
def answered_pair() -> Iterator[lab.Pair]:
    """The lab, with a far end that takes SYN-ACKs to spoofed sources and ignores them: they leave, and are counted."""
    with lab.pair() as net:
        lab.ip("-n", net.server.name, "link", "set", "void-peer", "up")
        lab.wait_until_up(net.server, "void")
        yield net


@contextlib.contextmanager
def two_strained(net: lab.Pair) -> Iterator[Callable[[], Any]]:
    """Without cookies, listeners on ports 80 and 81 that admit 65 and 129; what floods them with 1,000 and 2,000 SYNs."""
    net.server.sysctl("net.ipv4.tcp_syncookies", 0)
    net.server.sysctl("net.ipv4.tcp_max_syn_backlog", 4096)

    def flood() -> None:
        lab.spoof_syns(net, port=80, count=1000)
        lab.spoof_syns(net, port=81, count=2000)

    with lab.listener(net.server, "0.0.0.0", 80, backlog=64), lab.listener(net.server, "0.0.0.0", 81, backlog=128):
        yield flood


def tag(net: lab.Pair) -> None:
    """Devices of a VLAN at both ends: the server is 10.81.0.1 there.

    :raises RuntimeError: a kernel without VLANs.
    """
    for space, device, address in (
        (net.server, net.server_device, "10.81.0.1/24"), (net.client, net.client_device, "10.81.0.2/24"),
    ):  # fmt: skip
        lab.ip("-n", space.name, "link", "add", "link", device, "name", "tagged", "type", "vlan", "id", "7")
        lab.ip("-n", space.name, "addr", "add", address, "dev", "tagged")
        lab.ip("-n", space.name, "link", "set", "tagged", "up")


def options(net: lab.Netns, seconds: float, ports: list[int] | None = None) -> watch.WatchOptions:
    return watch.WatchOptions(seconds, 0.01, ports, [net.name], False)


def watched(
    net: lab.Pair,
    during: Callable[[], Any],
    seconds: float = 0.0,
    ports: list[int] | None = None,
    drop_reasons: bool = False,
    looks: Looks | None = None,
) -> tuple[dict[str, Any], list[str]]:
    """What a watch of the server tells while something happens; `looks` lets that wait for looks of the watch.

    It ends after that, and after `seconds` at least. A second after spoofed SYNs their answers are sent again, which one
    of several listeners cannot be told from another: keep away from that.
    """
    ended = threading.Event()
    found: list[Any] = []
    seen = looks or Looks()

    def run() -> None:
        begin = time.monotonic()
        asked = options(net.server, 600.0, ports)._replace(drop_reasons=drop_reasons)

        def stopped() -> bool:
            seen.asked()
            return ended.is_set() and time.monotonic() - begin > seconds

        found.append(watch.watch(asked, stopped))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        seen.wait(1)  # all is open, and counts from here on
        during()
        time.sleep(0.1)
    finally:
        ended.set()
        thread.join()
    told, warnings = found[0]
    return told, [one for one in warnings if "apart instead" not in one]  # the machine was busy


def ids(told: dict[str, Any]) -> list[str]:
    return [one["id"] for one in told["findings"]]


def row_of(told: dict[str, Any], port: int = 80) -> dict[str, Any]:
    return next(row for row in told["listeners"] if row["port"] == port)


def account(**expected: int) -> dict[str, int]:
    empty = dict.fromkeys(("before_listener", "answered", "repeated", "dropped", "unexplained"), 0)
    return dict(empty, arrived=sum(expected.values()), **expected) if not set(expected) - set(empty) else {}


def lost(told: dict[str, Any], layer: str) -> int:
    return sum(row["dropped"] for row in told["layers"] if row["layer"] == layer)


def sent_again(net: lab.Pair) -> int:
    """SYN-ACKs that the server's timers sent another time (TCPSynRetrans; the server sends no SYNs)."""
    return lab.counters(net.server)["TCPSynRetrans"]


def send_unseen(net: lab.Pair, sources: Iterable[int], count: int, goal: str | None = None, port: int = 80) -> int:
    """SYNs of which nobody expects that they reach the server's TCP; `sources` are numbers."""
    with net.client.enter():
        return lab._send(ipaddress.ip_address(goal or net.server_v4), port, 40000, count, sources)
