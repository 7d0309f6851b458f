# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real floods and what only looks like one: judged, cured by what the collection brings, and the effect on real clients.

Each scenario goes on from its beginning to its end: the verdict, the clients that fail before, the remedy, and the
clients that are served after it are all of the same flood. It happens in namespaces and on files of a test's own.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._change.mitigate_plan import NOTHING, mitigation_plan
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.gather import gather
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.options import (
    gathering_spec,
    parse_gathering_options,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.raise_listener import listener_spec, set_backlogs
from ansible_collections.linuxnet.tcp.tests.live import clients, far, floods, lab, sandbox, serving
from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT, run_playbook
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

PORT = 80
NARROW = 128  # what the application asks for: 129 half-open connections
WIDE = 4096
RATE = 2000  # SYNs a second: 16 times in a second as many as the queue holds
CLIENTS = 100
NEARLY_ALL = 99
ONE_NETWORK = ["198.51.100.0/24"]
BACKENDS = ["nftables", "iptables"]

# More real clients at once than the queue holds: three times as many, each on its way for 0.3 s
BURST, ROUND_TRIP, EVERY = 400, 0.3, 1.0
# 200 clients a second, and four of five packets to them are lost: they wait long enough to come through in the end
LOSSY_CLIENTS, LOSSY_EVERY, LOSS, LOSSY_PATIENCE = 20, 0.1, 0.8, 8.0


class Verdict(NamedTuple):
    """What is told first."""

    id: str
    severity: str
    subject: str
    evidence: dict[str, Any]
    summary: str
    remedy: str


class Server(NamedTuple):
    """A server with real clients, on a network that the test floods."""

    net: lab.Pair
    app: serving.Application

    def facts(self, meanwhile: Callable[[], None] | None = None, **options: Any) -> dict[str, Any]:
        """What is gathered; `meanwhile` is called in each window."""
        params: dict[str, Any] = {name: option.get("default") for name, option in gathering_spec().items()}
        params.update(kernel_log_source="none", gather_subset=["all"], counters_window=1)
        params.update(options)
        return self.net.server.call(gather, parse_gathering_options(params), meanwhile)[0]

    def verdict(self, **options: Any) -> Verdict:
        return verdict_of(self.facts(**options))

    def served(self, **named: Any) -> int:
        """How many of CLIENTS real clients are served, while all goes on."""
        return clients.real_clients(self.net, CLIENTS, PORT, **named)

    def sysctl(self, **values: int) -> None:
        """The module syn_backlog, inside."""
        self.net.server.call(sandbox.apply, persist=False, **values)

    def widen(self, backlog: int = WIDE) -> None:
        """The module syn_backlog_listener, inside."""
        params = dict({name: spec.get("default") for name, spec in listener_spec().items()}, port=PORT, backlog=backlog)
        result, _warnings = self.net.server.call(set_backlogs, params)
        assert result["changed"] and {row["after"] for row in result["listeners"]} == {backlog}

    def mitigate(self, cause: str, backend: str = "auto") -> None:
        """The role, by its playbook, as a user runs it, until it says that it acts against this finding.

        That is at once, except in the moment, some seconds apart, when the kernel gives up all of a flood's entries and the
        queue is full of new ones: who may be honest clients, and get cookies and room.
        """
        given = {"mitigate_become": False, "syn_backlog_mitigate_window": 1, "syn_backlog_mitigate_backend": backend}
        for _run in range(2):
            done = run_playbook(ROOT / "playbooks" / "mitigate.yml", "-e", json.dumps(given), namespace=self.net.server)
            assert done.returncode == 0, done.stdout + done.stderr
            if "(%s)" % cause in done.stdout:
                return
        raise AssertionError(done.stdout)


def verdict_of(facts: dict[str, Any]) -> Verdict:
    # The sysctls of a fresh namespace are not what this machine would boot with, which is told rightly and not asked here
    first = next(one for one in facts["findings"] if one["id"] != "runtime-undone-at-boot")
    return Verdict(first["id"], first["severity"], first["subject"], first["evidence"], first["summary"], first["remedy"])


@contextlib.contextmanager
def server(cookies: int, **named: Any) -> Iterator[Server]:
    with lab.pair() as net:
        net.server.sysctl("net.ipv4.tcp_syncookies", cookies)
        with serving.application(net.server, PORT, NARROW, **named) as app:
            yield Server(net, app)


@contextlib.contextmanager
def flooded(cookies: int, sources: list[str] | None = None) -> Iterator[Server]:
    with server(cookies) as it, floods.spoofed(it.net, PORT, RATE, sources):
        time.sleep(1.2)  # until entries are old enough to have been sent again
        yield it


@contextlib.contextmanager
def crowded(cookies: int) -> Iterator[Server]:
    """Bursts of real clients from everywhere, over a long line."""
    with server(cookies) as it, far.line(it.net, ROUND_TRIP / 2):
        with clients.crowds(it.net, far.SERVER, PORT, BURST, EVERY, [far.CLIENTS]):
            time.sleep(1.2)
            yield it


@contextlib.contextmanager
def lossy(cookies: int) -> Iterator[Server]:
    with server(cookies) as it, far.line(it.net, 0.05, LOSS):
        with clients.crowds(it.net, far.SERVER, PORT, LOSSY_CLIENTS, LOSSY_EVERY, [far.CLIENTS], LOSSY_PATIENCE):
            time.sleep(3)  # until the queue is full of them
            yield it


def with_cookies(scenario: Callable[[int], None]) -> None:
    """The scenario with tcp_syncookies 0, 1 and 2, all at the same time: it is clients' patience that takes long."""
    children = {cookies: sandbox.in_child(lambda cookies=cookies: scenario(cookies)) for cookies in (0, 1, 2)}
    ends = {cookies: sandbox.ended(child) for cookies, child in children.items()}
    assert set(ends.values()) == {0}, "with tcp_syncookies %s" % [cookies for cookies, end in ends.items() if end]


def tell(scenario: str, cookies: int, before: int, found: Verdict, remedy: str, after: int) -> None:
    """A row of the table that `pytest -s` shows."""
    print("\n| %s | %d | %d/%d | %s (%s) | %s | %d/%d |" % (
        scenario, cookies, before, CLIENTS, found.id, found.severity, remedy, after, CLIENTS
    ))  # fmt: skip


# ---------------------------------------------------------------- spoofed floods


@isolated
def test_a_flood_from_everywhere_is_carried_by_cookies() -> None:
    with flooded(0) as it:
        found, before = it.verdict(), it.served()
        assert found[:3] == ("syn-flood-everywhere", "critical", "0.0.0.0:80")
        assert before < CLIENTS / 2
        it.mitigate("syn-flood-everywhere")
        after = it.served()
        tell("spoofed from everywhere", 0, before, found, "mitigate", after)
        assert after >= NEARLY_ALL
        assert it.net.server.sysctl("net.ipv4.tcp_syncookies") == "1"
        # It still is one, and nobody is turned away
        assert lab.wait_for(lambda: it.verdict()[:2] == ("syn-flood-everywhere", "warning"), 6)


@pytest.mark.parametrize("backend", BACKENDS)
@isolated
def test_a_flood_from_one_network_is_dropped(backend: str) -> None:
    with flooded(0, ONE_NETWORK) as it:
        found, before = it.verdict(), it.served()
        assert found[:3] == ("syn-flood-few-networks", "critical", "0.0.0.0:80")
        assert found.evidence["networks"] == ONE_NETWORK
        assert before < CLIENTS / 2
        it.mitigate("syn-flood-few-networks", backend)
        after = it.served()
        tell("spoofed from one /24", 0, before, found, "mitigate, " + backend, after)
        assert after >= NEARLY_ALL
        assert arriving(it.net) < RATE / 10, "its SYNs still reach TCP"


@pytest.mark.parametrize("backend", BACKENDS)
@isolated
def test_floods_of_both_families_from_a_few_networks_are_dropped(backend: str) -> None:
    networks, v6 = floods.networks_of(5), ["2001:db8:5::/64"]
    with flooded(1, networks) as it, serving.application(it.net.server, 81, NARROW, "fd77::1"):
        with floods.spoofed(it.net, 81, RATE, v6, it.net.server_v6):
            time.sleep(1.2)
            facts, before = it.facts(), it.served()
            told = {one["subject"]: one for one in facts["findings"] if one["id"] == "syn-flood-few-networks"}
            assert {subject: one["severity"] for subject, one in told.items()} == {"0.0.0.0:80": "warning", "[fd77::1]:81": "warning"}
            assert sorted(told["0.0.0.0:80"]["evidence"]["networks"]) == sorted(networks)
            assert told["[fd77::1]:81"]["evidence"]["networks"] == v6
            assert before >= NEARLY_ALL  # cookies carry them
            for _time in range(3):  # the two queues need not show what they hold in the same moment
                it.mitigate("syn-flood-few-networks", backend)
                if arriving(it.net) < RATE / 10:
                    break
            after = it.served()
            tell("spoofed from five /24 and a /64", 1, before, verdict_of(facts), "mitigate, " + backend, after)
            assert after >= NEARLY_ALL
            assert clients.real_clients(it.net, CLIENTS, 81, it.net.server_v6) >= NEARLY_ALL
            assert arriving(it.net) < RATE / 10, "SYNs still reach TCP"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("site", ["2001:db8:5::/48", "2001:db8:5:a00::/56"])
@isolated
def test_a_flood_from_one_ipv6_site_is_dropped(site: str, backend: str) -> None:
    """From 65,536 or 256 networks, of which hardly any two entries share one."""
    with server(0) as it, serving.application(it.net.server, 81, NARROW, "fd77::1"):
        with floods.spoofed(it.net, 81, RATE, [site], it.net.server_v6):
            time.sleep(1.2)
            facts = it.facts()
            found = verdict_of(facts)
            assert found[:3] == ("syn-flood-few-networks", "critical", "[fd77::1]:81")
            assert found.evidence["networks"] == [site] and found.evidence["share"] > 0.99
            assert facts["half_open"]["sources"][0]["network"] == site
            before = clients.real_clients(it.net, CLIENTS, 81, it.net.server_v6)
            assert before < CLIENTS / 2
            it.mitigate("syn-flood-few-networks", backend)
            after = clients.real_clients(it.net, CLIENTS, 81, it.net.server_v6)
            tell("spoofed from " + site, 0, before, found, "mitigate, " + backend, after)
            assert after >= NEARLY_ALL
            assert arriving(it.net) < RATE / 10, "its SYNs still reach TCP"


@isolated
def test_facts_look_again_where_a_flood_has_only_just_begun() -> None:
    """It begins in the last quarter of a second of the window: its entries could be clients' whose answers are on the way."""
    for _try in range(10):
        if looked_again():
            return
    raise AssertionError("this machine was too slow ten times to see a flood that has just begun")


def looked_again() -> bool:
    """False where its entries had half a second to answer before they were looked at: then they are no news."""
    with server(0) as it:
        sources = ["198.51.100.%d" % number for number in range(1, 255)]
        windows: list[float] = []

        def flood() -> None:
            if not windows:
                time.sleep(0.75)
                lab.spoof_syns(it.net, port=PORT, count=len(sources), sources=sources)
            windows.append(time.monotonic())

        begin = time.monotonic()
        facts = it.facts(flood, gather_subset=["listeners", "half_open", "counters", "findings"])
        took = time.monotonic() - begin
        if len(windows) == 1 and took > 1.2:
            return False
        assert len(windows) == 2, "it was not looked at again"
        found = verdict_of(facts)
        assert found[:3] == ("syn-flood-few-networks", "critical", "0.0.0.0:80"), found
        assert found.evidence["networks"] == ONE_NETWORK
        assert 2.2 <= facts["counters_delta"]["seconds"] <= took
        once: list[None] = []
        assert verdict_of(it.facts(lambda: once.append(None)))[:1] == found[:1]
        assert len(once) == 1, "a clear verdict needs no second look"
    return True


def arriving(net: lab.Pair) -> float:
    """Segments a second that the server's TCP sees."""
    begin, before = time.monotonic(), lab.counters(net.server)["Tcp.InSegs"]
    time.sleep(0.5)
    return (lab.counters(net.server)["Tcp.InSegs"] - before) / (time.monotonic() - begin)


@isolated
@pytest.mark.parametrize(("sources", "told"), [(None, "syn-flood-everywhere"), (ONE_NETWORK, "syn-flood-few-networks")])
def test_cookies_carry_clients_through_a_flood(sources: list[str] | None, told: str) -> None:
    with flooded(1, sources) as it:
        found, before = it.verdict(), it.served()
        assert found[:3] == (told, "warning", "0.0.0.0:80")
        it.widen()
        after = it.served()
        tell("spoofed from " + ("one /24" if sources else "everywhere"), 1, before, found, "syn_backlog_listener", after)
        assert before >= NEARLY_ALL and after >= NEARLY_ALL


@isolated
def test_forced_cookies_carry_clients_and_hide_who_floods() -> None:
    """No SYN is ever remembered, so that nobody can say where they come from: 1 shows it, and carries as well."""
    with flooded(2, ONE_NETWORK) as it:
        found, before = it.verdict(), it.served()
        assert found[:2] == ("syn-flood-everywhere", "warning")
        assert found.evidence["cookies_back"] == 0
        it.sysctl(tcp_syncookies=1, policy="exact")
        after = it.served()
        tell("spoofed from one /24", 2, before, found, "syn_backlog", after)
        assert before >= NEARLY_ALL and after >= NEARLY_ALL
        time.sleep(1.2)
        assert it.verdict()[:3] == ("syn-flood-few-networks", "warning", "0.0.0.0:80")


# ---------------------------------------------------------------- honest clients


@isolated
def test_honest_bursts_get_room() -> None:
    with_cookies(honest_bursts)


def honest_bursts(cookies: int) -> None:
    with crowded(cookies) as it:
        found = it.verdict(counters_window=2 * EVERY)
        for _again in range(2 if cookies == 2 else 0):  # on a busy machine the clients of a burst may come one by one, and none overflows
            if found.id == "syncookies-forced":
                found = it.verdict(counters_window=2 * EVERY)
        before = it.served()
        it.widen()
        after = it.served()
        tell("honest bursts", cookies, before, found, "syn_backlog_listener", after)
        assert before < NEARLY_ALL if cookies == 0 else before >= NEARLY_ALL
        assert after >= NEARLY_ALL
        if cookies == 2:  # nothing is ever queued half-open, and all arrive at the accept queue at once
            assert found[:2] == ("accept-queue-overflow", "warning")
            assert "it accepts again" in found.summary and "backlog" in found.remedy
        else:
            assert found[:3] == ("honest-burst", "critical" if cookies == 0 else "warning", "0.0.0.0:80")
        told = {one["id"] for one in it.facts(counters_window=2 * EVERY)["findings"] if one["severity"] != "info"}
        assert told <= {"runtime-undone-at-boot", "syncookies-off", "syncookies-forced"}, told


@isolated
def test_lossy_clients_get_room() -> None:
    with_cookies(lossy_clients)


def lossy_clients(cookies: int) -> None:
    with lossy(cookies) as it:
        found, before = it.verdict(counters_window=2), it.served()
        it.widen()
        after = it.served()
        tell("lossy clients", cookies, before, found, "syn_backlog_listener", after)
        assert before < NEARLY_ALL if cookies == 0 else before >= NEARLY_ALL
        assert after >= NEARLY_ALL
        if cookies == 2:
            assert found[:2] == ("syncookies-forced", "warning")
        else:
            assert found[:3] == ("lossy-clients", "critical" if cookies == 0 else "warning", "0.0.0.0:80")


# ---------------------------------------------------------------- an application that does not accept


@isolated
def test_an_application_that_does_not_accept_needs_neither() -> None:
    with_cookies(starved)


def starved(cookies: int) -> None:
    """No setting cures it. A larger backlog bridges the pause, and what ends it is that the application accepts."""
    with server(cookies, accepts=False) as it:
        with clients.crowds(it.net, it.net.server_v4, PORT, NARROW + 1, 3600, [it.net.client_v4 + "/32"], 3600):
            assert lab.wait_for(lambda: lab.established_count(it.net.server, PORT) == NARROW + 1)
            facts, before = it.facts(), it.served()
            found = verdict_of(facts)
            assert found[:3] == ("accept-queue-overflow", "critical", "0.0.0.0:80")
            assert before == 0

            wanted = {"allow": [], "max_networks": 16, "backlog": WIDE, "connection": "local"}
            plan = mitigation_plan(facts, wanted)
            assert plan["verdict"] == NOTHING and plan["record"] is None
            assert any("does not accept" in reason for reason in plan["reasons"])

            it.widen()
            resumed = threading.Timer(1.5, it.app.resume)
            resumed.start()
            bridged = it.served(patience=10)  # all of them connect during the pause
            resumed.join()
            assert bridged >= NEARLY_ALL
            after = it.served()
            tell("application does not accept", cookies, before, found, "it accepts again", after)
            assert after >= NEARLY_ALL
            assert "accept-queue-overflow" not in {one["id"] for one in it.facts()["findings"] if one["severity"] == "critical"}
