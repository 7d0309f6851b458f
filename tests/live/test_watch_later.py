# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listeners that are opened, closed, and opened again while a watch lasts."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import watch_place
from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.watching import (
    account,
    answered_pair,
    lost,
    row_of,
    send_unseen,
    watched,
)

pytestmark = pytest.mark.usefixtures("root")


@pytest.fixture
def noticed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Wait until the watch has looked for new listeners once more from its beginning to its end."""
    looks: list[int] = []
    real = watch_place.Place.look_for_listeners

    def look(place: watch_place.Place, seconds: float) -> None:
        looks.append(1)
        real(place, seconds)
        looks.append(1)

    monkeypatch.setattr(watch_place.Place, "look_for_listeners", look)

    def wait() -> None:
        wanted = len(looks) + 2 + len(looks) % 2
        assert lab.wait_for(lambda: len(looks) >= wanted, 30.0)

    return wait


def opened(warnings: list[str]) -> list[str]:
    return [one.partition(":")[2] for one in warnings if "opened during the watch" in one]


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("ports", [None, [80, 81]])
@pytest.mark.parametrize("address", ["0.0.0.0", "::", "own"])
def test_a_listener_that_is_opened_meanwhile(
    address: str, ports: list[int] | None, beside: bool, noticed: Callable[[], None]
) -> None:
    """What comes when it is noticed is exact: answered, and dropped beyond 65."""
    with answered_pair() as net, contextlib.ExitStack() as stack:
        net.server.sysctl("net.ipv4.tcp_syncookies", 0)
        if beside:
            stack.enter_context(lab.listener(net.server, "0.0.0.0", 80, backlog=512))

        def during() -> None:
            stack.enter_context(lab.listener(net.server, address.replace("own", net.server_v4), 81, backlog=64))
            noticed()
            lab.spoof_syns(net, port=81, count=500)
            if beside:
                lab.spoof_syns(net, port=80, count=100)

        told, warnings = watched(net, during, ports=ports)
    row = row_of(told, 81)
    assert row["syns"] == account(answered=65, dropped=435) and row["unsure"] == 0
    assert row["since"] > 0 and row["dropped"] == 435
    if beside:
        assert row_of(told, 80)["syns"] == account(answered=100) and row_of(told, 80)["since"] == 0
    assert lost(told, "no_listener") == 0
    assert len(opened(warnings)) == len(warnings) == 1 and ":81" in warnings[0]


def test_what_came_before_it_was_noticed_had_a_listener(noticed: Callable[[], None]) -> None:
    with answered_pair() as net, contextlib.ExitStack() as stack:

        def during() -> None:
            noticed()
            stack.enter_context(lab.listener(net.server, "0.0.0.0", 81, backlog=512))
            lab.spoof_syns(net, port=81, count=20)
            noticed()
            lab.spoof_syns(net, port=81, count=30)

        told, _warnings = watched(net, during)
    assert row_of(told, 81)["syns"]["arrived"] == row_of(told, 81)["syns"]["answered"]
    assert 30 <= row_of(told, 81)["syns"]["arrived"] <= 50
    assert lost(told, "no_listener") == 0 and told["namespaces"][0]["syns"] == 50


def test_listeners_that_were_not_asked_for_are_listeners() -> None:
    with answered_pair() as net:
        with lab.listener(net.server, "0.0.0.0", 80, 512), lab.listener(net.server, "0.0.0.0", 81, 512):

            def during() -> None:
                lab.spoof_syns(net, port=81, count=40)
                lab.spoof_syns(net, port=82, count=10)

            told, warnings = watched(net, during, ports=[80])
    assert [(row["where"], row["dropped"]) for row in told["layers"]] == [("other ports", 10)] and warnings == []


def test_a_listener_that_is_closed_and_opened_again(noticed: Callable[[], None]) -> None:
    """As a server does that is started anew: SYNs in between are refused, and the row says so."""
    with answered_pair() as net, contextlib.ExitStack() as stack:
        first = contextlib.ExitStack()
        first.enter_context(lab.listener(net.server, "0.0.0.0", 80, backlog=512))

        def during() -> None:
            lab.spoof_syns(net, port=80, count=40)
            first.close()
            resets = lab.counters(net.server)["Tcp.OutRsts"]
            lab.spoof_syns(net, port=80, count=7)
            assert lab.counters(net.server)["Tcp.OutRsts"] - resets >= 7
            stack.enter_context(lab.listener(net.server, "0.0.0.0", 80, backlog=512))
            noticed()
            lab.spoof_syns(net, port=80, count=30)

        told, warnings = watched(net, during)
    rows = told["listeners"]
    assert [row["since"] > 0 for row in rows] == [False, True] and len({row["inode"] for row in rows}) == 2
    assert [row["reuseport"]["syns"] for row in rows] == 2 * [account(answered=70, unexplained=7)]
    assert any("7 SYNs are in no account: the listener was closed" in one for one in warnings)
    assert len(opened(warnings)) == 1


def test_more_listeners_than_are_counted(noticed: Callable[[], None]) -> None:
    """Those that were counted go on being counted."""
    with answered_pair() as net, contextlib.ExitStack() as stack:
        stack.enter_context(lab.listener(net.server, "0.0.0.0", 80, backlog=512))

        def during() -> None:
            lab.spoof_syns(net, port=80, count=20)
            for port in range(1000, 1120):
                stack.enter_context(lab.listener(net.server, "0.0.0.0", port, backlog=16))
            noticed()
            lab.spoof_syns(net, port=80, count=30)
            lab.spoof_syns(net, port=1005, count=10)

        told, warnings = watched(net, during)
    assert len(told["listeners"]) == 121
    assert row_of(told)["syns"] == account(answered=50) and row_of(told, 1005)["syns"] == account(answered=10)
    counted = sum(row["syns"] is not None for row in told["listeners"])
    assert 40 < counted <= 100  # as many as one program holds
    assert any("for %d of 121 listeners" % counted in one for one in warnings)


def test_one_that_is_opened_at_the_last_moment_is_named() -> None:
    with answered_pair() as net, contextlib.ExitStack() as stack:

        def during() -> None:
            stack.enter_context(lab.listener(net.server, "0.0.0.0", 81, backlog=512))
            send_unseen(net, lab.fresh_sources(socket.AF_INET), 5, port=81)

        found: Any = watched(net, during)
    told, warnings = found
    assert len(opened(warnings)) == 1 and lost(told, "no_listener") == 0
