# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a finding begins and ends: counters one apart, and the sentences that hang on them."""

from __future__ import annotations

from typing import Any, List

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.findings import findings
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._findings.test_findings import (
    during,
    host,
    listener,
    since_boot,
    with_listener,
)


def of(facts: Any, name: str) -> List[Any]:
    return [one for one in findings(facts) if one["id"] == name]


def quarter(**counted: int) -> Any:
    return since_boot(host(tcp_syncookies=0), **counted)


def test_drops_of_the_last_quarter_since_boot() -> None:
    (found,) = of(quarter(ListenDrops=50), "last-quarter-drops")
    assert found["severity"] == "info" and found["evidence"]["tcp_max_syn_backlog"] == 1024
    assert of(quarter(ListenDrops=50, SyncookiesSent=5), "last-quarter-drops"), "no cookie counts as a drop there"


@pytest.mark.parametrize(("release", "told"), [("4.8.17", False), ("4.9.0", True)])
def test_until_4_9_a_cookie_counted_as_a_drop(release: str, told: bool) -> None:
    facts = quarter(ListenDrops=50, SyncookiesSent=5)
    facts["kernel"].update(release=release, stable_level=release)
    assert bool(of(facts, "last-quarter-drops")) == told
    facts["counters"]["SyncookiesSent"] = 0
    assert of(facts, "last-quarter-drops")


def test_drops_of_the_last_quarter_now() -> None:
    facts = during(quarter(ListenDrops=50, SyncookiesSent=5), ListenDrops=50)
    (found,) = of(facts, "last-quarter-drops")
    assert "sysctl -w net.ipv4.tcp_syncookies=1" in found["remedy"] and "tcp_max_syn_backlog to 4096" in found["remedy"]


def test_queues_that_are_full_before_the_last_quarter_are_another_matter() -> None:
    reached = during(with_listener(quarter(), syn_queue={"used": 3, "limit": 769, "on_full": "drop"}, backlog=768), ListenDrops=50)
    before = during(with_listener(quarter(), syn_queue={"used": 3, "limit": 768, "on_full": "drop"}, backlog=767), ListenDrops=50)
    (first,), (second,) = of(reached, "last-quarter-drops"), of(before, "last-quarter-drops")
    assert first["severity"] == "critical" and "a router" not in first["summary"]
    assert second["severity"] == "warning" and "a router reported that it could not reach a client" in second["summary"]


def test_nobody_is_dropped_by_a_queue_that_explains_it() -> None:
    assert of(during(quarter(), ListenDrops=50, ListenOverflows=50), "last-quarter-drops") == []
    assert of(during(quarter(), ListenDrops=50, ListenOverflows=49), "last-quarter-drops")
    assert of(during(quarter(), ListenDrops=50, TCPReqQFullDrop=50), "last-quarter-drops") == []


def burst(sent: int, back: int, completed: int = 100) -> Any:
    moved = {"TCPReqQFullDoCookies": 5, "SyncookiesSent": sent, "SyncookiesRecv": back, "PassiveOpens": completed}
    return during(host(), **moved)


@pytest.mark.parametrize(
    ("sent", "back", "over"), [(31, 0, True), (32, 0, False), (32, 16, True), (32, 15, False), (100, 50, True), (100, 49, False)]
)
def test_a_burst_that_is_over(sent: int, back: int, over: bool) -> None:
    assert bool(of(burst(sent, back), "honest-burst")) == over


@pytest.mark.parametrize(("completed", "over"), [(8, True), (7, False)])
def test_a_burst_has_clients_that_came_in(completed: int, over: bool) -> None:
    assert bool(of(burst(0, 0, completed), "honest-burst")) == over


def forced(sent: int, back: int, seconds: float = 5.0, cookies: int = 2) -> Any:
    return of(during(host(tcp_syncookies=cookies), seconds=seconds, SyncookiesSent=sent, SyncookiesRecv=back), "syn-flood-everywhere")


@pytest.mark.parametrize(
    ("sent", "back", "seconds", "flood"),
    [(31, 0, 5.0, False), (32, 0, 5.0, True), (100, 10, 5.0, True), (100, 11, 5.0, False), (100, 0, 0.9, False), (100, 0, 1.0, True)],
)
def test_cookies_that_do_not_come_back(sent: int, back: int, seconds: float, flood: bool) -> None:
    found = forced(sent, back, seconds)
    assert bool(found) == flood
    if found:
        assert "of %d cookies sent in %.1f s %d came back" % (sent, seconds, back) in found[0]["summary"]
        assert found[0]["evidence"]["port"] == 80 and found[0]["evidence"]["tcp_syncookies"] == 2


def test_where_cookies_are_not_forced_queues_tell() -> None:
    assert forced(100, 0, cookies=1) == []


def test_a_listener_that_latched_what_the_boot_files_say() -> None:
    facts = with_listener(host(somaxconn=8192), backlog=300, syn_queue={"limit": 301}, accept_queue={"limit": 301, "used": 300})
    assert of(facts, "listener-latched") == []
    facts["sysctls"]["somaxconn"].update(boot=300, drift=True)
    assert of(facts, "listener-latched")
    facts["sysctls"]["somaxconn"].update(drift=False)
    assert of(facts, "listener-latched") == []


def test_another_namespaces_listener_did_not_latch_the_hosts_boot_value() -> None:
    facts = with_listener(host(somaxconn=8192), backlog=300, network_namespace="blue", accept_queue={"limit": 301, "used": 300})
    facts["sysctls"]["somaxconn"].update(boot=300, drift=True)
    facts["network_namespaces"] = [{"name": "blue", "sysctls": {"somaxconn": 8192}, "counters": {}}]
    assert of(facts, "listener-latched") == []


def test_a_fast_open_queue_that_is_full_is_told_once() -> None:
    def row(used: int) -> Any:
        return listener(fast_open={"limit": 5, "used": used})

    facts = since_boot(host(), TCPFastOpenListenOverflow=50)
    facts["listeners"] = [row(0)]
    (found,) = of(facts, "fast-open-queue-full")
    assert found["evidence"]["limits"] == {found["subject"]: 5}
    facts["listeners"] = [row(5)]
    assert len(of(facts, "fast-open-queue-full")) == 1


# ---------------------------------------------------------------- counters


def test_two_places_that_drop_are_ordered_by_how_much() -> None:
    facts = host()
    facts["network_namespaces"] = [
        {"name": name, "sysctls": {}, "counters": {"ListenOverflows": count}} for name, count in (("a", 5), ("b", 9), ("c", 7))
    ]
    assert [one["subject"] for one in of(facts, "accept-queue-overflow")] == ["b", "c", "a"]


def with_drops(*drops: int) -> Any:
    facts = during(host(), ListenOverflows=7, ListenDrops=7)
    facts["listeners"] = [listener(port=port, drops=count, remedy="R%d" % port) for port, count in enumerate(drops, 1)]
    return of(facts, "accept-queue-overflow")[0]


def test_who_dropped_is_named_most_drops_first() -> None:
    found = with_drops(3, 9, 0, 5)
    assert found["evidence"]["listeners_with_drops"] == ["0.0.0.0:2", "0.0.0.0:4", "0.0.0.0:1"]
    assert "Drops so far: 0.0.0.0:2, 0.0.0.0:4, 0.0.0.0:1." in found["summary"]
    assert "Drops so far: 0.0.0.0:1, 0.0.0.0:2, 0.0.0.0:3, 0.0.0.0:4, 0.0.0.0:5." in with_drops(9, 8, 7, 6, 5)["summary"]
    assert "0.0.0.0:5 and 1 more." in with_drops(9, 8, 7, 6, 5, 4)["summary"]
    assert with_drops(0, 3)["remedy"] == "R2" and with_drops(0)["remedy"] == "R1" and "Drops so far" not in with_drops(0)["summary"]


def test_the_figures_of_a_window_and_since_boot() -> None:
    (found,) = of(during(host(), seconds=2.51, ListenOverflows=1, ListenDrops=1), "accept-queue-overflow")
    assert "(1 in 2.5 s)" in found["summary"]
    assert of(during(since_boot(host(), ListenOverflows=9), ListenOverflows=0), "accept-queue-overflow") == []
    facts = during(since_boot(host(), ListenOverflows=9))
    del facts["counters_delta"]["ListenOverflows"]
    (found,) = of(facts, "accept-queue-overflow")
    assert "(9 since boot)" in found["summary"], "where the window has no such counter"


@pytest.mark.parametrize(("release", "told"), [("3.7.10", False), ("3.8", True), (None, True)])
def test_a_dropped_syn_is_counted_as_such_from_3_8_on(release: Any, told: bool) -> None:
    facts = during(quarter(), ListenDrops=50)
    facts["kernel"].update(release=release, stable_level=release)
    assert bool(of(facts, "last-quarter-drops")) is told


@pytest.mark.parametrize(("now", "wanted"), [(1023, 4096), (1024, 4096), (1025, 4100), (1 << 18, 1 << 20), ((1 << 18) + 1, None), (None, 4096)])
def test_how_far_to_raise_it(now: Any, wanted: Any) -> None:
    facts = during(quarter(), ListenDrops=50)
    facts["sysctls"]["tcp_max_syn_backlog"]["runtime"] = now
    (found,) = of(facts, "last-quarter-drops")
    assert ("raise net.ipv4.tcp_max_syn_backlog to %s" % wanted in found["remedy"]) == (wanted is not None)
    assert ("or raise" in found["remedy"]) == (wanted is not None)
    assert "(now %s)" % now in found["summary"] or "(not readable here)" in found["summary"]


def test_cookies_are_no_overflow_where_every_syn_gets_one() -> None:
    for release, told in (("3.11.10", True), ("3.12", False), (None, False)):
        facts = during(host(tcp_syncookies=2), TCPReqQFullDoCookies=9)
        facts["kernel"].update(release=release, stable_level=release)
        assert bool(of(facts, "syn-queue-full")) is told


def test_what_is_to_be_done_about_a_syn_queue_that_was_full() -> None:
    (found,) = of(during(host(), TCPReqQFullDoCookies=9), "syn-queue-full")
    assert found["remedy"].startswith("ss -tan state syn-recv") and found["severity"] == "warning"
    (found,) = of(during(host(tcp_syncookies=0), TCPReqQFullDrop=9), "syn-queue-full")
    assert found["remedy"].startswith("sysctl -w net.ipv4.tcp_syncookies=1  # lets") and found["severity"] == "critical"
    (found,) = of(during(host(tcp_syncookies=0), TCPReqQFullDrop=9, TCPReqQFullDoCookies=9), "syn-queue-full")
    assert found["summary"].startswith("SYNs were dropped because a SYN queue was full (9 in 5.0 s).")


def test_places_of_fast_open_that_were_taken_of_several() -> None:
    facts = during(host(), TCPFastOpenListenOverflow=3)
    facts["listeners"] = [listener(port=80, fast_open={"limit": 5, "used": 1}), listener(port=81, fast_open={"limit": 7, "used": 1})]
    (found,) = of(facts, "fast-open-queue-full")
    assert (found["subject"], found["severity"], found["evidence"]["limits"]) == ("host", "warning", {"0.0.0.0:80": 5, "0.0.0.0:81": 7})
    del facts["listeners"][1]
    (found,) = of(facts, "fast-open-queue-full")
    assert found["subject"] == "0.0.0.0:80" and found["evidence"]["seconds"] == 5.0
    (found,) = of(since_boot(host(), TCPFastOpenListenOverflow=50), "fast-open-queue-full")
    assert (found["subject"], found["severity"], found["evidence"]["limits"]) == ("host", "info", {})


# ---------------------------------------------------------------- listeners


def strained(**changes: Any) -> Any:
    return with_listener(host(), **changes)


@pytest.mark.parametrize(("changes", "severity", "said"), [
    ({"accept_queue": {"used": 410}}, "info", "and 410 of 512 places of the accept queue are taken."), ({"accept_queue": {"used": 409}}, None, ""),
    ({"syn_queue": {"used": 410}}, "info", "and 410 of 512 places of the SYN queue are taken."), ({"syn_queue": {"used": 409}}, None, ""),
    ({"syn_queue": {"used": 80, "new_peer_limit": 100}}, "info", "and 80 of 100 half-open connections of new peers are there."),
    ({"syn_queue": {"used": 79, "new_peer_limit": 100}}, None, ""), ({"drops": 1}, "info", "and it has dropped 1 connection attempt since it began to listen."),
    ({"accept_queue": {"used": 512}}, "warning", "and 512 of 512 places of the accept queue are taken."),
    ({"accept_queue": {"used": 410}, "syn_queue": {"used": 512}}, "warning", "of the accept queue are taken and 512 of 512 places of the SYN queue are taken."),
])  # fmt: skip
def test_a_knob_binds_a_listener_that_is_strained(changes: Any, severity: Any, said: str) -> None:
    found = of(strained(**changes), "listener-bound-by-application")
    assert [one["severity"] for one in found] == [severity] * (severity is not None)
    if found:
        assert found[0]["summary"].startswith("What its queues admit is set by the backlog that nginx (pid 812) asked for, ") and found[0][
            "summary"
        ].endswith(said)
        assert found[0]["evidence"]["bound_by"] == "application" and found[0]["evidence"]["backlog"] == 511


def test_the_most_strained_listener_comes_first() -> None:
    facts = host()
    facts["listeners"] = [
        listener(port=1, accept_queue={"used": 420}),
        listener(port=2, syn_queue={"used": 450}),
        listener(port=3, accept_queue={"used": 430}),
    ]
    assert [one["subject"] for one in of(facts, "listener-bound-by-application")] == ["0.0.0.0:2", "0.0.0.0:3", "0.0.0.0:1"]
    facts["listeners"] = [listener(port=port, accept_queue={"used": used}) for port, used in ((1, 512), (2, 514), (3, 513))]
    assert [one["subject"] for one in of(facts, "accept-queue-overflow")] == ["0.0.0.0:2", "0.0.0.0:3", "0.0.0.0:1"]
    facts["listeners"] = [listener(port=port, syn_queue={"used": used}) for port, used in ((1, 512), (2, 514), (3, 513))]
    assert [one["subject"] for one in of(facts, "syn-queue-full")] == ["0.0.0.0:2", "0.0.0.0:3", "0.0.0.0:1"]


@pytest.mark.parametrize(("backlog", "somaxconn", "release", "latched"), [
    (4096, 8192, "6.18.44", True), (4096, 4096, "6.18.44", False), (4095, 8192, "6.18.44", False), (128, 8192, "5.3.18", True), (128, 8192, "6.18.44", False),
    (4096, 4097, "6.18.44", True),
])  # fmt: skip
def test_a_backlog_that_is_an_older_somaxconn(backlog: int, somaxconn: int, release: str, latched: bool) -> None:
    facts = with_listener(host(somaxconn=somaxconn), backlog=backlog, accept_queue={"limit": backlog + 1, "used": backlog})
    facts["kernel"].update(release=release, stable_level=release)
    assert bool(of(facts, "listener-latched")) is latched
    assert bool(of(facts, "listener-bound-by-application")) is not latched
    if latched:
        (found,) = of(facts, "listener-latched")
        assert (
            "net.core.somaxconn allows %d now; the socket keeps its %d until" % (somaxconn, backlog) in found["summary"]
            and found["evidence"]["somaxconn"] == somaxconn
        )


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.5, "50% come from 198.51.100.0/24"),
        (0.4999, "they come from 9 addresses"),
        (1, "100% come from"),
        (1.01, "they come from 9 addresses"),
        ("x", "they come from 9 addresses"),
    ],
)
def test_half_of_the_entries_from_one_network_is_worth_a_word(share: Any, said: str) -> None:
    facts = strained(syn_queue={"used": 512})
    facts["half_open"] = {"total": 512, "retransmitted": 0, "distinct_sources": 9, "sources": [{"network": "198.51.100.0/24", "share": share}]}
    (found,) = of(facts, "syn-queue-full")
    assert "512 half-open connections in all: %s" % said in found["summary"]


def test_what_is_not_known_of_entries_is_not_told() -> None:
    facts = strained(syn_queue={"used": 512})
    for half_open in (
        {"total": 0, "retransmitted": 0, "distinct_sources": 0},
        {"total": 5, "retransmitted": None, "distinct_sources": 5},
        {"total": 5, "retransmitted": 1},
    ):
        facts["half_open"] = half_open
        (found,) = of(facts, "syn-queue-full")
        assert found["summary"].endswith("fill the SYN queue, and new clients are answered with cookies.")


def test_eight_of_the_listeners_that_a_report_may_be_about_are_named() -> None:
    facts = host()
    facts["kernel_log"]["events"].append({"time": "2026-11-20T04:23:45Z", "kind": "syn_flood", "address": None, "port": 80, "action": "drop"})
    facts["listeners"] = [listener(address="10.0.0.%d" % number) for number in range(1, 10)]
    facts["counters"].clear()
    (found,) = of(facts, "syn-flood-reported")
    assert (
        "10.0.0.8:80: its log does not say which" in found["summary"]
        and "10.0.0.9" not in found["summary"]
        and len(found["evidence"]["candidates"]) == 9
    )
    assert "at 2026-11-20T04:23:45Z and dropped SYNs, on one of 10.0.0.1:80, " in found["summary"]


def test_a_report_of_dropped_syns_comes_before_one_of_cookies() -> None:
    facts = host()
    for port, action in ((81, "cookies"), (82, "drop")):
        facts["kernel_log"]["events"].append(
            {"time": "2026-11-20T04:23:45Z", "kind": "syn_flood", "address": "0.0.0.0", "port": port, "action": action}
        )
    facts["listeners"] = [listener(port=81), listener(port=82)]
    facts["counters"].clear()
    assert [one["subject"] for one in of(facts, "syn-flood-reported")] == ["0.0.0.0:82", "0.0.0.0:81"]
