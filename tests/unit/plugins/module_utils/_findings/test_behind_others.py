# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is well, unknown or told already hides nothing that comes behind it."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings import of_watch
from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.findings import findings
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._findings.test_findings import (
    DEFAULTS,
    during,
    host,
    listener,
    since_boot,
)
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._findings.test_of_watch import listener as watched

BLUE = " in network namespace blue"


def of(facts: Any, name: str) -> List[str]:
    return [one["subject"] for one in findings(facts) if one["id"] == name]


def with_blue(facts: Any, counters: Any = None, moved: Any = None, **sysctls: Any) -> Any:
    """Another network namespace behind the host's own."""
    space: Dict[str, Any] = {"name": "blue", "sysctls": dict(DEFAULTS, **sysctls), "counters": counters or {}}
    if moved is not None:
        space["counters_delta"] = dict(moved, seconds=2.0)
    facts["network_namespaces"] = [space]
    return facts


def accept_full(facts: Any) -> Any:
    facts["listeners"] = [listener(accept_queue={"used": 512})]
    return facts


def syn_full(facts: Any) -> Any:
    facts["listeners"] = [listener(syn_queue={"used": 512})]
    return facts


@pytest.mark.parametrize(("own", "counters", "name"), [
    (accept_full(during(host(), ListenOverflows=1)), {"ListenOverflows": 5}, "accept-queue-overflow"),
    (host(), {"ListenOverflows": 5}, "accept-queue-overflow"),
    (syn_full(during(host(), TCPReqQFullDoCookies=1)), {"TCPReqQFullDoCookies": 5}, "syn-queue-full"), (host(), {"TCPReqQFullDrop": 5}, "syn-queue-full"),
    (host(), {"TCPFastOpenListenOverflow": 5}, "fast-open-queue-full"),
])  # fmt: skip
def test_counters_of_the_second_namespace(own: Any, counters: Any, name: str) -> None:
    assert "blue" in of(with_blue(own, counters), name)


@pytest.mark.parametrize("own", [host(), host(tcp_syncookies=0), since_boot(host(tcp_syncookies=0), ListenDrops=3, ListenOverflows=3)])
def test_drops_of_the_last_quarter_in_the_second_namespace(own: Any) -> None:
    assert "blue" in of(with_blue(own, {"ListenDrops": 5}, tcp_syncookies=0), "last-quarter-drops")


def test_drops_of_the_last_quarter_behind_a_listener_that_is_told_by_name() -> None:
    own = host(tcp_syncookies=0, tcp_max_syn_backlog=128)
    own["listeners"] = [listener(syn_queue={"used": 97, "new_peer_limit": 97, "on_full": "drop"})]
    assert of(with_blue(own, {"ListenDrops": 5}, tcp_syncookies=0), "last-quarter-drops") == ["0.0.0.0:80", "blue"]
    flooded = during(host(tcp_syncookies=0), 2.0, PassiveOpens=9, TCPReqQFullDrop=3, ListenDrops=9)
    assert of(with_blue(flooded, moved={"ListenDrops": 5}, tcp_syncookies=0), "last-quarter-drops") == ["blue"], "behind a burst that is over"


def test_settings_of_the_second_namespace() -> None:
    assert of(with_blue(host(), tcp_syncookies=0), "syncookies-off") == ["net.ipv4.tcp_syncookies" + BLUE]
    assert of(with_blue(host(), tcp_syncookies=2), "syncookies-forced") == ["net.ipv4.tcp_syncookies" + BLUE]
    for own in (host(), host(tcp_syncookies=0), host(tcp_max_syn_backlog=None)):
        assert of(with_blue(own, tcp_max_syn_backlog=9000), "tcp-max-syn-backlog-without-effect") == ["net.ipv4.tcp_max_syn_backlog" + BLUE]
    old = host()
    old["kernel"].update(stable_level="3.10.40", rule="power_of_two")
    assert of(with_blue(old, somaxconn=70000), "somaxconn-16-bits") == ["net.core.somaxconn" + BLUE]


@pytest.mark.parametrize("first", [{}, {"accept_queue": {"used": 512}}, {"syn_queue": {"used": 512, "new_peer_limit": 97}}])
def test_the_second_listener(first: Any) -> None:
    facts = host()
    facts["listeners"] = [listener(port=1, **first), listener(port=2, syn_queue={"used": 512})]
    assert "0.0.0.0:2" in of(facts, "syn-queue-full") and "0.0.0.0:2" in of(facts, "half-open-lifetime")


def test_the_second_unix_socket() -> None:
    rows = [{"path": "/a", "accept_queue": {"used": 1, "limit": 9}}, {"path": "/b", "accept_queue": {"used": 9, "limit": 9}}]
    assert of({"unix_listeners": rows}, "unix-accept-queue-full") == ["/b"]


LINE, PROFILE = "/etc/sysctl.d/50-a.conf:1", "/usr/lib/tuned/x/tuned.conf:3"
ASKED = {"profile": "x", "value": 7, "source": PROFILE, "reapplies": False}


@pytest.mark.parametrize(("state", "name"), [
    ({"runtime": 9, "boot": 7, "drift": True}, "runtime-undone-at-boot"),
    ({"shadowed": [{"source": LINE, "value": "9", "reason": "x"}], "boot": 7}, "boot-file-shadowed"),
    ({"runtime": 9, "boot": 7, "boot_source": PROFILE, "tuned": ASKED, "drift": True}, "tuned-in-the-way"),
    ({"boot": 7, "boot_certain": False, "other_writers": [{"by": "cron", "source": "/x:1", "value": 9, "order": "unknown"}]}, "set-elsewhere-at-boot"),
    ({"boot": 7, "without_effect": [{"source": LINE, "value": "9", "reason": "no", "instead": "i"}]}, "boot-line-without-effect"),
])  # fmt: skip
def test_the_last_of_the_settings(state: Any, name: str) -> None:
    for first in ({}, {"runtime": 7, "boot": 7, "boot_source": PROFILE, "tuned": ASKED, "drift": False}):
        facts = host()
        facts["sysctls"]["somaxconn"].update(first)
        facts["sysctls"]["netdev_max_backlog"].update(state)
        assert of(facts, name) == ["net.core.netdev_max_backlog"]


# ---------------------------------------------------------------- of a watch

SKIPPED = [
    watched(1), watched(1, limit=None), watched(1, peak=None), watched(1, p50=None), watched(1, syns=None), watched(1, peak=60, p50=50),
    watched(1, lost=5, peak=100),
]  # fmt: skip


@pytest.mark.parametrize(("row", "name"), [
    (watched(2, peak=60), "backlog-bursts"), (watched(2, peak=100, seconds_full=5.0), "accept-queue-overflow"), (watched(2, lost=5), "syn-queue-full"),
    (watched(2, repeated=900), "clients-repeat-syns"),
])  # fmt: skip
@pytest.mark.parametrize("first", SKIPPED)
def test_the_second_listener_of_a_watch(first: Any, row: Any, name: str) -> None:
    told = of_watch.findings({"seconds": 10.0, "listeners": [first, row], "layers": [], "namespaces": [{"network_namespace": "host", "syns": 1000}]})
    assert "0.0.0.0:2" in [one["subject"] for one in told if one["id"] == name]


@pytest.mark.parametrize("first", [
    [], [watched(1, syns=None, network_namespace="blue")], [watched(1, answered=5, network_namespace="blue")],
    [watched(1, arrived=0, answered=0, network_namespace="blue")],
])  # fmt: skip
def test_the_second_namespace_of_a_watch(first: Any) -> None:
    spaces = [{"network_namespace": "blue", "syns": 9}, {"network_namespace": "host", "syns": 1000}]
    rows = [*first, watched(2, before_listener=5, answered=995)]
    lost = [
        {"network_namespace": "host", "layer": layer, "reason": "drop", "where": "x", "dropped": 5}
        for layer in ("netfilter", "conntrack", "softnet", "reverse_path_filter")
    ]
    told = of_watch.findings({"seconds": 10.0, "listeners": rows, "layers": lost, "namespaces": spaces})
    assert {"syns-dropped-by-firewall", "conntrack-full", "softnet-overflow", "reverse-path-filter"} <= {one["id"] for one in told}
    well = of_watch.findings({"seconds": 10.0, "listeners": [*first, watched(2)], "layers": [], "namespaces": spaces})
    assert "network namespace host" in [one["subject"] for one in well if one["id"] == "nothing-lost-here"]


def test_a_member_of_a_group_that_is_told_hides_no_other_listener() -> None:
    rows = [watched(1, peak=90), watched(1, peak=90), watched(2, peak=60)]
    told = of_watch.findings({"seconds": 10.0, "listeners": rows, "layers": [], "namespaces": []})
    assert [one["subject"] for one in told] == ["0.0.0.0:1", "0.0.0.0:2"]
