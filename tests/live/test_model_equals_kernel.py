# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model equals the running kernel, exactly: bursts of real SYNs and real connections against predicted limits.

SYN_BACKLOG_SEED=1234 repeats the random part of an earlier run.
"""

from __future__ import annotations

import itertools
import os
import random
from typing import NamedTuple

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import (
    half_open_while_accept_queue_full,
    latch,
    queue_limits,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.calibration import calibrate
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel import running_kernel
from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._kernel.relisten import limits_after_relisten

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


@pytest.fixture(scope="module")
def net(root):
    """One pair for the whole file; every case takes a port of its own."""
    with lab.pair() as joined:
        yield joined


@pytest.fixture(scope="module")
def kernel(root):
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
            lab.completed(clients, timeout=0.05)
            assert lab.established_count(net.server, port) == limits.accept_queue, (setting, limits)
            # Full means full for SYNs as well.
            lab.spoof_syns(net, target, port, 100)
            assert lab.half_open_count(net.server, port) == half_open_while_accept_queue_full(kernel.level, limits)


# ---------------------------------------------------------------- a fresh listener

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


def name(setting):
    return "%d-%d-%d-%d" % setting


@pytest.mark.parametrize("setting", GRID + EDGES, ids=name)
def test_half_open_entries(net, kernel, setting):
    check_syn_queue(net, kernel, setting)


ACCEPT_GRID = [Setting(*values) for values in itertools.product((0, 1, 5, 128, 300), (50, 4096), (64, 4096), (0, 1, 2))]
ACCEPT_EDGES = [Setting(-1, 40), Setting(-1, 40, 64, 0), Setting(-(2**31), 7), Setting(20, 0), Setting(2**31 - 1, 33)]


@pytest.mark.parametrize("setting", ACCEPT_GRID + ACCEPT_EDGES, ids=name)
def test_established_connections(net, kernel, setting):
    check_accept_queue(net, kernel, setting)


def test_forty_random_settings(net, kernel, capsys):
    seed = int(os.environ.get("SYN_BACKLOG_SEED") or random.SystemRandom().randrange(10**9))
    with capsys.disabled():
        print("\nSYN_BACKLOG_SEED=%d" % seed)
    rng = random.Random(seed)

    def wide(top):  # as many small numbers as large ones
        return rng.randrange(2 ** rng.randint(1, top.bit_length())) % (top + 1)

    for _number in range(40):
        setting = Setting(
            rng.choice((wide(6000), wide(6000), -wide(100))), wide(8000), wide(8000), rng.choice((0, 0, 1, 2))
        )
        try:
            check_syn_queue(net, kernel, setting)
            if latch(setting.backlog, setting.somaxconn) <= 300:
                check_accept_queue(net, kernel, setting)
        except AssertionError as error:
            raise AssertionError("SYN_BACKLOG_SEED=%d" % seed) from error


# ---------------------------------------------------------------- changed after listen()


@pytest.mark.parametrize(
    "at_listen, change",
    [
        (Setting(1000, 128), {"somaxconn": 4096}),
        (Setting(1000, 4096), {"somaxconn": 128}),
        (Setting(1000, 128, 4096, 0), {"somaxconn": 4096}),
        (Setting(1000, 4096, 128, 0), {"tcp_max_syn_backlog": 512}),
        (Setting(1000, 4096, 512, 0), {"tcp_max_syn_backlog": 128}),
        (Setting(1000, 4096, 64, 1), {"tcp_max_syn_backlog": 4096}),
        (Setting(1000, 4096, 4096, 1), {"tcp_max_syn_backlog": 64}),
        (Setting(1000, 4096, 256, 1), {"tcp_syncookies": 0}),
        (Setting(1000, 4096, 256, 0), {"tcp_syncookies": 1}),
        (Setting(1000, 4096, 256, 1), {"tcp_syncookies": 2}),
        (Setting(1000, 4096, 256, 2), {"tcp_syncookies": 0}),
    ],
    ids=lambda value: name(value) if isinstance(value, Setting) else "-".join("%s=%d" % item for item in value.items()),
)
def test_a_sysctl_changed_after_listen(net, kernel, at_listen, change):
    at_listen.write(net.server)
    port, now = next(PORTS), at_listen._replace(**change)
    with lab.listener(net.server, "0.0.0.0", port, at_listen.backlog):
        now.write(net.server)
        limits = predict(kernel, at_listen, now)
        assert burst(net, port, limits) == limits.half_open


RELISTENS = [
    (Setting(100, 128), Setting(1000, 4096)),
    (Setting(1000, 128), Setting(1000, 4096)),
    (Setting(1000), Setting(10)),
    (Setting(1000, 4096), Setting(1000, 128)),
    (Setting(100, tcp_syncookies=0), Setting(1000, tcp_syncookies=0)),
    (Setting(100), Setting(-1)),
    (Setting(-1, 200), Setting(0)),
]


@pytest.mark.parametrize("first, second", RELISTENS, ids=name)
def test_a_second_listen(net, kernel, first, second):
    port = next(PORTS)
    first.write(net.server)
    with lab.listener(net.server, "0.0.0.0", port, first.backlog) as listener:
        second.write(net.server)
        lab.relisten(listener, second.backlog)
        limits = limits_after_relisten(kernel.rule, predict(kernel, first, second), predict(kernel, second))
        assert burst(net, port, limits) == limits.half_open


@pytest.mark.parametrize("first, second", [(Setting(5), Setting(50)), (Setting(50), Setting(5))], ids=name)
def test_a_second_listen_and_the_accept_queue(net, kernel, first, second):
    port = next(PORTS)
    first.write(net.server)
    with lab.listener(net.server, "0.0.0.0", port, first.backlog) as listener:
        lab.relisten(listener, second.backlog)
        limits = limits_after_relisten(kernel.rule, predict(kernel, first), predict(kernel, second))
        with lab.connect_many(net.client, net.server_v4, port, 60) as clients:
            lab.completed(clients, timeout=0.05)
            assert lab.established_count(net.server, port) == limits.accept_queue


# ---------------------------------------------------------------- IPv6 and dual stack


@pytest.mark.parametrize("setting", [
    Setting(100), Setting(500, 128), Setting(1000, 4096, 256, 0), Setting(100, 4096, 4096, 0), Setting(300, 4096, 64, 2),
], ids=name)  # fmt: skip
@pytest.mark.parametrize("target", ["server_v6", "server_v4"])
def test_a_dual_stack_listener(net, kernel, setting, target):
    check_syn_queue(net, kernel, setting, "::", getattr(net, target))
    check_accept_queue(net, kernel, setting, "::", getattr(net, target))


def test_a_listener_on_one_ipv6_address(net, kernel):
    check_syn_queue(net, kernel, Setting(200), net.server_v6, net.server_v6)
    check_accept_queue(net, kernel, Setting(30), net.server_v6, net.server_v6)


def test_both_families_fill_one_queue_of_a_dual_stack_listener(net, kernel):
    setting = Setting(1000)
    setting.write(net.server)
    port, limits = next(PORTS), predict(kernel, setting)
    with lab.listener(net.server, "::", port, setting.backlog):
        lab.spoof_syns(net, net.server_v4, port, 600)
        assert lab.half_open_count(net.server, port) == 600
        lab.spoof_syns(net, net.server_v6, port, 600)
        assert lab.half_open_count(net.server, port) == limits.half_open
