# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From gathered facts to a verdict: what is told, how bad it is, and what is rightly not told."""

from __future__ import annotations

import copy
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings import of_watch
from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.findings import RULES, findings, first_remedies

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 5))
PAGES = os.path.join(ROOT, "docs", "findings")

DEFAULTS = {
    "somaxconn": 4096,
    "tcp_max_syn_backlog": 1024,
    "tcp_syncookies": 1,
    "tcp_synack_retries": 5,
    "tcp_abort_on_overflow": 0,
    "netdev_max_backlog": 1000,
}
COUNTERS = (
    "ListenOverflows", "ListenDrops", "TCPReqQFullDoCookies", "TCPReqQFullDrop", "SyncookiesSent", "PassiveOpens"
)  # fmt: skip


def host(**sysctls):
    """A host that is well: nginx on port 80 with its default backlog, as gathered on Linux 6.18."""
    values = dict(DEFAULTS, **sysctls)
    return {
        "schema": 1,
        "kernel": {
            "release": "6.18.44", "stable_level": "6.18.44", "rule": "backlog+1", "rule_source": "release",
        },
        "sysctls": {
            name: {
                "runtime": value, "boot": value, "boot_source": "kernel default", "shadowed": [], "drift": False,
            }
            for name, value in values.items()
        },
        "listeners": [listener()],
        "half_open": {"total": 3, "retransmitted": 1, "distinct_sources": 3, "sources": []},
        "counters": dict.fromkeys(COUNTERS, 0),
        "kernel_log": {"readable": True, "events": []},
    }  # fmt: skip


def listener(**changes):
    row = {
        "network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None,
        "dual_stack": None, "inode": 1234, "backlog": 511, "accept_queue": {"used": 0, "limit": 512},
        "syn_queue": {"used": 3, "limit": 512, "new_peer_limit": None, "on_full": "cookies"}, "drops": 0,
        "bound_by": "application", "processes": [{"pid": 812, "name": "nginx"}], "unit": "nginx.service",
        "remedy": "Set `backlog=` of nginx.",
    }  # fmt: skip
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(row.get(name), dict):
            row[name].update(value)
        else:
            row[name] = value
    return row


def with_listener(facts, **changes):
    facts["listeners"] = [listener(**changes)]
    return facts


def during(facts, seconds=5.0, **moved):
    facts["counters_delta"] = dict(dict.fromkeys(COUNTERS, 0), seconds=seconds, **moved)
    return facts


def since_boot(facts, **counted):
    facts["counters"].update(counted)
    return facts


def logged(facts, **event):
    told = {"time": "2026-11-20T04:23:45Z", "kind": "syn_flood", "address": "0.0.0.0", "port": 80, "action": "cookies"}
    facts["kernel_log"]["events"].append(dict(told, **event))
    for name in ("TCPReqQFullDoCookies", "TCPReqQFullDrop"):  # with a zero in both, the flood was elsewhere
        facts["counters"].pop(name, None)
    return facts


def told(facts):
    """What is wrong; how long a full queue stays full (test_settings.py) is but a note beside it."""
    return [(one["id"], one["severity"]) for one in findings(facts) if one["id"] != "half-open-lifetime"]


ACCEPT_FULL = {"accept_queue": {"used": 512}}
SYN_FULL = {"syn_queue": {"used": 512}}
DROPPING = {"syn_queue": {"used": 512, "on_full": "drop"}}
NEW_PEERS_FULL = {"syn_queue": {"used": 97, "new_peer_limit": 97, "on_full": "drop"}, "bound_by": "tcp_max_syn_backlog"}
NEW_PEERS_NEAR = {"syn_queue": {"used": 90, "new_peer_limit": 97, "on_full": "drop"}, "bound_by": "tcp_max_syn_backlog"}


# ---------------------------------------------------------------- a host that is well


def test_a_healthy_host_yields_nothing():
    assert findings(host()) == []


@pytest.mark.parametrize(
    "facts",
    [
        during(host(), PassiveOpens=50000),
        with_listener(host(), accept_queue={"used": 400}, syn_queue={"used": 400}),
        since_boot(host(), ListenDrops=40, ListenOverflows=40, PassiveOpens=10**6),
        with_listener(since_boot(host(), ListenDrops=40, PassiveOpens=10**6), drops=40),
        with_listener(during(since_boot(host(), ListenDrops=9999)), drops=9999),  # long ago
        with_listener(host(somaxconn=65535), backlog=4096, bound_by="application"),
        with_listener(host(), backlog=4096, bound_by="somaxconn", accept_queue={"limit": 4097}),
        with_listener(host(), syn_queue={"used": 0, "limit": 0}, bound_by="syncookies"),
    ],
)
def test_a_busy_host_within_its_limits_yields_nothing(facts):
    assert findings(facts) == []


# ---------------------------------------------------------------- each cause by its name


@pytest.mark.parametrize(
    "facts, expected",
    [
        # the application does not accept: its half-open connections pile up as well, which is no flood
        (
            with_listener(host(), **ACCEPT_FULL),
            [("accept-queue-overflow", "critical"), ("listener-bound-by-application", "warning")],
        ),
        (
            with_listener(host(), **dict(ACCEPT_FULL, **SYN_FULL)),
            [("accept-queue-overflow", "critical"), ("listener-bound-by-application", "warning")],
        ),
        (during(host(), ListenOverflows=7, ListenDrops=7), [("accept-queue-overflow", "warning")]),
        (since_boot(host(), ListenOverflows=7, ListenDrops=7), [("accept-queue-overflow", "info")]),
        # the SYN queue is full while the application keeps up
        (
            with_listener(host(), **SYN_FULL),
            [("syn-queue-full", "warning"), ("listener-bound-by-application", "warning")],
        ),
        (
            with_listener(host(tcp_syncookies=0), **DROPPING),
            [
                ("syn-queue-full", "critical"),
                ("listener-bound-by-application", "warning"),
                ("syncookies-off", "warning"),
            ],
        ),
        (during(host(), TCPReqQFullDoCookies=9, SyncookiesSent=9), [("syn-queue-full", "warning")]),
        (
            during(host(tcp_syncookies=0), TCPReqQFullDrop=9, ListenDrops=9),
            [("syn-queue-full", "critical"), ("syncookies-off", "warning")],
        ),
        (since_boot(host(), TCPReqQFullDoCookies=9), [("syn-queue-full", "info")]),
        # the last quarter: silent, told apart by what the counters do not explain
        (
            during(host(tcp_syncookies=0, tcp_max_syn_backlog=512), ListenDrops=203),
            [("last-quarter-drops", "critical"), ("syncookies-off", "info")],
        ),
        (
            # 512 half-open connections are no more than three quarters of 1024
            during(host(tcp_syncookies=0), ListenDrops=203),
            [("last-quarter-drops", "warning"), ("syncookies-off", "info")],
        ),
        (
            during(host(tcp_syncookies=0, tcp_max_syn_backlog=512), ListenDrops=210, ListenOverflows=7),
            [
                ("last-quarter-drops", "critical"),
                ("accept-queue-overflow", "warning"),
                ("syncookies-off", "info"),
            ],
        ),
        (
            with_listener(host(tcp_syncookies=0, tcp_max_syn_backlog=128), **NEW_PEERS_FULL),
            [("last-quarter-drops", "critical"), ("syncookies-off", "warning")],
        ),
        (
            with_listener(host(tcp_syncookies=0, tcp_max_syn_backlog=128), **NEW_PEERS_NEAR),
            [("tcp-max-syn-backlog-binds", "info"), ("syncookies-off", "info")],
        ),
        # which knob binds, only for a listener that has reason to ask
        (with_listener(host(), accept_queue={"used": 500}), [("listener-bound-by-application", "info")]),
        (with_listener(host(), drops=12), [("listener-bound-by-application", "info")]),
        (
            with_listener(during(host(), ListenDrops=3), drops=12),
            [("listener-bound-by-application", "warning")],
        ),
        (
            with_listener(host(somaxconn=511), bound_by="somaxconn", **SYN_FULL),
            [("syn-queue-full", "warning"), ("listener-bound-by-somaxconn", "warning")],
        ),
        (
            with_listener(host(somaxconn=65535), backlog=4096, accept_queue={"used": 4097, "limit": 4097}),
            [("accept-queue-overflow", "critical"), ("listener-latched", "warning")],
        ),
        # the log
        (
            logged(host()),
            [("syn-flood-reported", "warning"), ("listener-bound-by-application", "info")],
        ),
        (
            logged(host(), address=None, action="drop"),
            [("syn-flood-reported", "warning"), ("listener-bound-by-application", "info")],
        ),
        (logged(host(), port=8080), [("syn-flood-reported", "info")]),
        (logged(host(), address="192.0.2.1"), [("syn-flood-reported", "info")]),
        (logged(host(), kind="suppressed", port=None), []),
        # settings
        (host(tcp_syncookies=0), [("syncookies-off", "info")]),
        (host(tcp_syncookies=2), [("syncookies-forced", "warning")]),
        (during(host(tcp_syncookies=2), TCPReqQFullDoCookies=9), [("syncookies-forced", "warning")]),
        (host(tcp_syncookies=3), []),
    ],
)
def test_each_state_has_its_verdict(facts, expected):
    assert told(facts) == expected


def test_reports_that_say_the_same_are_told_as_how_many():
    once, often = logged(host()), logged(host(), count=3, first_time="2026-11-20T01:00:00Z")
    assert "SYN flooding at 2026-11-20T04:23:45Z and" in findings(once)[0]["summary"]
    assert "SYN flooding 3 times, the last at 2026-11-20T04:23:45Z, and" in findings(often)[0]["summary"]
    assert findings(often)[0]["evidence"]["first_time"] == "2026-11-20T01:00:00Z"


def test_drops_that_the_window_explains_are_not_the_last_quarters():
    facts = during(host(tcp_syncookies=0), ListenDrops=16, ListenOverflows=7, TCPReqQFullDrop=9)
    assert "last-quarter-drops" not in dict(told(facts))


def test_kernels_that_count_cookies_as_drops_are_not_misread():
    facts = since_boot(host(tcp_syncookies=0), ListenDrops=50, SyncookiesSent=50)
    facts["kernel"].update(stable_level="4.4.155", rule="backlog")
    assert told(facts) == [("syncookies-off", "info")]
    facts["kernel"].update(stable_level="3.2.0", rule="power_of_two")
    assert told(during(facts, ListenDrops=5)) == [("syncookies-off", "info")]


def state(facts, name, **changes):
    facts["sysctls"][name].update(changes)
    return facts


def test_what_the_next_boot_undoes():
    (found,) = findings(state(host(), "somaxconn", runtime=8192, drift=True))
    assert (found["id"], found["severity"], found["subject"]) == (
        "runtime-undone-at-boot", "warning", "net.core.somaxconn",
    )  # fmt: skip
    assert "echo 'net.core.somaxconn = 8192' >> /etc/sysctl.d/99-somaxconn.conf" in found["remedy"]
    assert "kernel's default" in found["summary"]
    (found,) = findings(state(host(), "somaxconn", runtime=8192, drift=True, boot_source="/etc/sysctl.d/9.conf:3"))
    assert "set net.core.somaxconn = 8192 in /etc/sysctl.d/9.conf:3" in found["remedy"]
    assert findings(state(host(), "somaxconn", runtime=None, drift=None)) == []


@pytest.mark.parametrize(
    "source, value, expected",
    [
        ("/etc/sysctl.d/50-tuning.conf:1", "5000", ["boot-file-shadowed"]),
        ("/etc/sysctl.d/50-tuning.conf:1", "4096", []),
        ("/usr/lib/sysctl.d/50-default.conf:9", "5000", []),
    ],
)
def test_a_file_that_sets_nothing(source, value, expected):
    lost = [{"source": source, "value": value, "reason": "overridden by /etc/sysctl.d/99-vendor.conf:3"}]
    facts = state(host(), "somaxconn", shadowed=lost, boot_source="/etc/sysctl.d/99-vendor.conf:3")
    found = findings(facts)
    assert [one["id"] for one in found] == expected
    if found:
        assert "50-tuning.conf:1 sets net.core.somaxconn = 5000" in found[0]["summary"]


def test_a_raised_tcp_max_syn_backlog_that_nothing_reads():
    written = state(host(), "tcp_max_syn_backlog", runtime=8192, boot=8192, boot_source="/etc/sysctl.d/1.conf:2")
    (found,) = findings(written)
    assert (found["id"], found["severity"]) == ("tcp-max-syn-backlog-without-effect", "info")
    assert "/etc/sysctl.d/1.conf:2 can go" in found["remedy"]
    raised = state(host(), "tcp_max_syn_backlog", runtime=8192, boot=1024, drift=True)
    assert told(raised) == [("runtime-undone-at-boot", "warning"), ("tcp-max-syn-backlog-without-effect", "info")]
    assert "tcp-max-syn-backlog-without-effect" in dict(told(with_listener(written, **SYN_FULL)))
    assert dict(told(written))["tcp-max-syn-backlog-without-effect"] == "warning"
    for unread in ({"rule": "power_of_two", "stable_level": "3.10.65"}, {"rule": None}):
        older = copy.deepcopy(written)
        older["listeners"] = [listener()]
        older["kernel"].update(unread)
        assert findings(older) == []
    without_cookies = host(tcp_syncookies=0)
    state(without_cookies, "tcp_max_syn_backlog", runtime=8192, boot=8192, boot_source="/etc/sysctl.d/1.conf:2")
    assert told(without_cookies) == [("syncookies-off", "info")]


# ---------------------------------------------------------------- what a finding says


def test_a_flood_is_described_by_who_it_is_from():
    facts = with_listener(host(), **SYN_FULL)
    facts["half_open"] = {
        "total": 512, "retransmitted": 461, "distinct_sources": 250,
        "sources": [{"network": "198.51.100.0/24", "count": 400, "share": 0.7812}],
    }  # fmt: skip
    found = findings(facts)[0]
    described = "512 half-open connections in all: 78% come from 198.51.100.0/24, and 461 have already had their SYN-ACK sent"
    assert described + " again." in found["summary"]
    assert found["evidence"]["top_share"] == 0.7812
    facts["half_open"]["sources"][0]["share"] = 0.02
    assert "in all: they come from 250 addresses, and 461 have" in findings(facts)[0]["summary"]


def test_a_flood_too_young_for_a_second_syn_ack_is_not_called_answered():
    facts = with_listener(host(), **SYN_FULL)
    facts["half_open"] = {"total": 130, "retransmitted": 0, "distinct_sources": 130, "sources": []}
    summary = findings(facts)[0]["summary"]
    assert summary.endswith("130 half-open connections in all: they come from 130 addresses.")


def test_entries_above_the_limit_may_be_those_of_a_closed_socket():
    dropping = {"used": 12, "limit": 11, "on_full": "drop"}
    summary, severity = (
        findings(with_listener(host(tcp_syncookies=0), syn_queue=dropping, drops=0))[0][name]
        for name in ("summary", "severity")
    )
    assert severity == "warning"  # it has turned nobody away yet
    assert "12 half-open connections are there, more than the 11" in summary and "fill the SYN queue" not in summary
    assert "If 11 of them are its own, SYNs of new clients are dropped." in summary
    assert told(with_listener(host(tcp_syncookies=0), syn_queue=dropping, drops=5))[0] == ("syn-queue-full", "critical")
    assert told(with_listener(host(), syn_queue={"used": 1, "limit": 0}, bound_by="syncookies")) == []


def test_a_full_accept_queue_is_not_answered_with_more_room():
    facts = host()
    facts["listeners"] = [listener(**ACCEPT_FULL), listener(port=81, **SYN_FULL), listener(port=82)]
    first = first_remedies(facts)
    assert first[1:] == [None, None]
    found = findings(facts)
    assert found[0]["remedy"] == first[0]
    assert "`ss -tlnp 'sport = :80'`" in first[0] and "`cat /proc/812/wchan`" in first[0] and "backlog=" not in first[0]
    bound = next(one for one in found if (one["id"], one["subject"]) == ("listener-bound-by-application", "0.0.0.0:80"))
    assert bound["remedy"].startswith("First make the application accept again: ")
    assert next(one for one in found if one["subject"] == "0.0.0.0:81")["remedy"].endswith("Set `backlog=` of nginx.")


def test_floods_elsewhere_are_named_latest_first():
    facts = host()
    for second in range(9):
        logged(facts, port=1000 + second, time="2026-11-20T04:00:0%dZ" % (8 - second))
    logged(facts, port=1004, address="192.0.2.1", time="2026-11-20T05:00:00Z")
    (found,) = findings(facts)
    assert "looked into: port 1004, 1000, 1001, 1002, 1003, …." in found["summary"]
    assert (found["evidence"]["first"], found["evidence"]["last"]) == ("2026-11-20T04:00:00Z", "2026-11-20T05:00:00Z")


def test_counters_without_a_window_say_so():
    (found,) = findings(since_boot(host(), ListenOverflows=7, ListenDrops=7))
    assert "7 since boot" in found["summary"]
    assert found["evidence"] == {"since": "boot", "ListenOverflows": 7, "listeners_with_drops": []}
    (found,) = findings(during(host(), seconds=2.5, ListenOverflows=7, ListenDrops=7))
    assert "7 in 2.5 s" in found["summary"]
    assert found["evidence"]["seconds"] == 2.5


@pytest.mark.parametrize(
    ("rows", "hangs", "remedy"),
    [
        ([{"drops": 7}], False, "Set `backlog=` of nginx."),
        ([{"drops": 7}, {"port": 81, "remedy": "Another."}], False, "Set `backlog=` of nginx."),
        ([{"drops": 7}, {"port": 81, "drops": 1}], False, "Raise the backlog of the listener whose drops"),
        ([{}, {"port": 81}], False, "Raise the backlog of the listener whose drops"),
        ([{"drops": 7, "accept_queue": {"used": 500}}], True, "ss -tln"),
        ([], True, "ss -tln"),
    ],
)
def test_an_accept_queue_that_is_empty_again_is_of_no_application_that_hangs(rows, hangs, remedy):
    facts = during(host(), ListenOverflows=7, ListenDrops=7)
    facts["listeners"] = [listener(**row) for row in rows]
    found = next(one for one in findings(facts) if one["id"] == "accept-queue-overflow")
    assert ("does not accept as fast" in found["summary"]) is hangs
    assert ("it accepts again" in found["summary"]) is not hangs
    assert found["remedy"].startswith(remedy)


def test_listeners_of_an_so_reuseport_group_bear_even_shares():
    row = listener(syn_queue={"used": None, "limit": 100}, reuseport={"half_open": 400, "members": 4})
    facts = host()
    facts["listeners"] = [row]
    assert told(facts)[0] == ("syn-queue-full", "warning")
    row["reuseport"]["half_open"] = 200
    assert told(facts) == []


def test_the_members_of_a_group_speak_with_one_voice():
    facts = host()
    facts["listeners"] = [listener(inode=number, accept_queue={"used": 512 + number}) for number in range(4)]
    assert told(facts) == [("accept-queue-overflow", "critical"), ("listener-bound-by-application", "warning")]
    assert findings(facts)[0]["evidence"]["accept_queue_used"] == 515


@pytest.mark.parametrize(
    ("full", "said"),
    [
        (1, "about 1 in 4 new clients gets no answer: of the 4 sockets that share this port (SO_REUSEPORT), 1 is full."),
        (3, "about 3 in 4 new clients get no answer: of the 4 sockets that share this port (SO_REUSEPORT), 3 are full."),
        (4, "and new clients get no answer: of the 4 sockets that share this port (SO_REUSEPORT), all are full."),
    ],
)
def test_a_full_member_of_a_group_speaks_of_its_share_of_new_clients(full, said):
    facts, group = host(), {"half_open": 0, "members": 4}
    queues = [{"used": 512 if number < full else 3} for number in range(4)]
    facts["listeners"] = [listener(inode=number, accept_queue=one, reuseport=group) for number, one in enumerate(queues)]
    facts["listeners"].append(listener(port=81, accept_queue={"used": 512}))  # another port's is not one of them
    facts["listeners"].append(listener(network_namespace="blue", accept_queue={"used": 512}, reuseport=group))
    found = {one["subject"]: one for one in findings(facts) if one["id"] == "accept-queue-overflow"}
    assert said in found["0.0.0.0:80"]["summary"]
    assert found["0.0.0.0:80"]["severity"] == "critical"
    evidence = found["0.0.0.0:80"]["evidence"]
    assert (evidence["members"], evidence["members_full"]) == (4, full)
    assert "and new clients get no answer." in found["0.0.0.0:81"]["summary"]
    assert "members" not in found["0.0.0.0:81"]["evidence"]
    assert "about 1 in 4 new clients gets" in found["0.0.0.0:80 in network namespace blue"]["summary"]


@pytest.mark.parametrize(
    ("syn_queue", "identifier", "said"),
    [
        ({"limit": 100, "on_full": "drop"}, "syn-queue-full", "SYNs of about 1 in 4 new clients are dropped."),
        ({"limit": 100}, "syn-queue-full", "about 1 in 4 new clients is answered with cookies."),
        (
            {"limit": 200, "new_peer_limit": 97, "on_full": "drop"}, "last-quarter-drops",
            "SYNs of about 1 in 4 new clients are dropped silently.",
        ),
    ],
)  # fmt: skip
def test_a_member_with_a_smaller_syn_queue_speaks_of_its_share_too(syn_queue, identifier, said):
    facts, group = host(), {"half_open": 400, "members": 4}
    facts["listeners"] = [
        listener(inode=number, syn_queue=dict({"used": None}, **(syn_queue if number == 0 else {})), reuseport=group)
        for number in range(4)
    ]
    found = next(one for one in findings(facts) if one["id"] == identifier)
    assert said in found["summary"]
    assert (found["evidence"]["members"], found["evidence"]["members_full"]) == (4, 1)
    assert (found["severity"] == "critical") == (syn_queue.get("on_full") == "drop")


def test_a_report_that_may_be_about_several_listeners_accuses_none():
    facts = logged(host())
    facts["listeners"].append(listener(network_namespace="blue"))
    (one,) = findings(facts)
    assert (one["id"], one["severity"]) == ("syn-flood-reported", "info")
    assert one["evidence"]["candidates"] == ["0.0.0.0:80", "0.0.0.0:80 in network namespace blue"]
    facts["listeners"].append(listener(network_namespace="blue", inode=99))  # a group is one subject
    assert findings(facts) == [one]
    assert told(logged(host(), address=None)) == told(logged(host()))


def test_a_report_from_before_the_listener_is_its_predecessors():
    """Before, a listener that was started anew with a larger backlog was accused for a day."""
    facts = logged(with_listener(host(), since="2026-11-20T04:23:46Z"))
    (one,) = findings(facts)
    assert (one["id"], one["severity"]) == ("syn-flood-reported", "info")
    assert "opened 2026-11-20T04:23:46Z at the earliest" in one["summary"]
    assert told(logged(with_listener(host(), since="2026-11-20T04:23:45Z")))[0] == ("syn-flood-reported", "warning")
    raised = {"time": "2026-11-20T04:30:00Z", "before": 64, "drops": 70}
    facts = logged(with_listener(host(), since="2026-11-20T04:00:00Z", drops=70, raised=raised))
    (one,) = findings(facts)
    assert one["severity"] == "info" and "before this listener was raised" in one["summary"]


def test_a_report_is_not_of_a_namespace_whose_queues_were_never_full():
    facts = logged(host())
    facts["counters"].update(TCPReqQFullDoCookies=0, TCPReqQFullDrop=0)
    (one,) = findings(facts)
    assert (one["id"], one["severity"], one["subject"]) == ("syn-flood-reported", "info", "host")


@pytest.mark.parametrize(
    "name, command",
    [
        ("blue", "ip netns exec blue sysctl -w"),
        ("a b'c", 'ip netns exec \'a b\'"\'"\'c\' sysctl -w'),
        ("pid:812", "nsenter --net --target 812 sysctl -w"),
        ("/run/docker/netns/x", "nsenter --net=/run/docker/netns/x sysctl -w"),
    ],
)
def test_other_namespaces_are_judged_by_their_own_settings(name, command):
    facts = host()
    facts["network_namespaces"] = [
        {"name": "host", "sysctls": dict(DEFAULTS), "counters": {}},
        {"name": name, "sysctls": dict(DEFAULTS, tcp_syncookies=0, tcp_max_syn_backlog=128), "counters": {}},
    ]
    facts["listeners"].append(listener(network_namespace=name, **DROPPING))
    found = findings(facts)
    ids = [one["id"] for one in found]
    assert ids == ["syn-queue-full", "listener-bound-by-application", "syncookies-off", "half-open-lifetime"]
    assert found[0]["subject"] == "0.0.0.0:80 in network namespace " + name
    assert found[0]["remedy"].startswith(command)
    assert found[2]["subject"] == "net.ipv4.tcp_syncookies in network namespace " + name


def test_a_listener_that_is_not_wholly_visible_is_judged_by_what_is():
    row = listener(
        processes=[], unit=None, backlog=None, drops=None, bound_by=None, remedy=None, address="::", **ACCEPT_FULL
    )
    row["syn_queue"] = {"used": None, "limit": None, "new_peer_limit": None, "on_full": None}
    facts = host()
    facts["listeners"] = [row]
    (found,) = findings(facts)
    assert (found["id"], found["subject"]) == ("accept-queue-overflow", "[::]:80")
    assert "its application does not accept" in found["summary"]


def test_the_worst_comes_first():
    facts = during(host(tcp_syncookies=0), ListenOverflows=1, ListenDrops=1)
    facts["listeners"] = [listener(port=1, drops=2), listener(port=2, **DROPPING), listener(port=3, **ACCEPT_FULL)]
    order = [("critical", "warning", "info").index(one["severity"]) for one in findings(facts)]
    assert order == sorted(order)
    assert [one["subject"] for one in findings(facts)[:2]] == ["0.0.0.0:3", "0.0.0.0:2"]


@given(st.permutations(range(4)))
def test_the_order_does_not_hang_on_the_order_of_listeners(order):
    rows = [listener(port=port, accept_queue={"used": 510 + port}) for port in range(4)]
    facts = host()
    facts["listeners"] = rows
    expected = findings(facts)
    facts["listeners"] = [rows[place] for place in order]
    assert findings(facts) == expected


@pytest.mark.parametrize("part", sorted(host()))
def test_any_part_may_be_absent_or_null(part):
    facts = logged(during(with_listener(host(tcp_syncookies=0), **SYN_FULL), ListenDrops=5))
    without = {name: value for name, value in facts.items() if name != part}
    assert findings(dict(facts, **{part: None})) == findings(without)
    assert findings({part: facts[part]}) is not None


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = sorted(
    set(host()) | set(listener()) | set(DEFAULTS) | set(COUNTERS) | {"events", "network_namespaces", "runtime"}
)


def replaced(value, place, junk):
    """A copy of nested facts in which whatever stands at a place is something else."""
    if place == 0:
        return junk
    if isinstance(value, dict) and value:
        name = sorted(value)[place % len(value)]
        return dict(value, **{name: replaced(value[name], place // len(value), junk)})
    if isinstance(value, list) and value:
        return [replaced(value[0], place // 2, junk)] + value[1:]
    return junk


@given(st.integers(1, 10**6), JUNK)
def test_no_value_of_any_kind_anywhere_raises(place, junk):
    facts = logged(during(with_listener(host(tcp_syncookies=0), **DROPPING), ListenDrops=5))
    for one in findings(replaced(facts, place, junk)):
        assert set(one) == {"id", "severity", "subject", "summary", "evidence", "remedy"}


@given(st.dictionaries(st.sampled_from(NAMES), JUNK))
def test_no_structure_raises(facts):
    findings(facts)


def test_what_is_told_prints_and_travels():
    facts = logged(during(host(tcp_syncookies=0), ListenDrops=200, ListenOverflows=3))
    facts["listeners"] = [
        listener(port=1, **ACCEPT_FULL),
        listener(port=2, **DROPPING),
        listener(port=3, **NEW_PEERS_NEAR),
    ]
    found = findings(facts)
    assert len({one["id"] for one in found}) >= 6
    assert json.loads(json.dumps(found)) == found
    for one in found:
        for text in (one["summary"], one["subject"], one["remedy"]):
            assert text and text == text.strip() and text.isprintable() and "None" not in text
            assert "  " not in text.replace("  # ", " # ")


# ---------------------------------------------------------------- pages


IDENTIFIERS = {rule[0] for rule in (*RULES, *of_watch.RULES)}


def test_every_finding_has_its_page_and_every_page_its_finding():
    pages = {name[: -len(".md")] for name in os.listdir(PAGES) if name != "README.md"}
    assert pages == IDENTIFIERS


@pytest.mark.parametrize("identifier", sorted(IDENTIFIERS))
def test_a_page_tells_what_it_means_how_it_is_known_and_what_to_do(identifier):
    with open(os.path.join(PAGES, identifier + ".md"), encoding="utf-8") as page:
        lines = page.read().splitlines()
    headings = [line for line in lines if line.startswith("#")]
    assert headings == ["# " + identifier, "## What it means", "## How it is known", "## What to do"]
    with open(os.path.join(PAGES, "README.md"), encoding="utf-8") as index:
        assert "[%s](%s.md)" % (identifier, identifier) in index.read()
