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
