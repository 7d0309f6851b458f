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
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.sources import Sources

# Few enough addresses that some come twice and share networks.
V4 = st.integers(0, 1 << 10).map(lambda n: (0x0A000000 + 37 * n).to_bytes(4, "big"))
V6 = st.integers(0, 1 << 10).map(lambda n: ((0x20010DB8 << 96) + (n << 61)).to_bytes(16, "big"))


def truth(packed, prefix):
    networks = Counter(str(ipaddress.ip_interface((one, prefix)).network) for one in packed)
    return len(set(packed)), networks


@pytest.mark.parametrize("width, prefix, addresses", [(4, 24, V4), (16, 64, V6)])
def test_what_fits_is_counted_exactly(width, prefix, addresses):
    @given(st.lists(st.lists(addresses, max_size=40), max_size=6), st.integers(0, 12))
    def check(batches, top):
        counted = Sources(width, prefix // 8)
        for batch in batches:
            counted.add(b"".join(batch))
        distinct, networks = truth([one for batch in batches for one in batch], prefix)
        assert counted.exact
        assert counted.distinct() == distinct
        named = counted.networks(top)
        assert dict(named).items() <= networks.items()
        assert [count for _network, count in named] == sorted(networks.values(), reverse=True)[:top]

    check()


@given(st.lists(V4, min_size=1, max_size=600), st.integers(1, 40))
def test_past_the_bound_a_network_falls_short_by_no_more_than_promised(packed, batch):
    with mock.patch.multiple(sources, EXACT_ENTRIES=64, MAX_NETWORKS=16, MAX_SAMPLE=32, _PIECE=16):
        counted = Sources(4, 3)
        for start in range(0, len(packed), batch):
            counted.add(b"".join(packed[start:start + batch]))
        named = counted.networks(1000)
        distinct = counted.distinct()
    true_distinct, networks = truth(packed, 24)
    assert counted.exact == (len(packed) <= 64)
    assert len(named) <= 16 or counted.exact
    assert counted.shortfall <= len(packed) / 17
    told = dict(named)
    for network, count in networks.items():
        assert count - counted.shortfall <= told.get(network, 0) <= count
    if true_distinct <= 32:
        assert distinct == true_distinct


@pytest.mark.parametrize("scattered", [True, False])
def test_a_million_sources_are_estimated_within_three_per_cent_in_bounded_memory(scattered):
    rng = random.Random(20261120)
    numbers = rng.sample(range(1 << 32), 1000000) if scattered else range(0x0A000000, 0x0A000000 + 1000000)
    counted = Sources(4, 3)
    heavy = bytes((203, 0, 113, 7))
    for start in range(0, 1000000, 10000):
        counted.add(b"".join(numbers[at].to_bytes(4, "big") for at in range(start, start + 10000)) + heavy * 500)
    assert not counted.exact
    assert 970000 < counted.distinct() < 1030000  # five standard errors
    assert len(counted._sample) <= sources.MAX_SAMPLE
    assert len(counted._networks) <= sources.MAX_NETWORKS
    assert counted.shortfall <= 1050000 / sources.MAX_NETWORKS
    network, count = counted.networks(1)[0]
    assert network == "203.0.113.0/24"
    assert 50000 - counted.shortfall <= count <= 50000 + 256


def test_nothing_is_nothing():
    counted = Sources(16, 8)
    assert (counted.distinct(), counted.networks(10), counted.exact) == (0, [], True)
