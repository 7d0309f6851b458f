# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which listeners are counted where there are too many, and which packets are theirs."""

from __future__ import annotations

from typing import Any, Tuple

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenKey, ListenSocket
from ansible_collections.linuxnet.tcp.plugins.module_utils._watch import program, taps
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._watch.test_watch import HOST, sock


def ports(*socks: ListenSocket, named: Tuple[int, ...] = (), most: int = 99) -> list:
    return [key.port for key in taps.chosen(socks, named, most)]


def test_each_listener_has_two_sockets_and_the_namespace_four() -> None:
    assert 2 * taps.MOST_ALONE + len(taps.everything(HOST)) == taps.MOST_SOCKETS == 32
    assert taps.MOST_TOGETHER == 100


def test_the_fuller_an_accept_queue_the_earlier() -> None:
    assert ports(sock(1, accept_used=1), sock(2, accept_used=9), sock(3, accept_used=5, drops=99)) == [2, 3, 1]


def test_of_queues_that_are_as_full_the_one_that_dropped_more() -> None:
    assert ports(sock(1, drops=None), sock(2, drops=1), sock(3, drops=7), sock(4, drops=0)) == [3, 2, 1, 4]
    assert ports(sock(1, accept_used=1), sock(2, drops=1000)) == [1, 2]


def test_named_ports_come_before_all_others_and_are_ranked_likewise() -> None:
    assert ports(sock(1), sock(2, accept_used=9, drops=9), sock(3), sock(4, drops=1), named=(3, 4)) == [4, 3, 2, 1]


def test_a_group_is_ranked_by_its_member_under_most_strain() -> None:
    assert ports(sock(5), sock(5, accept_used=9), sock(5), sock(1, accept_used=4)) == [5, 1]
    assert ports(sock(5), sock(5), sock(1)) == [1, 5], "and is there once"


def test_equals_are_ordered_by_port_address_family_and_device() -> None:
    socks = [sock(2), sock(1, device="eth1"), sock(1), sock(1, "::"), sock(1, device="eth0"), sock(1, "10.0.0.1")]
    assert [(key.port, key.address, key.device) for key in taps.chosen(socks)] == [
        (1, "0.0.0.0", None), (1, "0.0.0.0", "eth0"), (1, "0.0.0.0", "eth1"), (1, "10.0.0.1", None), (1, "::", None), (2, "0.0.0.0", None),
    ]  # fmt: skip


def test_so_many_are_chosen_and_no_more() -> None:
    assert ports(*map(sock, range(1, 9)), most=3) == [1, 2, 3]
    assert ports(*map(sock, range(1, 9)), most=0) == []


def test_listeners_that_were_opened_later_come_behind() -> None:
    socks = [sock(1, accept_used=99), sock(2), sock(3, accept_used=5), sock(4)]
    first = [taps.key_of(sock(2))]
    assert [key.port for key in taps.joined(first, socks, [4], 2)] == [2, 4, 1]
    assert taps.joined(first, socks, [], 0) == first


# ---------------------------------------------------------------- packets


def addresses(count: int) -> Tuple[str, ...]:
    return tuple("10.0.0.%d" % number for number in range(1, count + 1))


@pytest.mark.parametrize("count, asked", [(0, False), (1, True), (32, True), (33, False)])
def test_up_to_32_addresses_of_the_host_are_asked_for(count: int, asked: bool) -> None:
    host = taps.Host(addresses(count), (), {})
    for wanted in (taps.syns(taps.key_of(sock(80)), [sock(80)], host), *taps.everything(host)):
        assert wanted.addresses == (tuple(sorted(map(taps.packed, host.addresses))) if asked else None)


def test_a_wildcard_of_ipv6_is_asked_for_by_its_own_addresses() -> None:
    six, both = sock(80, "::", dual_stack=False), sock(80, "::", dual_stack=True)
    assert taps.syns(taps.key_of(six), [six], HOST).addresses == (taps.packed("::1"),)
    assert taps.syns(taps.key_of(both), [both], HOST).addresses == tuple(sorted(map(taps.packed, HOST.addresses)))
    unknown = sock(80, "::", dual_stack=None)
    assert taps.syns(taps.key_of(unknown), [unknown], HOST).families == (4, 6), "where it is not known, it takes both"


@pytest.mark.parametrize("other, families", [
    (sock(80), (6,)), (sock(81), (4, 6)), (sock(80, "10.0.0.1"), (4, 6)), (sock(80, device="eth0"), (4, 6)),
])  # fmt: skip
def test_ipv4_is_somebody_elses_where_its_wildcard_of_the_same_port_is(other: ListenSocket, families: tuple) -> None:
    both = sock(80, "::", dual_stack=True)
    assert taps.syns(taps.key_of(both), [both, other], HOST).families == families


@pytest.mark.parametrize("address, raw", [
    ("127.0.0.1", b"\x7f\0\0\1"), ("::ffff:127.0.0.1", b"\x7f\0\0\1"), ("fe80::1%eth0", b"\xfe\x80" + bytes(13) + b"\1"), ("::1", bytes(15) + b"\1"),
])  # fmt: skip
def test_the_bytes_of_an_address(address: str, raw: bytes) -> None:
    assert taps.packed(address) == raw


def test_what_is_counted_of_a_listener() -> None:
    arriving = taps.syns(taps.key_of(sock(80, device="eth0")), [], HOST)
    assert (arriving.direction, arriving.flags, arriving.port, arriving.device, arriving.not_devices) == (program.INCOMING, program.SYN, 80, 2, (3,))
    leaving = taps.syn_acks(arriving)
    assert (leaving.direction, leaving.flags, leaving.port, leaving.device) == (program.OUTGOING, program.SYN_ACK, 80, None)
    assert taps.syns(taps.key_of(sock(80, device="gone")), [], HOST).device is None


def test_a_wildcard_on_a_device_leaves_to_others_what_they_have_on_it() -> None:
    def left(*others: ListenSocket) -> Any:
        mine = sock(80, device="eth0")
        return taps.syns(taps.key_of(mine), [mine, *others], HOST).not_addresses

    assert left(sock(80, "10.0.0.2"), sock(80, "10.0.0.1", device="eth0")) == (taps.packed("10.0.0.1"), taps.packed("10.0.0.2"))
    assert left(sock(80, "10.0.0.1", device="eth1"), sock(80), sock(81, "10.0.0.1")) == ()


def test_what_is_counted_of_a_namespace() -> None:
    syns, segments, out, answers = taps.everything(HOST)
    assert [(one.direction, one.flags, one.port) for one in (syns, segments, out, answers)] == [
        (program.INCOMING, program.SYN, None), (program.INCOMING, None, None), (program.OUTGOING, program.SYN, None), (program.OUTGOING, program.SYN_ACK, None),
    ]  # fmt: skip
    assert {one.not_devices for one in (syns, segments, out, answers)} == {(3,)}
    assert taps.closed(22, HOST) == syns._replace(port=22)


def test_classes_begin_with_segments_that_are_no_syns() -> None:
    keys = [ListenKey("ipv4", "0.0.0.0", 80, None)]
    found = dict(taps.classes(keys, [22], [sock(80)], HOST))
    assert found["data"].not_flags == program.SYN and found["data"].flags is None
    assert found["in 0"] == taps.syns(keys[0], [sock(80)], HOST) and found["out 0"] == taps.syn_acks(found["in 0"])
    assert found["port 22"] == taps.closed(22, HOST)
    assert [found["other"], found["data"]._replace(not_flags=None), found["syns_out"], found["other_out"]] == taps.everything(HOST)
