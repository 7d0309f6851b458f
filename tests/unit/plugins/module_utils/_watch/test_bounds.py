# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a watch tells of a namespace, and what follows from it, at its bounds."""

from __future__ import annotations

from typing import Any

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings import of_watch
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
    assert any("5 SYNs reached" in warning for warning in told(one).warnings)


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
    assert [row["subject"] for row in found] in (["0.0.0.0:80"], [])


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
