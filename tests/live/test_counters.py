# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The counters move by exactly what was dropped, in the namespace where it was."""

from __future__ import annotations

import os
import threading
import time

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.counters import TCP, TCP_EXT, delta
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.counters import read_counters
from ansible_collections.linuxnet.tcp.tests.live import lab


def read(namespace):
    found, warnings = namespace.call(read_counters)
    assert warnings == []
    return found


def moved(namespace, act):
    begin, before = time.monotonic(), read(namespace)
    act()
    changes = delta(before, read(namespace), time.monotonic() - begin)
    return {name: value for name, value in changes.items() if value and name != "seconds"}


@pytest.fixture
def server(net):
    net.server.sysctl("net.ipv4.tcp_max_syn_backlog", 4096)
    return net.server


def test_they_are_the_kernels_own(net):
    with lab.listener(net.server, "0.0.0.0", 80, backlog=5):
        lab.spoof_syns(net, port=80, count=50)
    theirs = lab.counters(net.server)
    for name, value in read(net.server).items():
        assert value == theirs["Tcp." + name if name in TCP else name]
    assert {"ListenDrops", "TCPReqQFullDoCookies", "PassiveOpens"} <= set(read(net.server)) <= set(TCP_EXT + TCP)


def test_a_full_syn_queue_with_cookies(net, server):
    server.sysctl("net.ipv4.tcp_syncookies", 1)
    with lab.listener(server, "0.0.0.0", 80, backlog=100):
        found = moved(server, lambda: lab.spoof_syns(net, port=80, count=300))
        kept = lab.half_open_count(server, 80)
    assert found["TCPReqQFullDoCookies"] == found["SyncookiesSent"] == 300 - kept
    assert "TCPReqQFullDrop" not in found
    assert "ListenOverflows" not in found


def test_a_full_syn_queue_without_cookies(net, server):
    server.sysctl("net.ipv4.tcp_syncookies", 0)
    with lab.listener(server, "0.0.0.0", 80, backlog=100):
        found = moved(server, lambda: lab.spoof_syns(net, port=80, count=300))
        kept = lab.half_open_count(server, 80)
    assert found["TCPReqQFullDrop"] == found["ListenDrops"] == 300 - kept
    assert "SyncookiesSent" not in found


def test_the_last_quarter_leaves_no_trace_but_listen_drops(net, server):
    server.sysctl("net.ipv4.tcp_syncookies", 0)
    server.sysctl("net.ipv4.tcp_max_syn_backlog", 128)
    with lab.listener(server, "0.0.0.0", 80, backlog=500):
        found = moved(server, lambda: lab.spoof_syns(net, port=80, count=300))
        assert lab.half_open_count(server, 80) == 97
    assert found == {"ListenDrops": 203}


def test_an_application_that_does_not_accept(net, server):
    server.sysctl("net.ipv4.tcp_syncookies", 1)
    with lab.listener(server, "0.0.0.0", 80, backlog=3):

        def fill():
            with lab.connect_many(net.client, net.server_v4, 80, 20) as clients:
                assert lab.completed(clients) >= 4

        found = moved(server, fill)
    assert found["PassiveOpens"] == 4
    assert found["ListenOverflows"] == found["ListenDrops"] >= 16


def test_a_thread_in_another_namespace_reads_that_one(net):
    """The process stays where it is: /proc/self would show the wrong counters."""
    with lab.listener(net.server, "0.0.0.0", 80, backlog=5):
        lab.spoof_syns(net, port=80, count=50)
    there = []

    def work():
        with net.server.enter():
            there.append(read_counters()[0])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert there[0]["TCPReqQFullDoCookies"] > 0
    assert there[0] == read(net.server) != read_counters()[0]


def test_a_namespace_made_anew_counts_from_nothing(root):
    readings = []
    for count in (400, 30):
        with lab.pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=5):
            lab.spoof_syns(net, port=80, count=count)
            readings.append(read(net.server))
    found = delta(readings[0], readings[1], 1.0)
    assert found["TCPReqQFullDoCookies"] == readings[1]["TCPReqQFullDoCookies"] < 30


def test_no_privilege_is_needed(netns):
    if not os.path.exists("/proc/thread-self/net/netstat"):
        pytest.skip("needs Linux 3.17 or later")
    found, warnings = netns.call(lab.unprivileged, read_counters)
    assert (found["ListenDrops"], warnings) == (0, [])
