# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A watch against what seldom takes a SYN: XDP, Fast Open's own limit, timestamps that are too old for TIME_WAIT.

Two layers are not provoked. A receive ring that overflows (rx_missed) needs a network card: a veth pair has none. Memory
pressure is one for the whole machine (tcp_mem); a test that brought it about would take the machine's connections with it.
`tests/unit/plugins/module_utils/_watch` reads their counters.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab, xdp
from ansible_collections.linuxnet.tcp.tests.live.test_fast_open import CLIENTS, PLACES, deaf_clients, listening
from ansible_collections.linuxnet.tcp.tests.live.watching import (
    account,
    answered_pair,
    ids,
    row_of,
    send_unseen,
    watched,
)

pytestmark = pytest.mark.usefixtures("root")
TCP_TIMESTAMP = 24  # linux/tcp.h: reads the clock of a connection's timestamps
OLD = 100_000  # ticks; a tick is a millisecond


def test_what_xdp_drops_is_gone_before_it_is_counted() -> None:
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=512):
        with xdp.dropping(net.server, net.server_device):
            told, warnings = watched(net, lambda: send_unseen(net, lab.fresh_sources(socket.AF_INET), 30), seconds=0.0)
        without, none = watched(net, lambda: lab.spoof_syns(net, count=30), seconds=0.0)
    assert row_of(told)["syns"] == account() and told["namespaces"][0]["xdp_devices"] == [net.server_device]
    assert [one.partition(": ")[2] for one in warnings] == [
        "An XDP program is attached to %s: what it drops is gone before SYNs are counted. `ip link show` names the program." % net.server_device
    ]
    assert row_of(without)["syns"] == account(answered=30) and without["namespaces"][0]["xdp_devices"] == []
    assert none == [] and ids(without) == ["nothing-lost-here"]


def test_the_limit_of_fast_open() -> None:
    """Beyond it a client gets an ordinary handshake: Fast Open's layer tells of it, and no SYN is lost."""
    with answered_pair() as net, listening(net, PLACES) as listener, contextlib.ExitStack() as stack:
        net.server.sysctl("net.ipv4.tcp_fastopen", 3)
        net.client.sysctl("net.ipv4.tcp_fastopen", 1)
        told, _warnings = watched(net, lambda: stack.enter_context(deaf_clients(net, listener)), seconds=0.5)
    found = [(row["layer"], row["reason"], row["dropped"]) for row in told["layers"] if row["layer"] == "fast_open"]
    assert found == [("fast_open", "TCPFastOpenListenOverflow", CLIENTS - PLACES)]
    assert row_of(told)["syns"]["dropped"] == row_of(told)["syns"]["before_listener"] == row_of(told)["syns"]["unexplained"] == 0


def old_syn(net: lab.Pair, source_port: int, timestamp: int) -> bytes:
    """A SYN of the client's to port 80 with this timestamp (RFC 7323), as IPv4 has it."""
    source, destination = (ipaddress.ip_address(one).packed for one in (net.client_v4, net.server_v4))
    options = struct.pack("!BBBBII", 1, 1, 8, 10, timestamp % 2**32, 0)
    tcp = struct.pack("!HHIIBBHHH", source_port, 80, 1, 0, (20 + len(options)) // 4 << 4, 2, 64240, 0, 0) + options
    summed = sum(struct.unpack("!%dH" % ((len(tcp) + 12) // 2), source + destination + struct.pack("!HH", 6, len(tcp)) + tcp))
    while summed >> 16:
        summed = (summed & 0xFFFF) + (summed >> 16)
    tcp = tcp[:16] + struct.pack("!H", ~summed & 0xFFFF) + tcp[18:]
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + source + destination + tcp


def test_syns_that_are_too_old_for_time_wait() -> None:
    """The server closed first, so that it keeps the connection in TIME_WAIT, which answers them with an ACK."""
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=512) as server:

        # The client has forgotten the connection: its RST would end TIME_WAIT
        net.client.run(["iptables", "-A", "OUTPUT", "-p", "tcp", "--tcp-flags", "RST", "RST", "-j", "DROP"], check=True)

        def during() -> None:
            with net.client.enter(), socket.create_connection((net.server_v4, 80)) as client:
                clock, port = client.getsockopt(socket.IPPROTO_TCP, TCP_TIMESTAMP), client.getsockname()[1]
                server.accept()[0].close()
                assert client.recv(1) == b""
            waiting = ["ss", "-Htan", "state", "time-wait"]
            assert lab.wait_for(lambda: net.server.run(waiting, capture_output=True, text=True, check=True).stdout.count("\n") == 1)
            with net.client.enter(), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
                for number in range(12):
                    raw.sendto(old_syn(net, port, clock - OLD + number), (net.server_v4, 0))

        told, warnings = watched(net, during, seconds=0.3)
    found = [(row["layer"], row["dropped"]) for row in told["layers"]]
    assert found == [("paws_and_time_wait", 12)], told["layers"]
    assert row_of(told)["syns"] == account(answered=1, repeated=12) and warnings == []
