# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sign that is missing hides a finding: whatever the facts are, the signs cost no finding, and a host that is well has none."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings import findings as verdict
from ansible_collections.linuxnet.tcp.plugins.module_utils._findings import signs as of

ROOMS = frozenset(room for _id, room, _name in verdict.RULES)
SMALL = st.integers(-2, 12)
MAYBE = st.none() | SMALL
COUNTERS = st.dictionaries(
    st.sampled_from(
        "ListenOverflows ListenDrops TCPReqQFullDrop TCPReqQFullDoCookies SyncookiesSent SyncookiesRecv "
        "PassiveOpens EmbryonicRsts TCPFastOpenListenOverflow".split()
    ),
    SMALL | st.sampled_from([100, 5000, 10**6]),
)
NAMESPACES = st.sampled_from([None, "host", "blue"])


def optional(**parts):
    """Mappings in which any part may be missing."""
    return st.fixed_dictionaries({}, optional=parts)


def states(values):
    return optional(
        runtime=values,
        boot=values,
        boot_source=st.sampled_from([None, "kernel default", "/etc/sysctl.conf:1", "kernel command line"]),
        drift=st.none() | st.booleans(),
        tuned=st.none() | st.just({"profile": "x", "value": 1, "source": "/etc/sysctl.conf:1", "reapplies": True}),
        shadowed=st.none() | st.just([{"source": "/etc/sysctl.d/a.conf:1", "value": "7", "reason": "overridden"}]),
    )


ENTRIES = dict(
    total=MAYBE, young=MAYBE, retransmitted=MAYBE, retransmissions=st.lists(SMALL, max_size=4), distinct_sources=MAYBE,
    sources=st.lists(optional(network=st.just("198.51.100.0/24"), count=SMALL, unanswered=SMALL), max_size=2),
    followed=st.none() | optional(entries=SMALL, gone=SMALL, asked_again=SMALL),
)  # fmt: skip
LISTENERS = optional(
    network_namespace=NAMESPACES, family=st.just("ipv4"), address=st.just("0.0.0.0"), port=st.integers(80, 81),
    backlog=MAYBE | st.sampled_from([4096, 5000, 1 << 20]), drops=MAYBE, memory_bytes=MAYBE | st.just(1 << 30),
    accept_queue=optional(used=MAYBE, limit=MAYBE),
    syn_queue=optional(used=MAYBE, limit=MAYBE, new_peer_limit=MAYBE, on_full=st.sampled_from(["drop", "cookies"])),
    reuseport=st.none() | optional(members=SMALL, half_open=MAYBE), fast_open=st.none() | optional(used=MAYBE, limit=MAYBE),
    bound_by=st.sampled_from(["application", "somaxconn", "tcp_max_syn_backlog", None]), remedy=st.just("Raise it."),
)  # fmt: skip
HOSTS = optional(
    kernel=optional(
        stable_level=st.sampled_from(["2.6.32.2", "4.0.9", "4.1.0", "4.4.155", "6.18.44", "x"]),
        rule=st.sampled_from(["power_of_two", "backlog", "backlog+1"]),
    ),
    sysctls=optional(
        somaxconn=states(st.sampled_from([None, -1, 8, 4096, 65536, 70000])),
        tcp_max_syn_backlog=states(st.sampled_from([None, 8, 4096, 4097])),
        tcp_syncookies=states(st.sampled_from([None, 0, 1, 2])),
        tcp_synack_retries=states(st.sampled_from([None, 5])),
    ),
    listeners=st.lists(LISTENERS, max_size=3),
    half_open=optional(
        listeners=st.lists(
            optional(network_namespace=NAMESPACES, family=st.just("ipv4"), address=st.just("0.0.0.0"), port=st.integers(80, 81), **ENTRIES),
            max_size=2,
        ),
        **ENTRIES,
    ),
    counters=COUNTERS,
    counters_delta=st.none() | st.builds(dict, COUNTERS, seconds=st.sampled_from([0.0, 2.0])),
    kernel_log=optional(
        events=st.lists(optional(kind=st.sampled_from(["syn_flood", "suppressed"]), address=st.just("0.0.0.0"), port=st.just(80)), max_size=2)
    ),
    memory=optional(total_bytes=st.just(1 << 31)),
    mitigation=optional(record=st.none() | st.just({"since": "2026-01-01T00:00:00Z"})),
    network_namespaces=st.lists(
        optional(
            name=NAMESPACES,
            sysctls=optional(tcp_syncookies=SMALL, tcp_max_syn_backlog=st.just(5000), somaxconn=st.just(70000)),
            counters=COUNTERS,
            counters_delta=st.builds(dict, COUNTERS, seconds=st.just(2.0)),
        ),
        max_size=2,
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def blind():
    """The findings of all rooms, whatever the signs show."""

    def found(facts):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(of, "signs", lambda _facts: ROOMS)
            return verdict.findings(facts)

    return found


@settings(max_examples=400)
@given(HOSTS)
@example({"counters": {"PassiveOpens": 5000, "ListenDrops": 5}})
@example({"listeners": [{"drops": 1}]})
def test_no_finding_is_lost(blind, facts):
    assert verdict.findings(facts) == blind(facts)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"counters": {"PassiveOpens": 5000, "ListenDrops": 4}},
        {"listeners": [{"drops": 4, "accept_queue": {"used": 1, "limit": 129}}], "counters": {"PassiveOpens": 5000}},
        {"sysctls": {"tcp_syncookies": {"runtime": 1, "boot": 1, "drift": False, "shadowed": []}}},
    ],
)
def test_a_host_that_is_well_opens_no_room(facts):
    assert of.signs(dict(facts, kernel={"stable_level": "6.18.44"})) == frozenset()


def test_every_rule_is_where_the_table_says():
    assert all(callable(verdict.rule_of(room, name)) for _id, room, name in verdict.RULES)


# ---------------------------------------------------------------- each sign by itself

WELL = {"kernel": {"stable_level": "6.18.44"}}
FULL = {of.LISTENERS, of.NAMESPACES, of.FLOODS, of.COSTS}


def shown(**facts):
    return of.signs(dict(WELL, **facts))


def queues(**changes):
    row = {"accept_queue": {"used": 0, "limit": 100}, "syn_queue": {"used": 0, "limit": 100, "new_peer_limit": None}}
    for name, value in changes.items():
        queue, _of, part = name.partition("_of_")
        row[{"accept": "accept_queue", "syn": "syn_queue"}[queue]][part] = value
    return row


@pytest.mark.parametrize("row, rooms", [
    (queues(accept_of_used=50), FULL), (queues(accept_of_used=49), set()), (queues(syn_of_used=50), FULL), (queues(syn_of_used=49), set()),
    (queues(syn_of_used=10, syn_of_new_peer_limit=20), FULL), (queues(syn_of_used=9, syn_of_new_peer_limit=20), set()),
    ({"backlog": 4097}, {of.COSTS}), ({"backlog": 4096}, set()), ({"fast_open": {"used": 5, "limit": 10}}, {of.LISTENERS, of.NAMESPACES}),
    ({"fast_open": {"used": 4, "limit": 10}}, set()), ({"drops": 1}, {of.LISTENERS, of.NAMESPACES}), ({"drops": 0}, set()), ({"drops": None}, set()),
])  # fmt: skip
def test_of_a_listener(row, rooms):
    assert shown(listeners=[{}, row]) == rooms


@pytest.mark.parametrize("passive, rooms", [(5000, {of.LISTENERS, of.NAMESPACES}), (5001, set())])
def test_drops_of_a_listener_are_weighed_by_its_own_namespace(passive, rooms):
    row = {"drops": 5, "network_namespace": "blue"}
    assert (
        shown(listeners=[row], counters={"PassiveOpens": 10**9}, network_namespaces=[{"name": "blue", "counters": {"PassiveOpens": passive}}])
        == rooms
    )


@pytest.mark.parametrize("name", ["ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies", "SyncookiesSent"])
def test_of_counters_that_moved(name):
    assert shown(counters_delta={name: 1}) == shown(network_namespaces=[{"name": "blue", "counters_delta": {name: 1}}]) == FULL | {of.COUNTERS}
    assert shown(counters_delta={name: 0}) == shown(counters_delta={"PassiveOpens": 5}) == set()


@pytest.mark.parametrize("name", ["ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies", "TCPFastOpenListenOverflow"])
def test_of_counters_since_boot(name):
    assert shown(counters={name: 5, "PassiveOpens": 5000}) == shown(counters={name: -1}) == {of.COUNTERS}
    assert shown(counters={name: 5, "PassiveOpens": 5001}) == shown(counters={name: 0}) == shown(counters={"SyncookiesSent": 5}) == set()


def test_of_fast_open_within_the_window():
    assert shown(counters_delta={"TCPFastOpenListenOverflow": 1}) == {of.COUNTERS}


def test_of_the_log():
    event = {"kind": "syn_flood", "port": 80}
    assert shown(kernel_log={"events": [event]}) == {of.REPORTS} == shown(kernel_log={"events": [event]}, listeners=[{"port": 81}])
    assert shown(kernel_log={"events": [event]}, listeners=[{"port": 80}]) == {of.REPORTS, of.LISTENERS, of.NAMESPACES}
    assert shown(kernel_log={"events": [dict(event, kind="suppressed")]}, listeners=[{"port": 80}]) == set()


@pytest.mark.parametrize("state, rooms", [
    ({"tuned": {"profile": "x"}}, {of.BOOT}), ({"drift": True}, {of.BOOT}), ({"drift": False}, set()), ({"shadowed": [{}]}, {of.BOOT, of.WRITERS}),
    ({"shadowed": []}, set()),
    ({"other_writers": [{}]}, {of.WRITERS}), ({"without_effect": [{}]}, {of.WRITERS}), ({"other_writers": [], "without_effect": []}, set()),
])  # fmt: skip
def test_of_a_setting(state, rooms):
    assert shown(sysctls={"somaxconn": {}, "netdev_max_backlog": state}) == rooms


@pytest.mark.parametrize("used, limit, rooms", [(65, 129, {of.UNIX}), (64, 129, set()), (64, 128, set()), (1, None, {of.UNIX}), (None, 5, set())])
def test_of_a_unix_socket(used, limit, rooms):
    assert shown(unix_listeners=[{"accept_queue": {"used": used, "limit": limit}}]) == rooms


@pytest.mark.parametrize("name, state, rooms", [
    ("tcp_syncookies", {"runtime": 0}, {of.SETTINGS}), ("tcp_syncookies", {"runtime": 2}, {of.SETTINGS}), ("tcp_syncookies", {"runtime": 1}, set()),
    ("tcp_syncookies", {"runtime": None}, set()),
    ("tcp_max_syn_backlog", {"runtime": 4097, "boot": 4097}, {of.SETTINGS}), ("tcp_max_syn_backlog", {"runtime": 4096, "boot": 4096}, set()),
    ("tcp_max_syn_backlog", {"runtime": 512, "boot": 512, "boot_source": "/etc/sysctl.conf:1"}, {of.SETTINGS}),
    ("tcp_max_syn_backlog", {"runtime": 5, "boot": 6}, {of.SETTINGS}),
    ("tcp_max_syn_backlog", {"runtime": 512, "boot": 512, "boot_source": "kernel command line"}, {of.SETTINGS}),
    ("tcp_max_syn_backlog", {"runtime": 5, "boot": None}, set()),
    ("tcp_max_syn_backlog", {"runtime": 512, "boot": 512, "boot_source": "kernel default"}, set()),
])  # fmt: skip
def test_of_unusual_settings(name, state, rooms):
    assert shown(sysctls={name: state}) == rooms
    if set(state) == {"runtime"}:
        assert shown(network_namespaces=[{"name": "blue", "sysctls": {name: state["runtime"]}}]) == rooms


@pytest.mark.parametrize(
    "level, rooms",
    [
        ("4.0.9", {of.SETTINGS}),
        ("4.1.0", set()),
        ("3.10", {of.SETTINGS}),
        ("5.0", set()),
        ("x", {of.SETTINGS}),
        (None, {of.SETTINGS}),
        ("4.x", {of.SETTINGS}),
    ],
)
def test_of_an_old_kernel(level, rooms):
    assert shown(kernel={"stable_level": level}) == rooms


def test_of_a_mitigation():
    assert shown(mitigation={"record": {"since": "x"}}) == {of.MITIGATION}
    assert shown(mitigation={"record": None}) == shown(mitigation={"record": {}}) == set()
