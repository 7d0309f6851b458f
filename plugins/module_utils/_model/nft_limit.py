# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The part of a mitigation's nftables table that holds each source network to so many SYNs a second."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from . import networks

PORTS = {4: "limited4", 6: "limited6"}
SPARED = {4: "spared4", 6: "spared6"}
#: What a source network is, as the mask of its addresses: the /24, and of IPv6 the /64
MASKS = {4: "255.255.255.0", 6: "ffff:ffff:ffff:ffff::"}
#: The most networks that are counted at a time, and the seconds after which one that is silent is forgotten: by then
#: it may send as much again as one that is new. Networks beyond these are let through. More of them would make every
#: run of nft on the host slow, whoever runs it, for it reads them all: 60,000 take it seconds.
MOST, FORGOTTEN = 8192, 2

Place = Tuple[int, int]  # the version of IP, and a port


class Limit(NamedTuple):
    """How many SYNs a second a network may send, on which ports and for how many seconds more, and who may send any."""

    rate: int
    ports: Dict[Place, Optional[int]]  # None where it does not end by itself
    spared: Tuple[networks.Network, ...] = ()
    packets: Mapping[int, int] = {}  # dropped so far, by the version of IP


def rates(version: int, chain: str) -> str:
    """The set that counts. Each chain has its own: a SYN that comes through both is counted once in each."""
    return "rates{0}_{1}".format(version, chain)


def sets(chains: Iterable[str]) -> List[str]:
    """The names of all sets of a limit."""
    counting = [rates(version, chain) for version in MASKS for chain in chains]
    return [*PORTS.values(), *SPARED.values(), *counting]


def of_rule(rule: Mapping[str, Any]) -> Optional[Tuple[int, int, int]]:
    """The version of IP, the SYNs a second and what was dropped, of a rule of a limit as libnftables-json(5) has it."""
    expressions = [one for one in _list(rule.get("expr")) if isinstance(one, dict)]
    text, counting = json.dumps(expressions), _part(expressions, "set")
    stated = [one for one in _list(counting.get("stmt")) if isinstance(one, dict)]
    limit, packets = _part(stated, "limit"), _part(expressions, "counter").get("packets")
    rate = limit.get("rate")
    over = (limit.get("per"), limit.get("inv"), limit.get("burst")) == ("second", True, rate)
    if not over or not isinstance(rate, int) or '"drop"' not in text:
        return None
    for version in MASKS:
        asked = all('"@{0}"'.format(name[version]) in text for name in (PORTS, SPARED))
        if asked and counting.get("set") == "@" + rates(version, str(rule.get("chain"))):
            return version, rate, packets if isinstance(packets, int) else 0
    return None


def port(element: Any) -> Tuple[Optional[int], Optional[int]]:
    """A port that is limited, and the seconds until that ends."""
    inner = element.get("elem") if isinstance(element, dict) else None
    whole = inner if isinstance(inner, dict) else {"val": element}
    value, expires = whole.get("val"), whole.get("expires")
    return value if isinstance(value, int) else None, expires if isinstance(expires, int) else None


def _part(expressions: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    found = [one[name] for one in expressions if isinstance(one.get(name), dict)]
    return found[0] if len(found) == 1 else {}


def _list(told: Any) -> List[Any]:
    return told if isinstance(told, list) else []
