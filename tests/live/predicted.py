# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings, what the model says of them, and the same measured with real SYNs and connections.

Needs no pytest: `make kernels` runs it inside of virtual machines as well.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import (
    half_open_while_accept_queue_full,
    latch,
    queue_limits,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.overflow import established_limit
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.calibration import calibrate
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel import running_kernel
from ansible_collections.linuxnet.tcp.tests.live import lab

PORTS = itertools.count(1024)


class Setting(NamedTuple):
    backlog: int
    somaxconn: int = 4096
    tcp_max_syn_backlog: int = 4096
    tcp_syncookies: int = 1

    def write(self, namespace: lab.Netns) -> None:
        namespace.sysctl("net.core.somaxconn", self.somaxconn)
        namespace.sysctl("net.ipv4.tcp_max_syn_backlog", self.tcp_max_syn_backlog)
        namespace.sysctl("net.ipv4.tcp_syncookies", self.tcp_syncookies)


def known_kernel() -> Any:
    """The kernel that runs, with its rule measured where its release leaves a doubt."""
    found = running_kernel()
    return found.measured(calibrate().rule) if found.in_doubt else found


def predict(kernel, at_listen: Setting, now: Setting | None = None):
    """The model's answer for a socket that listened under one setting and is hit under another."""
    now = now or at_listen
    return queue_limits(
        kernel.level,
        kernel.rule,
        latch(at_listen.backlog, at_listen.somaxconn),
        now.tcp_max_syn_backlog,
        now.tcp_syncookies,
        at_listen.tcp_max_syn_backlog,
    )


def burst(net, port, limits, target=None) -> int:
    """Half-open entries after more SYNs than the prediction admits; every SYN was seen to arrive."""
    lab.spoof_syns(net, target, port, limits.half_open + 250)
    return lab.half_open_count(net.server, port)


def check_syn_queue(net, kernel, setting, address="0.0.0.0", target=None):
    setting.write(net.server)
    port, limits = next(PORTS), predict(kernel, setting)
    with lab.listener(net.server, address, port, setting.backlog):
        before = lab.counters(net.server)
        found = burst(net, port, limits, target)
        assert found == limits.half_open, (setting, limits)
        grown = {key: value - before[key] for key, value in lab.counters(net.server).items()}
    # The rest was turned away in the way the model says: with cookies, or dropped.
    refused = limits.half_open + 250 - found
    assert grown["SyncookiesSent"] == (refused if limits.on_full == "cookies" else 0), (setting, grown)
    assert grown["ListenDrops"] == (0 if limits.on_full == "cookies" else refused), (setting, grown)


def check_accept_queue(net, kernel, setting, address="0.0.0.0", target=None):
    setting.write(net.server)
    port, limits = next(PORTS), predict(kernel, setting)
    target = target or net.server_v4
    with lab.listener(net.server, address, port, setting.backlog):
        with lab.connect_many(net.client, target, port, limits.accept_queue + 5) as clients:
            lab.wait_for(lambda: lab.established_count(net.server, port) >= established_limit(limits))
            lab.completed(clients, timeout=0.05)
            found = lab.established_count(net.server, port)
            assert found == established_limit(limits), (setting, limits, found)
            # Full means full for SYNs as well.
            lab.spoof_syns(net, target, port, 100)
            found, expected = lab.half_open_count(net.server, port), half_open_while_accept_queue_full(kernel.level, limits)
            assert found == expected, (setting, limits, found)


GRID = [Setting(*values) for values in itertools.product((1, 100, 511, 2000), (128, 1000, 4096), (64, 512, 4096), (0, 1, 2))]
EDGES = [
    Setting(0, tcp_syncookies=0), Setting(0, tcp_syncookies=1), Setting(0, tcp_syncookies=2),
    Setting(-1), Setting(-1, 128), Setting(-1, tcp_syncookies=0), Setting(-(2**31), 1000), Setting(2**31 - 1, 300),
    Setting(500, 0), Setting(500, 1), Setting(65535, 65535), Setting(65536, 70000), Setting(70000, 2**31 - 1),
    Setting(500, 4096, 0, 0), Setting(500, 4096, 1, 0), Setting(500, 4096, 2, 0), Setting(500, 4096, 3, 0),
    Setting(500, 4096, 127, 0), Setting(500, 4096, 128, 0), Setting(500, 4096, 129, 0), Setting(500, 4096, 255, 0),
    Setting(500, 4096, -1, 0), Setting(500, 4096, -1000, 0), Setting(500, 4096, 2**31 - 1, 0), Setting(500, 4096, -1, 1),
    Setting(500, 4096, 128, 3), Setting(500, 4096, 128, 255), Setting(100, 4096, 128, 0), Setting(96, 4096, 128, 0),
]  # fmt: skip
ACCEPT_GRID = [Setting(*values) for values in itertools.product((0, 1, 5, 128, 300), (50, 4096), (64, 4096), (0, 1, 2))]
ACCEPT_EDGES = [Setting(-1, 40), Setting(-1, 40, 64, 0), Setting(-(2**31), 7), Setting(20, 0), Setting(2**31 - 1, 33)]
