# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings import of_watch
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenKey, ListenSocket
from ansible_collections.linuxnet.tcp.plugins.module_utils._watch import drops, layers, samples, taps, telling
from ansible_collections.linuxnet.tcp.plugins.module_utils._watch.balance import Counted

SOFTNET = """00001000 00000007 00000002 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
00001000 00000000 00000003 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000002
"""
CONNTRACK = """entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error
00000010  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000001 0000000a 00000002 00000000
00000010  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000006 00000000 00000000
"""
NETSTAT = "TcpExt: SyncookiesSent IPReversePathFilter PAWSEstab\nTcpExt: 5 70 -1\nIpExt: InNoRoutes\nIpExt: 3\n"


def test_softnet_counts_by_cpu() -> None:
    assert {one.where: count for one, count in layers.of_softnet(SOFTNET).items()} == {"cpu0": 7, "cpu2": 0}
    assert layers.squeezed(SOFTNET) == 5


def test_conntrack_counts_over_all_cpus() -> None:
    found = {one.reason: count for one, count in layers.of_conntrack(CONNTRACK).items()}
    assert found == {"drop": 16, "early_drop": 2, "insert_failed": 1}


def test_counters_are_found_by_group() -> None:
    found = layers.of_groups(layers.groups(NETSTAT))
    assert found == {
        layers.Counter("reverse_path_filter", "IPReversePathFilter", "TcpExt"): 70,
        layers.Counter("routing", "InNoRoutes", "IpExt"): 3,
    }
    assert layers.of_snmp6("Ip6InNoRoutes 4\nIp6OutRequests 9\nbroken\n") == {layers.Counter("routing", "Ip6InNoRoutes", "Ip6"): 4}


@given(st.text())
def test_no_text_breaks_a_reader(text: str) -> None:
    layers.groups(text)
    layers.of_snmp6(text)
    drops.Drops().add(text)


def test_only_what_moved_is_told_and_in_the_way_of_a_packet() -> None:
    one, two = layers.Counter("listener", "ListenOverflows", "x"), layers.Counter("device", "rx_dropped", "eth0")
    lost = layers.moved({one: 1, two: 5}, {one: 3, two: 9, layers.Counter("softnet", "dropped", "cpu0"): 4})
    assert [(row["layer"], row["dropped"]) for row in layers.told(lost, "host")] == [("device", 4), ("listener", 2)]
    assert layers.moved({one: 5}, {one: 2}) == layers.moved({one: 5}, {one: 5}) == {}


# ---------------------------------------------------------------- the tracepoint


LINE = "  python-277 [000] ..s1. 6475.5: kfree_skb: skbaddr=00 rx_sk=00 protocol=2048 location={0}+0x3e8/0x610 reason: {1}\n"


def test_drops_are_counted_by_reason_and_place() -> None:
    text = LINE.format("nft_do_chain", "NETFILTER_DROP") * 3 + "CPU:0 [LOST 12 EVENTS]\n" + LINE.format("tcp_v4_rcv", "NO_SOCKET")
    seen = drops.Drops()
    assert sum(seen.add(text[at : at + 50]) for at in range(0, len(text), 50)) == 12
    assert drops.told(seen.counts) == [
        {"layer": "netfilter", "reason": "NETFILTER_DROP", "where": "nft_do_chain", "dropped": 3},
        {"layer": "no_listener", "reason": "NO_SOCKET", "where": "tcp_v4_rcv", "dropped": 1},
    ]


def test_no_more_places_are_kept_than_that() -> None:
    seen = drops.Drops()
    for number in range(2000):
        seen.add(LINE.format("f%d" % number, "NO_SOCKET"))
    assert len(seen.counts) <= 257 and sum(seen.counts.values()) == 2000


def test_what_nobody_read() -> None:
    assert drops.stats("entries: 4\noverrun: 100\ncommit overrun: 1\nbytes: 176\ndropped events: 2\nread events: 20\n") == 107


# ---------------------------------------------------------------- which listeners are counted, and which packets


def sock(port: int, address: str = "0.0.0.0", **more: Any) -> ListenSocket:
    family = "ipv6" if ":" in address else "ipv4"
    plain = ListenSocket(family, "tcp", address, port, None, None, port, 0, 0, 128, 0, None)
    return plain._replace(**more)


HOST = taps.Host(("127.0.0.1", "192.0.2.1", "::1"), (3,), {"eth0": 2})


def test_named_ports_come_first_then_strained_ones() -> None:
    many = [sock(port) for port in range(1000, 1100)] + [sock(9, drops=3), sock(8, accept_used=1)]
    keys = [key.port for key in taps.chosen(many, [1099])]
    assert keys[:4] == [1099, 8, 9, 1000] and len(keys) == 14


def test_a_dual_stack_wildcard_takes_both_families_unless_somebody_else_takes_one() -> None:
    both = sock(80, "::", dual_stack=True)
    assert taps.syns(taps.key_of(both), [both], HOST).families == (4, 6)
    assert taps.syns(taps.key_of(both), [both, sock(80)], HOST).families == (6,)
    only = sock(80, "::", dual_stack=False)
    assert taps.syns(taps.key_of(only), [only], HOST).families == (6,)


def test_a_wildcard_leaves_to_others_what_is_theirs() -> None:
    wanted = taps.syns(taps.key_of(sock(80)), [sock(80), sock(80, "192.0.2.1"), sock(81, "192.0.2.9")], HOST)
    assert wanted.not_addresses == (taps.packed("192.0.2.1"),) and wanted.not_devices == (3,)
    assert wanted.addresses == (taps.packed("127.0.0.1"), taps.packed("192.0.2.1"))


# ---------------------------------------------------------------- what a namespace tells


def group(port: int, counted: Counted | None) -> telling.Group:
    return telling.Group(ListenKey("ipv4", "0.0.0.0", port, None), counted, samples.Samples(129))


def seen(groups: List[telling.Group], dropped: int = 0, used: int = 0, **counters: int) -> telling.Seen:
    listeners = []
    for one in groups:
        accept = samples.Samples(129)
        for length in (0, used, used, 0, 0):
            accept.add(length, 0.01)
        listeners.append(telling.Listener(sock(one.key.port), accept, dropped, False))
    syns = sum(one.counted.syns for one in groups if one.counted)
    inside = {"InSegs": syns, "ListenDrops": dropped, **counters}
    return telling.Seen("host", 10.0, 0.01, groups, listeners, inside, {}, (syns, 0), (syns, 0), 0, {})


def watched(one: telling.Seen) -> Dict[str, Any]:
    told = telling.tell(one)
    return {"seconds": 10.0, "listeners": told.listeners, "layers": told.layers, "namespaces": [told.totals]}


def test_all_is_well() -> None:
    told = watched(seen([group(80, Counted(10, 10, 0)), group(81, Counted(0, 0, 0))], PassiveOpens=10))
    assert [row["connections_per_second"] for row in told["listeners"]] == [1.0, 0.0]
    assert told["layers"] == [] and [one["id"] for one in of_watch.findings(told)] == ["nothing-lost-here"]


@pytest.mark.parametrize(("count", "said"), [(0, []), (1, ["1 time"]), (3, ["3 times"])])
def test_memory_pressure_is_warned_of(count: int, said: List[str]) -> None:
    one = telling.tell(seen([group(80, Counted(10, 10, 0))], TCPMemoryPressures=count))
    assert one.totals["tcp_memory_pressures"] == count
    told = "TCP came under memory pressure (net.ipv4.tcp_mem) %s during the watch: the kernel may then drop what no other counter has."
    assert one.warnings == [told % words for words in said]


def test_devices_tell_what_their_rings_lost() -> None:
    """rx_missed_errors, rx_dropped and rx_fifo_errors, each where it moved."""
    before = layers.of_devices({"eth0": {"rx_missed_errors": 5, "rx_dropped": 1, "rx_fifo_errors": 0}, "lo": {"rx_dropped": 0}})
    after = layers.of_devices({"eth0": {"rx_missed_errors": 25, "rx_dropped": 1, "rx_fifo_errors": 4}, "new": {"rx_dropped": 9}})
    rows = layers.told(layers.moved(before, after), "host")
    assert [(row["layer"], row["reason"], row["where"], row["dropped"]) for row in rows] == [
        ("device", "rx_fifo_errors", "eth0", 4),
        ("device", "rx_missed_errors", "eth0", 20),
    ]


def test_a_flood_without_cookies() -> None:
    told = watched(seen([group(80, Counted(1000, 129, 871))], dropped=871, TCPReqQFullDrop=871))
    found = of_watch.findings(told)
    assert [one["id"] for one in found] == ["syn-queue-full"] and found[0]["severity"] == "critical"
    assert "871 (87%) of 1000 SYNs" in found[0]["summary"]


def test_bursts_are_worth_knowing() -> None:
    told = watched(seen([group(80, Counted(100, 100, 0))], used=100))
    assert [one["id"] for one in of_watch.findings(told)] == ["backlog-bursts", "nothing-lost-here"]


def test_a_table_of_connections_that_is_full() -> None:
    one = seen([group(80, Counted(100, 60, 0))])
    one = one._replace(losses={layers.Counter("conntrack", "drop", "nf_conntrack"): 40}, conntrack=(100, 100))
    found = of_watch.findings(watched(one._replace(counters=dict(one.counters, InSegs=60))))
    assert found[0]["id"] == "conntrack-full" and "200" in found[0]["remedy"]
    assert "syns-dropped-by-firewall" not in [other["id"] for other in found]


def test_a_queue_of_a_cpu_that_overflows() -> None:
    one = seen([group(80, Counted(100, 100, 0))])._replace(losses={layers.Counter("softnet", "dropped", "cpu1"): 500})
    assert [other["id"] for other in of_watch.findings(watched(one))] == ["softnet-overflow"]


def test_two_that_are_not_told_apart_are_null_and_a_warning_says_why() -> None:
    told = telling.tell(seen([group(80, Counted(50, 80, 10)), group(81, Counted(50, 70, 10))], TCPSynRetrans=90))
    assert [row["syns"] for row in told.listeners] == [None, None]
    assert "0.0.0.0:80, 0.0.0.0:81" in told.warnings[0] and "null" in told.warnings[0]


def test_bounds_are_told_where_a_balance_is_not() -> None:
    (row, _other) = telling.tell(seen([group(80, Counted(50, 80, 10)), group(81, Counted(50, 70, 10))], TCPSynRetrans=90)).listeners
    assert row["syns_between"]["arrived"] == [50, 50] and row["syns_between"]["answered"] == [0, 50]
    (row,) = telling.tell(seen([group(80, Counted(10, 10, 0))])).listeners
    assert row["syns_between"] is None and row["syns"]["arrived"] == 10


def test_what_others_answered_twice_is_not_the_only_ones_that_was_asked_for() -> None:
    one = seen([group(80, Counted(100, 60, 40))], dropped=40, TCPSynRetrans=10)
    assert telling.tell(one._replace(all_syn_acks=60)).listeners[0]["syns"]["answered"] == 50
    assert telling.tell(one._replace(all_syn_acks=70)).listeners[0]["syns"] is None
    assert telling.tell(one._replace(all_syn_acks=60, others_dropped=3)).listeners[0]["syns"] is None


def test_answers_that_are_counted_nowhere_are_told() -> None:
    told = telling.tell(seen([group(80, Counted(100, 130, 0))], TCPSynRetrans=20))
    assert told.listeners[0]["syns"]["answered"] == 100 and told.listeners[0]["syns"]["unexplained"] == 0
    assert "0.0.0.0:80: 10 more SYN-ACKs left" in told.warnings[0]
    assert telling.tell(seen([group(80, Counted(100, 130, 0, 0, 10))], TCPSynRetrans=20)).warnings == []


def test_a_wrong_checksum_is_a_loss_before_the_listener() -> None:
    """TCP counts such a segment as received."""
    one = seen([group(80, Counted(100, 60, 0))])
    one = one._replace(losses={layers.Counter("checksum", "InCsumErrors", "Tcp"): 40})
    told = telling.tell(one)
    assert told.listeners[0]["syns"]["before_listener"] == 40 and told.listeners[0]["syns"]["unexplained"] == 0
    assert [(row["layer"], row["dropped"]) for row in told.layers] == [("checksum", 40)]


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["listeners", "layers", "namespaces", "syns", "accept_queue", "limit", "peak", "layer", "network_namespace"]),
    inner, max_size=4), max_leaves=20))  # fmt: skip
def test_no_answer_breaks_the_rules(told: Any) -> None:
    of_watch.findings(told if isinstance(told, dict) else {"listeners": told})


@pytest.mark.parametrize("name", ["{{ 1 }}", "\x1b[2J"])
def test_what_a_host_calls_itself_prints(name: str) -> None:
    told = watched(seen([group(80, Counted(1000, 129, 871))], dropped=871))
    told["listeners"][0]["network_namespace"] = told["namespaces"][0]["network_namespace"] = name
    for one in of_watch.findings(told):
        assert one["subject"].isprintable() and "{{" not in one["subject"]


TEXTS = {
    "netstat": NETSTAT,
    "snmp": "Ip: InAddrErrors\nIp: 6\nTcp: InSegs InCsumErrors\nTcp: 9 7\n",
    "snmp6": "Ip6InNoRoutes 4\n",
    "stat/nf_conntrack": CONNTRACK,
    "softnet_stat": SOFTNET,
}


def test_the_losses_of_all_files() -> None:
    found = layers.of_texts(TEXTS, True)
    without = layers.of_texts(TEXTS, False)
    assert {(one.layer, one.reason, one.where): count for one, count in without.items()} == {
        ("reverse_path_filter", "IPReversePathFilter", "TcpExt"): 70, ("routing", "InNoRoutes", "IpExt"): 3, ("routing", "InAddrErrors", "Ip"): 6,
        ("checksum", "InCsumErrors", "Tcp"): 7, ("routing", "Ip6InNoRoutes", "Ip6"): 4, ("conntrack", "drop", "nf_conntrack"): 16,
        ("conntrack", "early_drop", "nf_conntrack"): 2, ("conntrack", "insert_failed", "nf_conntrack"): 1,
    }  # fmt: skip
    assert {one.where: count for one, count in found.items() if one not in without} == {"cpu0": 7, "cpu2": 0}
    assert layers.of_texts({}, True) == {} == layers.of_conntrack("")


def test_how_far_the_counters_went_that_the_balance_needs() -> None:
    def texts(drops: int, segments: int) -> Dict[str, str]:
        return {"netstat": "TcpExt: ListenDrops Other\nTcpExt: %d 9\n" % drops, "snmp": "Tcp: InSegs RtoMin\nTcp: %d 5\n" % segments}

    assert layers.counters_moved(texts(5, 100), texts(8, 103)) == {"ListenDrops": 3, "InSegs": 3}
    assert layers.counters_moved(texts(5, 100), texts(4, 100)) == {"ListenDrops": 0, "InSegs": 0}, "one that began anew"
    assert layers.counters_moved({}, texts(4, 100)) == layers.counters_moved(texts(4, 100), {}) == {}


@pytest.mark.parametrize(("line", "cpus"), [
    ("0 a b", {"cpu0": 10}), ("0 a", {"cpu0": 10}), ("0", {}), ("", {}), ("0 1 0 0 0 0 0 0 0 0 0 0 0000000c", {"cpu12": 1}),
    ("0 1 0 0 0 0 0 0 0 0 0 0", {"cpu0": 1}),
])  # fmt: skip
def test_a_line_of_a_cpu(line: str, cpus: Dict[str, int]) -> None:
    assert {one.where: count for one, count in layers.of_softnet(line).items()} == cpus
    assert layers.squeezed("0 0 1f\n0 0 1\n0 0\n") == 32


def test_conntrack_of_a_cpu_whose_line_is_cut() -> None:
    assert {one.reason: count for one, count in layers.of_conntrack("entries drop early_drop\n1 2 3\n1 2\n1\n").items()} == {
        "drop": 4,
        "early_drop": 3,
    }


def test_only_what_was_lost_is_told() -> None:
    lost = {
        layers.Counter("conntrack", "early_drop", "x"): 5,
        layers.Counter("paws_and_time_wait", "TCPTimeWaitOverflow", "x"): 5,
        layers.Counter("device", "rx_dropped", "x"): 0,
    }
    assert layers.told(lost, "host") == [] and [layers.loses(one) for one in lost] == [False, False, True]


def test_a_line_that_comes_in_pieces_and_one_without_an_end() -> None:
    seen = drops.Drops()
    assert (seen.add("CPU:0 [LOST 1"), seen.add("2 EVENTS]"), seen.add("\n")) == (0, 0, 12)
    assert seen.add("x" * 5000 + LINE.format("f", "XDP")) == 0 and list(seen.counts) == [drops.Drop("XDP", "f")]
    seen.add("y" * 9000)
    seen.add("kfree_skb: skbaddr=00 location=g+0x1 reason: NOMEM\n")
    assert seen.counts == {drops.Drop("XDP", "f"): 1, drops.Drop("NOMEM", "g"): 1}


def test_a_reason_that_is_not_known_is_of_no_layer_and_most_come_first() -> None:
    told = drops.told({drops.Drop("NEW", "f"): 1, drops.Drop("XDP", "g"): 5, drops.Drop("TCP_CSUM", "f"): 5, drops.Drop("TCP_CSUM", "e"): 5})
    assert [(row["layer"], row["reason"], row["where"]) for row in told] == [
        ("checksum", "TCP_CSUM", "e"),
        ("checksum", "TCP_CSUM", "f"),
        ("device", "XDP", "g"),
        ("other", "NEW", "f"),
    ]


def test_256_places_are_told_apart() -> None:
    seen = drops.Drops()
    for number in range(300):
        seen.add(LINE.format("f%d" % number, "NO_SOCKET"))
        seen.add(LINE.format("f0", "NO_SOCKET"))
    assert len(seen.counts) == 257 and seen.counts[drops.Drop("NO_SOCKET", "elsewhere")] == 44 and seen.counts[drops.Drop("NO_SOCKET", "f0")] == 301
