# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._change import restore_plan
from ansible_collections.linuxnet.tcp.plugins.module_utils._change.restore_plan import restoration_plan
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.mitigation import empty

Facts = Dict[str, Any]

SOCKET = {"family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None, "inode": 1080, "before": 128, "set": 4096}
RECORD = dict(
    empty(),
    since="2026-11-20T09:30:00Z",
    sysctls={"tcp_syncookies": {"before": 0, "set": 1}, "somaxconn": {"before": 128, "set": 4096}},
    listeners=[SOCKET],
    blocks=[{"network": "198.51.100.0/24", "port": 80}, {"network": "2001:db8::/64", "port": 80}],
)
#: What `iptables -nvxL SYN_BACKLOG` prints (1.8.9)
RULES = """\
Chain SYN_BACKLOG (1 references)
    pkts      bytes target     prot opt in     out     source               destination
      %d      160 RETURN     0    --  *      *       198.51.100.7         0.0.0.0/0            /* linuxnet.tcp.syn_backlog */
    %d   494800 DROP       6    --  *      *       198.51.100.0/24      0.0.0.0/0            tcp dpt:80 flags:0x17/0x02 /* linuxnet.tcp.syn_backlog */
"""


def row(used: int = 0, backlog: int = 4096, inode: int = 1080, port: int = 80, **changed: Any) -> Facts:
    queue = {"used": used, "limit": backlog + 1, "new_peer_limit": None, "on_full": "cookies"}
    listener = {
        "network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": port, "device": None, "inode": inode,
        "backlog": backlog, "syn_queue": queue,
    }  # fmt: skip
    return dict(listener, **changed)


def facts(*record: Any, **changed: Any) -> Facts:
    """A host with that record; with RECORD where none is given."""
    values = {"tcp_syncookies": 1, "somaxconn": 4096, "tcp_max_syn_backlog": 128}
    values.update(changed.pop("sysctls", {}))
    gathered = {
        "kernel": {"stable_level": "6.18.2", "rule": "backlog+1"},
        "sysctls": {name: {"runtime": value} for name, value in values.items()},
        "listeners": [row()],
        "counters_delta": {"seconds": 5.0, "ListenDrops": 3, "SyncookiesSent": 0},
        "findings": [],
        "mitigation": {"record": record[0] if record else RECORD},
    }
    return dict(gathered, **changed)


def test_no_record_is_nothing_to_do() -> None:
    made = restoration_plan(facts(None, counters_delta=None))
    nothing: Facts = dict.fromkeys(("not_yet", "remarks", "listeners", "ip_versions", "leads", "theirs"), [])
    assert made == dict(nothing, record=None, sysctls={})


def test_all_of_it_is_put_back() -> None:
    made = restoration_plan(facts(), [RULES % (2, 12370)], [RULES % (9, 12370)])
    assert made["not_yet"] == [] and made["remarks"] == []
    assert made["listeners"] == [{"address": "0.0.0.0", "port": 80, "inode": 1080, "backlog": 128}]
    assert made["sysctls"] == {"tcp_syncookies": 0, "somaxconn": 128}
    assert made["ip_versions"] == ["ipv4", "ipv6"]


def test_each_rule_that_leads_to_a_chain_is_removed() -> None:
    """Two runs at once can make two of them; one that was killed before it led there made none."""
    twice, none = ((RULES % (0, 0)).replace("(1 references)", "(%d references)" % count) for count in (2, 0))
    assert restoration_plan(facts(), [], [twice, none])["leads"] == ["ipv4", "ipv4"]
    assert restoration_plan(facts(), [], ["", RULES % (0, 0)])["leads"] == ["ipv6"]


def test_rules_that_somebody_else_put_into_the_chain_are_named() -> None:
    theirs = "       3      180 DROP       0    --  *      *       203.0.113.9          0.0.0.0/0\n"
    made = restoration_plan(facts(), [], [RULES % (0, 0) + theirs, RULES % (0, 0)])
    assert made["theirs"] == ["DROP 0 -- * * 203.0.113.9 0.0.0.0/0"]
    assert restoration_plan(facts(), [], [RULES % (0, 0), ""])["theirs"] == []


def test_what_is_back_already_or_never_was_done_is_no_work() -> None:
    made = restoration_plan(facts(sysctls={"tcp_syncookies": 0, "somaxconn": 128}, listeners=[row(backlog=128)]))
    assert (made["listeners"], made["sysctls"], made["remarks"]) == ([], {}, [])


def test_what_somebody_else_changed_since_is_left_and_told() -> None:
    made = restoration_plan(facts(sysctls={"tcp_syncookies": 2, "somaxconn": 65535}, listeners=[row(backlog=511)]))
    assert (made["listeners"], made["sysctls"]) == ([], {})
    assert [text.partition(",")[0] for text in made["remarks"]] == [
        "The backlog of 0.0.0.0:80 is 511",
        "net.core.somaxconn is 65535",
        "net.ipv4.tcp_syncookies is 2",
    ]


FILE = "/etc/sysctl.d/99-zz-linuxnet-tcp.conf"


@pytest.mark.parametrize(
    ("then", "now", "stays"),
    [
        ("1 kernel default", {"boot": 1, "boot_source": FILE + ":1"}, True),
        ("0 " + FILE, {"boot": 1, "boot_source": FILE + ":1"}, True),
        ("1 " + FILE, {"boot": 1, "boot_source": FILE + ":2"}, False),
        ("1 kernel default", {"boot": 0, "boot_source": FILE + ":1"}, False),
        ("1 kernel default", {"boot": None, "boot_source": None}, False),
        (None, {"boot": 1, "boot_source": FILE + ":1"}, False),
    ],
)
def test_what_was_tuned_for_good_to_the_same_value_stays(then: Any, now: Facts, stays: bool) -> None:
    seen = facts(dict(RECORD, boot={} if then is None else {"tcp_syncookies": then}))
    seen["sysctls"]["tcp_syncookies"].update(now)
    made = restoration_plan(seen)
    assert ("tcp_syncookies" not in made["sysctls"]) == stays
    told = ["net.ipv4.tcp_syncookies stays 1: since the mitigation, files set it for the boot too."]
    assert made["remarks"] == (told if stays else [])


@pytest.mark.parametrize("there", [[], [row(inode=7)], [row(port=81)], [row(network_namespace="blue")]])
def test_a_socket_that_was_opened_since_has_its_own_backlog(there: Any) -> None:
    made = restoration_plan(facts(listeners=there))
    assert (made["listeners"], made["remarks"]) == ([], [])


# ---------------------------------------------------------------- not yet


def found(identifier: str, severity: str = "warning", **evidence: Any) -> Facts:
    return {"id": identifier, "severity": severity, "subject": "0.0.0.0:80", "summary": "So it is.", "evidence": evidence}


@pytest.mark.parametrize("identifier", ["syn-flood-few-networks", "syn-flood-everywhere", "syn-queue-full", "last-quarter-drops"])
def test_a_flood_that_is_still_found(identifier: str) -> None:
    assert restoration_plan(facts(findings=[found(identifier)]))["not_yet"] == ["0.0.0.0:80 (%s): So it is." % identifier]


@pytest.mark.parametrize(
    "other",
    [found("syn-queue-full", "info"), found("accept-queue-overflow", "critical"), found("syn-queue-full", network_namespace="blue")],
)
def test_findings_that_a_mitigation_does_nothing_about(other: Facts) -> None:
    assert restoration_plan(facts(findings=[other]))["not_yet"] == []


@pytest.mark.parametrize(("used", "refused"), [(48, False), (49, True), (2000, True)])
def test_what_would_not_fit_into_the_limits_from_before(used: int, refused: bool) -> None:
    """Without cookies 97 of the 128 of tcp_max_syn_backlog are for new clients, which comes before the backlog of 128."""
    told = "0.0.0.0:80: %d half-open connections would fill more than half of the 97 places that it had before" % used
    assert restoration_plan(facts(listeners=[row(used)]))["not_yet"] == ([told] if refused else [])


def test_a_listener_whose_limits_stay_may_be_as_full_as_it_is() -> None:
    record = dict(RECORD, sysctls={})
    assert restoration_plan(facts(record, listeners=[row(100, 128, inode=5, port=81)]))["not_yet"] == []


def test_a_listener_that_loses_cookies_with_the_others() -> None:
    made = restoration_plan(facts(listeners=[row(100, 128, inode=5, port=81)]))
    assert made["not_yet"][0].startswith("0.0.0.0:81: 100 half-open connections would fill more than half of the 97")


def test_counters_that_grow() -> None:
    moving = facts(counters_delta={"seconds": 5.0, "SyncookiesSent": 7, "TCPReqQFullDrop": 1, "ListenDrops": 9})
    assert restoration_plan(moving)["not_yet"] == ["within 5.0 seconds these counters grew: TCPReqQFullDrop by 1, SyncookiesSent by 7"]
    forced = dict(moving, sysctls=facts(sysctls={"tcp_syncookies": 2})["sysctls"])
    assert restoration_plan(forced)["not_yet"] == []


def test_counters_that_cannot_be_read_tell_nothing() -> None:
    assert "it is not known whether" in restoration_plan(facts(counters_delta=None))["not_yet"][0]


def test_rules_that_still_drop() -> None:
    six = RULES.replace("198.51.100.0/24", "2001:db8::/64")
    made = restoration_plan(facts(), [RULES % (2, 12370), six % (0, 4)], [RULES % (2, 12370), six % (0, 9)])
    assert made["not_yet"] == ["the networks that are dropped still send: 5 more SYNs meanwhile"]
    assert restoration_plan(facts(), ["", "iptables: No chain/target/match by that name.\n"], [""])["not_yet"] == []


def test_a_limit_that_still_drops_is_told() -> None:
    limited = dict(RECORD, syn_limit=20, limited=[{"family": "ipv4", "port": 80}], blocks=[])
    told = restoration_plan(facts(limited), (3,), (8,))["not_yet"]
    assert told == ["networks still exceed the limit of SYNs: 5 more SYNs meanwhile"]
    both = dict(limited, blocks=RECORD["blocks"])
    assert "still send, or networks still exceed the limit" in restoration_plan(facts(both), (3,), (8,))["not_yet"][0]
    assert restoration_plan(facts(limited), (8,), (8,))["not_yet"] == []


@pytest.mark.parametrize(("told", "leads"), [("0", 0), ("2", 2), ("64", 64), ("65", 64), ("4294967296", 64), ("9" * 5000, 0)])
def test_a_host_may_claim_any_number_of_references(told, leads):
    found = restore_plan._chains(["ipv4"], ["Chain SYN_BACKLOG (%s references)\n" % told])
    assert found["leads"] == ["ipv4"] * leads


def test_a_count_that_no_kernel_prints_is_none():
    assert restore_plan._dropped("    7   420 DROP  tcp\n   %s  420 DROP  tcp\n" % ("9" * 5000)) == 7
