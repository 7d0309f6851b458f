# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A watch against the running kernel: every SYN that a test sends is in exactly one account."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import signal
import socket
import time

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import watch
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import drop_reasons, sockets
from ansible_collections.linuxnet.tcp.tests.live import clients, lab, serving
from ansible_collections.linuxnet.tcp.tests.live.watching import (
    Looks,
    account,
    answered_pair,
    ids,
    lost,
    options,
    row_of,
    send_unseen,
    sent_again,
    tag,
    two_strained,
    watched,
)

pytestmark = pytest.mark.usefixtures("root")


# ---------------------------------------------------------------- every SYN in one account


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
@pytest.mark.parametrize("count", [1000, 20000])
@pytest.mark.parametrize("cookies", [0, 1, 2])
def test_the_books_balance(cookies: int, count: int, address: str) -> None:
    with answered_pair() as net:
        net.server.sysctl("net.ipv4.tcp_syncookies", cookies)
        net.server.sysctl("net.ipv4.tcp_max_syn_backlog", 256)
        goal = net.server_v6 if address == "::" else net.server_v4
        with lab.listener(net.server, address, 80, backlog=128):
            told, warnings = watched(net, lambda: lab.spoof_syns(net, goal, port=80, count=count))
    row = row_of(told)
    if cookies:
        assert row["syns"] == account(answered=count)
    else:
        assert row["syns"] == account(answered=129, dropped=count - 129) and row["dropped"] == count - 129
    assert row["unsure"] == 0 and warnings == []
    assert ids(told) == ["nothing-lost-here" if cookies else "syn-queue-full"]
    assert told["namespaces"][0]["syns"] == count and told["namespaces"][0]["tcp_segments_lost_before_tcp"] == 0
    assert row["syn_queue"]["limit"] == (None if cookies == 2 else 129)


def test_repeats_of_the_timer_are_no_answers() -> None:
    with answered_pair() as net:
        with lab.listener(net.server, "0.0.0.0", 80, backlog=128):

            def twice() -> None:
                lab.spoof_syns(net, port=80, count=100)
                assert lab.wait_for(lambda: sent_again(net) == 200, 6.5, pause=0.05)  # after 1 s and 3 s; the next is due after 7

            told, _warnings = watched(net, twice)
    row = row_of(told)
    assert row["syns"] == account(answered=100)
    assert row["syn_acks"] == 300 and told["namespaces"][0]["syn_acks_sent_again"] == 200


def test_a_client_that_repeats_its_syn() -> None:
    """The same 100 clients three times: answered once, then again or not, for they had just been answered."""
    sources = ["198.18.7.%d" % number for number in range(1, 101)]
    with answered_pair() as net:
        with lab.listener(net.server, "0.0.0.0", 80, backlog=512):
            told, _warnings = watched(
                net, lambda: [(lab.spoof_syns(net, port=80, count=100, sources=sources), time.sleep(0.1)) for _n in range(3)]
            )
    assert row_of(told)["syns"] == account(answered=100, repeated=200) and row_of(told)["unsure"] == 0
    assert ids(told) == ["clients-repeat-syns"]


def test_an_accept_queue_that_overflows() -> None:
    """backlog 4: five connections fill it, and every SYN after that is dropped."""
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=4):
        with lab.connect_many(net.client, net.server_v4, 80, 5) as first:
            assert lab.completed(first, 5) == 5
            told, _warnings = watched(net, lambda: (lab.spoof_syns(net, port=80, count=300), time.sleep(1.8)))
    row = row_of(told)
    assert row["syns"] == account(dropped=300)
    assert row["accept_queue"]["peak"] == row["accept_queue"]["limit"] == 5
    assert row["accept_queue"]["seconds_full"] > 1.4
    assert row["recommended_backlog"] is None and "does not accept" in row["recommended_because"]
    assert lost(told, "listener") == 300 and ids(told) == ["accept-queue-overflow"]


def test_third_packets_that_overflow_are_not_taken_for_syns() -> None:
    """Twenty clients at once at a backlog of 4: whatever is dropped, no SYN is in two accounts."""
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=4):

        def burst() -> None:
            with lab.connect_many(net.client, net.server_v4, 80, 20):
                time.sleep(1.5)

        told, _warnings = watched(net, burst)
    row = row_of(told)
    assert row["syns"]["unexplained"] == 0
    assert row["syns"]["arrived"] == sum(value for name, value in row["syns"].items() if name != "arrived") >= 20


@pytest.mark.parametrize("rule", [["-p", "tcp", "--dport", "80", "-s", "198.18.9.0/24", "-j", "DROP"]])
def test_what_a_firewall_drops(rule: list[str]) -> None:
    bad = ["198.18.9.%d" % number for number in range(1, 51)]
    with answered_pair() as net:
        assert net.server.run(["iptables", "-w", "-A", "INPUT", *rule]).returncode == 0
        with lab.listener(net.server, "0.0.0.0", 80, backlog=512):

            def send() -> None:
                send_unseen(net, _numbers(bad), 50)
                lab.spoof_syns(net, port=80, count=100)

            told, _warnings = watched(net, send)
    assert row_of(told)["syns"] == account(answered=100, before_listener=50)
    assert lost(told, "netfilter") == 50 and ids(told) == ["syns-dropped-by-firewall"]
    assert told["findings"][0]["evidence"]["before_listener"] == 50


def test_what_the_reverse_path_filter_drops() -> None:
    with answered_pair() as net:
        net.server.sysctl("net.ipv4.conf.all.rp_filter", 1)  # 198.18.0.0/15 is reached by the device void
        with lab.listener(net.server, "0.0.0.0", 80, backlog=512):

            told, _warnings = watched(net, lambda: send_unseen(net, lab.fresh_sources(socket.AF_INET), 70))
    assert row_of(told)["syns"] == account(before_listener=70)
    assert lost(told, "reverse_path_filter") == 70 and lost(told, "netfilter") == 0
    assert ids(told) == ["reverse-path-filter"] and told["findings"][0]["severity"] == "critical"


def test_answers_that_an_egress_filter_drops() -> None:
    with answered_pair() as net:
        egress = ["-p", "tcp", "--sport", "80", "-j", "DROP"]
        assert net.server.run(["iptables", "-w", "-A", "OUTPUT", *egress]).returncode == 0
        with lab.listener(net.server, "0.0.0.0", 80, backlog=512):
            told, warnings = watched(net, lambda: lab.spoof_syns(net, port=80, count=60))
    assert row_of(told)["syns"] == account(unexplained=60) and ids(told) == ["clients-repeat-syns"]
    assert any("no answer left (an egress filter" in warning for warning in warnings)


def test_a_closed_port() -> None:
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=512):
        told, _warnings = watched(
            net, lambda: (lab.spoof_syns(net, port=81, count=30), lab.spoof_syns(net, port=80, count=20)), ports=[80, 81]
        )
        other, _warnings = watched(net, lambda: lab.spoof_syns(net, port=82, count=40))
    assert row_of(told)["syns"] == account(answered=20)
    assert [row for row in told["layers"] if row["layer"] == "no_listener"] == [
        {"network_namespace": net.server.name, "layer": "no_listener", "reason": "NO_SOCKET", "where": "port 81", "dropped": 30}
    ]
    assert other["namespaces"][0]["syns_without_listener"] == 40 and lost(other, "no_listener") == 40


def test_loopback_counts_once() -> None:
    with answered_pair() as net, serving.application(net.server, 80, backlog=128):

        def connect() -> None:
            with net.server.enter():
                for _number in range(25):
                    with socket.create_connection(("127.0.0.1", 80)) as client:
                        client.recv(10)

        told, _warnings = watched(net, connect)
    row = row_of(told)
    assert row["syns"] == account(answered=25) and row["syn_acks"] == 25
    assert row["connections_per_second"] == pytest.approx(25 / told["seconds"], rel=0.05)


def test_a_vlan_counts_once() -> None:
    with answered_pair() as net:
        try:
            tag(net)
        except RuntimeError as error:
            pytest.skip("no VLANs in this kernel: %s" % error)
        with serving.application(net.server, 80, backlog=128):
            told, _warnings = watched(net, lambda: clients.real_clients(net, 20, dst="10.81.0.1", pause=0.001))
    assert row_of(told)["syns"] == account(answered=20) and row_of(told)["syn_acks"] == 20


def test_a_bridge_counts_once() -> None:
    with answered_pair() as net:
        try:
            lab.ip("-n", net.server.name, batch="\n".join((
                "link add over type bridge", "addr flush dev %s" % net.server_device,
                "link set %s master over" % net.server_device, "link set over address %s up" % net.server_mac,
                "addr add %s/24 dev over" % net.server_v4,
            )))  # fmt: skip
        except RuntimeError as error:
            pytest.skip("no bridges in this kernel: %s" % error)
        lab.wait_until_up(net.server, "over")
        with serving.application(net.server, 80, backlog=128):
            told, _warnings = watched(net, lambda: clients.real_clients(net, 20, pause=0.001))
    assert row_of(told)["syns"] == account(answered=20) and row_of(told)["syn_acks"] == 20


def test_two_strained_listeners_are_not_mixed_up() -> None:
    """Each drops for itself; where something is only counted for both, null and a warning instead of a guess."""
    with answered_pair() as net, two_strained(net) as flood:
        short, _warnings = watched(net, flood)
        time.sleep(1.5)
        later, warnings = watched(net, lambda: (flood(), time.sleep(2.5)))
    for port, limit, count in ((80, 65, 1000), (81, 129, 2000)):
        syns = row_of(short, port)["syns"]
        assert syns in (None, account(answered=limit, dropped=count - limit))
    assert row_of(later, 80)["syns"] is None and row_of(later, 81)["syns"] is None
    assert row_of(later, 80)["dropped"] == 1000 and any("null" in warning for warning in warnings)


def test_a_reuseport_group_is_counted_as_one() -> None:
    with answered_pair() as net, contextlib.ExitStack() as stack:
        for _member in range(3):
            stack.enter_context(lab.listener(net.server, "0.0.0.0", 80, backlog=64, reuseport=True))
        told, _warnings = watched(net, lambda: lab.spoof_syns(net, port=80, count=90))
    rows = told["listeners"]
    assert len(rows) == 3 and all(row["syns"] is None for row in rows)
    assert all(row["reuseport"]["members"] == 3 and row["reuseport"]["syns"] == account(answered=90) for row in rows)


def test_a_specific_address_beside_the_wildcard() -> None:
    with answered_pair() as net:
        lab.ip("-n", net.server.name, "addr", "add", "10.77.0.9/24", "dev", net.server_device)
        with contextlib.ExitStack() as stack:
            for address in ("0.0.0.0", "10.77.0.9"):
                stack.enter_context(lab.listener(net.server, address, 80, backlog=512, reuseport=True))
            told, _warnings = watched(
                net, lambda: (lab.spoof_syns(net, port=80, count=30), lab.spoof_syns(net, "10.77.0.9", port=80, count=50))
            )
    assert {row["address"]: row["syns"] for row in told["listeners"]} == {
        "0.0.0.0": account(answered=30), "10.77.0.9": account(answered=50),
    }  # fmt: skip


# ---------------------------------------------------------------- how full the queues got


@pytest.mark.parametrize("stall", [0.05, 0.2, 1.0])
def test_a_burst_that_no_snapshot_sees(stall: float) -> None:
    """An application that pauses for a moment while 50 clients come: afterwards the queue is empty again."""
    looks = Looks()
    with answered_pair() as net, serving.application(net.server, 80, backlog=64) as app:

        def burst() -> None:
            begin = time.monotonic()
            app.pause()
            with lab.connect_many(net.client, net.server_v4, 80, 50) as crowd:
                assert lab.completed(crowd, 5) == 50
                full = time.monotonic()
                looks.wait(1)  # a busy machine may let the watch sleep for longer than the application
                time.sleep(max(0.0, full + stall - time.monotonic()))
                app.resume()
                assert lab.wait_for(lambda: net.server.call(sockets.listen_sockets)[0][0].accept_used == 0)
            time.sleep(0.2 + 3 * (time.monotonic() - begin))  # a burst is short: most looks find nobody

        told, _warnings = watched(net, burst, looks=looks)
        snapshot = net.server.call(sockets.listen_sockets)[0][0].accept_used
    row = row_of(told)
    assert snapshot == 0
    assert row["accept_queue"]["peak"] == 50 and row["accept_queue"]["p50"] == 0
    assert row["recommended_backlog"] == 64 and row["syns"] == account(answered=50)
    assert ids(told) == ["backlog-bursts", "nothing-lost-here"] and told["findings"][0]["severity"] == "info"


def test_the_recommended_backlog_is_enough() -> None:
    """A burst overflows; with the backlog that the watch recommends the same burst loses nothing."""

    looks = Looks()

    def burst(net: lab.Pair, app: serving.Application) -> None:
        app.pause()
        with lab.connect_many(net.client, net.server_v4, 80, 400):
            looks.wait(1)
            time.sleep(0.3)
            app.resume()
            time.sleep(0.2)

    recommended = 64
    for expect_loss in (True, False):
        with answered_pair() as net, serving.application(net.server, 80, backlog=recommended) as app:
            net.server.sysctl("net.core.somaxconn", 65535)
            told, _warnings = watched(net, lambda net=net, app=app: burst(net, app), looks=looks)
        row = row_of(told)
        assert (row["dropped"] > 0) == expect_loss, row
        assert (row["accept_queue"]["peak"] == 65) == expect_loss
        if expect_loss:
            recommended = row["recommended_backlog"]
    assert 400 <= recommended <= 2048


# ---------------------------------------------------------------- without privilege, and what is left behind


def test_without_privilege_queues_and_counters_still_come() -> None:
    with lab.Netns() as space, lab.listener(space, "127.0.0.1", 80, backlog=16), space.enter():
        told, warnings = lab.unprivileged(watch.watch, watch.WatchOptions(3.0, 0.01, None, [], False))
    row = row_of(told)
    assert row["syns"] is None and row["syn_acks"] is None and row["accept_queue"]["peak"] == 0
    assert row["accept_queue"]["limit"] == 17 and row["accept_queue"]["samples"] > 20
    assert any("CAP_NET_RAW" in warning for warning in warnings)


def test_nothing_is_left_open() -> None:
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=16):
        watch.watch(options(net.server, 1.0))
        before = len(os.listdir("/proc/self/fd"))
        watch.watch(options(net.server, 1.0))
        assert len(os.listdir("/proc/self/fd")) == before


def _numbers(addresses: list[str]) -> list[int]:
    return [int(ipaddress.ip_address(one)) for one in addresses]


# ---------------------------------------------------------------- the kernel's own reasons


def instances() -> list[str]:
    """The tracing instances of this machine that are ours."""
    root = drop_reasons._root()
    try:
        there = os.open("instances", os.O_RDONLY | os.O_DIRECTORY, dir_fd=root)
        try:
            return [name for name in os.listdir(there) if name.startswith("linuxnet-tcp-%d-" % os.getpid())]
        finally:
            os.close(there)
    finally:
        os.close(root)


@pytest.fixture
def tracing() -> None:
    try:
        drop_reasons.DropReasons().close()
    except drop_reasons.Unavailable as error:
        pytest.skip(str(error))


def test_the_kernel_names_what_drops(tracing: None) -> None:
    with answered_pair() as net:
        rule = ["-p", "tcp", "--dport", "80", "-s", "198.18.0.0/15", "-j", "DROP"]
        assert net.server.run(["iptables", "-w", "-A", "INPUT", *rule]).returncode == 0
        with lab.listener(net.server, "0.0.0.0", 80, backlog=512):
            told, _warnings = watched(net, lambda: send_unseen(net, lab.fresh_sources(socket.AF_INET), 50), drop_reasons=True)
    dropped = [row for row in told["drop_reasons"] if row["reason"] == "NETFILTER_DROP"]
    assert sum(row["dropped"] for row in dropped) >= 50  # of the whole machine
    assert row_of(told)["syns"] == account(before_listener=50) and instances() == []


def test_a_flood_of_drops_is_bounded(tracing: None) -> None:
    """Far more drops than are read: the rest is counted, and the watch is not slowed down."""
    with answered_pair() as net:
        assert net.server.run(["iptables", "-w", "-A", "INPUT", "-p", "tcp", "-j", "DROP"]).returncode == 0
        with lab.listener(net.server, "0.0.0.0", 80, backlog=512):
            told, warnings = watched(net, lambda: send_unseen(net, lab.fresh_sources(socket.AF_INET), 60000), drop_reasons=True)
    read = sum(row["dropped"] for row in told["drop_reasons"] if row["reason"] == "NETFILTER_DROP")
    assert read < 60000 and any("came too fast to be read" in warning for warning in warnings)
    shortest = 100  # bytes that the trace takes for a drop, at least
    assert read <= (told["looks"] * drop_reasons._AT_ONCE + drop_reasons._AT_THE_END) // shortest
    assert row_of(told)["syns"] == account(before_listener=60000)


def test_a_killed_watch_leaves_no_instance(tracing: None) -> None:
    child = os.fork()
    if child == 0:
        try:
            drop_reasons.DropReasons()
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    os.waitpid(child, 0)

    def left() -> bool:
        root = drop_reasons._root()
        try:
            there = os.open("instances", os.O_RDONLY | os.O_DIRECTORY, dir_fd=root)
            try:
                return any(name.startswith("linuxnet-tcp-%d-" % child) for name in os.listdir(there))
            finally:
                os.close(there)
        finally:
            os.close(root)

    assert lab.wait_for(lambda: not left(), 5.0)
