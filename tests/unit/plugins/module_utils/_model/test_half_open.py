# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries add up, whichever way they come in, and memory stays bounded."""

from __future__ import annotations

import ipaddress
from collections import Counter
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import half_open
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.half_open import Tally, ages, by_version, merge
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenKey, Network

FIRST = 1000
MAPPED = bytes(10) + b"\xff\xff"


def key(family, address, port=80, device=None):
    return ListenKey(family, address, port, device)


def packed(*texts):
    return [ipaddress.ip_address(text).packed for text in texts]


def tally_of(rows, size=7):
    """Rows of (owner, packed source, retransmissions, milliseconds left), added as they would be read."""
    tally = Tally()
    for start in range(0, len(rows), size):
        add(tally, rows[start:start + size], FIRST)
    return tally


def add(tally, rows, first):
    owners, sources, retransmissions, expires = zip(*rows)
    for owner, age, source in zip(owners, ages(retransmissions, expires, first), sources):
        tally.of(owner)[age].append(source)
    tally.settle()


OWNERS = st.sampled_from([key("ipv4", "0.0.0.0"), key("ipv4", "0.0.0.0", 81), key("ipv6", "::"), key("ipv6", "::", 81)])
V4 = st.integers(0, 600).map(lambda n: (0x0A000000 + 37 * n).to_bytes(4, "big"))
V6 = st.integers(0, 600).map(lambda n: ((0x20010DB8 << 96) + (n << 61)).to_bytes(16, "big"))


def row_of(owner):
    source = V4 if owner.family == "ipv4" else st.one_of(V6, V4.map(lambda one: MAPPED + one))
    return st.tuples(st.just(owner), source, st.sampled_from([0, 0, 0, 1, 2, 5]), st.integers(0, 3000))


ROWS = st.lists(OWNERS.flatmap(row_of), max_size=60)


def address_of(source):
    return str(ipaddress.ip_address(source[12:] if source.startswith(MAPPED) else source))


def network_of(source):
    address = ipaddress.ip_address(address_of(source))
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))


def told_as(source, wide):
    address = ipaddress.ip_address(address_of(source))
    return next((str(one) for one in wide if address in one), network_of(source))


def check(told, rows, top):
    """What is told of entries, against the same counted one by one."""
    assert told.total == len(rows) == sum(told.retransmissions)
    assert told.retransmitted == sum(again > 0 for _owner, _source, again, _left in rows)
    assert told.young == sum(again == 0 and left > FIRST - 500 for _owner, _source, again, left in rows)
    assert told.distinct_sources == len({address_of(row[1]) for row in rows})
    known = {network_of(row[1]) for row in rows}
    # One IPv6 prefix may stand for all /64 that are part of it; test_prefixes.py says when
    wide = [ipaddress.ip_network(one.network) for one in told.networks if one.network not in known]
    assert all(one.version == 6 and 48 <= one.prefixlen < 64 for one in wide)
    counts = Counter(told_as(row[1], wide) for row in rows)
    unanswered = Counter(told_as(row[1], wide) for row in rows if row[2] or row[3] <= FIRST - 500)
    again = Counter(told_as(row[1], wide) for row in rows if row[2])
    assert [one.entries for one in told.networks] == sorted(counts.values(), reverse=True)[:top]
    for one in told.networks:
        expected = Network(one.network, counts[one.network], unanswered[one.network], again[one.network])
        assert one == expected
    peers = Counter(address_of(row[1]) for row in rows)
    assert [count for _address, count in told.peers] == sorted(peers.values(), reverse=True)[:top]
    assert dict(told.peers).items() <= peers.items()


def of_one_site(*counts):
    """Entries of an IPv4 network, and so many from each of some /64 of one IPv6 site."""
    v4 = [(key("ipv4", "0.0.0.0"), bytes((10, 0, 0, 0)), 0, 0)] * 8
    sites = [ipaddress.ip_address("2001:db8:0:%x::" % number).packed for number in range(len(counts))]
    return v4 + [(key("ipv6", "::"), site, 0, 0) for site, count in zip(sites, counts) for _entry in range(count)]


@example(of_one_site(6, 1, 1), 1)
@given(ROWS, st.integers(1, 9))
def test_entries_of_several_listeners_are_told_apart_and_add_up(rows, size):
    result = tally_of(rows, size).result(4)
    assert result.exact
    check(result.whole, rows, 4)
    assert set(result.by_listener) == {row[0] for row in rows}
    for owner, told in result.by_listener.items():
        check(told, [row for row in rows if row[0] == owner], 4)


def within(network, counts):
    """The entries of all networks that are part of this one."""
    whole = ipaddress.ip_network(network)
    parts = ((ipaddress.ip_network(one), count) for one, count in counts.items())
    return sum(count for one, count in parts if one.version == whole.version and one.subnet_of(whole))


@given(ROWS)
def test_past_the_bound_the_counts_still_add_up_and_no_network_exceeds_the_truth(rows):
    small = {"MAX_ENTRIES": 16, "MAX_FOLDED": 2, "OVERALL": 8, "OF_A_LISTENER": 4}
    with mock.patch.multiple(half_open, **small):
        result = tally_of(rows).result(100)
    assert result.exact == (len(rows) <= 16)
    if result.exact:
        return
    assert result.whole.total == len(rows) == sum(told.total for told in result.by_listener.values())
    assert result.whole.retransmitted == sum(row[2] > 0 for row in rows)
    assert result.whole.young == sum(told.young for told in result.by_listener.values())
    for owner, told in [(None, result.whole), *result.by_listener.items()]:
        mine = [row for row in rows if owner in (None, row[0])]
        counts = Counter(network_of(row[1]) for row in mine)
        again = Counter(network_of(row[1]) for row in mine if row[2])
        families, bound = 2, 8 if owner is None else 4
        assert told.total == len(mine)
        assert len(told.networks) <= families * bound
        for one in told.networks:
            assert one.retransmitted <= one.unanswered <= one.entries <= within(one.network, counts)
            assert one.retransmitted <= within(one.network, again)
            # No count lacks more than the bound's part of all entries, unless it is one of many put together.
            rolled_up = one.network not in counts
            assert rolled_up or one.entries >= counts[one.network] - len(mine) / (bound + 1)


def test_only_the_largest_listeners_keep_their_sources_past_the_bound():
    rows = [(key("ipv4", "0.0.0.0", port), bytes((10, 0, port, n)), 0, 0) for port in range(1, 6) for n in range(port * 10)]
    with mock.patch.multiple(half_open, MAX_ENTRIES=100, MAX_FOLDED=2):
        result = tally_of(rows[::-1]).result(10)
    told = {owner.port: entries for owner, entries in result.by_listener.items()}
    assert {port: entries.total for port, entries in told.items()} == {1: 10, 2: 20, 3: 30, 4: 40, 5: 50}
    assert (told[5].distinct_sources, told[4].distinct_sources) == (50, 40)
    assert (told[1].distinct_sources, told[1].networks, told[1].peers) == (None, [], [])
    assert result.whole.distinct_sources == 150


def test_a_million_entries_stay_within_bounded_memory():
    tally = Tally()
    owners = [key("ipv4", "0.0.0.0", port) for port in range(100)]
    for number in range(1000):
        owner = owners[min(number % 150, 99)]
        sources = [(0x0B000000 + 263 * (1000 * number + n)).to_bytes(4, "big") for n in range(1000)]
        add(tally, [(owner, source, 0, 0) for source in sources], FIRST)
    result = tally.result(10)
    assert not result.exact
    assert 970000 < result.whole.distinct_sources < 1030000  # five standard errors
    told = [entries for entries in result.by_listener.values() if entries.distinct_sources is not None]
    assert len(told) <= half_open.MAX_FOLDED
    largest = result.by_listener[owners[99]]
    assert largest.total == max(entries.total for entries in result.by_listener.values())
    assert 0.85 * largest.total < largest.distinct_sources < 1.15 * largest.total  # eight standard errors


def test_listeners_named_are_bounded_too():
    rows = [(key("ipv4", "0.0.0.0", port), bytes((10, 0, 0, port)), 0, 0) for port in (1, 2, 2, 3, 3, 3)]
    result = tally_of(rows).result(2)
    assert {owner.port for owner, told in result.by_listener.items() if told.networks} == {2, 3}
    assert result.whole.total == 6
    assert (tally_of(rows).result(0).whole.networks, tally_of(rows).result(0).whole.distinct_sources) == ([], 3)


def test_endpoints_whose_listener_is_gone_are_bounded():
    with mock.patch.object(half_open, "MAX_LISTENERS", 2):
        tally = tally_of([(key("ipv4", "10.0.0.%d" % last), bytes((1, 1, 1, 1)), 0, 0) for last in (1, 2, 3, 4, 5, 1)])
    assert {owner.address: told.total for owner, told in tally.result(10).by_listener.items()} == {
        "10.0.0.1": 2, "10.0.0.2": 1, "0.0.0.0": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    "again, left, first, young, unanswered",
    [
        (0, 1000, 1000, 1, 0),
        (0, 501, 1000, 1, 0),
        (0, 500, 1000, 0, 1),
        (0, 0, 1000, 0, 1),
        (1, 1999, 1000, 0, 1),
        (0, 2501, 3000, 1, 0),  # up to 3.0 the first timeout is 3 s
        (0, 2500, 3000, 0, 1),
        (0, 3900, 1000, 1, 0),  # TCP_DEFER_ACCEPT waits on purpose
    ],
)
def test_the_age_of_an_entry(again, left, first, young, unanswered):
    tally = Tally()
    add(tally, [(key("ipv4", "0.0.0.0"), *packed("192.0.2.1"), again, left)], first)
    told = tally.result(1).whole
    assert (told.young, told.retransmitted) == (young, again)
    assert told.networks == [Network("192.0.2.0/24", 1, unanswered, again)]


@given(st.lists(st.booleans(), max_size=20))
def test_by_version(mapped):
    sources = [(MAPPED if one else bytes(12)) + bytes((n,) * 4) for n, one in enumerate(mapped)]
    ipv4, ipv6 = by_version(sources)
    assert ipv4 == b"".join(source[12:] for source, one in zip(sources, mapped) if one)
    assert ipv6 == b"".join(source for source, one in zip(sources, mapped) if not one)


def test_namespaces_merge():
    owner = key("ipv4", "10.0.0.1")
    one = tally_of([(owner, source, 1, 0) for source in packed("198.51.100.1", "198.51.100.1", "198.51.100.2")])
    other = tally_of([(owner, *packed("198.51.100.1"), 0, 1000)])
    merged = merge([one.result(10), other.result(10)], 10)
    assert (merged.total, merged.retransmitted, merged.young, merged.distinct_sources) == (4, 3, 1, 3)
    assert merged.retransmissions == (1, 3)
    assert merged.networks == [Network("198.51.100.0/24", 4, 3, 3)]
    assert merged.peers == [("198.51.100.1", 3), ("198.51.100.2", 1)]
    assert merge([], 10).total == 0
