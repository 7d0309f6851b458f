# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import random
from collections import Counter
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import sources
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import Network
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.sources import Kept, Summary

# Few enough addresses that some come twice and share networks.
V4 = st.integers(0, 1 << 10).map(lambda n: (0x0A000000 + 37 * n).to_bytes(4, "big"))
# No two /64 of them share a /48.
V6 = st.integers(0, 1 << 10).map(lambda n: ((0x20010DB8 << 96) + (n >> 3 << 80) + (n & 7)).to_bytes(16, "big"))


def truth(packed, prefix):
    networks = Counter(str(ipaddress.ip_interface((one, prefix)).network) for one in packed)
    return len(set(packed)), networks


def kept(ipv4=(), ipv6=(), age=1):
    one = Kept()
    one.add(age, b"".join(ipv4), b"".join(ipv6))
    return one


@given(st.lists(st.tuples(st.lists(V4, max_size=20), st.lists(V6, max_size=20)), max_size=4), st.integers(0, 12))
def test_what_is_kept_is_counted_exactly(batches, top):
    whole = Kept()
    for ipv4, ipv6 in batches:
        whole.take(kept(ipv4, ipv6))
    of_ipv4 = truth([one for ipv4, _ipv6 in batches for one in ipv4], 24)
    of_ipv6 = truth([one for _ipv4, ipv6 in batches for one in ipv6], 64)
    networks = of_ipv4[1] + of_ipv6[1]
    assert whole.peers(top)[0] == of_ipv4[0] + of_ipv6[0]
    named = whole.networks(top)
    assert {one.network: one.entries for one in named}.items() <= networks.items()
    assert [one.entries for one in named] == sorted(networks.values(), reverse=True)[:top]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.lists(V4, max_size=20), st.lists(V6, max_size=20)), max_size=6),
    st.integers(0, 12), st.integers(1, 5), st.sampled_from([0, 40, 1 << 20]),
)  # fmt: skip
def test_the_answer_is_the_same_however_much_is_unpacked_or_counted_at_a_time(batches, top, at_once, much):
    """The largest of all, among equal ones the lowest address, IPv4 first; with the ages of their entries."""
    with mock.patch.multiple(sources, _AT_ONCE=at_once, _MUCH=much):
        whole = Kept()
        for age, ipv4, ipv6 in batches:
            whole.take(kept(ipv4, ipv6, age))
        peers, networks = whole.peers(top)[1], whole.networks(top)
    rows = [(age, ipaddress.ip_address(one)) for age, ipv4, ipv6 in batches for one in ipv4 + ipv6]
    of_network = [(age, ipaddress.ip_network((one, {4: 24, 6: 64}[one.version]), strict=False)) for age, one in rows]

    def largest(things):
        counts = Counter(things)
        return sorted(counts.items(), key=lambda one: (-one[1], one[0].version, one[0]))[:top]

    def count(network, *chosen):
        return sum(one == network and age in chosen for age, one in of_network)

    assert peers == [(str(one), entries) for one, entries in largest([one for _age, one in rows])]
    assert networks == [
        Network(str(one), entries, count(one, 1, 2), count(one, 2))
        for one, entries in largest([one for _age, one in of_network])
    ]


@given(st.lists(V4, min_size=1, max_size=600), st.integers(1, 40))
def test_a_summary_falls_short_by_no_more_than_promised(packed, batch):
    with mock.patch.object(sources, "_PIECE", 16):
        summary = Summary(16)
        for start in range(0, len(packed), batch):
            summary.fold(kept(packed[start:start + batch]))
    distinct, peers = summary.peers(1000)
    named = summary.networks(1000)
    true_distinct, networks = truth(packed, 24)
    addresses = Counter(str(ipaddress.ip_address(one)) for one in packed)
    assert len(named) <= 16 and len(peers) <= 16
    for told, true in (({one.network: one.entries for one in named}, networks), (dict(peers), addresses)):
        for name, count in true.items():
            assert count - len(packed) / 17 <= told.get(name, 0) <= count
    if true_distinct <= 16:
        assert distinct == true_distinct


@pytest.mark.parametrize("scattered", [True, False])
def test_a_million_sources_are_estimated_within_three_per_cent_in_bounded_memory(scattered):
    rng = random.Random(20261120)
    numbers = rng.sample(range(1 << 32), 1000000) if scattered else range(0x0A000000, 0x0A000000 + 1000000)
    summary = Summary(65536)
    heavy = bytes((203, 0, 113, 7))
    for start in range(0, 1000000, 10000):
        summary.fold(kept([numbers[at].to_bytes(4, "big") for at in range(start, start + 10000)] + [heavy] * 500))
    distinct, peers = summary.peers(1)
    assert 970000 < distinct < 1030000  # five standard errors
    of_ipv4 = summary._of[sources.IPV4]
    assert len(of_ipv4._sample) <= 65536
    assert len(of_ipv4.addresses.counts) <= 65536 and len(of_ipv4.all_networks.frequent.counts) <= 65536
    shortfall = of_ipv4.all_networks.frequent.shortfall
    assert shortfall <= 1050000 / 65536
    (network,) = summary.networks(1)
    assert network.network == "203.0.113.0/24"
    assert 50000 - shortfall <= network.entries <= 50000 + 256
    assert peers[0][0] == "203.0.113.7"
    assert 50000 - of_ipv4.addresses.shortfall <= peers[0][1] <= 50001


def test_nothing_is_nothing():
    assert (Kept().peers(10), Kept().networks(10)) == ((0, []), [])
    assert (Summary(10).peers(10), Summary(10).networks(10)) == ((0, []), [])
