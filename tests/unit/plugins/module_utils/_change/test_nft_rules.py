# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import re
from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._change import nft_rules
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import nft_table

V4 = st.builds(lambda number, length: ipaddress.ip_network((number, length), strict=False), st.integers(0, 2**10), st.integers(24, 32))
V6 = st.builds(lambda number, length: ipaddress.ip_network((number << 64, length), strict=False), st.integers(2**40, 2**40 + 9), st.integers(48, 128))
KEYS = st.tuples(st.one_of(V4, V6), st.sampled_from([80, 443]))
BLOCKS = st.dictionaries(KEYS, st.integers(1, 90000), max_size=8)


def net(told: str) -> Any:
    return ipaddress.ip_network(told)


def elements(text: str) -> Dict[Any, int]:
    found = re.findall(r"([0-9a-f.:/]+) \. (\d+) timeout (\d+)s", text)
    return {(net(network), int(port)): int(seconds) for network, port, seconds in found}


def test_the_text_is_one_table_made_anew() -> None:
    text = nft_rules.script({(net("198.51.100.0/24"), 80): 3600}, [net("198.51.100.7/32"), net("2001:db8::7/128")])
    assert text.startswith("add table inet linuxnet_tcp\ndelete table inet linuxnet_tcp\ntable inet linuxnet_tcp {\n")
    assert "elements = { 198.51.100.0/24 . 80 timeout 3600s }" in text
    assert text.count("fib daddr type local ip saddr . tcp dport @blocked4 counter drop") == 2  # once in either chain
    assert text.count("fib daddr type local ip6 saddr . tcp dport @blocked6 counter drop") == 2
    assert "hook prerouting priority -300;" in text and "hook input priority -300;" in text
    assert "elements = { 198.51.100.7/32 }" in text and "elements = { 2001:db8::7/128 }" in text


def test_what_would_stay_for_ever_is_refused() -> None:
    with pytest.raises(ValueError, match="0 seconds"):
        nft_rules.script({(net("198.51.100.0/24"), 80): 0}, [])


@given(BLOCKS, st.lists(st.one_of(V4, V6), max_size=6))
def test_every_block_is_covered_and_no_two_overlap(blocks: Any, passes: Any) -> None:
    """Not shorter than was asked, and nothing beside it; no other table is named."""
    text = nft_rules.script(blocks, passes)
    made = elements(text)
    for (network, port), seconds in blocks.items():
        assert [1 for (one, its), lasts in made.items() if its == port and one.version == network.version
                and network.subnet_of(one) and lasts >= seconds]  # fmt: skip
    assert set(made) <= set(blocks)
    for (one, port), (other, its) in ((a, b) for a in made for b in made if a != b):
        assert port != its or one.version != other.version or not one.overlaps(other)
    assert set(re.findall(r"table \w+ (\w+)", text)) == {"linuxnet_tcp"}


@given(BLOCKS, st.lists(st.one_of(V4, V6), max_size=6), st.integers(0, nft_rules.SLACK))
def test_what_was_made_is_in_force_and_what_differs_is_not(blocks: Any, passes: Any, late: int) -> None:
    made = elements(nft_rules.script(blocks, passes))
    live = {key: nft_table.Live(seconds - late, 0) for key, seconds in made.items()}
    table = nft_table.Table(live, tuple(passes), True)
    assert nft_rules.in_force(table, blocks, passes)
    assert not nft_rules.in_force(table._replace(sound=False), blocks, passes)
    assert not nft_rules.in_force(table, {**blocks, (net("203.0.113.0/24"), 80): 60}, passes)
    assert not nft_rules.in_force(table, blocks, [*passes, net("203.0.113.9/32")])
    if live:
        first = next(iter(live))
        for other in (None, made[first] + nft_rules.SLACK + 1, made[first] - nft_rules.SLACK - 1):
            changed = table._replace(blocks={**live, first: nft_table.Live(other, 0)})
            assert not nft_rules.in_force(changed, blocks, passes)
