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
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import nft_limit, nft_table

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


# ---------------------------------------------------------------- with a limit

PORTS = st.dictionaries(st.tuples(st.sampled_from([4, 6]), st.integers(1, 65535)), st.integers(1, 90000), min_size=1, max_size=5)
LIMITS = st.builds(nft_limit.Limit, st.integers(1, 1000000), PORTS, st.lists(st.one_of(V4, V6), max_size=6).map(tuple))


def test_a_limit_is_in_the_same_table_and_counts_once_in_each_chain() -> None:
    limit = nft_limit.Limit(50, {(4, 80): 60, (6, 80): 60, (4, 443): 30}, (net("192.0.2.0/24"), net("192.0.2.0/25")))
    text = nft_rules.script({}, [], limit)
    assert "elements = { 80 timeout 60s, 443 timeout 30s }" in text and text.count("elements = { 192.0.2.0/24 }") == 1
    for chain in nft_table.CHAINS:
        counted = "update @rates4_%s { ip saddr & 255.255.255.0 . tcp dport limit rate over 50/second burst 50 packets } counter drop"
        assert text.count(counted % chain) == 1
        assert text.count("update @rates6_%s { ip6 saddr & ffff:ffff:ffff:ffff:: . tcp dport" % chain) == 1
    assert text.count("size 8192") == text.count("flags dynamic, timeout") == 4
    assert "rates" not in nft_rules.script({}, []) and "limited" not in nft_rules.script({}, [])


@given(BLOCKS, LIMITS)
def test_a_limit_changes_nothing_of_what_is_dropped(blocks: Any, limit: Any) -> None:
    """Every line of the table without one is there, in the same order; whoever is spared is asked for before the count."""
    lines, remaining = nft_rules.script(blocks, [], limit).splitlines(), iter(nft_rules.script(blocks, [], limit).splitlines())
    assert all(line in remaining for line in nft_rules.script(blocks, []).splitlines())
    rules = [line for line in lines if "limit rate over" in line]
    assert len(rules) == 4 and all(rule.index("!= @spared") < rule.index("@limited") < rule.index("update") for rule in rules)
    assert all(rule.index("fib daddr type local") < rule.index("update") for rule in rules)
    assert set(re.findall(r"table \w+ (\w+)", "\n".join(lines))) == {"linuxnet_tcp"}


@given(LIMITS, st.integers(0, nft_rules.SLACK))
def test_the_limit_that_was_made_is_in_force_and_another_is_not(limit: Any, late: int) -> None:
    live = limit._replace(ports={place: seconds - late for place, seconds in limit.ports.items()})
    table = nft_table.Table({}, (), True, live)
    assert nft_rules.in_force(table, {}, [], limit=limit)
    assert not nft_rules.in_force(table, {}, []) and not nft_rules.in_force(table._replace(limit=None), {}, [], limit=limit)
    first = next(iter(limit.ports))
    for other in (
        limit._replace(rate=limit.rate + 1),
        limit._replace(ports={**limit.ports, (4, 70000): 60}),
        limit._replace(ports={**limit.ports, first: limit.ports[first] + nft_rules.SLACK + 1}),
        limit._replace(spared=(*limit.spared, net("203.0.113.9/32"))),
    ):
        assert not nft_rules.in_force(table, {}, [], limit=other)
    assert not nft_rules.in_force(table._replace(limit=live._replace(ports={**live.ports, first: None})), {}, [], limit=limit)


@pytest.mark.parametrize("seconds", [0, -1, None])
def test_a_limit_that_would_stay_for_ever_is_refused(seconds: Any) -> None:
    with pytest.raises(ValueError, match="port 80: "):
        nft_rules.script({}, [], nft_limit.Limit(5, {(4, 80): seconds}))
