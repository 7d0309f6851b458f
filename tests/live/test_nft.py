# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nftables table of a mitigation in the kernel: whom it drops and whom not, how it ends, and what it leaves alone."""

from __future__ import annotations

import time

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._change import nft_rules
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import networks
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import firewall, nft
from ansible_collections.linuxnet.tcp.plugins.module_utils._write import firewall as write_firewall
from ansible_collections.linuxnet.tcp.plugins.module_utils._write import nft as write_nft
from ansible_collections.linuxnet.tcp.tests.live import clients, floods, lab, serving
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

NOISY, NOISY_V6, GUEST = "198.51.100.0/24", "2001:db8:bad::/64", "198.51.100.7"
COMMAND = firewall.command("nft")
pytestmark = pytest.mark.skipif(COMMAND is None, reason="needs nft, which is not installed")

#: A thousand rules of somebody else's, with counters and a set whose elements count down
THEIRS = "table inet theirs {\n\tset s { type ipv4_addr; flags timeout; elements = { 192.0.2.9 timeout 10h }; }\n\tchain in {\n\t\t%s\n\t}\n}\n" % (
    "type filter hook input priority 0; policy accept;\n"
    + "\n".join("\t\tip saddr 203.0.%d.%d tcp dport %d counter accept" % (n // 250, n % 250, 1000 + n) for n in range(1000))
    + "\n\t\ttcp dport 80 counter accept"
)


def blocks(*told: str, port: int = 80, seconds: int = 3600) -> dict:
    return {(networks.parse_network(one), port): seconds for one in told}


def through(*told: str) -> list:
    return [networks.parse_network(one) for one in told]


def apply(net: lab.Pair, *arguments: object) -> None:
    net.server.call(write_nft.apply, COMMAND, nft_rules.script(*arguments))


def table(net: lab.Pair):
    return net.server.call(nft.table, COMMAND)


def ruleset(net: lab.Pair) -> str:
    return net.server.run([COMMAND, "list", "ruleset"], capture_output=True, text=True, check=True).stdout


def served(net: lab.Pair, **named: object) -> int:
    return clients.real_clients(net, 100, port=80, **named)


@isolated
def test_a_flood_is_dropped_and_nothing_else_and_all_is_as_it_was() -> None:
    """Entries live for 7 s here, so that the queue is empty soon after the first drop: the block alone carries the clients."""
    with lab.pair() as net, serving.application(net.server, 80, backlog=300, address="::"):
        net.server.sysctl("net.ipv4.tcp_syncookies", 0)
        net.server.sysctl("net.ipv4.tcp_synack_retries", 2)
        lab.ip("-n", net.client.name, "addr", "add", GUEST + "/32", "dev", net.client_device)
        lab.ip("-n", net.server.name, "route", "add", GUEST, "via", net.client_v4)
        net.server.run([COMMAND, "-f", "-"], input=THEIRS, text=True, check=True)
        with floods.spoofed(net, rate=1000, sources=[NOISY], beside=[NOISY_V6]):
            assert lab.wait_for(lambda: lab.half_open_count(net.server, 80) > 200)
            before_clients = served(net)
            assert before_clients < 50  # the kernel gives up many entries at once, once in 7 s
            apply(net, blocks(NOISY, NOISY_V6), through(GUEST))
            assert nft_rules.in_force(table(net), blocks(NOISY, NOISY_V6), through(GUEST))
            assert lab.wait_for(lambda: lab.half_open_count(net.server, 80) == 0, timeout=15, pause=0.1)
            after = [served(net), served(net, dst=net.server_v6), served(net, source=GUEST)]
            print("clients of 100: %d before, %s after" % (before_clients, after))
            assert min(after) >= 99
            found = table(net)
            assert found.sound and set(found.blocks) == set(blocks(NOISY, NOISY_V6))
            assert all(live.packets > 100 for live in found.blocks.values())
            # The rules of others still count: they see what ours lets through
            assert net.server.call(write_firewall.remove_our_table) and table(net) is None
        theirs = ruleset(net)
        assert "linuxnet" not in theirs and theirs.count("accept\n") == 1001


@isolated
def test_others_keep_every_byte_and_counter() -> None:
    with lab.pair() as net, serving.application(net.server, 80, backlog=64):
        net.server.run([COMMAND, "-f", "-"], input=THEIRS.replace("elements = { 192.0.2.9 timeout 10h };", ""), text=True, check=True)
        assert served(net) >= 99  # which they count
        before = ruleset(net)
        assert "counter packets 0" in before and before.count("\n") > 1000
        for _time in range(2):
            apply(net, blocks(NOISY, "203.0.113.0/24"), through(GUEST))
        assert ruleset(net) != before
        assert net.server.call(write_firewall.remove_our_table)
        assert ruleset(net) == before
        assert not net.server.call(write_firewall.remove_our_table)


@isolated
def test_a_block_ends_by_itself() -> None:
    with lab.pair() as net, serving.application(net.server, 80, backlog=64):
        lab.ip("-n", net.client.name, "addr", "add", GUEST + "/32", "dev", net.client_device)
        lab.ip("-n", net.server.name, "route", "add", GUEST, "via", net.client_v4)
        begin = time.monotonic()
        apply(net, blocks(NOISY, seconds=4), [])
        assert clients.real_clients(net, 10, port=80, source=GUEST, patience=1, pause=0) == 0
        assert served(net) >= 99
        assert lab.wait_for(lambda: table(net).blocks == {}, 20, pause=0.05)
        assert time.monotonic() - begin >= 4
        assert clients.real_clients(net, 10, port=80, source=GUEST, patience=1, pause=0) == 10


@isolated
def test_what_is_not_addressed_to_the_host_and_other_ports_pass() -> None:
    """Only new connections to the port are dropped: not other ports, not the host's own connections."""
    with lab.pair() as net, serving.application(net.server, 81, backlog=64), serving.application(net.client, 80, backlog=64):
        apply(net, blocks(net.client_v4 + "/24"), [])
        assert clients.real_clients(net, 10, port=81, pause=0) == 10
        with net.server.enter():
            crowd = clients.Crowd(net.client_v4, 80)
            crowd.add()
            crowd.watch(2)
        assert crowd.served == 1


@isolated
def test_refusals_change_nothing() -> None:
    with lab.pair() as net:
        apply(net, blocks(NOISY), [])
        before = ruleset(net)
        with pytest.raises(write_nft.NotApplied, match="nft refuses: .*syntax error"):
            net.server.call(write_nft.apply, COMMAND, nft_rules.script(blocks(NOISY_V6), []) + "nonsense\n")
        assert net.server.call(write_nft.refusal, COMMAND, nft_rules.script(blocks(NOISY_V6), [])) is None
        assert ruleset(net).replace("expires", "").split("timeout")[0] == before.replace("expires", "").split("timeout")[0]
        assert set(table(net).blocks) == set(blocks(NOISY))
        net.server.run([COMMAND, "flush", "chain", "inet", "linuxnet_tcp", "prerouting"], check=True)
        assert not table(net).sound
