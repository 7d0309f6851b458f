# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listeners and half-open entries of the running kernel, in namespaces made for each test."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenKey
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import proc_net_tcp, sock_diag, sockets, syn_recv
from ansible_collections.linuxnet.tcp.tests.live import lab


def inode(sock: socket.socket) -> int:
    return os.fstat(sock.fileno()).st_ino


def read(namespace: lab.Netns):
    found, warnings = namespace.call(sockets.listen_sockets)
    assert warnings == []
    return found


def only(namespace: lab.Netns):
    (found,) = read(namespace)
    return found


@pytest.fixture
def zoo(net):
    """One listener of every kind; sockets by what they are called here."""
    v4, v6, device = net.server_v4, net.server_v6, net.server_device
    kinds = {
        "v4": {"address": "0.0.0.0", "port": 1001, "backlog": 11, "reuseport": True},
        "v4 address": {"address": v4, "port": 1001, "backlog": 12, "reuseport": True},
        "v6 only": {"address": "::", "port": 1002, "backlog": 13, "v6only": True},
        "v4 beside v6 only": {"address": "0.0.0.0", "port": 1002, "backlog": 14},
        "dual": {"address": "::", "port": 1003, "backlog": 15, "v6only": False, "reuseport": True},
        "v6 address": {"address": v6, "port": 1003, "backlog": 16, "reuseport": True},
        "device": {"address": "0.0.0.0", "port": 1004, "backlog": 17, "device": device},
        "other device": {"address": "0.0.0.0", "port": 1004, "backlog": 18, "device": "lo"},
        "device v6": {"address": "::", "port": 1005, "backlog": 19, "device": device},
        "mptcp": {"address": "0.0.0.0", "port": 1006, "backlog": 20, "mptcp": True},
        "mptcp v6": {"address": "::", "port": 1007, "backlog": 21, "mptcp": True},
        "mapped": {"address": "::ffff:" + v4, "port": 1008, "backlog": 22, "v6only": False},
    }
    for number in range(4):
        kinds["group %d" % number] = {"address": "0.0.0.0", "port": 1009, "backlog": 30 + number, "reuseport": True}
    with contextlib.ExitStack() as stack:
        yield net.server, {
            name: (stack.enter_context(lab.listener(net.server, **kind)), kind) for name, kind in kinds.items()
        }


def test_every_kind_of_listener_comes_once_with_its_backlog(zoo):
    namespace, kinds = zoo
    found = {one.inode: one for one in read(namespace)}
    assert len(read(namespace)) == len(found) == len(kinds)
    for name, (sock, kind) in kinds.items():
        one = found[inode(sock)]
        assert one.family == ("ipv6" if ":" in kind["address"] else "ipv4"), name
        assert one.protocol == ("mptcp" if kind.get("mptcp") else "tcp"), name
        assert (one.address, one.port, one.backlog) == (kind["address"], kind["port"], kind["backlog"]), name
        assert one.device == kind.get("device"), name
        assert one.dual_stack == (kind["address"] == "::" and not kind.get("v6only")), name
        assert (one.uid, one.accept_used, one.drops) == (0, 0, 0), name
        assert one.cgroup_id is not None and one.cgroup_id > 0, name


def test_an_unprivileged_user_sees_the_very_same(zoo):
    namespace, _kinds = zoo
    with namespace.enter():
        assert lab.unprivileged(sockets.listen_sockets) == sockets.listen_sockets()


def test_proc_tells_the_same_but_for_what_it_lacks(zoo):
    namespace, _kinds = zoo
    full = read(namespace)
    lacking = {"protocol": "tcp", "device": None, "backlog": None, "drops": None, "cgroup_id": None}
    expected = [one._replace(dual_stack=None if one.address == "::" else False, **lacking) for one in full]
    assert sorted(namespace.call(proc_net_tcp.listeners)) == sorted(expected)


def test_a_namespace_shows_its_own_listeners_only(netns):
    with lab.Netns() as other, lab.listener(netns, port=1001), lab.listener(other, port=1002):
        assert [one.port for one in read(netns)] == [1001]
        assert [one.port for one in read(other)] == [1002]


@pytest.mark.parametrize("mptcp", [False, True])
def test_the_accept_queue_and_the_drops_are_seen(net, mptcp):
    with lab.listener(net.server, net.server_v4, 1001, backlog=3, mptcp=mptcp) as sock:
        with lab.connect_many(net.client, net.server_v4, 1001, 3) as clients:
            assert lab.completed(clients, 5) == 3 and lab.wait_for(lambda: only(net.server).accept_used >= 3)
            assert (only(net.server).accept_used, only(net.server).drops) == (3, 0)
        # The fourth fills the queue, and what comes then is dropped.
        with lab.connect_many(net.client, net.server_v4, 1001, 4) as clients:
            lab.completed(clients, 0.3)  # the fourth is there at once, and what was dropped comes again after a second
            before = lab.counters(net.server)["ListenDrops"]
            assert only(net.server).accept_used == 4
        assert lab.counters(net.server)["ListenDrops"] == before == only(net.server).drops
        assert before > 0
        assert only(net.server).inode == inode(sock)


def test_a_second_listen_shows(netns):
    with lab.listener(netns, port=1001, backlog=5) as sock:
        lab.relisten(sock, 50)
        assert only(netns).backlog == 50


# ---------------------------------------------------------------- half-open entries


def tally(namespace: lab.Netns, *args):
    counted, warnings = namespace.call(sockets.half_open, *args)
    assert warnings == []
    return counted


def totals(counted):
    return {key: told.total for key, told in counted.by_listener.items()}


def ageless(counted):
    """What is told of entries without what the next moment changes."""
    return [
        (key, told.total, told.distinct_sources, [one[:2] for one in told.networks], told.peers)
        for key, told in [(None, counted.whole), *sorted(counted.by_listener.items())]
    ]


def test_each_listener_gets_its_half_open_entries(net):
    """Wildcard and address, device and none, dual stack and IPv6, one port or several: all at once."""
    server, v4 = net.server, net.server_v4
    with contextlib.ExitStack() as stack:
        for address, port, kind in (
            ("0.0.0.0", 1001, {"reuseport": True}),
            (v4, 1001, {"reuseport": True}),
            ("::", 1002, {"v6only": False}),
            # Of these two, Linux 6.18 takes the one that came last, and each entry carries its device.
            ("0.0.0.0", 1003, {"reuseport": True}),
            ("0.0.0.0", 1003, {"reuseport": True, "device": net.server_device}),
            ("::", 1004, {"v6only": True}),
            ("0.0.0.0", 1004, {}),
            ("0.0.0.0", 1005, {"mptcp": True}),
            ("::ffff:" + v4, 1006, {"v6only": False}),
            ("0.0.0.0", 1007, {"reuseport": True}),
            ("0.0.0.0", 1007, {"reuseport": True}),
        ):
            stack.enter_context(lab.listener(server, address, port, backlog=1000, **kind))
        bursts = [
            (net.server_v4, 1001, 11), (net.server_v4, 1002, 12), (net.server_v6, 1002, 13), (net.server_v4, 1003, 14),
            (net.server_v4, 1004, 15), (net.server_v6, 1004, 16), (net.server_v4, 1005, 17), (net.server_v4, 1006, 18),
            (net.server_v4, 1007, 19),
        ]  # fmt: skip
        for target, port, count in bursts:
            lab.spoof_syns(net, target, port, count)
        counted = tally(server)
        assert totals(counted) == {
            ListenKey("ipv4", net.server_v4, 1001, None): 11,
            ListenKey("ipv6", "::", 1002, None): 25,
            ListenKey("ipv4", "0.0.0.0", 1003, net.server_device): 14,
            ListenKey("ipv4", "0.0.0.0", 1004, None): 15,
            ListenKey("ipv6", "::", 1004, None): 16,
            ListenKey("ipv4", "0.0.0.0", 1005, None): 17,
            ListenKey("ipv6", "::ffff:" + net.server_v4, 1006, None): 18,
            ListenKey("ipv4", "0.0.0.0", 1007, None): 19,
        }
        assert counted.whole.total == counted.whole.distinct_sources == sum(count for _target, _port, count in bursts)
        for port in range(1001, 1008):
            assert tally(server, [port]).whole.total == sum(n for _target, p, n in bursts if p == port)
        assert tally(server, [1001, 1002, 1007, 65535]).whole.total == 11 + 25 + 19
        assert tally(server, []).whole.total == 0


def test_sources_fold_into_networks_and_retransmissions_show(net):
    v4 = ["198.51.100.%d" % last for last in range(1, 41)] + ["203.0.113.%d" % last for last in range(1, 21)]
    v6 = ["2001:db8:1:2::%x" % last for last in range(1, 31)] + ["2001:db8:1:3::1"]
    with lab.listener(net.server, "::", 1001, backlog=1000):
        lab.spoof_syns(net, net.server_v4, 1001, len(v4), v4)  # IPv4 clients of a dual-stack socket
        lab.spoof_syns(net, net.server_v4, 1001, 5, v4, sport=40001)  # the same sources once more
        lab.spoof_syns(net, net.server_v6, 1001, len(v6), v6)
        counted = tally(net.server, None, 3).whole
        assert (counted.total, counted.distinct_sources) == (96, 91)
        assert [(one.network, one.entries) for one in counted.networks] == [
            ("198.51.100.0/24", 45),
            ("2001:db8:1:2::/64", 30),
            ("203.0.113.0/24", 20),
        ]
        assert counted.peers == [("198.51.100.%d" % last, 2) for last in (1, 2, 3)]
        assert lab.wait_for(lambda: tally(net.server).whole.retransmitted == 96, 3.0)


def test_proc_tallies_the_same(net):
    with lab.listener(net.server, "::", 1001, backlog=1000), lab.listener(net.server, "0.0.0.0", 1002, backlog=1000):
        lab.spoof_syns(net, net.server_v4, 1001, 100)
        lab.spoof_syns(net, net.server_v6, 1001, 100)
        lab.spoof_syns(net, net.server_v4, 1002, 100)
        with net.server.enter():
            listeners = sockets.listen_sockets()[0]
            # Retransmissions may begin between the two.
            ours = syn_recv.tally(listeners=listeners)[0].result(10)
            theirs = proc_net_tcp.tally(listen_sockets=listeners).result(10)
            assert ageless(ours) == ageless(theirs)
            assert ours.whole.total == 300
            assert proc_net_tcp.tally([1002]).total == 100


@pytest.mark.parametrize("address, target", [("0.0.0.0", "server_v4"), ("::", "server_v4"), ("::", "server_v6")])
def test_a_hundred_thousand_half_open_entries_are_counted_right(net, address, target):
    first = {"server_v4": "198.18.0.0", "server_v6": "2001:db8::"}[target]
    number = int(ipaddress.ip_address(first))
    net.server.sysctl("net.core.somaxconn", 400000)
    with lab.listener(net.server, address, 1001, backlog=400000), lab.listener(net.server, address, 1002, backlog=10):
        lab.spoof_syns(net, getattr(net, target), 1001, 100000, range(number, number + 100000))
        others = range(number + 200000, number + 200007)
        lab.spoof_syns(net, getattr(net, target), 1002, 7, others)
        counted = tally(net.server)
        family = "ipv6" if ":" in address else "ipv4"
        assert totals(counted) == {
            ListenKey(family, address, 1001, None): 100000,
            ListenKey(family, address, 1002, None): 7,
        }
        assert counted.whole.distinct_sources == 100007
        assert counted.exact
        only_one = tally(net.server, [1001], 400).whole
        assert (only_one.total, only_one.distinct_sources) == (100000, 100000)
        if target == "server_v4":
            networks = [one[:2] for one in only_one.networks]
            assert networks[:2] == [("198.18.0.0/24", 256), ("198.18.1.0/24", 256)]
            assert networks[-1] == ("198.19.134.0/24", 160)
            assert len(networks) == 391
        else:
            assert [one[:2] for one in only_one.networks] == [("2001:db8::/64", 100000)]
        with net.server.enter():
            by_nobody, warnings = lab.unprivileged(sockets.half_open)
        assert warnings == []
        assert ageless(by_nobody) == ageless(counted)


def test_entries_outlive_their_listener_under_their_own_address(net):
    with lab.listener(net.server, "0.0.0.0", 1001, backlog=100):
        lab.spoof_syns(net, net.server_v4, 1001, 10)
        counted = tally(net.server, None, 10, [])
    assert totals(counted) == {ListenKey("ipv4", net.server_v4, 1001, None): 10}


def test_nothing_is_left_open(netns):
    with lab.listener(netns, port=1001), netns.enter():
        before = os.listdir("/proc/self/fd")
        for _round in range(5):
            sockets.listen_sockets()
            sockets.half_open()
            with contextlib.suppress(OSError):
                list(sock_diag.netlink.dump(b"\xff" * 56))
        assert os.listdir("/proc/self/fd") == before
