# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model equals the running kernel, exactly: bursts of real SYNs and real connections against predicted limits.

SYN_BACKLOG_SEED=1234 repeats the random part of an earlier run.
"""

from __future__ import annotations

import os
import random

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import (
    latch,
)
from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.predicted import (
    ACCEPT_EDGES,
    ACCEPT_GRID,
    EDGES,
    GRID,
    PORTS,
    Setting,
    burst,
    check_accept_queue,
    check_syn_queue,
    known_kernel,
    predict,
)
from ansible_collections.linuxnet.tcp.tests.live.relisten import limits_after_relisten


@pytest.fixture(scope="module")
def net(root):
    """One pair for the whole file; every case takes a port of its own."""
    with lab.pair() as joined:
        yield joined


@pytest.fixture(scope="module")
def kernel(root):
    return known_kernel()


# ---------------------------------------------------------------- a fresh listener

def name(setting):
    return "%d-%d-%d-%d" % setting


@pytest.mark.parametrize("setting", GRID + EDGES, ids=name)
def test_half_open_entries(net, kernel, setting):
    check_syn_queue(net, kernel, setting)


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
            lab.wait_for(lambda: lab.established_count(net.server, port) >= limits.accept_queue)
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
