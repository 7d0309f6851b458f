# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.nft_limit import Limit
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.nft_table import Live, parse_listing


def element(network: Any, port: Any = 80, expires: int = 3599, packets: int = 7) -> Dict[str, Any]:
    counter = {"packets": packets, "bytes": 40 * packets}
    return {"elem": {"val": {"concat": [network, port]}, "timeout": 3600, "expires": expires, "counter": counter}}


def prefix(address: str, length: int) -> Dict[str, Any]:
    return {"prefix": {"addr": address, "len": length}}


def rule(name: str, chain: str = "input", **verdict: Any) -> Dict[str, Any]:
    match = {"match": {"op": "==", "left": {}, "right": "@" + name}}
    return {"rule": {"chain": chain, "expr": [match, {"counter": {}}, verdict or {"drop": None}]}}


def objects(blocked4: List[Any], passed4: List[Any]) -> List[Dict[str, Any]]:
    """As nft 1.0.6 lists them."""
    sets = {"blocked4": blocked4, "passed4": passed4, "blocked6": [], "passed6": []}
    return [
        {"metainfo": {"json_schema_version": 1}},
        {"table": {"family": "inet", "name": "linuxnet_tcp"}},
        *({"set": dict({"name": name}, **({"elem": held} if held else {}))} for name, held in sets.items()),
        *({"chain": {"name": name, "hook": name, "prio": -300, "policy": "accept"}} for name in ("prerouting", "input")),
        rule("blocked4", "prerouting"),
        rule("blocked6", "prerouting"),
        rule("blocked4"),
        rule("blocked6"),
    ]


def parsed(told: List[Dict[str, Any]]) -> Any:
    return parse_listing(json.dumps({"nftables": told}))


def test_a_table_is_read() -> None:
    held = [element(prefix("198.51.100.0", 24)), element("203.0.113.9", 443, 5, 1)]
    table = parsed(objects(held, ["198.51.100.7", prefix("192.0.2.0", 24)]))
    assert table.blocks == {(ip_network("198.51.100.0/24"), 80): Live(3599, 7), (ip_network("203.0.113.9/32"), 443): Live(5, 1)}
    assert table.passes == (ip_network("198.51.100.7/32"), ip_network("192.0.2.0/24"))
    assert table.sound and table.packets == 8


def test_what_somebody_changed_is_not_sound() -> None:
    whole = objects([element(prefix("198.51.100.0", 24))], [])
    assert parsed(whole).sound
    assert not parsed(whole[:-1]).sound
    assert not parsed([*whole, rule("blocked4")]).sound
    assert not parsed([*whole[:-1], rule("blocked6", accept=None)]).sound
    assert not parsed([*whole[:-1], rule("blocked6", "prerouting")]).sound
    assert not parsed([one for one in whole if "chain" not in one]).sound
    assert not parsed([one for one in whole if one.get("chain", {}).get("name") != "input"]).sound
    assert not parsed([*whole, {"chain": {}}]).sound and not parsed([*whole, {"rule": {}}]).sound
    assert not parsed([one for one in whole if one.get("set", {}).get("name") != "passed6"]).sound
    for strange in (element(prefix("198.51.100.0", 24), "http"), element({"range": ["192.0.2.1", "192.0.2.9"]}), "x", None, 7):
        assert not parsed(objects([strange], [])).sound
    assert not parsed(objects([], [{"range": ["192.0.2.1", "192.0.2.9"]}])).sound


def test_a_block_without_an_end_is_told() -> None:
    table = parsed(objects([{"concat": [prefix("198.51.100.0", 24), 80]}], []))
    assert table.blocks == {(ip_network("198.51.100.0/24"), 80): Live(None, 0)}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nftables": 1}', "table inet linuxnet_tcp {"])
def test_what_is_no_listing_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_listing(text)


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["set", "chain", "rule", "elem", "val", "concat", "prefix", "addr", "len", "name"]), inner, max_size=4),
    ),
    max_leaves=20,
)


@given(_JSON)
def test_whatever_is_listed_is_read_without_an_error(told: Any) -> None:
    assert not parsed([told, {"set": {"name": "blocked4", "elem": [told]}}]).sound


# ---------------------------------------------------------------- with a limit


def limit_rule(version: int = 4, chain: str = "input", rate: int = 50, packets: int = 3, **changed: Any) -> Dict[str, Any]:
    limit = dict({"rate": rate, "burst": rate, "per": "second", "inv": True}, **changed)
    matches = [{"match": {"op": op, "left": {}, "right": "@%s%d" % (name, version)}} for op, name in (("!=", "spared"), ("==", "limited"))]
    counting = {"set": {"op": "update", "elem": {}, "set": "@rates%d_%s" % (version, chain), "stmt": [{"limit": limit}]}}
    return {"rule": {"chain": chain, "expr": [*matches, counting, {"counter": {"packets": packets}}, {"drop": None}]}}


def limited(*rules: Dict[str, Any], without: str = "") -> List[Dict[str, Any]]:
    """As nft 1.0.6 lists it."""
    sets = {
        "limited4": [{"elem": {"val": 80, "timeout": 60, "expires": 59}}],
        "limited6": [],
        "spared4": [prefix("192.0.2.0", 24)],
        "spared6": ["2001:db8::7"],
        **{"rates%d_%s" % (version, chain): [] for version in (4, 6) for chain in ("prerouting", "input")},
    }
    held = [{"set": dict({"name": name}, **({"elem": one} if one else {}))} for name, one in sets.items() if name != without]
    return [*objects([], []), *held, *rules]


WHOLE = [limit_rule(version, chain) for chain in ("prerouting", "input") for version in (4, 6)]


def test_a_limit_is_read() -> None:
    table = parsed(limited(*WHOLE))
    assert table.limit == Limit(50, {(4, 80): 59}, (ip_network("192.0.2.0/24"), ip_network("2001:db8::7/128")), {4: 6, 6: 6})
    assert table.sound and table.packets == 12 and parsed(objects([], [])).limit is None


def test_a_limit_that_somebody_changed_is_not_sound() -> None:
    assert not parsed(limited(*WHOLE[:-1])).sound
    assert not parsed(limited(*WHOLE, WHOLE[0])).sound
    assert not parsed(limited(*WHOLE[:-1], limit_rule(6, "input", rate=51))).sound
    assert not parsed(limited(*WHOLE[:-1], limit_rule(6, "input", per="hour"))).sound
    assert not parsed(limited(*WHOLE[:-1], limit_rule(6, "input", inv=False))).sound
    assert not parsed(limited(*WHOLE[:-1], limit_rule(6, "input", burst=5))).sound
    assert not parsed(limited(*WHOLE, without="rates4_input")).sound
    assert not parsed(limited()).sound  # sets that no rule asks
    assert not parsed([*objects([], []), *WHOLE]).sound
    spoilt = limited(*WHOLE)
    for name, element in (("limited4", "http"), ("limited4", {"range": [80, 90]}), ("spared4", {"range": ["192.0.2.1", "192.0.2.9"]})):
        changed = [{"set": dict(one["set"], elem=[element])} if one.get("set", {}).get("name") == name else one for one in spoilt]
        assert not parsed(changed).sound


@given(_JSON)
def test_whatever_a_limit_holds_is_read_without_an_error(told: Any) -> None:
    spoilt = limited(*WHOLE[:-1], {"rule": {"chain": "input", "expr": told}}, {"rule": {"expr": [{"set": told}, {"set": {"stmt": told}}]}})
    assert not parsed([*spoilt, {"set": {"name": "limited6", "elem": told}}, {"set": {"name": "spared6", "elem": [told]}}]).sound
