# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of half-open connections of the running kernel: whose they are, how old, where from, and who answers."""

from __future__ import annotations

import contextlib
import time

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._module.gather import gather
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.options import (
    gathering_spec,
    parse_gathering_options,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import proc_net_tcp, sockets, syn_recv
from ansible_collections.linuxnet.tcp.tests.live import clients, far, lab, serving


def half_open(namespace, meanwhile=None, **options):
    """What is told; `meanwhile` is called in a window, right after the first look."""
    params = {name: option.get("default") for name, option in gathering_spec().items()}
    params.update(gather_subset=["half_open"])
    params.update(options)
    facts, warnings = namespace.call(gather, parse_gathering_options(params), meanwhile)
    assert warnings == []
    return facts["half_open"]


def ages(told):
    return told["young"], told["retransmissions"]


class TooSlow(Exception):
    """Something took so long that the kernel has gone on meanwhile: what was seen says nothing."""


class Clock:
    """Seconds since something was sent; what has to be done by some time is done by then, or tried again."""

    def __init__(self):
        self._begin = time.monotonic()

    def at(self, seconds):
        time.sleep(max(0.0, self._begin + seconds - time.monotonic()))

    def before(self, seconds):
        if time.monotonic() - self._begin >= seconds:
            raise TooSlow()


def in_time(scenario, tries=20):
    """The scenario, begun anew where the machine was too slow for it: whatever was seen in time has to be right."""
    for _try in range(tries):
        with contextlib.suppress(TooSlow):
            return scenario()
    raise AssertionError("this machine was too slow %d times" % tries)


def test_the_age_of_an_entry_needs_no_window(root):
    """Young for half a second, then unanswered; sent again after one second, and after two more."""
    in_time(ages_by_the_clock)


def ages_by_the_clock():
    # The first are sent between 0 and 0.25 s, so again between 1 and 1.25 s and between 3 and 3.25 s; the others between
    # 0.75 and 0.9 s, so again between 1.75 and 1.9 s and between 3.75 and 3.9 s. A timer may be late, and is never early.
    with lab.pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=1000):
        clock = Clock()
        lab.spoof_syns(net, port=80, count=50)
        clock.before(0.25)
        told = half_open(net.server)
        clock.before(0.5)
        assert ages(told) == (50, [50])
        clock.at(0.75)
        lab.spoof_syns(net, port=80, count=7)
        clock.before(0.9)
        told = half_open(net.server)
        clock.before(1)
        assert ages(told) == (7, [57])
        assert sum(source["unanswered"] for source in told["sources"]) == 50
        clock.at(1.5)
        told = half_open(net.server)
        clock.before(1.75)
        assert (ages(told), told["retransmitted"]) == ((0, [7, 50]), 50)
        assert sum(source["retransmitted"] for source in told["sources"]) == 50
        clock.at(3.5)
        told = half_open(net.server)
        clock.before(3.75)
        assert ages(told) == (0, [0, 7, 50])


def test_each_listener_has_its_own_evidence_however_they_are_mixed(net):
    """Dual stack, IPv4-mapped, device-bound and SO_REUSEPORT listeners, entries of all of them in each buffer."""
    server = net.server
    kinds = (
        ("0.0.0.0", 1001, {}, net.server_v4, "198.51.100.0/24"),
        ("::", 1002, {"v6only": False}, net.server_v4, "203.0.113.0/24"),
        ("::ffff:" + net.server_v4, 1003, {"v6only": False}, net.server_v4, "192.0.2.0/24"),
        ("0.0.0.0", 1004, {"device": net.server_device}, net.server_v4, "198.18.7.0/24"),
        ("::", 1005, {"v6only": True}, net.server_v6, "2001:db8:5::/64"),
    )
    with contextlib.ExitStack() as stack:
        for address, port, kind, _target, _network in kinds:
            stack.enter_context(lab.listener(server, address, port, backlog=1000, **kind))
        for _member in range(3):
            stack.enter_context(lab.listener(server, "0.0.0.0", 1006, backlog=1000, reuseport=True))
        for number in range(40):  # in turn, so that the kernel's table has them side by side
            for _address, port, _kind, target, network in kinds:
                source = network.partition("/")[0][:-1] + "%d" % (number % 20 + 1)
                source = source if ":" not in network else network.partition("/")[0] + "%x" % (number % 20 + 1)
                lab.spoof_syns(net, target, port, 1, [source], sport=40000 + number)
        lab.spoof_syns(net, net.server_v6, 1002, 9, ["2001:db8:2::%x" % last for last in range(9)])
        lab.spoof_syns(net, net.server_v4, 1006, 30)
        told = half_open(server)
    by_port = {row["port"]: row for row in told["listeners"]}
    assert told["total"] == 5 * 40 + 9 + 30 == sum(row["total"] for row in told["listeners"])
    for address, port, kind, _target, network in kinds:
        row = by_port[port]
        assert (row["network_namespace"], row["address"], row["device"]) == ("host", address, kind.get("device"))
        assert row["distinct_sources"] == 20 + (9 if port == 1002 else 0)
        assert (row["sources"][0]["network"], row["sources"][0]["count"]) == (network, 40)
        assert row["peers"][0]["count"] == 2
    assert [(source["network"], source["count"]) for source in by_port[1002]["sources"]] == [
        ("203.0.113.0/24", 40), ("2001:db8:2::/64", 9),
    ]  # fmt: skip
    assert (by_port[1006]["total"], len([row for row in told["listeners"] if row["port"] == 1006])) == (30, 1)


def test_proc_knows_the_same_ages(root):
    in_time(both_ways)


def both_ways():
    with lab.pair() as net, contextlib.ExitStack() as stack:
        for address, port in (("::", 1001), ("0.0.0.0", 1002)):
            stack.enter_context(lab.listener(net.server, address, port, backlog=1000))
        clock = Clock()
        lab.spoof_syns(net, net.server_v4, 1001, 30)
        clock.before(0.2)
        clock.at(0.75)
        lab.spoof_syns(net, net.server_v4, 1002, 20)
        with net.server.enter():
            listeners = sockets.listen_sockets()[0]
            ours = syn_recv.tally(listeners=listeners)[0].result(10)
            theirs = proc_net_tcp.tally(listen_sockets=listeners).result(10)
        clock.before(1)
        assert (ours.whole.young, ours.whole.retransmissions) == (20, (50,))
        assert ours == theirs


@pytest.mark.parametrize("top", [0, 1, 3])
def test_no_list_is_longer_than_asked(net, top):
    with contextlib.ExitStack() as stack:
        for port in range(1001, 1006):
            stack.enter_context(lab.listener(net.server, "0.0.0.0", port, backlog=1000))
            lab.spoof_syns(net, port=port, count=5, sources=["11.%d.%d.1" % (port % 256, last) for last in range(5)])
        told = half_open(net.server, top_sources=top)
        assert told["total"] == 25
        for row in [told, *told["listeners"]]:
            assert (len(row["sources"]), len(row["peers"])) == (top, top)
        assert len(told["listeners"]) == top


def test_made_up_addresses_stay_and_clients_that_lose_packets_answer(root):
    """Followed side by side: a listener that is flooded, and one with clients behind a line that loses every third packet."""
    in_time(side_by_side)


def side_by_side():
    with contextlib.ExitStack() as stack:
        net = stack.enter_context(lab.pair())
        stack.enter_context(lab.listener(net.server, "0.0.0.0", 81, backlog=1000))
        stack.enter_context(serving.application(net.server, 80, backlog=1000))
        stack.enter_context(far.line(net, delay=0.02, loss=0.35))
        stack.enter_context(clients.crowds(net, far.SERVER, 80, 40, 0.2, [far.CLIENTS]))
        time.sleep(0.5)
        clock = Clock()
        lab.spoof_syns(net, port=81, count=200)
        clock.before(0.2)
        clock.at(0.75)  # unanswered for half a second each, and not sent again: that is due after one second
        begin = time.monotonic()
        told = half_open(net.server, lambda: clock.before(1), gather_subset=["half_open", "counters"], counters_window=2)
        took = time.monotonic() - begin
    lossy, flooded = (next(row["followed"] for row in told["listeners"] if row["port"] == port) for port in (80, 81))
    assert (flooded["entries"], flooded["gone"]) == (200, 0)
    assert lossy["entries"] >= 10 and lossy["gone"] >= 0.4 * lossy["entries"]
    assert 1.8 < lossy["seconds"] < took


def test_no_entry_that_expires_is_taken_for_an_answer(root):
    """With tcp_synack_retries 1 an entry ends 3 s after it came: none is followed that ends before the second look."""
    in_time(expiring)


def expiring():
    with lab.pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=1000):
        net.server.sysctl("net.ipv4.tcp_synack_retries", 1)
        for wait in (0.6, 0.6, 0.6, 0.6):
            last = Clock()
            lab.spoof_syns(net, port=80, count=20)
            last.at(wait)
        # Those are followed whose SYN-ACK has not been sent again by the first look, which is due after a second
        told = half_open(net.server, lambda: last.before(1), gather_subset=["half_open", "counters"], counters_window=1.5)
        last.before(3)  # the second look came before the last of them ended
    (row,) = told["listeners"]
    assert row["followed"]["entries"] >= 20
    assert row["followed"]["gone"] == 0
