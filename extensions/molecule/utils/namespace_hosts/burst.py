# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real SYNs from spoofed sources, and what they leave: the measure of the live tests, on the hosts of a scenario."""

from __future__ import annotations

import os
import socket
import sys
import time
from types import SimpleNamespace

COLLECTIONS = os.path.join(os.path.abspath(__file__).rpartition("/extensions/molecule/")[0], ".collections")
sys.path.insert(0, COLLECTIONS)

from ansible_collections.linuxnet.tcp.tests.live import lab


class Place(lab.Netns):
    """A network namespace that somebody else made and removes."""

    def __init__(self, pid: int | str) -> None:
        self.name = self.path = "/proc/%s/ns/net" % pid


def address_of(place: Place) -> str:
    """The address that the host answers from."""
    with place.enter(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("198.18.0.1", 9))  # a route is looked up, no packet is sent
        return probe.getsockname()[0]


def half_open_after(pid: int, port: int, count: int) -> int:
    """The half-open entries of this port right after COUNT SYNs to the host that this process belongs to."""
    server, client = Place(pid), Place("self")
    net = SimpleNamespace(server=server, client=client, server_v4=address_of(server))
    # An earlier burst's entries must be gone: nobody answers for them, and the newest would be kept beside the older
    lab.wait_for(lambda: lab.half_open_count(server, port) == 0, 90.0, 0.2)
    started = time.monotonic()
    lab.spoof_syns(net, port=port, count=count)
    left = lab.half_open_count(server, port)
    if time.monotonic() - started > 1:
        raise SystemExit("too slow to tell: entries over half of the limit begin to go after a second")
    return left
