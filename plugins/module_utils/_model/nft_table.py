# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The nftables table of a mitigation: its names, and what ``nft -j list table`` (libnftables-json(5)) tells of it."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from . import networks

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

    @property
    def packets(self) -> int:
        """SYNs that were dropped so far."""
        return sum(live.packets for live in self.blocks.values())


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
    understood = set(sets) == {*BLOCKED.values(), *PASSED.values()}
    for name in BLOCKED.values():
        for element in _elements(sets, name):
            key, live = _block(element)
            if key is None:
                understood = False
            else:
                blocks[key] = live
    passes: List[networks.Network] = []
    for name in PASSED.values():
        for element in _elements(sets, name):
            passed = _network(element)
            if passed is None:
                understood = False
            else:
                passes.append(passed)
    return Table(blocks, tuple(passes), understood and _rules_are_ours(objects))


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


def _rules_are_ours(objects: List[Dict[str, Any]]) -> bool:
    chains = [(one.get("name"), one.get("hook"), one.get("prio")) for one in _of(objects, "chain")]
    dropped = [(one.get("chain"), _dropped_set(json.dumps(one.get("expr")))) for one in _of(objects, "rule")]
    wanted = [(chain, name) for chain in CHAINS for name in BLOCKED.values()]
    return _alike(chains, [(one, one, PRIORITY) for one in CHAINS]) and _alike(dropped, wanted)


def _alike(first: List[Any], second: List[Any]) -> bool:
    return sorted(map(repr, first)) == sorted(map(repr, second))


def _dropped_set(rule: str) -> str:
    named = [name for name in BLOCKED.values() if '"@{0}"'.format(name) in rule]
    return named[0] if len(named) == 1 and '"drop"' in rule else ""
