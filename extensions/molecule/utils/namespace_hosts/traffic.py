# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floods that go on while a scenario does, and real clients: those of the live tests, on the hosts of a scenario."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import SimpleNamespace

from burst import Place, address_of  # first: it makes the collection importable
from state import start_time, wait_until

from ansible_collections.linuxnet.tcp.tests.live import clients, floods, lab


def flood(folder: str, pid: int, port: int, rate: int, networks: tuple[str, ...]) -> None:
    """Start a flood of the host that this process belongs to. A process of its own, it ends with the hosts at last."""
    server = Place(pid)
    before = lab.counters(server)["Tcp.InSegs"]
    process = subprocess.Popen(
        [sys.executable, os.path.abspath(__file__), address_of(server), str(port), str(rate), *networks],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    with open(os.path.join(folder, "flood"), "w", encoding="ascii") as stream:
        stream.write("%d %s" % (process.pid, start_time(process.pid)))
    wait_until(lambda: lab.counters(server)["Tcp.InSegs"] - before > rate // 10, "SYNs to arrive")


def calm(folder: str) -> None:
    """End the flood, and no other process that may have its number by now."""
    with open(os.path.join(folder, "flood"), encoding="ascii") as stream:
        pid, started = map(int, stream.read().split())
    if start_time(pid) == started:
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: start_time(pid) != started, "the flood to end")


def served(pid: int, port: int, count: int, source: str | None = None) -> int:
    """How many of COUNT clients the application greets; from the controller's own address, or from SOURCE."""
    if source is not None:
        lab.ip("addr", "replace", source + "/32", "dev", "hosts")
    net = SimpleNamespace(client=Place("self"), server_v4=address_of(Place(pid)))
    return clients.real_clients(net, count, port=port, source=source)


if __name__ == "__main__":
    # Each address and port repeats its SYN every second and so keeps its entry. Otherwise the kernel gives up all of a
    # flood's entries at once, some seconds apart, and whoever looks right then sees nothing but young ones.
    rate = int(sys.argv[3])
    networks = sys.argv[4:] or floods.EVERYWHERE_V4
    floods.flood([floods.Sender(sys.argv[1], int(sys.argv[2]), networks, pairs=rate)], rate, started=lambda: None)
