# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A watch against every layer that can take a SYN: firewalls of both kinds, a full connection table, checksums, closed ports.

`test_watch.py` has the listener itself, the reverse path filter and loopback. A softnet backlog is one for the whole machine, and what
it loses everybody loses: `make kernels` overflows that of a virtual machine.
"""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab, serving
from ansible_collections.linuxnet.tcp.tests.live.watching import (
    account,
    answered_pair,
    ids,
    lost,
    row_of,
    send_unseen,
    sent_again,
    two_strained,
    watched,
)

pytestmark = pytest.mark.usefixtures("root")

#: who is meant to be dropped; `lab.spoof_syns` uses other addresses
BAD = {4: "198.19.255.0/24", 6: "2001:db8:bad::/64"}
ICMP = {4: "icmp-host-prohibited", 6: "icmp6-adm-prohibited"}


def family_of(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def bad_sources(version: int) -> Iterator[int]:
    return itertools.count(int(ipaddress.ip_network(BAD[version]).network_address) + 1)


def iptables(net: lab.Pair, version: int, rule: str) -> None:
    argv = ["iptables" if version == 4 else "ip6tables", "-w", "-A", *rule.split()]
    done = net.server.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def nft(net: lab.Pair, text: str) -> None:
    done = net.server.run(["nft", "-f", "-"], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- firewalls


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("target", ["DROP", "REJECT", "REJECT --reject-with tcp-reset", "REJECT --reject-with ICMP"])
def test_iptables(target: str, version: int) -> None:
    with answered_pair() as net:
        match = "-s %s -p tcp --dport 80" % BAD[version]
        iptables(net, version, "INPUT %s -j %s" % (match, target.replace("ICMP", ICMP[version])))
        dropped_before_the_listener(net, version)


NFT_VERDICTS = ["drop", "reject", "reject with tcp reset", "reject with icmpx type admin-prohibited"]


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("hook", ["prerouting", "input"])
@pytest.mark.parametrize("verdict", NFT_VERDICTS)
def test_nft(verdict: str, hook: str, version: int) -> None:
    match = "%s saddr %s tcp dport 80" % ("ip" if version == 4 else "ip6", BAD[version])
    with answered_pair() as net:
        nft(net, "table inet wall { chain in { type filter hook %s priority 0; %s %s; }; }" % (hook, match, verdict))
        dropped_before_the_listener(net, version)


def test_nft_at_the_device() -> None:
    """An ingress hook is behind the tap, too."""
    with answered_pair() as net:
        chain = "chain in { type filter hook ingress device %s priority 0; ip saddr %s drop; };" % (net.server_device, BAD[4])
        nft(net, "table netdev wall { %s }" % chain)
        dropped_before_the_listener(net, 4)


def test_more_connections_than_a_rule_admits() -> None:
    """`ct count`: ten connections are tracked, and each SYN of another one is dropped."""
    with answered_pair() as net:
        rule = "tcp dport 80 ct state new ct count over 10 drop;"
        nft(net, "table inet wall { chain in { type filter hook input priority 0; %s }; }" % rule)
        with lab.listener(net.server, "0.0.0.0", 80, backlog=512):
            told, warnings = watched(net, lambda: send_unseen(net, lab.fresh_sources(socket.AF_INET), 60))
    assert row_of(told)["syns"] == account(answered=10, before_listener=50)
    assert lost(told, "netfilter") == 50 and ids(told) == ["syns-dropped-by-firewall"] and warnings == []


def dropped_before_the_listener(net: lab.Pair, version: int) -> None:
    """50 SYNs of whom a rule drops, 100 of others."""
    address, goal = ("0.0.0.0", net.server_v4) if version == 4 else ("::", net.server_v6)
    with lab.listener(net.server, address, 80, backlog=512):

        def send() -> None:
            send_unseen(net, bad_sources(version), 50, goal)
            lab.spoof_syns(net, goal, port=80, count=100)

        told, warnings = watched(net, send)
    assert row_of(told)["syns"] == account(answered=100, before_listener=50)
    assert row_of(told)["unsure"] == 0 and warnings == []
    assert lost(told, "netfilter") == 50 and [row["layer"] for row in told["layers"]] == ["netfilter"]
    assert ids(told) == ["syns-dropped-by-firewall"]


# ---------------------------------------------------------------- a full table of connections


#: more than this are not made for a test: each takes a third of a kilobyte
MOST_TRACKED = 400_000
SEEN_AND_ASSURED = 0x2 | 0x4 | 0x8  # IPS_SEEN_REPLY, IPS_ASSURED, IPS_CONFIRMED


def test_a_table_of_connections_that_is_full() -> None:
    """The limit is the machine's and stays as it is; how many there are each network namespace counts for itself.

    So the namespace gets as many as the machine admits, which go with it. They have seen answers (IPS_ASSURED): others the
    kernel would drop early, in favour of new ones.
    """
    with answered_pair() as net:
        most = int(net.server.sysctl("net.netfilter.nf_conntrack_max"))
        if most > MOST_TRACKED:
            pytest.skip("net.netfilter.nf_conntrack_max is %d; for a test that is too many connections to track" % most)
        nft(net, "table inet wall { chain in { type filter hook input priority 0; ct state invalid drop; }; }")
        with lab.listener(net.server, "0.0.0.0", 80, backlog=512):

            def fill_and_send() -> None:
                net.server.call(track, most)
                assert int(net.server.sysctl("net.netfilter.nf_conntrack_count")) == most
                send_unseen(net, lab.fresh_sources(socket.AF_INET), 40)

            told, warnings = watched(net, fill_and_send)
    assert row_of(told)["syns"] == account(before_listener=40) and warnings == []
    assert [(row["layer"], row["reason"], row["dropped"]) for row in told["layers"]] == [("conntrack", "drop", 40)]
    assert ids(told) == ["conntrack-full"]
    assert told["namespaces"][0]["conntrack"] == {"count": most, "max": most}
    evidence = told["findings"][0]["evidence"]
    assert (evidence["count"], evidence["max"], evidence["dropped"], evidence["share"]) == (most, most, 40, 1.0)


def track(count: int) -> None:
    """Entries for UDP flows that were answered, by ctnetlink, in the namespace of the calling thread."""
    request, create, acknowledge, new, netlink_netfilter, together = 0x1, 0x400, 0x4, 1 << 8, 12, 200
    client, goal, sport = b"\xfe\xdc\xba\x98", bytes((10, 99, 0, 1)), 0xFEDC
    body = struct.pack("=BBH", socket.AF_INET, 0, 0)
    body += nested(1, tuple_of(client, goal, sport, 9)) + nested(2, tuple_of(goal, client, 9, sport))
    body += attribute(3, struct.pack("!I", SEEN_AND_ASSURED)) + attribute(7, struct.pack("!I", 600))
    one = struct.pack("=IHHII", 16 + len(body), new, request | create, 0, 0) + body
    addresses = [one.index(client), one.rindex(client)]
    ports = [at for at in range(len(one)) if one[at:at + 2] == b"\xfe\xdc" and at not in addresses]
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, netlink_netfilter) as sock:
        for start in range(0, count, together):
            many = min(together, count - start)
            batch = bytearray(one * many)
            for number in range(many):
                at, entry = number * len(one), start + number
                for place in addresses:
                    struct.pack_into("!I", batch, at + place, (10 << 24) + (entry >> 15))
                for place in ports:
                    struct.pack_into("!H", batch, at + place, 1024 + (entry & 0x7FFF))
            struct.pack_into("=H", batch, at + 6, request | create | acknowledge)  # flags of the last one
            sock.send(batch)
            code = struct.unpack_from("=i", sock.recv(65536), 16)[0]
            assert code == 0, "ctnetlink: error %d" % -code


def tuple_of(source: bytes, goal: bytes, sport: int, dport: int) -> bytes:
    addresses = nested(1, attribute(1, source) + attribute(2, goal))
    ports = attribute(1, bytes((socket.IPPROTO_UDP,))) + attribute(2, struct.pack("!H", sport)) + attribute(3, struct.pack("!H", dport))
    return addresses + nested(2, ports)


def attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def nested(kind: int, payload: bytes) -> bytes:
    return attribute(kind | 0x8000, payload)


# ---------------------------------------------------------------- broken packets, other addresses, closed ports


@pytest.mark.parametrize("goal", ["server_v4", "server_v6"])
def test_checksums_that_are_wrong(goal: str) -> None:
    with answered_pair() as net, lab.listener(net.server, "::", 80, backlog=512):
        address = getattr(net, goal)

        def send() -> None:
            with net.client.enter():
                send_broken(address, 45)
            lab.spoof_syns(net, address, port=80, count=20)

        told, warnings = watched(net, send)
    assert row_of(told)["syns"] == account(answered=20, before_listener=45) and warnings == []
    assert [(row["layer"], row["dropped"]) for row in told["layers"]] == [("checksum", 45)]
    assert ids(told) == []


def send_broken(goal: str, count: int) -> None:
    destination = ipaddress.ip_address(goal)
    packet, source_at, checksum_at, rest = lab._template(destination, 80, 40000)
    family = family_of(goal)
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.connect((goal, 0))
        for source in itertools.islice(lab.fresh_sources(family), count):
            packed = source.to_bytes(4 if destination.version == 4 else 16, "big")
            packet[source_at:source_at + len(packed)] = packed
            right = ~lab._fold(rest + lab._words(packed)) & 0xFFFF
            struct.pack_into("!H", packet, checksum_at, right ^ 0x0101)
            raw.send(packet)


def test_syns_for_an_address_that_is_nobodys() -> None:
    """They are no SYNs of the listener; that the host had no use for them, the layers tell."""
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=512):
        lab.ip("-n", net.client.name, "route", "add", "10.79.0.0/24", "via", net.server_v4)

        def send() -> None:
            send_unseen(net, lab.fresh_sources(socket.AF_INET), 35, "10.79.0.9")
            lab.spoof_syns(net, port=80, count=15)

        told, warnings = watched(net, send)
    assert row_of(told)["syns"] == account(answered=15) and warnings == []
    assert lost(told, "routing") == 35 and told["namespaces"][0]["syns"] == 15


def test_a_client_that_no_route_leads_back_to() -> None:
    """The kernel finds no way for the SYN-ACK and drops the SYN at the listener."""
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=512):
        lab.ip("-n", net.server.name, "route", "add", "unreachable", BAD[4])

        def send() -> None:
            send_unseen(net, bad_sources(4), 25)
            lab.spoof_syns(net, port=80, count=15)

        told, _warnings = watched(net, send)
    syns = row_of(told)["syns"]
    assert syns["arrived"] == 40 and syns["answered"] == 15 and syns["unexplained"] == 0
    assert syns["dropped"] + syns["before_listener"] == 25


@pytest.mark.parametrize("goal", ["server_v4", "server_v6"])
def test_a_closed_port_answers_with_a_reset(goal: str) -> None:
    with answered_pair() as net, lab.listener(net.server, "::", 80, backlog=512):
        address = getattr(net, goal)
        before = lab.counters(net.server)["Tcp.OutRsts"]
        told, warnings = watched(
            net,
            lambda: (lab.spoof_syns(net, address, port=81, count=30), lab.spoof_syns(net, address, port=80, count=20)),
            ports=[80, 81],
        )
        assert lab.counters(net.server)["Tcp.OutRsts"] - before == 30
    assert row_of(told)["syns"] == account(answered=20) and warnings == []
    assert [(row["layer"], row["where"], row["dropped"]) for row in told["layers"]] == [("no_listener", "port 81", 30)]
    assert told["namespaces"][0]["syns"] == 50


# ---------------------------------------------------------------- several listeners, several families


def test_a_dual_stack_listener_has_one_account_for_both_families() -> None:
    with answered_pair() as net:
        net.server.sysctl("net.ipv4.tcp_syncookies", 0)
        with lab.listener(net.server, "::", 80, backlog=128):

            def send() -> None:
                lab.spoof_syns(net, net.server_v4, port=80, count=300)
                lab.spoof_syns(net, net.server_v6, port=80, count=200)

            told, warnings = watched(net, send)
    row = row_of(told)
    assert row["syns"] == account(answered=129, dropped=371) and row["unsure"] == 0 and warnings == []


def test_each_family_a_listener_of_its_own() -> None:
    with answered_pair() as net:
        with lab.listener(net.server, "0.0.0.0", 80, 512), lab.listener(net.server, "::", 80, 512, v6only=True):
            told, warnings = watched(
                net,
                lambda: (lab.spoof_syns(net, net.server_v4, port=80, count=30), lab.spoof_syns(net, net.server_v6, port=80, count=50)),
            )
    assert {row["family"]: row["syns"] for row in told["listeners"]} == {"ipv4": account(answered=30), "ipv6": account(answered=50)}
    assert warnings == []


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_a_reuseport_group_that_drops(address: str) -> None:
    """Three members of 64 each: every SYN is answered by one, or dropped by it."""
    with answered_pair() as net, contextlib.ExitStack() as stack:
        net.server.sysctl("net.ipv4.tcp_syncookies", 0)
        for _member in range(3):
            stack.enter_context(lab.listener(net.server, address, 80, backlog=64, reuseport=True))
        goal = net.server_v4 if address == "0.0.0.0" else net.server_v6
        told, warnings = watched(net, lambda: lab.spoof_syns(net, goal, port=80, count=2000))
    rows = told["listeners"]
    assert [row["reuseport"]["syns"] for row in rows] == 3 * [account(answered=195, dropped=1805)]
    assert sum(row["dropped"] for row in rows) == 1805 and warnings == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_loopback_with_a_listener_that_drops(address: str) -> None:
    """Each packet passes the tap twice there, and is counted once."""
    with answered_pair() as net, serving.application(net.server, 80, backlog=4, address=address, accepts=False):
        with lab.connect_many(net.server, address, 80, 5) as first:
            assert lab.completed(first, 5) == 5

            def connect() -> None:
                before = lab.counters(net.server)["ListenDrops"]
                with lab.connect_many(net.server, address, 80, 40):  # gone before they send their SYNs again, after a second
                    assert lab.wait_for(lambda: lab.counters(net.server)["ListenDrops"] >= before + 40)

            told, warnings = watched(net, connect)
    assert row_of(told)["syns"] == account(dropped=40) and row_of(told)["unsure"] == 0
    assert told["namespaces"][0]["syns"] == 40 and warnings == []


# ---------------------------------------------------------------- clients that repeat what they sent


def test_clients_that_get_no_answer_and_ask_again() -> None:
    """Real clients, whose own firewall drops each SYN-ACK: they send their SYN again a second later."""
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=512):
        argv = ["iptables", "-w", "-A", "INPUT", "-p", "tcp", "--sport", "80", "-j", "DROP"]
        assert net.client.run(argv).returncode == 0

        def connect() -> None:
            before = lab.counters(net.server)["Tcp.InSegs"]
            with lab.connect_many(net.client, net.server_v4, 80, 20):  # gone before they do so once more
                assert lab.wait_for(lambda: lab.counters(net.server)["Tcp.InSegs"] >= before + 40)

        told, _warnings = watched(net, connect)
    syns = row_of(told)["syns"]
    assert (syns["arrived"], syns["answered"], syns["repeated"], syns["unexplained"]) == (40, 20, 20, 0)
    assert ids(told) == ["clients-repeat-syns"]


def test_syns_of_connections_that_are_open() -> None:
    """The connection answers with an ACK (a client that has lost its memory learns so); the listener never sees them."""
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=512):

        def twice() -> None:
            with lab.connect_many(net.client, net.server_v4, 80, 20) as clients:
                assert lab.completed(clients, 5) == 20
                with net.client.enter():
                    for client in clients:
                        source = [int(ipaddress.ip_address(net.client_v4))]
                        lab._send(ipaddress.ip_address(net.server_v4), 80, client.getsockname()[1], 1, source)
                time.sleep(0.1)

        told, warnings = watched(net, twice)
    assert row_of(told)["syns"] == account(answered=20, repeated=20) and warnings == []
    assert row_of(told)["syn_acks"] == 20 and ids(told) == ["clients-repeat-syns"]


def test_syns_with_a_timestamp_that_is_too_old() -> None:
    """To a connection in TIME_WAIT, which answers with an ACK; the listener never sees them."""
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=512) as listening:
        net.client.sysctl("net.ipv4.tcp_timestamps", 2)  # milliseconds of the machine's clock, without a random offset
        with lab.connect_many(net.client, net.server_v4, 80, 1) as (client,):
            accepted, (_address, port) = listening.accept()
            accepted.close()  # first: the server has the TIME_WAIT
            assert client.recv(1) == b""
        assert lab.wait_for(lambda: lab.counters(net.server)["Tcp.CurrEstab"] == 0)
        # A client's reset, in answer to the ACK, would end the TIME_WAIT
        assert net.client.run(["iptables", "-w", "-A", "INPUT", "-p", "tcp", "--sport", "80", "-j", "DROP"]).returncode == 0
        told, warnings = watched(net, lambda: send_old(net, port, 12))
    assert [(row["layer"], row["dropped"]) for row in told["layers"]] == [("paws_and_time_wait", 12)]
    assert row_of(told)["syns"] == account(repeated=12) and warnings == []


def send_old(net: lab.Pair, port: int, count: int) -> None:
    """SYNs from the client's own address and port, with a timestamp of half a minute ago."""
    past = int(1000 * (time.monotonic() - 30)) & 0xFFFFFFFF
    options = struct.pack("!BBIIBB", 8, 10, past, 0, 1, 1)
    ends = ipaddress.ip_address(net.client_v4).packed + ipaddress.ip_address(net.server_v4).packed
    tcp = bytearray(struct.pack("!HHIIBBHHH", port, 80, 1, 0, 8 << 4, 0x02, 64240, 0, 0) + options)
    struct.pack_into("!H", tcp, 16, ~lab._fold(lab._words(bytes(tcp) + ends) + 6 + len(tcp)) & 0xFFFF)
    before = lab.counters(net.server)["Tcp.InSegs"]
    with net.client.enter(), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
        for _packet in range(count):
            raw.sendto(tcp, (net.server_v4, 0))
    assert lab.wait_for(lambda: lab.counters(net.server)["Tcp.InSegs"] >= before + count)


# ---------------------------------------------------------------- two listeners under strain


def between(row: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {name: (least, most) for name, (least, most) in row["syns_between"].items()}


def flood_until_sent_again(net: lab.Pair, flood: Callable[[], Any]) -> None:
    """Until all 194 SYN-ACKs were sent again, which is counted for both listeners."""
    flood()
    assert lab.wait_for(lambda: sent_again(net) >= 194)


def test_the_bounds_of_two_strained_listeners_hold() -> None:
    """What is counted for both together leaves a choice; the truth lies within what is told."""
    with answered_pair() as net, two_strained(net) as flood:
        told, warnings = watched(net, lambda: flood_until_sent_again(net, flood))
    for port, answered, arrived in ((80, 65, 1000), (81, 129, 2000)):
        row = row_of(told, port)
        assert row["syns"] is None and row["unsure"] is None
        bounds = between(row)
        assert bounds["arrived"] == (arrived, arrived)
        assert bounds["dropped"][0] <= arrived - answered <= bounds["dropped"][1]
        assert bounds["answered"][0] <= answered <= bounds["answered"][1]
        assert bounds["before_listener"] == (0, 0)
        assert all(0 <= least <= most <= arrived for least, most in bounds.values())
        # 194 answers that were sent again can be anybody's, and nothing else is open
        assert bounds["dropped"][1] - bounds["dropped"][0] <= 194 and bounds["answered"][1] <= 194 + answered
    assert any("syns_between" in warning for warning in warnings)


def test_a_named_port_beside_another_one_under_strain() -> None:
    """That only one was asked for does not make what is counted for both its own."""
    with answered_pair() as net, two_strained(net) as flood:
        told, _warnings = watched(net, lambda: flood_until_sent_again(net, flood), ports=[80])
    (row,) = told["listeners"]
    bounds = between(row)
    assert row["syns"] is None
    assert bounds["answered"][0] <= 65 <= bounds["answered"][1] and bounds["dropped"][0] <= 935 <= bounds["dropped"][1]


def test_a_firewall_before_two_strained_listeners() -> None:
    with answered_pair() as net:
        net.server.sysctl("net.ipv4.tcp_syncookies", 0)
        iptables(net, 4, "INPUT -s %s -p tcp --dport 81 -j DROP" % BAD[4])
        with lab.listener(net.server, "0.0.0.0", 80, backlog=64), lab.listener(net.server, "0.0.0.0", 81, backlog=64):

            def both() -> None:
                lab.spoof_syns(net, port=80, count=300)
                lab.spoof_syns(net, port=81, count=300)
                send_unseen(net, bad_sources(4), 70, port=81)

            told, _warnings = watched(net, both)
    truth = {80: {"answered": 65, "dropped": 235, "before_listener": 0}, 81: {"answered": 65, "dropped": 235, "before_listener": 70}}
    for port, accounts in truth.items():
        bounds = between(row_of(told, port))
        for name, right in accounts.items():
            assert bounds[name][0] <= right <= bounds[name][1], (port, name, bounds)
        assert bounds["repeated"][0] == 0
