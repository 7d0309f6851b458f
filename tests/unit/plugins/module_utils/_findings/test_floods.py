# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of floods, bursts and lossy clients: one finding for each listener, and a remedy that can be pasted."""

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.findings import findings
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._findings.test_findings import (
    DEFAULTS,
    during,
    host,
    listener,
)

NEW = ("syn-flood-few-networks", "syn-flood-everywhere", "honest-burst", "lossy-clients")
FULL_WITH_COOKIES = {"syn_queue": {"used": 512}}
FULL_WITHOUT = {"syn_queue": {"used": 512, "on_full": "drop"}}


def entries(total=512, young=0, retransmissions=(0, 512), sources=(), followed=None, **named):
    row = {
        "network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None, "total": total,
        "retransmitted": sum(retransmissions[1:]), "young": young, "retransmissions": list(retransmissions),
        "distinct_sources": total, "peers": [],
        "sources": [
            {"network": network, "count": count, "share": count / total, "unanswered": count, "retransmitted": count}
            for network, count in sources
        ],
    }  # fmt: skip
    if followed is not None:
        row["followed"] = {"seconds": 2.0, "entries": followed[0], "gone": followed[1]}
    row.update(named)
    return row


ONE = (("198.51.100.0/24", 512),)
TWO_FAMILIES = (("198.51.100.0/24", 200), ("2001:db8::/64", 180), ("203.0.113.0/24", 132))
SPREAD = tuple(("11.0.%d.0/24" % number, 8) for number in range(64))


def judged(facts, *rows):
    facts["half_open"]["listeners"] = list(rows)
    return findings(facts)


def with_listener(facts, **changes):
    facts["listeners"] = [listener(**changes)]
    return facts


def first(facts, *rows):
    found = judged(facts, *rows)
    assert len([one for one in found if one["id"] in NEW + ("syn-queue-full", "last-quarter-drops")]) == 1
    return found[0]


@pytest.mark.parametrize(
    "state, sysctls, row, expected",
    [
        (FULL_WITH_COOKIES, {}, entries(sources=ONE), ("syn-flood-few-networks", "warning")),
        (FULL_WITHOUT, {"tcp_syncookies": 0}, entries(sources=ONE), ("syn-flood-few-networks", "critical")),
        (FULL_WITH_COOKIES, {}, entries(sources=SPREAD), ("syn-flood-everywhere", "warning")),
        (FULL_WITHOUT, {"tcp_syncookies": 0}, entries(sources=SPREAD), ("syn-flood-everywhere", "critical")),
        # nearly full
        ({"syn_queue": {"used": 450}}, {}, entries(450, 0, (0, 450), ONE), ("syn-flood-few-networks", "warning")),
        # the last quarter
        (
            {"syn_queue": {"used": 97, "new_peer_limit": 97, "on_full": "drop"}, "bound_by": "tcp_max_syn_backlog"},
            {"tcp_syncookies": 0, "tcp_max_syn_backlog": 128},
            entries(97, 0, (0, 97), tuple((network, 1) for network, _count in SPREAD)),
            ("syn-flood-everywhere", "critical"),
        ),
        # not to be told from a burst
        (FULL_WITH_COOKIES, {}, entries(512, 512, (512,), ONE), ("syn-queue-full", "warning")),
        (FULL_WITHOUT, {"tcp_syncookies": 0}, entries(512, 512, (512,), ONE), ("syn-queue-full", "critical")),
    ],
)
def test_one_finding_says_what_fills_the_queue(state, sysctls, row, expected):
    found = first(with_listener(host(**sysctls), **state), row)
    assert (found["id"], found["severity"]) == expected
    assert found["subject"] == "0.0.0.0:80"
    assert ("counters_window=2" in found["summary"]) == (expected[0] == "syn-queue-full")


def test_with_a_window_clients_are_told_from_a_flood():
    facts = during(with_listener(host(), **FULL_WITH_COOKIES), 2.0, PassiveOpens=900, TCPReqQFullDoCookies=40)
    assert first(facts, entries(512, 100, (300, 212), SPREAD, (200, 180)))["id"] == "lossy-clients"
    assert first(facts, entries(512, 512, (512,), SPREAD))["id"] == "honest-burst"
    assert first(facts, entries(512, 100, (300, 212), SPREAD, (200, 3)))["id"] == "syn-flood-everywhere"
    # In doubt, with a window already: no advice to take one.
    doubtful = first(facts, entries(512, 100, (300, 212), SPREAD, (200, 60)))
    assert doubtful["id"] == "syn-queue-full" and "counters_window" not in doubtful["summary"]


def test_the_evidence_is_the_listeners_own():
    facts = during(with_listener(host(), **FULL_WITH_COOKIES), 2.0, SyncookiesSent=900, SyncookiesRecv=4)
    row = entries(512, 12, (112, 400), TWO_FAMILIES, (300, 2))
    evidence = first(facts, row)["evidence"]
    expected = {
        "network_namespace": "host", "address": "0.0.0.0", "port": 80, "half_open": 512, "unanswered": 500,
        "retransmitted": 400, "distinct_sources": 512, "half_open_lifetime": 63.0, "spoofed_syn_rate_to_fill": 56.9,
        "networks": ["198.51.100.0/24", "2001:db8::/64", "203.0.113.0/24"], "share": 1.0, "followed": 300, "answered": 2,
        "seconds": 2.0, "completed": 0, "cookies_sent": 900, "cookies_back": 4, "syn_queue_limit": 512,
    }  # fmt: skip
    assert {name: evidence[name] for name in expected} == expected


MITIGATE = "`ansible-playbook linuxnet.tcp.mitigate -e mitigate_hosts=HOST` drops new connections from there"


@pytest.mark.parametrize(
    "changes, sources, command",
    [
        ({}, ONE, "iptables -I INPUT -s 198.51.100.0/24 -p tcp --syn --dport 80 -j DROP"),
        (
            {"address": "192.0.2.1"},
            ONE,
            "iptables -I INPUT -s 198.51.100.0/24 -p tcp --syn --dport 80 -d 192.0.2.1 -j DROP",
        ),
        (
            {"family": "ipv6", "address": "::"},
            TWO_FAMILIES,
            (
                "iptables -I INPUT -s 198.51.100.0/24,203.0.113.0/24 -p tcp --syn --dport 80 -j DROP && "
                "ip6tables -I INPUT -s 2001:db8::/64 -p tcp --syn --dport 80 -j DROP"
            ),
        ),
        (
            {"family": "ipv6", "address": "::ffff:192.0.2.1"},
            ONE,
            "iptables -I INPUT -s 198.51.100.0/24 -p tcp --syn --dport 80 -d 192.0.2.1 -j DROP",
        ),
    ],
)
def test_the_command_that_drops_a_flood(changes, sources, command):
    facts = with_listener(host(), **dict(FULL_WITH_COOKIES, **changes))
    facts["mitigation"] = {"controller": "192.0.2.7", "addresses": [], "iptables": ["ipv4", "ipv6"], "record": None}
    remedy = first(facts, entries(sources=sources, **changes))["remedy"]
    assert remedy.startswith(MITIGATE)
    assert remedy.endswith(" Or as root on the host: `%s` (the same with -D undoes it)." % command)


def test_in_another_namespace_it_runs_there():
    facts = host()
    facts["network_namespaces"] = [{"name": "blue", "sysctls": dict(DEFAULTS), "counters": {}}]
    facts["listeners"].append(listener(network_namespace="blue", **FULL_WITH_COOKIES))
    found = first(facts, entries(sources=ONE, network_namespace="blue"))
    command = "ip netns exec blue iptables -I INPUT -s 198.51.100.0/24 -p tcp --syn --dport 80 -j DROP"
    assert found["remedy"].startswith("As root on the host: `%s` " % command)
    assert "mitigate" not in found["remedy"], "that playbook acts on the host's own network namespace"
    assert (found["subject"], found["evidence"]["network_namespace"]) == ("0.0.0.0:80 in network namespace blue", "blue")


def mitigated(told, sources=TWO_FAMILIES, **changes):
    facts = with_listener(host(), **dict(FULL_WITH_COOKIES, **changes))
    facts["mitigation"] = dict({"controller": None, "addresses": [], "iptables": ["ipv4", "ipv6"], "record": None}, **told)
    return first(facts, entries(sources=sources, **changes))["remedy"]


def test_the_command_does_not_cut_its_reader_off():
    remedy = mitigated({"controller": "203.0.113.9", "addresses": ["2001:db8::1"]})
    assert "`iptables -I INPUT -s 198.51.100.0/24 -p tcp --syn --dport 80 -j DROP`" in remedy
    assert "203.0.113.0/24 is left out: this session comes from it (203.0.113.9)." in remedy
    assert "2001:db8::/64 is left out: it is near an address of the host itself (2001:db8::1)." in remedy
    assert "not known" not in remedy


def test_where_all_networks_are_near_cookies_are_what_is_left():
    remedy = mitigated({"controller": "198.51.100.9"}, ONE)
    assert remedy.startswith("SYN cookies let clients in meanwhile. 198.51.100.0/24 is left out: this session comes from it")
    assert remedy.endswith(" Set `backlog=` of nginx.") and "iptables" not in remedy and "mitigate" not in remedy


@pytest.mark.parametrize("port, warned", [(80, False), (22, True)])
def test_who_may_lock_himself_out_is_told(port, warned):
    remedy = mitigated({}, ONE, port=port)
    assert "It is not known from where you are logged in" in remedy
    assert ("can log in any more" in remedy) == warned


def test_a_host_without_iptables():
    remedy = mitigated({"controller": "192.0.2.1", "iptables": ["ipv4"]})
    assert "ip6tables" not in remedy and "iptables -I INPUT -s 198.51.100.0/24,203.0.113.0/24 " in remedy
    assert "The host has no iptables for 2001:db8::/64: drop that with its own firewall." in remedy
    remedy = mitigated({"controller": "192.0.2.1", "iptables": []}, ONE)
    assert "iptables -I" not in remedy and remedy.startswith(MITIGATE)


def test_what_is_dropped_already_need_not_be_dropped_again():
    record = {"since": "2026-11-20T04:23:45Z", "blocks": [{"network": "198.51.100.0/24", "port": 80}]}
    assert mitigated({"record": record}, ONE).startswith("A mitigation has dropped new connections from this network since 2026-11-20T04")
    assert mitigated({"record": record}, ONE, port=81).startswith(MITIGATE)


# ---------------------------------------------------------------- from everywhere, but not evenly


LED = (("198.51.100.0/24", 360),) + tuple(("11.0.%d.0/24" % number, 2) for number in range(63))


def test_a_network_that_leads_a_flood_from_everywhere_is_named():
    facts = with_listener(host(), **FULL_WITH_COOKIES)
    facts["mitigation"] = {"controller": "192.0.2.7"}
    found = first(facts, entries(sources=LED))
    assert found["id"] == "syn-flood-everywhere"
    assert "and 70% of all are from 198.51.100.0/24, the others from everywhere." in found["summary"]
    assert (found["evidence"]["leading_networks"], found["evidence"]["leading_share"]) == (["198.51.100.0/24"], 0.7031)
    assert found["remedy"] == (
        "SYN cookies let clients in meanwhile. Dropping new connections from 198.51.100.0/24 frees about 70% of the "
        "places: as root on the host `iptables -I INPUT -s 198.51.100.0/24 -p tcp --syn --dport 80 -j DROP`. Set "
        "`backlog=` of nginx."
    )
    facts["mitigation"] = {"controller": "198.51.100.7"}
    assert "iptables" not in first(facts, entries(sources=LED))["remedy"]


def test_twenty_networks_are_not_everywhere():
    twenty = tuple(("100.64.%d.0/24" % number, 25) for number in range(20))
    found = first(with_listener(host(), **FULL_WITH_COOKIES), entries(sources=twenty))
    assert found["id"] == "syn-flood-everywhere"
    assert "78% of all are from 100.64.0.0/24, 100.64.1.0/24, 100.64.10.0/24 and 13 more networks, " in found["summary"]
    assert len(found["evidence"]["leading_networks"]) == 16
    assert found["remedy"].count("100.64.") == 3 + 16


def test_a_flood_without_a_leader():
    found = first(with_listener(host(), **FULL_WITH_COOKIES), entries(sources=SPREAD))
    assert "and they come from everywhere." in found["summary"]
    assert "leading_networks" not in found["evidence"]


def test_cookies_where_a_block_does_not_help():
    found = first(with_listener(host(tcp_syncookies=0), **FULL_WITHOUT), entries(sources=SPREAD))
    assert found["remedy"].startswith("sysctl -w net.ipv4.tcp_syncookies=1  # at once. For more room: Set `backlog=`")
    admitting = with_listener(host(tcp_syncookies=0), remedy="To admit more, set it.", **FULL_WITHOUT)
    found = first(admitting, entries(sources=SPREAD))
    assert found["remedy"] == "sysctl -w net.ipv4.tcp_syncookies=1  # at once. To admit more, set it."
    found = first(with_listener(host(), **FULL_WITH_COOKIES), entries(sources=SPREAD))
    assert found["remedy"] == "SYN cookies let clients in meanwhile. Set `backlog=` of nginx."


@pytest.mark.parametrize("used", [512, 450])
def test_connections_that_nobody_accepts_are_no_flood(used):
    facts = with_listener(host(), accept_queue={"used": used}, **FULL_WITH_COOKIES)
    found = judged(facts, entries(sources=ONE))
    assert not set(NEW) & {one["id"] for one in found}
    assert (found[0]["id"] == "accept-queue-overflow") == (used == 512)


def test_a_few_old_entries_in_a_large_queue_are_nothing():
    facts = with_listener(host(), backlog=4096, syn_queue={"used": 60, "limit": 4097})
    assert judged(facts, entries(60, 0, (0, 60), ONE)) == []


def test_a_reported_flood_that_is_judged_is_told_once():
    facts = with_listener(host(), syn_queue={"used": 450})
    facts["kernel_log"]["events"] = [{"time": "2026-11-20T04:23:45Z", "kind": "syn_flood", "address": "0.0.0.0", "port": 80, "action": "cookies"}]
    facts["counters"].clear()
    found = [one["id"] for one in judged(facts, entries(450, 0, (0, 450), ONE))]
    assert "syn-flood-few-networks" in found and "syn-flood-reported" not in found


def test_the_counters_do_not_tell_it_once_more():
    facts = during(with_listener(host(tcp_syncookies=0), syn_queue={"used": 450, "on_full": "drop"}), 2.0, TCPReqQFullDrop=9, ListenDrops=9)
    found = judged(facts, entries(450, 0, (0, 450), ONE, (300, 0)))
    assert [one["id"] for one in found if one["id"] in NEW + ("syn-queue-full", "last-quarter-drops")] == ["syn-flood-few-networks"]
    assert found[0]["severity"] == "critical", "SYNs were dropped within the window"


# ---------------------------------------------------------------- where no entry is left


def test_a_burst_that_is_over():
    facts = during(host(), 2.0, PassiveOpens=300, TCPReqQFullDoCookies=235, SyncookiesSent=235, SyncookiesRecv=230)
    found = first(facts)
    assert (found["id"], found["severity"], found["subject"]) == ("honest-burst", "warning", "0.0.0.0:80")
    dropping = with_listener(host(tcp_syncookies=0), syn_queue={"on_full": "drop"})
    facts = during(dropping, 2.0, PassiveOpens=65, TCPReqQFullDrop=705, ListenDrops=705)
    found = first(facts)
    assert (found["id"], found["severity"]) == ("honest-burst", "critical")
    assert found["remedy"].startswith("sysctl -w net.ipv4.tcp_syncookies=1")
    facts["listeners"].append(listener(port=81))
    assert first(facts)["subject"] == "host"


@pytest.mark.parametrize(
    "moved",
    [
        {"TCPReqQFullDoCookies": 235, "SyncookiesSent": 235, "SyncookiesRecv": 20, "PassiveOpens": 20},
        {"TCPReqQFullDoCookies": 5, "SyncookiesSent": 5},
    ],
)
def test_an_overflow_that_nobody_completed_is_no_burst(moved):
    assert first(during(host(), 2.0, **moved))["id"] == "syn-queue-full"


@pytest.mark.parametrize(
    "seconds, sent, back, told",
    [(2.0, 4000, 0, True), (2.0, 4000, 390, True), (2.0, 4000, 2000, False), (2.0, 20, 0, False), (0.3, 600, 0, False)],
)
def test_forced_cookies_that_do_not_come_back(seconds, sent, back, told):
    facts = during(host(tcp_syncookies=2), seconds, TCPReqQFullDoCookies=sent, SyncookiesSent=sent, SyncookiesRecv=back)
    for kernel in (facts["kernel"], None):  # one that is not known counts as one of today
        ids = [one["id"] for one in findings(dict(facts, kernel=kernel))]
        assert ids == (["syn-flood-everywhere"] if told else []) + ["syncookies-forced"]


def test_another_listeners_flood_makes_no_burst_of_a_busy_one():
    facts = during(host(tcp_syncookies=0), 2.0, PassiveOpens=1700, TCPReqQFullDrop=3830, ListenDrops=3830)
    facts["listeners"] = [listener(**FULL_WITHOUT), listener(port=81, syn_queue={"used": 420, "on_full": "drop"})]
    found = judged(facts, entries(sources=ONE, followed=(100, 0)), entries(420, 420, (420,), port=81))
    assert [(one["id"], one["subject"]) for one in found if one["id"] in NEW] == [("syn-flood-few-networks", "0.0.0.0:80")]


def test_what_a_host_writes_behind_an_address_is_in_no_command():
    """A zone is no part of a network: a lying host could have had anything pasted into a shell."""
    told = (("198.51.100.7%$(id)/24", 512),)
    facts = with_listener(host(), syn_queue={"used": 512})
    remedies = [one["remedy"] for one in judged(facts, entries(512, 0, (0, 512), told))]
    assert any("-s 198.51.100.0/24 " in remedy for remedy in remedies)
    assert not any("$(" in remedy for remedy in remedies)


@pytest.mark.parametrize("others, subject, address", [([], "0.0.0.0:80", "0.0.0.0"), ([81], "host", None)])
def test_cookies_that_do_not_come_back_name_the_only_listener(others, subject, address):
    facts = during(host(tcp_syncookies=2), 2.0, SyncookiesSent=4000, SyncookiesRecv=9)
    facts["listeners"] += [listener(port=port) for port in others]
    found = findings(facts)[0]
    assert (found["id"], found["severity"], found["subject"]) == ("syn-flood-everywhere", "warning", subject)
    assert (found["evidence"]["address"], found["evidence"]["port"], found["evidence"]["half_open"]) == (address, 80 if address else None, 0)


CLIENTS = [
    (entries(512, 512, (512,), SPREAD), "honest-burst"), (entries(512, 100, (300, 212), SPREAD, (200, 180)), "lossy-clients"),
    (entries(512, 100, (300, 212), SPREAD, (200, 3)), "syn-flood-everywhere"),
]  # fmt: skip


@pytest.mark.parametrize("row, identifier", CLIENTS)
def test_what_drops_syns_is_critical_and_what_answers_with_cookies_is_not(row, identifier):
    cookies = during(with_listener(host(), **FULL_WITH_COOKIES), 2.0, PassiveOpens=900, TCPReqQFullDoCookies=40)
    dropping = during(with_listener(host(tcp_syncookies=0), **FULL_WITHOUT), 2.0, PassiveOpens=900, TCPReqQFullDrop=40, ListenDrops=40)
    for facts, severity, said in (
        (cookies, "warning", "New clients are answered with cookies."),
        (dropping, "critical", "SYNs of new clients are dropped."),
    ):
        found = first(facts, row)
        assert (found["id"], found["severity"]) == (identifier, severity) and found["summary"].endswith(said)
    if identifier != "honest-burst":  # not full yet
        near = during(with_listener(host(tcp_syncookies=0), syn_queue={"used": 450, "on_full": "drop"}), 2.0, PassiveOpens=900)
        found = first(near, row)
        assert found["severity"] == "warning" and found["summary"].endswith("Once the queue is full, SYNs of new clients are dropped.")


def test_the_fuller_queue_comes_first_of_each_kind():
    for row, identifier in CLIENTS:
        facts = during(host(), 2.0, PassiveOpens=900, TCPReqQFullDoCookies=40)
        facts["listeners"] = [listener(port=port, syn_queue={"used": used}) for port, used in ((80, 512), (81, 514), (82, 513))]
        found = judged(facts, *(dict(row, port=port) for port in (80, 81, 82)))
        assert [one["subject"] for one in found if one["id"] == identifier] == ["0.0.0.0:81", "0.0.0.0:82", "0.0.0.0:80"]


def test_how_many_entries_and_networks_are_named():
    def summary(*networks):
        return first(with_listener(host(), **FULL_WITH_COOKIES), entries(sources=networks))["summary"]

    four = tuple(("198.51.%d.0/24" % number, 128) for number in range(4))
    five = tuple(("198.51.%d.0/24" % number, 100) for number in range(5))
    assert "all of them are from 198.51.0.0/24, 198.51.1.0/24, 198.51.2.0/24 and 198.51.3.0/24." in summary(*four)
    assert "98% of all are from 198.51.0.0/24, 198.51.1.0/24, 198.51.2.0/24 and 2 more networks." in summary(*five)
    assert summary(*four).startswith(
        "A SYN flood: 512 half-open connections are there (512 admitted), 512 of them unanswered for half a second or more"
    )
    assert "all of them are from 198.51.100.0/24." in summary(("198.51.100.0/24", 510)) and "99% of all are" in summary(("198.51.100.0/24", 509))
    assert "from everywhere, 5% from the network with most." in summary(("198.51.100.0/24", 26)) and "from everywhere." in summary(
        ("198.51.100.0/24", 25)
    )


def test_a_burst_of_nobody_known_gets_room_in_words():
    for facts, start in (
        (during(host(), 2.0, PassiveOpens=300, TCPReqQFullDoCookies=235, SyncookiesSent=20), "Raise the backlog of the listener that has bursts: "),
        (
            during(host(tcp_syncookies=0), 2.0, PassiveOpens=65, TCPReqQFullDrop=705, ListenDrops=705),
            "sysctl -w net.ipv4.tcp_syncookies=1  # at once. For more room: raise",
        ),
    ):
        facts["listeners"].append(listener(port=81))
        assert first(facts)["remedy"].startswith(start)


def test_what_is_no_network_or_no_address_is_in_no_command():
    odd = (("nothing", 256), ("198.51.100.0/24", 256))
    facts = with_listener(host(), **dict(FULL_WITH_COOKIES, address="somewhere"))
    facts["mitigation"] = {"controller": "192.0.2.7"}
    remedy = first(facts, entries(sources=odd, address="somewhere"))["remedy"]
    assert "`iptables -I INPUT -s 198.51.100.0/24 -p tcp --syn --dport 80 -j DROP`" in remedy
    assert "nothing is left out: it is no network that a firewall knows." in remedy
