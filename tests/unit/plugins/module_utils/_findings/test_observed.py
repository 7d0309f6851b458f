# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gathered structure as rules look at it: what is absent is settled, and each listener is judged once."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.observed import observe
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import verdict


def row(port: int = 80, **changes: Any) -> Any:
    known = {
        "network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": port, "accept_queue": {"used": 0, "limit": 100},
        "syn_queue": {"used": 0, "limit": 100, "new_peer_limit": None, "on_full": "cookies"},
    }  # fmt: skip
    return dict(known, **changes)


def filled(port: int, used: int, **changes: Any) -> Any:
    return row(port, syn_queue={"used": used, "limit": 100, "new_peer_limit": None, "on_full": "cookies"}, **changes)


def entries(port: int, total: int, young: int = 0) -> Any:
    return {
        "network_namespace": "host",
        "family": "ipv4",
        "address": "0.0.0.0",
        "port": port,
        "total": total,
        "young": young,
        "retransmissions": [0, total],
    }


def only(*rows: Any, **facts: Any) -> Any:
    return observe(dict({"listeners": list(rows)}, **facts)).listeners[0]


# ---------------------------------------------------------------- a listener


def test_nothing_is_known_of_a_row_that_is_empty() -> None:
    it = only({})
    assert (it.namespace, it.family, it.address, it.port, it.backlog, it.drops, it.pid, it.remedy, it.group) == (
        "host",
        None,
        None,
        None,
        None,
        None,
        None,
        "",
        None,
    )
    assert (it.holder, it.memory, it.since, it.raised, it.unit, it.why, it.fast_open, it.half_open) == (
        "its application",
        None,
        None,
        None,
        None,
        {},
        None,
        {},
    )
    assert (it.strain, it.filling, it.turning_away, it.overflowed, it.verdict.kind) == (0.0, False, False, False, verdict.UNDECIDED)


def test_who_holds_it() -> None:
    seen = only(row(processes=[{"pid": 812, "name": "nginx"}, {"pid": 1, "name": "x"}], unit="nginx.service"))
    assert (seen.holder, seen.pid) == ("nginx (pid 812)", 812)
    unseen = only(row(processes=[{"name": "nginx"}], unit="nginx.service"))
    assert (unseen.holder, unseen.pid) == ("nginx.service", None)
    assert only(row(unit=7)).holder == "its application"


@pytest.mark.parametrize(("drops", "raised", "seen"), [(9, None, 9), (9, 4, 5), (4, 9, 0), (None, 4, None), (9, 0, 9)])
def test_drops_count_from_when_it_was_raised(drops: Any, raised: Any, seen: Any) -> None:
    it = only(row(drops=drops, raised={"time": "2026-11-20T04:00:00Z", "drops": raised}))
    assert (it.drops, it.raised) == (seen, "2026-11-20T04:00:00Z")


@pytest.mark.parametrize(("members", "grouped"), [(2, True), (1, False), (None, False)])
def test_one_alone_is_no_group(members: Any, grouped: bool) -> None:
    assert (only(row(reuseport={"members": members})).group is not None) is grouped


def test_members_know_how_many_of_them_are_full() -> None:
    group = {"members": 3, "half_open": 0}
    accept, syn = {"used": 100, "limit": 100}, {"used": 97, "limit": 100, "new_peer_limit": 97}
    rows = [
        row(reuseport=group, accept_queue=accept),
        row(reuseport=group, accept_queue=accept, syn_queue=syn),
        filled(80, 100, reuseport=group),
        row(81, reuseport=group),
    ]
    found = observe({"listeners": rows}).listeners
    assert [tuple(it.group or ()) for it in found] == [(3, 2, 1, 1)] * 3 + [(3, 0, 0, 0)]


def test_strain_is_that_of_the_fuller_limit() -> None:
    it = only(row(syn_queue={"used": 60, "limit": 100, "new_peer_limit": 75, "on_full": "drop"}))
    assert (it.strain, it.filling, it.turning_away) == (0.8, True, False)
    assert only(row(syn_queue={"used": 59, "limit": 100, "new_peer_limit": 75, "on_full": "drop"})).filling is False
    assert only(row(syn_queue={"used": 75, "limit": 100, "new_peer_limit": 75, "on_full": "drop"})).turning_away
    assert only(row(accept_queue={"used": 100, "limit": 100})).turning_away and only(filled(80, 100)).turning_away


# ---------------------------------------------------------------- namespaces


@pytest.mark.parametrize(
    ("seconds", "seen"), [(5, 5.0), (0.5, 0.5), (0, 0.0), (-1, 0.0), (1e9, 0.0), (999999999, 999999999.0), ("5", 0.0), (None, 0.0)]
)
def test_a_window_is_some_seconds(seconds: Any, seen: float) -> None:
    scope = observe({"counters_delta": {"seconds": seconds, "ListenDrops": 3}}).scope("host")
    assert (scope.seconds, scope.moved) == (seen, {"ListenDrops": 3})


def test_each_namespace_has_its_own_settings_and_counters() -> None:
    facts = {
        "sysctls": {"somaxconn": {"runtime": 5}, "tcp_syncookies": None}, "counters": {"PassiveOpens": 7},
        "network_namespaces": [{"name": "blue", "sysctls": {"somaxconn": 6}, "counters": {"PassiveOpens": 8}}, {"name": "host"}],
    }  # fmt: skip
    host = observe(facts)
    assert [(one.name, one.values, one.counters) for one in host.scopes] == [
        ("host", {"somaxconn": 5}, {"PassiveOpens": 7}),
        ("blue", {"somaxconn": 6}, {"PassiveOpens": 8}),
    ]
    assert (host.scope("red").values, host.scope("red").seconds, host.scope("blue").command) == ({}, 0.0, "ip netns exec blue ")
    assert host.scope("blue").inside == " in network namespace blue" and host.scope("host").inside == host.scope("host").command == ""


@pytest.mark.parametrize(("cookies", "moved", "overflowed"), [
    (1, {"TCPReqQFullDrop": 1}, True), (1, {"TCPReqQFullDoCookies": 1}, True), (2, {"TCPReqQFullDoCookies": 1}, False), (0, {"TCPReqQFullDoCookies": 1}, False),
    (None, {"TCPReqQFullDoCookies": 1}, True), (0, {"ListenDrops": 1}, True), (1, {"ListenDrops": 1}, False),
    (0, {"ListenDrops": 3, "ListenOverflows": 3}, False),
    (0, {"ListenDrops": 4, "ListenOverflows": 3}, True), (1, {}, False), (0, {}, False),
])  # fmt: skip
def test_whether_a_queue_was_full_within_the_window(cookies: Any, moved: Any, overflowed: bool) -> None:
    facts = {"sysctls": {"tcp_syncookies": {"runtime": cookies}}, "counters_delta": dict(moved, seconds=2.0)}
    assert observe(facts).scope("host").overflowed is overflowed


# ---------------------------------------------------------------- verdicts


def judged(*rows: Any, **facts: Any) -> Any:
    told = dict({"half_open": {"listeners": [entries(80, 100)]}, "counters_delta": {"seconds": 2.0, "PassiveOpens": 0}}, **facts)
    return only(*rows, **told)


@pytest.mark.parametrize(("used", "decided"), [(80, True), (79, False)])
def test_a_queue_is_judged_from_four_fifths_on(used: int, decided: bool) -> None:
    assert judged(filled(80, used)).verdict.decided is decided


def test_one_whose_application_does_not_accept_is_not_judged() -> None:
    assert not judged(filled(80, 100, accept_queue={"used": 80, "limit": 100})).verdict.decided
    assert judged(filled(80, 100, accept_queue={"used": 79, "limit": 100})).verdict.decided
    assert not judged(filled(80, 100), half_open={"listeners": [entries(81, 100)]}).verdict.decided, "its entries were not counted"


@pytest.mark.parametrize(
    ("mine", "other", "overflowed"), [(40, 20, True), (40, 21, False), (0, 0, True), (10, 80, False), (90, 79, True), (90, 80, False)]
)
def test_a_queue_with_room_again_is_the_one_that_was_full_where_no_other_has_half_as_much(mine: int, other: int, overflowed: bool) -> None:
    moved = {"seconds": 2.0, "TCPReqQFullDoCookies": 5}
    assert judged(filled(80, mine), filled(81, other), counters_delta=moved).overflowed is overflowed
    assert judged(filled(80, mine), filled(81, other, network_namespace="blue"), counters_delta=moved).overflowed, "of another namespace"


def test_a_burst_that_found_room_is_none() -> None:
    young = {"listeners": [dict(entries(80, 90, 90), retransmissions=[90])]}
    moved = {"seconds": 2.0, "PassiveOpens": 500}
    assert not judged(filled(80, 90), half_open=young, counters_delta=moved).verdict.decided
    assert judged(filled(80, 100), half_open=young, counters_delta=moved).verdict.kind == verdict.HONEST_BURST


# ---------------------------------------------------------------- the log


def reported(since: Any = None, raised: Any = None, **facts: Any) -> Any:
    event = {
        "kind": "syn_flood",
        "address": "0.0.0.0",
        "port": 80,
        "action": "drop",
        "time": "2026-11-20T04:00:00Z",
        "count": 3,
        "first_time": "2026-11-20T03:00:00Z",
    }
    listeners = [row(since=since, raised={"time": raised} if raised else None), row(81)]
    return observe(dict({"listeners": listeners, "kernel_log": {"events": [event, dict(event, kind="suppressed")]}}, **facts))


@pytest.mark.parametrize(("since", "raised", "certain"), [
    (None, None, True), ("2026-11-20T04:00:00Z", None, True), ("2026-11-20T04:00:01Z", None, False), (None, "2026-11-20T04:00:00Z", True),
    (None, "2026-11-20T04:00:01Z", False),
    ("2026-11-20T03:00:00Z", "2026-11-20T04:00:01Z", False),
])  # fmt: skip
def test_a_report_is_of_who_listened_then(since: Any, raised: Any, certain: bool) -> None:
    host = reported(since, raised)
    (one,) = host.floods
    assert (one.certain, len(one.meant), len(one.younger)) == (certain, int(certain), int(not certain))
    assert host.accused == ({"0.0.0.0:80"} if certain else set())
    assert (one.flood.reports, one.flood.first_time, one.flood.action) == (3, "2026-11-20T03:00:00Z", "drop")


def test_a_report_is_not_of_a_namespace_whose_queues_were_never_full() -> None:
    assert not reported(counters={"TCPReqQFullDoCookies": 0, "TCPReqQFullDrop": 0}).floods[0].meant
    assert reported(counters={"TCPReqQFullDoCookies": 1, "TCPReqQFullDrop": 0}).floods[0].certain
    assert observe({"kernel_log": {"events": [{"kind": "syn_flood", "port": 80}]}}).floods[0].flood.reports == 1


# ---------------------------------------------------------------- the host


def test_what_is_known_of_the_host() -> None:
    host = observe({
        "kernel": {"stable_level": "6.1.5", "rule": "backlog"}, "memory": {"total_bytes": 5},
        "mitigation": {
            "record": {"sysctls": {"somaxconn": {"set": 1}, "x": 3}}, "now": "t", "controller": "c", "addresses": ["a", 5],
            "iptables": {"ipv4": "x"},
        },
    })  # fmt: skip
    assert (host.level, host.rule, host.memory, host.mitigated, host.now, host.session) == (
        (6, 1, 5, 0),
        "backlog",
        5,
        {"somaxconn": {"set": 1}},
        "t",
        "c",
    )
    assert (host.addresses, host.iptables) == (("a",), ("ipv4",))
    nothing = observe({})
    assert (nothing.level, nothing.rule, nothing.memory, nothing.iptables, nothing.addresses, nothing.floods, len(nothing.scopes)) == (
        None,
        None,
        None,
        None,
        (),
        (),
        1,
    )
    assert observe({"kernel": {"stable_level": "x"}}).level is None and observe({"mitigation": {"iptables": ["ipv4", 3]}}).iptables == ("ipv4",)
