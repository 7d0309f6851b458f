# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much of half-open entries is kept: the figures that the documentation names, each held and not held by one."""

from __future__ import annotations

import ipaddress
import struct

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.half_open import Tally, ages, merge
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import (
    HalfOpen,
    HalfOpenTally,
    ListenKey,
    Network,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.sources import Frequent, Kept, Summary

ONE = bytes((198, 51, 100, 7))


def owner(port=80, address="0.0.0.0"):
    return ListenKey("ipv6" if ":" in address else "ipv4", address, port, None)


def network(number):
    """An address of this /24 and of no other's."""
    return struct.pack("!I", (10 << 24) + (number << 8))


@pytest.mark.parametrize(("count", "exact"), [(262144, True), (262145, False)])
def test_of_so_many_entries_every_address_is_kept(count, exact):
    tally = Tally()
    tally.of(owner())[1].extend([ONE] * count)
    tally.settle()
    assert tally.exact is exact
    assert tally.total == tally.result(1).whole.total == count


def test_so_many_listeners_are_told_apart():
    tally = Tally()
    for number in range(16385):
        tally.of(owner(number & 0xFF, "10.0.%d.1" % (number >> 8)))[1].append(ONE)
    tally.settle()
    named = tally.result(0).by_listener
    assert len(named) == 16385 and owner(0, "10.0.64.1") not in named and named[owner(0)].total == 1


def test_of_sixteen_listeners_the_sources_are_told_beyond_that():
    tally = Tally()
    for port in range(1, 18):
        tally.of(owner(port))[1].extend([ONE] * (20000 - port))
    tally.settle()
    told = tally.result(20).by_listener
    assert [port for port in range(1, 18) if told[owner(port)].distinct_sources is None] == [17], "the smallest"
    assert all(told[owner(port)].networks == [Network("198.51.100.0/24", 20000 - port, 20000 - port, 0)] for port in range(1, 17))


@pytest.mark.parametrize(("bound", "several"), [(65536, True), (4096, False)])
def test_so_many_networks_are_kept_of_all_and_of_a_listener(bound, several):
    """Beside one that floods. Where one more comes as often as the rest, none of them is more frequent than chance."""
    for twice in (bound - 1, bound):
        tally = Tally()
        for number in range(twice):
            tally.of(owner(80 + (number % 2 if several else 0)))[1].extend([network(number)] * 2)
        tally.of(owner(80))[1].extend([network(bound)] * (262145 - 2 * twice))
        tally.of(owner(80))[1].extend([network(bound + 1), network(bound + 2)])
        tally.settle()
        assert not tally.exact
        result = tally.result(10**6)
        told = result.whole if several else result.by_listener[owner(80)]
        names = {one.network for one in told.networks}
        assert str(ipaddress.ip_network((network(bound), 24))) in names
        assert ("10.0.1.0/24" in names) is (twice < bound)


def test_which_waited_how_long():
    assert ages([0, 0, 0, 1, 5], [1000, 501, 500, 900, 0], 1000) == [0, 0, 1, 2, 6]
    assert ages([0, 0], [2501, 2500], 3000) == [0, 1]


def test_connections_of_fast_open_by_their_listener():
    tally = Tally()
    tally.of(owner())[0].append(ONE)
    tally.settle()
    tally.fast_open(owner(), 2)
    tally.fast_open(owner(), 3)
    assert tally.result(1).fast_open == {owner(): 5}


def test_nothing_is_nothing():
    whole = Tally().result(5).whole
    assert whole == HalfOpen((), 0, 0, [], []) and Tally().exact and Tally().total == 0


def test_the_largest_listeners_are_named_and_the_whole_is_told_of_one_too():
    tally = Tally()
    tally.of(owner(80))[2].extend([ONE] * 3)
    tally.of(owner(80))[0].append(network(1))
    tally.of(owner(81))[4].append(network(2))
    tally.settle()
    result = tally.result(1)
    assert result.whole == HalfOpen((1, 3, 0, 1), 1, 3, [Network("198.51.100.0/24", 3, 3, 3)], [("198.51.100.7", 3)])
    assert result.by_listener[owner(80)] == HalfOpen((1, 3), 1, 2, [Network("198.51.100.0/24", 3, 3, 3)], [("198.51.100.7", 3)])
    assert result.by_listener[owner(81)] == HalfOpen((0, 0, 0, 1), 0, None, [], [])
    assert [one.total for one in tally.result(0).by_listener.values()] == [4, 1]


def test_several_namespaces_as_one():
    def whole(*networks, counts=(1,), distinct=1, peers=()):
        told = HalfOpen(counts, 1, distinct, [Network(name, many, many, 0) for name, many in networks], list(peers))
        return HalfOpenTally(told, {})

    one = whole(("a", 5), ("b", 3), counts=(1, 2), peers=[("x", 5), ("y", 1)])
    other = whole(("b", 4), ("c", 1), counts=(4,), distinct=None, peers=[("y", 7)])
    told = merge([one, other], 2)
    assert told == HalfOpen((5, 2), 2, 1, [Network("b", 7, 7, 0), Network("a", 5, 5, 0)], [("y", 8), ("x", 5)])
    assert merge([one], 1) is one.whole and merge([], 3) == HalfOpen((), 0, 0, [], [])


# ---------------------------------------------------------------- frequent things


def test_counts_of_the_most_frequent():
    frequent = Frequent(2)
    frequent.add([b"a", b"a", b"b"])
    assert (frequent.counts, frequent.shortfall) == ({b"a": 2, b"b": 1}, 0)
    frequent.add([b"a", b"c"])
    assert (frequent.counts, frequent.shortfall) == ({b"a": 2}, 1)
    frequent.add([b"d", b"d", b"d", b"b", b"b"])
    assert (frequent.counts, frequent.shortfall) == ({b"d": 1}, 3)


def test_ages_of_what_is_no_longer_kept_are_forgotten():
    kept, later = Kept(), Kept()
    for age, count in ((0, 2), (1, 3), (2, 4)):
        kept.add(age, ONE * count, b"")
    summary = Summary(1)
    summary.fold(kept)
    assert summary.networks(5) == [Network("198.51.100.0/24", 9, 7, 4)]
    later.add(1, network(1) * 20, b"")
    summary.fold(later)
    assert summary.networks(5) == [Network("10.0.1.0/24", 11, 11, 0)]
    assert summary.peers(5)[1] == [("10.0.1.0", 11)]


def test_of_equal_ones_the_lowest_address_and_ipv4_first():
    kept = Kept()
    kept.add(1, network(3) + network(1) + network(2) * 2, bytes(15) + b"\1" + bytes(15) + b"\2")
    assert kept.peers(4) == (5, [("10.0.2.0", 2), ("10.0.1.0", 1), ("10.0.3.0", 1), ("::1", 1)])
    assert [one.network for one in kept.networks(9)] == ["10.0.2.0/24", "::/64", "10.0.1.0/24", "10.0.3.0/24"]
    assert kept.peers(0) == (5, []) and kept.networks(1) == [Network("10.0.2.0/24", 2, 2, 0)]
