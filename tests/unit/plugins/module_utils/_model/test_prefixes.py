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

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import flood, prefixes, sources
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import Network
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.sources import Kept, Summary

SITE = 0x20010DB8_0005 << 80


def shortest_with_nearly_all(addresses):
    """By trying each length: the smallest network, /48 to /64, with nine tenths of the addresses."""
    for length in range(64, 47, -1):
        bits, count = Counter(one >> (128 - length) for one in addresses).most_common(1)[0]
        if count >= 0.9 * len(addresses):
            return ipaddress.ip_network((bits << (128 - length), length))
    return None


def summary_of(kept, bound=4096):
    summary = Summary(bound)
    summary.fold(kept)
    return summary


def kept_of(rows):
    kept = Kept()
    for age, address in rows:
        kept.add(age, b"", address.to_bytes(16, "big"))
    return kept


def test_few_and_nearly_all_mean_what_the_verdict_means_by_it():
    assert prefixes.FEW == flood.MOST_NETWORKS and prefixes.NEARLY_ALL == flood._NEARLY_ALL
    assert prefixes.EACH == flood._ENTRIES_OF_A_NETWORK and prefixes.FEWEST == flood._FEWEST


@given(st.integers(44, 66), st.integers(8, 200), st.integers(0, 30), st.randoms(use_true_random=False), st.sampled_from([sources.Kept, Summary]))
def test_the_smallest_network_that_holds_nearly_all_is_told(length, many, elsewhere, rng, kind):
    """Whatever part of the Internet a flood is from, and whatever else there is; networks are disjoint, and complete."""
    one = (SITE >> (128 - length)) << (128 - length)
    addresses = [one | rng.getrandbits(128 - length) for _number in range(many)]
    addresses += [(2 << 124) | rng.getrandbits(124) for _number in range(elsewhere)]
    rows = [(rng.choice([1, 2]), address) for address in addresses]
    rows += [(0, (2 << 124) | rng.getrandbits(124)) for _number in range(elsewhere)]  # of healthy clients
    kept = kept_of(rows)
    told = (kept if kind is Kept else summary_of(kept)).networks(10000)
    few = [count for _net, count in Counter(one >> 64 for one in addresses).most_common(16)]
    expected = shortest_with_nearly_all(addresses)
    wide = [network for network in told if not network.network.endswith("/64")]
    told_by_few = sum(few) >= 0.9 * len(addresses) and sum(few) >= 4 * len(few)
    if told_by_few or expected is None or expected.prefixlen == 64:
        assert wide == []
    else:
        assert [network.network for network in wide] == [str(expected)]
    nets = [(ipaddress.ip_network(network.network), network) for network in told]
    for net, network in nets:
        ages = [age for age, address in rows if ipaddress.ip_address(address) in net]
        assert network[1:] == (len(ages), sum(age > 0 for age in ages), ages.count(2))
        assert not any(net.overlaps(other) for other, _network in nets if other != net)
    assert sum(network.entries for network in told) == len(rows)


@pytest.mark.parametrize("length", [48, 50, 56, 58])
@pytest.mark.parametrize("bound", [4096, 65536])
def test_of_more_entries_than_are_kept(length, bound):
    """Beside others, in bounded memory: never wider than is right, and counts fall short by little."""
    rng = random.Random(20261120)
    one = (SITE >> (128 - length)) << (128 - length)
    summary = Summary(bound)
    for _turn in range(5):
        rows = [(1, one | rng.getrandbits(128 - length)) for _number in range(19000)]
        rows += [(1, (2 << 124) | rng.getrandbits(124)) for _number in range(1000)]
        summary.fold(kept_of(rows))
    first = summary.networks(16)[0]
    assert first.network == str(ipaddress.ip_network((one, length)))
    assert 95000 * 0.98 <= first.entries <= 95010 and first.unanswered == first.entries


def test_clients_whose_answers_are_on_the_way_are_no_reason():
    rng = random.Random(1)
    rows = [(0, SITE | rng.getrandbits(80)) for _number in range(100)]
    assert all(one.network.endswith("/64") for one in kept_of(rows).networks(1000))


def test_ipv4_beside_it_stays_as_it_is():
    rng = random.Random(1)
    kept = kept_of([(1, SITE | rng.getrandbits(80)) for _number in range(100)])
    kept.add(2, bytes((198, 51, 100, 7)) * 40, b"")
    assert kept.networks(16) == [Network("2001:db8:5::/48", 100, 100, 0), Network("198.51.100.0/24", 40, 40, 40)]


def test_where_no_site_can_have_nearly_all_nothing_more_is_counted():
    """The look at a few entries spares 100,000 of a flood from everywhere the rest, and is never wrong about one site."""
    rng = random.Random(1)
    with mock.patch.object(prefixes, "one_for_nearly_all", side_effect=AssertionError):
        kept_of([(1, rng.getrandbits(128)) for _number in range(5000)]).networks(16)
    mixed = [(1, SITE | rng.getrandbits(80)) for _number in range(9050)] + [(1, rng.getrandbits(128)) for _n in range(950)]
    for _turn in range(5):
        rng.shuffle(mixed)
        assert kept_of(mixed).networks(16)[0].network == "2001:db8:5::/48"
