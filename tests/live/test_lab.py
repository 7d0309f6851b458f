# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The harness itself: it reaches what it says, loses nothing and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab


def test_a_namespace_has_its_own_sysctls_and_is_gone_afterwards(root):
    here = os.stat("/proc/thread-self/ns/net").st_ino
    with lab.Netns() as namespace:
        assert namespace.sysctl("net.core.somaxconn", 77) == "77"
        assert namespace.call(os.stat, "/proc/thread-self/ns/net").st_ino != here
        assert open("/proc/sys/net/core/somaxconn", encoding="ascii").read().strip() != "77"
        process = namespace.popen(["readlink", "/proc/self/ns/net"], stdout=-1, text=True)
        assert process.communicate()[0].strip() != "net:[%d]" % here
    assert os.stat("/proc/thread-self/ns/net").st_ino == here
    assert not os.path.exists(namespace.path)


def test_a_failure_inside_leaves_no_namespace(root):
    with pytest.raises(ZeroDivisionError):
        with lab.pair() as net, net.server.enter():
            raise ZeroDivisionError
    assert not os.path.exists(net.server.path) and not os.path.exists(net.client.path)


@pytest.mark.parametrize("address, target", [("0.0.0.0", "server_v4"), ("::", "server_v4"), ("::", "server_v6")])
def test_every_spoofed_syn_becomes_a_half_open_entry_that_stays(net, address, target):
    with lab.listener(net.server, address, 8080, backlog=1000):
        assert lab.spoof_syns(net, getattr(net, target), 8080, 400) == 400
        assert lab.half_open_count(net.server, 8080) == 400
        time.sleep(1.5)  # past the first retransmission of the SYN-ACK
        assert lab.half_open_count(net.server, 8080) == 400


@pytest.mark.parametrize("address, target", [("0.0.0.0", "server_v4"), ("::", "server_v6")])
def test_a_listener_bound_to_a_device_gets_them_too(net, address, target):
    with lab.listener(net.server, address, 8083, backlog=1000, device=net.server_device):
        lab.spoof_syns(net, getattr(net, target), 8083, 300)
        assert lab.half_open_count(net.server, 8083) == 300


def test_namespaces_of_a_killed_run_are_removed(root):
    dead = subprocess.Popen(["true"])
    dead.wait()
    name = "lab-%d-1-server" % dead.pid
    lab.ip("netns", "add", name)
    with lab.Netns() as alive:
        lab.remove_stale()
        assert os.path.exists(alive.path)
    assert not os.path.exists("/run/netns/" + name)


def test_clients_connect_both_ways(net):
    with lab.listener(net.server, "::", 8081, backlog=50):
        for target in (net.server_v4, net.server_v6):
            with lab.connect_many(net.client, target, 8081, 20) as clients:
                assert lab.completed(clients, 5) == 20
                assert lab.established_count(net.server, 8081) >= 20


def test_a_hundred_thousand_syns_arrive(net):
    net.server.sysctl("net.core.somaxconn", 250000)  # more than twice: a half full queue is pruned
    with lab.listener(net.server, "0.0.0.0", 8082, backlog=250000):
        begin = time.monotonic()
        lab.spoof_syns(net, port=8082, count=100000)
        print("100,000 SYNs in %.2f s" % (time.monotonic() - begin))
        assert lab.half_open_count(net.server, 8082) == 100000
        time.sleep(2.5)  # every SYN-ACK was sent again by then
        assert lab.half_open_count(net.server, 8082) == 100000


def test_unprivileged_is_nobody():
    if os.geteuid() != 0:
        pytest.skip("needs root: it drops privileges")
    assert lab.unprivileged(os.geteuid) == lab.NOBODY
    with pytest.raises(RuntimeError, match="PermissionError"):
        lab.unprivileged(open, "/proc/1/environ", "rb")
