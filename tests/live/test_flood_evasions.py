# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floods that look like clients, and clients that look like floods: what is told of them, and pasted against them."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._text.table import audit_table
from ansible_collections.linuxnet.tcp.tests.live import clients, far, floods, lab, sandbox, serving
from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT, command, environment
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated
from ansible_collections.linuxnet.tcp.tests.live.test_flood_scenarios import (
    LOSS,
    LOSSY_CLIENTS,
    LOSSY_EVERY,
    LOSSY_PATIENCE,
    ONE_NETWORK,
    PORT,
    RATE,
    Server,
    arriving,
    server,
)

FLOODS = {"syn-flood-everywhere", "syn-flood-few-networks"}
TOLD = FLOODS | {"honest-burst", "lossy-clients", "syn-queue-full"}
OTHER = 81  # a port of healthy clients
LATE = 1.5  # seconds until a host, or the router before it, answers what it did not ask for
NAT = "10.80.5.0/24"


def in_both(scenario: Callable[[int], None]) -> None:
    """With tcp_syncookies 0 and 1, at the same time."""
    children = {cookies: sandbox.in_child(lambda cookies=cookies: scenario(cookies)) for cookies in (0, 1)}
    ends = {cookies: sandbox.ended(child) for cookies, child in children.items()}
    assert set(ends.values()) == {0}, "with tcp_syncookies %s" % [cookies for cookies, end in ends.items() if end]


@contextlib.contextmanager
def healthy(it: Server) -> Iterator[None]:
    """100 clients a second of another listener, so that handshakes are completed all the time."""
    with serving.application(it.net.server, OTHER, 512):
        with clients.crowds(it.net, it.net.server_v4, OTHER, 10, 0.1, [it.net.client_v4 + "/32"]):
            yield


def told(it: Server, times: int, window: float = 2) -> list[tuple[str, dict[str, Any]]]:
    """What is told of the flooded listener, again and again, and the evidence."""
    found = []
    for _number in range(times):
        findings = it.facts(counters_window=window)["findings"]
        found += [(one["id"], one["evidence"]) for one in findings if one["id"] in TOLD and one["subject"].endswith(":80")]
        time.sleep(0.6)
    return found


# ---------------------------------------------------------------- floods that look like clients


@isolated
def test_a_flood_that_repeats_its_syns_is_one() -> None:
    in_both(repeating)


def repeating(cookies: int) -> None:
    """Clients do that, too, but at some time they answer."""
    with server(cookies) as it, healthy(it), floods.spoofed(it.net, PORT, RATE, pairs=400):
        time.sleep(1.5)
        found = told(it, 3)
        assert [name for name, _evidence in found] == ["syn-flood-everywhere"] * 3, found
        assert all(evidence["completed"] > 100 for _name, evidence in found)


@isolated
@pytest.mark.parametrize("answer", ["reset", "host-unreachable"])
def test_hosts_that_refuse_do_not_make_clients_of_a_flood(answer: str) -> None:
    in_both(lambda cookies: refused(cookies, answer))


def refused(cookies: int, answer: str) -> None:
    """Entries are gone, and handshakes are completed, but not those."""
    with server(cookies) as it, healthy(it), far.line(it.net, LATE / 2):
        if answer != "reset":
            it.net.client.sysctl("net.ipv4.icmp_ratelimit", 0)
            rule = "iptables -I INPUT -s %s -j REJECT --reject-with icmp-%s" % (far.SERVER, answer)
            it.net.client.run(rule.split(), check=True)
        sources = [far.CLIENTS] * 6 + ["11.0.0.0/8"] * 4
        with floods.spoofed(it.net, PORT, RATE, sources, far.SERVER, pairs=RATE if answer == "reset" else 0):
            time.sleep(1.5)
            found = told(it, 4)
            assert {name for name, _evidence in found} <= FLOODS | {"syn-queue-full"}, found
            if answer != "reset":
                assert any(name in FLOODS and evidence["refused"] > 8 for name, evidence in found), found


# ---------------------------------------------------------------- floods from some networks more than from others


def share_arriving(net: lab.Pair) -> float:
    """How much of what comes to the server reaches its TCP."""
    before = lab.counters(net.server)
    time.sleep(0.5)
    after = lab.counters(net.server)
    return (after["Tcp.InSegs"] - before["Tcp.InSegs"]) / (after["Ip.InReceives"] - before["Ip.InReceives"])


@isolated
@pytest.mark.parametrize("cookies", [0, 1])
def test_a_network_that_leads_a_flood_is_named_and_can_be_dropped(cookies: int) -> None:
    """Two thirds of it are from one /24."""
    with server(cookies) as it, floods.spoofed(it.net, PORT, RATE, ONE_NETWORK * 10 + list(floods.EVERYWHERE_V4)):
        time.sleep(1.5)
        found = next(one for one in it.facts(counters_window=2)["findings"] if one["id"] in TOLD)
        assert (found["id"], found["evidence"]["leading_networks"]) == ("syn-flood-everywhere", ONE_NETWORK)
        assert 0.5 < found["evidence"]["leading_share"] < 0.85
        assert share_arriving(it.net) > 0.9
        paste(it, [one for one in commands(found["remedy"]) if one.startswith("iptables")])
        assert 0.2 < share_arriving(it.net) < 0.5


@isolated
def test_twenty_networks_lead_as_many_as_can_be_named() -> None:
    with server(1) as it, floods.spoofed(it.net, PORT, RATE, floods.networks_of(20)):
        time.sleep(1.5)
        (name, evidence), = told(it, 1)
        assert name == "syn-flood-everywhere"
        assert len(evidence["leading_networks"]) > 10 and evidence["leading_share"] > 0.6


# ---------------------------------------------------------------- honest clients behind one address or network


@isolated
@pytest.mark.parametrize("source", [NAT, NAT.replace("0/24", "7/32")])
def test_a_crowd_behind_one_nat_is_no_flood(source: str) -> None:
    in_both(lambda cookies: crowd(cookies, source))


def crowd(cookies: int, source: str) -> None:
    """Bursts of 200, a round trip of 0.3 s, and a queue of 129."""
    with server(cookies) as it, far.line(it.net, 0.15):
        with clients.crowds(it.net, far.SERVER, PORT, 200, 1.0, [source]):
            for window in (0, 0.5, 1, 2, 2, 0, 1):
                found = {one["id"] for one in it.facts(counters_window=window)["findings"]}
                assert not found & (FLOODS | {"lossy-clients"}), found
                assert window < 2 or "honest-burst" in found, found
                time.sleep(0.13)


@isolated
def test_a_crowd_behind_one_nat_and_a_bad_line_is_no_flood() -> None:
    in_both(bad_line)


def bad_line(cookies: int) -> None:
    with server(cookies) as it, far.line(it.net, 0.05, LOSS):
        with clients.crowds(it.net, far.SERVER, PORT, LOSSY_CLIENTS, LOSSY_EVERY, [NAT], LOSSY_PATIENCE):
            time.sleep(3)
            for window in (2, 0, 1, 2, 0, 1):  # and, in between, the first of them give up
                found = {one["id"] for one in it.facts(counters_window=window)["findings"]}
                assert not found & FLOODS, found


# ---------------------------------------------------------------- what is pasted


def commands(words: str) -> list[str]:
    return re.findall("`([^`]*)`", words)


def paste(it: Server, lines: Sequence[str]) -> None:
    path = os.path.dirname(command("ansible")) + os.pathsep + os.environ["PATH"]
    for line in lines:
        with it.net.server.enter():
            done = subprocess.run(
                ["sh", "-c", line], cwd=ROOT, env=environment(PATH=path), capture_output=True, text=True, check=False, timeout=300
            )  # fmt: skip
        assert done.returncode == 0, line + done.stdout + done.stderr


@isolated
def test_what_the_audit_prints_against_a_flood_can_be_pasted() -> None:
    with server(0) as it, floods.spoofed(it.net, PORT, RATE, floods.networks_of(12)):
        time.sleep(1.5)
        report = audit_table({"localhost": dict(it.facts(), warnings=[])})
        playbook, by_hand = [one for one in commands(report) if one.startswith(("ansible-playbook", "iptables"))]
        assert by_hand.count("/24") == 12
        paste(it, [by_hand])
        assert lab.wait_for(lambda: arriving(it.net) < RATE / 10, 3)
        paste(it, [by_hand.replace(" -I ", " -D ")])
        assert lab.wait_for(lambda: arriving(it.net) > RATE / 2, 3)
        for _time in range(3):  # a network with hardly an entry at that moment is found by the next run
            paste(it, [playbook])
            if lab.wait_for(lambda: arriving(it.net) < RATE / 10, 3):
                break
        assert arriving(it.net) < RATE / 10
        restored = playbook.replace("mitigate", "restore")
        assert restored == "ansible-playbook linuxnet.tcp.restore -e restore_hosts=localhost"
