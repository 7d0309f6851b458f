# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a watch tells of a namespace, and what follows from it, at its bounds."""

from __future__ import annotations

from typing import Any

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings import of_watch
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.unix_listener import UnixListener
from ansible_collections.linuxnet.tcp.plugins.module_utils._watch import enough, layers, samples, taps, telling
from ansible_collections.linuxnet.tcp.plugins.module_utils._watch.balance import Counted
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._watch.test_watch import (
    HOST,
    group,
    seen,
    sock,
    watched,
)


def told(one: telling.Seen) -> telling.Told:
    return telling.tell(one)


def test_one_listener_has_all_new_connections_and_of_several_only_the_busy_one() -> None:
    assert told(seen([group(80, Counted(10, 10, 0))], PassiveOpens=20)).listeners[0]["connections_per_second"] == 2.0
    both = told(seen([group(80, Counted(10, 10, 0)), group(81, Counted(5, 5, 0))], PassiveOpens=15)).listeners
    assert [row["connections_per_second"] for row in both] == [1.0, 0.5]
    unclear = told(seen([group(80, Counted(10, 10, 0)), group(81, Counted(5, 5, 0)), group(82, Counted(0, 0, 0))], PassiveOpens=7)).listeners
    assert [row["connections_per_second"] for row in unclear] == [None, None, 0.0]


def test_where_connections_are_not_counted_no_rate_is_told() -> None:
    assert told(seen([group(80, Counted(10, 10, 0))])).listeners[0]["connections_per_second"] is None
    some = told(seen([group(80, Counted(10, 10, 0)), group(81, None)], PassiveOpens=10))
    assert [row["connections_per_second"] for row in some.listeners] == [None, None]
    assert "SYNs were counted for 1 of 2 listeners" in some.warnings[0]
    assert some.totals["syns_without_listener"] is None


def test_a_listener_that_was_closed_meanwhile() -> None:
    one = seen([group(80, Counted(10, 10, 0))])
    assert not told(one).warnings
    (warning,) = told(one._replace(listeners=[one.listeners[0]._replace(gone=True)])).warnings
    assert "A listener was closed during the watch" in warning


def test_syns_to_nobody_are_told_beyond_what_taps_may_miss() -> None:
    one = seen([group(80, Counted(10, 10, 0))])
    for everybody, slack, expected in ((15, 0, 5), (15, 5, 0), (15, 4, 5), (9, 0, 0)):
        assert told(one._replace(all_syns=(everybody, slack))).totals["syns_without_listener"] == expected
    assert told(one._replace(all_syns=None)).totals["syns_without_listener"] is None


def test_ports_that_nobody_listens_on() -> None:
    one = seen([group(80, Counted(10, 10, 0))])._replace(all_syns=(17, 0), closed_ports={22: 4})
    found = {row["where"]: row["dropped"] for row in told(one).layers}
    assert found == {"port 22": 4, "other ports": 3}


def test_the_listeners_own_drops_by_cause() -> None:
    one = seen([group(80, Counted(100, 60, 40))], dropped=40, ListenOverflows=10, TCPReqQFullDrop=25)
    found = {row["where"]: row["dropped"] for row in told(one).layers}
    assert found == {"accept queue": 10, "SYN queue": 25, "last quarter, or else": 5}


def test_more_causes_than_drops_are_no_loss_of_their_own() -> None:
    one = seen([group(80, Counted(100, 60, 40))], dropped=40, ListenOverflows=30, TCPReqQFullDrop=25)
    assert {row["where"]: row["dropped"] for row in told(one).layers} == {"accept queue": 30, "SYN queue": 25}


def test_segments_that_came_and_that_were_lost() -> None:
    one = seen([group(80, Counted(100, 60, 0))])
    one = one._replace(segments=(100, 3), counters=dict(one.counters, InSegs=60))
    totals = told(one).totals
    assert (totals["tcp_segments"], totals["tcp_segments_lost_before_tcp"]) == (100, 37)
    assert told(one._replace(segments=None)).totals["tcp_segments"] is None


def test_up_to_five_listeners_are_named() -> None:
    keys = [taps.key_of(sock(port)) for port in range(1, 8)]
    assert telling.named(keys[:5]).endswith("0.0.0.0:5") and telling.named(keys[:6]).endswith("0.0.0.0:5 and 1 more")


def test_what_no_counter_explains_is_a_firewalls() -> None:
    one = seen([group(80, Counted(100, 60, 0))])
    one = one._replace(counters=dict(one.counters, InSegs=60))
    (row,) = told(one).layers
    assert (row["layer"], row["reason"], row["where"], row["dropped"]) == ("netfilter", telling.INFERRED, "before TCP", 40)
    less = one._replace(losses={layers.Counter("routing", "InNoRoutes", "IpExt"): 30})
    assert {row["layer"]: row["dropped"] for row in told(less).layers} == {"routing": 30, "netfilter": 10}


def test_the_tracepoint_names_the_place_where_there_is_one() -> None:
    inferred = {"layer": "netfilter", "reason": telling.INFERRED, "where": "before TCP", "dropped": 40}
    place = {"layer": "netfilter", "reason": "NETFILTER_DROP", "where": "nft_do_chain", "dropped": 50}
    other = {"layer": "routing", "reason": "X", "where": "y", "dropped": 1}
    assert telling.with_reasons([other, inferred], [other, place]) == [other, dict(inferred, reason="NETFILTER_DROP", where="nft_do_chain")]
    assert telling.with_reasons([inferred], [place, dict(place, where="ipt_do_table")]) == [inferred]


def test_our_own_clients_repeats_are_not_the_listeners() -> None:
    one = seen([group(80, Counted(10, 10, 0))], TCPSynRetrans=9, ActiveOpens=4)
    assert telling.shared_of(one._replace(syns_out=10)).again == 3
    assert telling.shared_of(one._replace(syns_out=4)).again == 9
    assert telling.shared_of(one._replace(syns_out=None)).again == 9


def test_conntracks_room_is_told_where_there_is_a_table() -> None:
    one = seen([group(80, Counted(10, 10, 0))])
    assert told(one).totals["conntrack"] is None
    assert told(one._replace(conntrack=(5, 9))).totals["conntrack"] == {"count": 5, "max": 9}


def test_what_is_in_no_account() -> None:
    one = seen([group(80, Counted(100, 95, 0))], PassiveOpens=10)
    assert any("5 SYNs are in no account" in warning for warning in told(one).warnings)


# ---------------------------------------------------------------- findings of a watch


def repeated(again: int, answered: int, stuck: int) -> Any:
    one = watched(seen([group(80, Counted(1000, 1000, 0))]))
    one["listeners"][0]["syns"].update(repeated=again, answered=answered, unexplained=stuck, arrived=answered + again + stuck)
    return [found for found in of_watch.findings(one) if found["id"] == "clients-repeat-syns"]


def test_clients_that_ask_again() -> None:
    (found,) = repeated(600, 400, 0)
    assert found["severity"] == "warning" and "600 SYNs came again after" in found["summary"]
    assert found["evidence"]["repeated"] == 600 and found["evidence"]["answered"] == 400


def test_answers_that_do_not_leave() -> None:
    (found,) = repeated(0, 100, 900)
    assert found["severity"] == "critical" and "900 SYNs come in, and no answer left the host" in found["summary"]


def test_as_many_of_both_is_told_as_repeats() -> None:
    (found,) = repeated(500, 500, 500)
    assert found["severity"] == "warning" and "came again" in found["summary"]


def test_a_few_that_ask_again_are_the_networks_way() -> None:
    assert repeated(1, 1000, 0) == []
    assert repeated(0, 1000, 1) == []


def test_a_firewall_drops_syns() -> None:
    one = seen([group(80, Counted(100, 60, 0)), group(81, Counted(10, 10, 0))])
    one = one._replace(counters=dict(one.counters, InSegs=70))
    found = [row for row in of_watch.findings(watched(one)) if row["id"] == "syns-dropped-by-firewall"]
    assert [row["subject"] for row in found] == ["0.0.0.0:80"]


def test_a_loss_is_a_share_of_what_arrived() -> None:
    one = seen([group(80, Counted(1000, 1000, 0))])
    few = of_watch.findings(watched(one._replace(losses={layers.Counter("softnet", "dropped", "cpu1"): 1})))
    many = of_watch.findings(watched(one._replace(losses={layers.Counter("softnet", "dropped", "cpu1"): 900})))
    assert [row["severity"] for row in few + many] == ["warning", "critical"]
    assert few[0]["evidence"]["share"] == 0.001 and many[0]["evidence"]["share"] == 0.9
    most = of_watch.findings(watched(one._replace(losses={layers.Counter("softnet", "dropped", "cpu1"): 9000})))
    assert most[0]["evidence"]["share"] == 1.0
    assert most[0]["evidence"]["dropped"] == 9000


# ---------------------------------------------------------------- the backlog that would have been enough


def queue(limit: int, *lengths: int) -> samples.Samples:
    found = samples.Samples(limit)
    for length in lengths:
        found.add(length, 0.01)
    return found


def test_a_unix_socket_that_was_full_is_to_be_twice_as_large() -> None:
    found = enough.enough_for_unix(queue(129, 0, 129, 0), 128, 0.01)
    assert found.backlog == 512 and "full with 129 connections" in found.reason and "try 512" in found.reason
    calm = enough.enough_for_unix(queue(129, 0, 3, 0), 128, 0.01)
    assert calm.backlog == 128 and "is enough" in calm.reason


def test_one_that_never_accepts_needs_no_larger_backlog() -> None:
    stuck = samples.Samples(129)
    for _second in range(300):
        stuck.add(129, 0.1)
    assert not enough.accepts(stuck)
    assert enough.accepts(stuck, taken=1)
    assert enough.enough_for_unix(stuck, 128, 0.1).backlog != 512


# ---------------------------------------------------------------- which packets are counted


def test_a_device_is_asked_by_its_number() -> None:
    one = sock(80, device="eth0")
    assert taps.syns(taps.key_of(one), [one], HOST).device == 2
    assert taps.syns(taps.key_of(sock(80)), [one], HOST).device is None
    assert taps.syn_acks(taps.syns(taps.key_of(one), [one], HOST)).device is None, "answers may leave by another one"


def test_an_address_is_counted_by_that_alone() -> None:
    one = sock(80, "192.0.2.1")
    wanted = taps.syns(taps.key_of(one), [one, sock(80)], HOST)
    assert (wanted.addresses, wanted.not_addresses, wanted.families) == ((taps.packed("192.0.2.1"),), (), (4,))
    mapped = sock(80, "::ffff:192.0.2.1")
    assert taps.syns(taps.key_of(mapped), [mapped], HOST).families == (4,)
    six = sock(80, "2001:db8::7")
    assert taps.syns(taps.key_of(six), [six], HOST).families == (6,)


def test_a_wildcard_leaves_alone_what_another_device_serves() -> None:
    bound, other = sock(80, "192.0.2.1", device="eth1"), sock(80, "192.0.2.1", device="eth0")
    assert taps.syns(taps.key_of(sock(80)), [sock(80), bound], HOST).not_addresses == ()
    assert taps.syns(taps.key_of(sock(80, device="eth0")), [other], HOST).not_addresses == (taps.packed("192.0.2.1"),)


def test_without_addresses_every_packet_is_counted() -> None:
    none = taps.Host((), (3,), {})
    assert taps.syns(taps.key_of(sock(80)), [sock(80)], none).addresses is None
    assert [one.addresses for one in taps.everything(none)] == [None] * 4
    assert taps.everything(HOST)[0].addresses == tuple(sorted(map(taps.packed, HOST.addresses)))


def test_packets_go_to_the_most_exact_listener_first() -> None:
    socks = [sock(80), sock(80, "192.0.2.1"), sock(80, device="eth0")]
    names = [name for name, _wanted in taps.classes([taps.key_of(one) for one in socks], [22], socks, HOST)]
    assert names == ["data", "in 2", "out 2", "in 1", "out 1", "in 0", "out 0", "port 22", "other", "syns_out", "other_out"]


def test_sums_of_the_classes() -> None:
    counts = {"data": 100, "in 0": 5, "out 0": 4, "port 22": 2, "other": 1, "other_out": 3, "syns_out": 9}
    found = taps.summed(counts)
    assert (found["syns"], found["segments"], found["syn_acks"]) == (8, 108, 7)
    assert taps.summed({"in 0": 5}) == {"in 0": 5}


# ---------------------------------------------------------------- a namespace, word for word


def test_a_row_of_a_listener_and_the_totals_of_its_namespace() -> None:
    one = seen(
        [group(80, Counted(40, 30, 10, 2))], dropped=10, PassiveOpens=25, SyncookiesSent=6, SyncookiesRecv=5, ListenOverflows=3, TCPReqQFullDrop=2
    )
    one = one._replace(all_syns=(42, 1), segments=(90, 2), squeezed=4, xdp=("eth0", "eth1"), conntrack=(3, 9))
    one.listeners[0] = one.listeners[0]._replace(since=2.44)
    told_of = told(one)
    (row,) = told_of.listeners
    names = "network_namespace family address port device inode backlog since dropped syn_acks unsure reuseport"
    assert {name: row[name] for name in names.split()} == {
        "network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None, "inode": 80, "backlog": 128, "since": 2.4,
        "dropped": 10,
        "syn_acks": 30, "unsure": 3, "reuseport": None,
    }  # fmt: skip
    assert row["connections_per_second"] == 3.3, "25 in the 7.56 seconds since it was opened"
    assert told_of.totals == {
        "network_namespace": "host", "syns": 42, "syns_without_listener": 2, "tcp_segments": 90, "tcp_segments_lost_before_tcp": 48, "syn_acks_sent_again": 0,
        "passive_opens": 25, "listen_drops": 10, "listen_overflows": 3, "syn_cookies": {"sent": 6, "back": 5}, "conntrack": {"count": 3, "max": 9},
        "tcp_memory_pressures": None,
        "softnet_squeezed": 4, "xdp_devices": ["eth0", "eth1"],
    }  # fmt: skip
    assert "An XDP program is attached to eth0, eth1: what it drops is gone before" in told_of.warnings[-1]


def test_members_of_a_group_share_what_is_counted() -> None:
    one = seen([group(80, Counted(40, 40, 0))], PassiveOpens=40)
    one = one._replace(listeners=[one.listeners[0], one.listeners[0]._replace(dropped=0, since=5.0)])
    first, second = told(one).listeners
    for row in (first, second):
        assert (row["syns"], row["syns_between"], row["unsure"], row["syn_acks"], row["syn_queue"], row["connections_per_second"]) == (None,) * 6
        assert row["reuseport"]["members"] == 2 and row["reuseport"]["connections_per_second"] == 4.0
        assert row["reuseport"]["syn_acks"] == 40 and row["reuseport"]["syns"]["arrived"] == 40 and row["reuseport"]["syn_queue"]["samples"] == 0
    assert (first["since"], second["since"]) == (0.0, 5.0)


def test_warnings_name_the_namespace_unless_it_is_the_hosts() -> None:
    one = seen([group(80, Counted(10, 10, 0))], TCPMemoryPressures=1)
    assert told(one).warnings[0].startswith("TCP came") and told(one._replace(name="blue")).warnings[0].startswith("network namespace blue: TCP came")


def test_syns_that_are_in_no_account() -> None:
    one = seen([group(80, Counted(100, 90, 0))])
    (warning,) = told(one).warnings
    assert warning.startswith("0.0.0.0:80: 10 SYNs are in no account although the listener's host and TCP got them: no answer left")
    closed = one._replace(listeners=[one.listeners[0]._replace(gone=True)])
    assert told(closed).warnings[0].startswith("0.0.0.0:80: 10 SYNs are in no account: the listener was closed during the watch")


def test_more_than_arrived_came_another_way() -> None:
    one = seen([group(80, Counted(100, 100, 30))], dropped=30)
    assert any("0.0.0.0:80: 30 more SYN-ACKs left the host than arriving SYNs" in warning for warning in told(one).warnings)
    plain = seen([group(80, Counted(10, 0, 30))], dropped=30)
    assert any("20 more SYNs were answered or dropped than arrived" in warning for warning in told(plain).warnings)


def test_what_may_belong_to_another_account_is_told() -> None:
    one = seen([group(80, Counted(40, 30, 10))], dropped=10, ListenOverflows=3)._replace(segments=(90, 0))
    assert told(one).listeners[0]["unsure"] == 3
    assert any("0.0.0.0:80: up to 3 SYNs may belong to another account" in warning for warning in told(one).warnings)


def test_unix_sockets_on_which_connections_waited() -> None:
    def unix(path: str, *lengths: int) -> telling.Unix:
        return telling.Unix(UnixListener(path, path.encode(), "stream", 7, 0, 128), queue(129, *lengths))

    one = seen([])._replace(unix=[unix("/run/a", 0, 5, 0), unix("/run/b", 0, 0), unix("/run/c")])
    (row,) = told(one).unix_listeners
    assert {name: row[name] for name in ("network_namespace", "path", "type", "inode", "backlog", "recommended_backlog")} == {
        "network_namespace": "host", "path": "/run/a", "type": "stream", "inode": 7, "backlog": 128, "recommended_backlog": 128,
    }  # fmt: skip
    assert row["accept_queue"]["peak"] == 5 and "at most 5 connections" in row["recommended_because"]


def test_what_the_counters_of_a_namespace_are_for() -> None:
    too_old = {layers.Counter(layers.TIME_WAIT, name, "TcpExt"): count for name, count in (("PAWSEstab", 4), ("PAWSTimewait", 3), ("PAWSActive", 50))}
    one = seen([group(80, Counted(10, 10, 0))], TCPSynRetrans=9, TCPACKSkippedSynRecv=8, ListenOverflows=7, TCPSYNChallenge=6)._replace(
        losses=too_old
    )
    shared = telling.shared_of(one)
    assert (shared.again, shared.skipped, shared.overflows, shared.challenged, shared.lost, shared.drops) == (9, 8, 7, 13, 0, 0)
    less = telling.shared_of(one._replace(counters={}, segments=(5, 0)))
    assert (less.again, less.skipped, less.overflows, less.challenged, less.lost, less.drops) == (0, 0, 0, 7, None, None)


def test_segments_lost_are_never_fewer_than_none() -> None:
    one = seen([group(80, Counted(10, 10, 0))])
    assert telling.shared_of(one._replace(segments=(10, 4), counters={"InSegs": 9})).lost == 0
    assert telling.shared_of(one._replace(segments=(10, 0), counters={"InSegs": 4})).lost == 6
    assert telling.shared_of(one._replace(segments=(10, 2), counters={"InSegs": 4})).lost == 4


def test_what_was_sent_out_or_dropped_by_others_had_a_listener() -> None:
    one = seen([group(80, Counted(10, 10, 0))])._replace(all_syns=(30, 0))
    for answers, dropped, left in ((None, 0, 20), (10, 0, 20), (15, 0, 15), (5, 0, 20), (15, 4, 11), (None, 25, 0)):
        assert told(one._replace(all_syn_acks=answers, others_dropped=dropped)).totals["syns_without_listener"] == left


def test_the_rate_of_a_listener_by_what_was_answered() -> None:
    both = seen([group(80, Counted(10, 10, 0)), group(81, Counted(5, 5, 0))], PassiveOpens=15)
    assert [row["connections_per_second"] for row in told(both).listeners] == [1.0, 0.5]
    idle = told(seen([group(80, Counted(0, 0, 0)), group(81, Counted(5, 5, 0))], PassiveOpens=7)).listeners
    assert [row["connections_per_second"] for row in idle] == [0.0, 0.7]
    none = told(seen([group(80, Counted(0, 0, 0)), group(81, Counted(0, 0, 0))], PassiveOpens=0)).listeners
    assert [row["connections_per_second"] for row in none] == [0.0, 0.0]
    brief = seen([group(80, Counted(10, 10, 0))], PassiveOpens=5)._replace(seconds=0.0)
    assert told(brief).listeners[0]["connections_per_second"] is None


def test_an_application_that_took_none_is_told_by_what_was_opened() -> None:
    """Five were made, and five more wait than at the beginning."""

    def waiting(opened: int) -> Any:
        one = seen([group(80, Counted(5, 5, 0))], PassiveOpens=opened)
        accept = queue(129, 2, 4, 7)
        return told(one._replace(listeners=[one.listeners[0]._replace(accept=accept)])).listeners[0]["recommended_backlog"]

    assert waiting(5) is None and waiting(4) is None and waiting(6) == 128


def test_attempts_that_overflowed_between_two_looks_count_for_the_only_listener() -> None:
    one = seen([group(80, Counted(100, 60, 40))], dropped=40, ListenOverflows=30, PassiveOpens=60)
    assert "up to 30 connections were dropped" in told(one).listeners[0]["recommended_because"]
    fewer = seen([group(80, Counted(100, 60, 40))], dropped=40, ListenOverflows=90, PassiveOpens=60)
    assert "up to 40 connections were dropped" in told(fewer).listeners[0]["recommended_because"]


def test_layers_before_the_listener_explain_what_did_not_reach_it() -> None:
    one = seen([group(80, Counted(100, 60, 0))])
    one = one._replace(counters=dict(one.counters, InSegs=60))
    for layer, reason, left in (
        (layers.CONNTRACK, "drop", 30), (layers.CONNTRACK, "early_drop", 40), (layers.RP_FILTER, "x", 30), (layers.ROUTING, "x", 30),
        (layers.CHECKSUM, "x", 30), (layers.MEMORY, "x", 30),
        (layers.NETFILTER, "x", 30), (layers.DEVICE, "x", 40), (layers.SOFTNET, "x", 40), (layers.TIME_WAIT, "x", 40),
    ):  # fmt: skip
        found = told(one._replace(losses={layers.Counter(layer, reason, "w"): 10})).layers
        assert [row["dropped"] for row in found if row["reason"] == telling.INFERRED] == [left], (layer, reason)
    assert [row["reason"] for row in told(one._replace(losses={layers.Counter(layers.ROUTING, "x", "w"): 40})).layers] == ["x"]
