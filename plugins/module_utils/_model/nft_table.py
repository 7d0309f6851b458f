# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The nftables table of a mitigation: its names, and what ``nft -j list table`` (libnftables-json(5)) tells of it."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from . import networks, nft_limit

FAMILY, TABLE = "inet", "linuxnet_tcp"
#: Each named as its hook. The first sees a packet as it was sent: ports that are published are those that clients know.
#: The second sees what has been redirected to a listener of this host by then, with the port of that
CHAINS = ("prerouting", "input")
BLOCKED = {4: "blocked4", 6: "blocked6"}
PASSED = {4: "passed4", 6: "passed6"}
#: As NF_IP_PRI_RAW, which is before connection tracking (-200) and before addresses are translated (-100)
PRIORITY = -300

Key = Tuple[networks.Network, int]  # a network, and the port on which it is dropped


class Live(NamedTuple):
    """An element that the kernel has now."""

    expires: Optional[int]  # seconds; None where it does not end by itself
    packets: int  # dropped so far


class Table(NamedTuple):
    """What the table holds."""

    blocks: Dict[Key, Live]
    passes: Tuple[networks.Network, ...]
    sound: bool  # its chain and rules are as they were made
    limit: Optional[nft_limit.Limit] = None

    @property
    def packets(self) -> int:
        """SYNs that were dropped so far."""
        limited = sum(self.limit.packets.values()) if self.limit else 0
        return sum(live.packets for live in self.blocks.values()) + limited


def parse_listing(text: str) -> Table:
    """The table by nft's own JSON. What is not understood is left out, and the table then not ``sound``.

    :raises ValueError: it is no JSON, or none of nft's.
    """
    told = json.loads(text)
    if not isinstance(told, dict) or not isinstance(told.get("nftables"), list):
        raise ValueError("nft -j told something else than a list of objects")
    objects = [one for one in told["nftables"] if isinstance(one, dict)]
    sets = {str(one.get("name")): one for one in _of(objects, "set")}
    blocks: Dict[Key, Live] = {}
    limits = [nft_limit.of_rule(one) for one in _of(objects, "rule")]
    limited = any(limits)
    wanted = {*BLOCKED.values(), *PASSED.values(), *(nft_limit.sets(CHAINS) if limited else ())}
    understood = set(sets) == wanted
    for name in BLOCKED.values():
        for element in _elements(sets, name):
            key, live = _block(element)
            if key is None:
                understood = False
            else:
                blocks[key] = live
    passes = [_network(element) for name in PASSED.values() for element in _elements(sets, name)]
    understood = understood and None not in passes
    limit = _limit(sets, [one for one in limits if one]) if limited else None
    if limit is not None:
        understood = understood and None not in limit.spared and all(place[1] for place in limit.ports)
        limit = limit._replace(spared=_known(limit.spared))
    ours = understood and _rules_are_ours(objects, limited) and len({one[1] for one in limits if one}) <= 1
    return Table(blocks, _known(passes), ours, limit)


def _known(told: Iterable[Optional[networks.Network]]) -> Tuple[networks.Network, ...]:
    return tuple(one for one in told if one is not None)


def _limit(sets: Mapping[str, Mapping[str, Any]], rules: List[Tuple[int, int, int]]) -> nft_limit.Limit:
    """What is not understood is among the parts as None, or as the port 0."""
    ports: Dict[nft_limit.Place, Optional[int]] = {}
    for version, name in nft_limit.PORTS.items():
        for port, expires in map(nft_limit.port, _elements(sets, name)):
            ports[version, port or 0] = expires
    spared = [_network(element) for name in nft_limit.SPARED.values() for element in _elements(sets, name)]
    packets = {version: sum(one[2] for one in rules if one[0] == version) for version in nft_limit.PORTS}
    return nft_limit.Limit(rules[0][1], ports, tuple(spared), packets)  # type: ignore[arg-type]


def _of(objects: List[Dict[str, Any]], kind: str) -> Iterator[Mapping[str, Any]]:
    return (one[kind] for one in objects if isinstance(one.get(kind), dict))


def _elements(sets: Mapping[str, Mapping[str, Any]], name: str) -> List[Any]:
    found = sets.get(name, {}).get("elem")
    return found if isinstance(found, list) else []


def _block(element: Any) -> Tuple[Optional[Key], Live]:
    inner = element.get("elem") if isinstance(element, dict) else None
    whole = inner if isinstance(inner, dict) else {"val": element}
    value, expires, counter = whole.get("val"), whole.get("expires"), whole.get("counter")
    packets = counter.get("packets") if isinstance(counter, dict) else 0
    live = Live(expires if isinstance(expires, int) else None, packets if isinstance(packets, int) else 0)
    parts = value.get("concat") if isinstance(value, dict) else None
    if not isinstance(parts, list) or len(parts) != 2 or not isinstance(parts[1], int):
        return None, live
    network = _network(parts[0])
    return (None if network is None else (network, parts[1])), live


def _network(told: Any) -> Optional[networks.Network]:
    if isinstance(told, str):
        return networks.parse_network(told)
    prefix = told.get("prefix") if isinstance(told, dict) else None
    if not isinstance(prefix, dict):
        return None
    return networks.parse_network("{0}/{1}".format(prefix.get("addr"), prefix.get("len")))


def _rules_are_ours(objects: List[Dict[str, Any]], limited: bool) -> bool:
    chains = [(one.get("name"), one.get("hook"), one.get("prio")) for one in _of(objects, "chain")]
    dropped = [(one.get("chain"), _dropped_set(one)) for one in _of(objects, "rule")]
    names = [*BLOCKED.values(), *(nft_limit.PORTS.values() if limited else ())]
    wanted = [(chain, name) for chain in CHAINS for name in names]
    return _alike(chains, [(one, one, PRIORITY) for one in CHAINS]) and _alike(dropped, wanted)


def _alike(first: List[Any], second: List[Any]) -> bool:
    return sorted(map(repr, first)) == sorted(map(repr, second))


def _dropped_set(rule: Mapping[str, Any]) -> str:
    limit = nft_limit.of_rule(rule)
    if limit is not None:
        return nft_limit.PORTS[limit[0]]
    text = json.dumps(rule.get("expr"))
    named = [name for name in BLOCKED.values() if '"@{0}"'.format(name) in text]
    return named[0] if len(named) == 1 and '"drop"' in text else ""
