# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TCP Fast Open between real sockets: the limit and the use that are told, and the kernel that agrees."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._module.gather import gather
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.options import (
    gathering_spec,
    parse_gathering_options,
)
from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

FASTOPEN, MSG_FASTOPEN = 23, 0x20000000
PLACES, CLIENTS = 5, 8
ADDRESS = {socket.AF_INET: "server_v4", socket.AF_INET6: "server_v6"}


def facts(net: lab.Pair, **options: Any) -> tuple[dict[str, Any], list[str]]:
    params: dict[str, Any] = {name: option.get("default") for name, option in gathering_spec().items()}
    params.update(gather_subset=["listeners", "half_open", "counters", "findings"], kernel_log_source="none", **options)
    return net.server.call(gather, parse_gathering_options(params))


def told(net: lab.Pair, port: int = 80) -> Any:
    return [row["fast_open"] for row in facts(net)[0]["listeners"] if row["port"] == port]


def listening(net: lab.Pair, places: int | None, port: int = 80, family: int = socket.AF_INET, group: bool = False) -> socket.socket:
    def opened() -> socket.socket:
        sock = socket.socket(family)
        if group:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if places is not None:
            sock.setsockopt(socket.IPPROTO_TCP, FASTOPEN, places)
        sock.bind((getattr(net, ADDRESS[family]), port))
        sock.listen(128)
        return sock

    return net.server.call(opened)


def sent_with_syn(net: lab.Pair, family: int = socket.AF_INET, port: int = 80, blocking: bool = False) -> socket.socket:
    def opened() -> socket.socket:
        sock = socket.socket(family)
        sock.setblocking(blocking)
        with contextlib.suppress(BlockingIOError):
            sock.sendto(b"hello", MSG_FASTOPEN, (getattr(net, ADDRESS[family]), port))
        return sock

    return net.client.call(opened)


@contextlib.contextmanager
def deaf_clients(net: lab.Pair, listener: socket.socket, count: int = CLIENTS) -> Iterator[list[socket.socket]]:
    """Clients that have a cookie, and whose third packet never comes: the SYN-ACK is lost on its way."""
    family, port = listener.family, listener.getsockname()[1]
    with sent_with_syn(net, family, port, blocking=True), listener.accept()[0]:
        pass
    program = "iptables" if family == socket.AF_INET else "ip6tables"
    rule = ["INPUT", "-p", "tcp", "--sport", str(port), "--tcp-flags", "SYN,ACK", "SYN,ACK", "-j", "DROP"]
    net.client.run([program, "-A", *rule], check=True)
    with contextlib.ExitStack() as stack:
        before = lab.counters(net.server)["Tcp.InSegs"]
        yield [stack.enter_context(sent_with_syn(net, family, port)) for _number in range(count)]
        assert lab.counters(net.server)["Tcp.InSegs"] > before


def arrived(net: lab.Pair, count: int) -> bool:
    return lab.wait_for(lambda: fast_open_counter(net, "TCPFastOpenPassive") >= count, 2)


def fast_open_counter(net: lab.Pair, name: str) -> int:
    return lab.counters(net.server)[name]


@contextlib.contextmanager
def network(server_bits: int = 3) -> Iterator[lab.Pair]:
    with lab.pair() as net:
        net.server.sysctl("net.ipv4.tcp_fastopen", server_bits)
        yield net


@isolated
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_limit_and_use_are_what_the_kernel_goes_by(family: int) -> None:
    with network() as net, listening(net, PLACES, family=family) as listener:
        assert told(net) == [{"limit": PLACES, "used": 0}]
        with deaf_clients(net, listener):
            assert lab.wait_for(lambda: fast_open_counter(net, "TCPFastOpenListenOverflow") >= CLIENTS - PLACES, 2)
            found, _warnings = facts(net)
            (row,) = found["listeners"]
            assert row["fast_open"] == {"limit": PLACES, "used": PLACES}
            assert row["accept_queue"]["used"] == PLACES
            # The others are in the SYN queue; those that Fast Open let in are not
            assert row["syn_queue"]["used"] == found["half_open"]["total"] == CLIENTS - PLACES
            (one,) = [one for one in found["findings"] if one["id"] == "fast-open-queue-full"]
            assert one["severity"] == "warning" and one["subject"].endswith(":80")
            assert str(os.getpid()) in one["remedy"]
            # Whether they were accepted does not matter: a place is free once the handshake is complete
            with listener.accept()[0]:
                assert told(net) == [{"limit": PLACES, "used": PLACES}]


@isolated
def test_off_for_the_host_or_for_the_listener_is_null() -> None:
    with network(server_bits=1) as net, listening(net, PLACES):
        assert told(net) == [None]
    with network() as net, listening(net, None), listening(net, PLACES, port=81):
        assert told(net) == [None] and told(net, 81) == [{"limit": PLACES, "used": 0}]


@isolated
def test_the_sysctl_can_give_every_listener_its_backlog_and_somaxconn_clamps() -> None:
    with network(server_bits=0x403) as net:
        net.server.sysctl("net.core.somaxconn", 64)
        with listening(net, None), listening(net, 1000, port=81):
            assert told(net) == [{"limit": 64, "used": 0}] == told(net, 81)


@isolated
def test_members_of_a_group_have_limits_of_their_own_and_no_use_that_can_be_told() -> None:
    with network() as net, listening(net, 5, group=True), listening(net, 7, group=True):
        assert sorted(one["limit"] for one in told(net)) == [5, 7]
        assert {one["used"] for one in told(net)} == {None}


@isolated
def test_what_may_not_be_read_is_null_and_told() -> None:
    """As with a process that is not ours to look into."""
    with network() as net, listening(net, PLACES), pytest.MonkeyPatch.context() as patch:
        from ansible_collections.linuxnet.tcp.plugins.module_utils._write import pidfd

        def refused(*_args: Any) -> int:
            raise PermissionError(1, "Operation not permitted")

        patch.setattr(pidfd, "duplicate", refused)
        found, warnings = facts(net)
        assert found["listeners"][0]["fast_open"] == {"limit": None, "used": 0}
        assert any("of 1 of 1 listeners its limit cannot be read" in warning for warning in warnings)


@isolated
def test_the_counter_tells_of_places_that_are_held_by_connections_that_were_reset() -> None:
    """Accepted, never acknowledged, and reset: they keep their places for a minute, and nothing shows them."""
    with network() as net, listening(net, 1) as listener:
        with deaf_clients(net, listener, 1) as (client,):
            assert arrived(net, 1)
            accepted = listener.accept()[0]
            assert told(net) == [{"limit": 1, "used": 1}]
            client.close()
            net.client.run(["iptables", "-F"], check=True)  # the next SYN-ACK finds nobody
            assert lab.wait_for(lambda: told(net) == [{"limit": 1, "used": 0}], 20, pause=0.05)
            with sent_with_syn(net):
                assert lab.wait_for(lambda: fast_open_counter(net, "TCPFastOpenListenOverflow") == 1, 2)
            assert [one["id"] for one in facts(net)[0]["findings"] if one["id"].startswith("fast")] == ["fast-open-queue-full"]
            accepted.close()
