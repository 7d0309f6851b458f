# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A watch against what seldom takes a SYN: XDP, and Fast Open's own limit.

Two layers are not provoked. A receive ring that overflows (rx_missed) needs a network card: a veth pair has none. Memory
pressure is one for the whole machine (tcp_mem); a test that brought it about would take the machine's connections with it.
`tests/unit/plugins/module_utils/_watch` reads their counters.
"""

from __future__ import annotations

import contextlib
import socket

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


def test_what_xdp_drops_is_gone_before_it_is_counted() -> None:
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=512):
        with xdp.dropping(net.server, net.server_device):
            told, warnings = watched(net, lambda: send_unseen(net, lab.fresh_sources(socket.AF_INET), 30))
        without, none = watched(net, lambda: lab.spoof_syns(net, count=30))
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
