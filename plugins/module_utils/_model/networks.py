# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""IP networks as this collection rolls peers up: /24 and /64, an IPv4-mapped address being IPv4.

A flood may fill more of IPv6 than a /64 (see `prefixes`), and nothing larger than the /48 of a site is dropped.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Iterable, List, Optional, Union

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

_ROLLED_UP = {4: 24, 6: 64}
_LARGEST_DROPPED = {4: 24, 6: 48}
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def parse_network(told: Any) -> Optional[Network]:
    """The network of a text such as ``192.0.2.7``, ``192.0.2.0/24`` or ``2001:db8::/64``; None where it is none.

    Bits behind the prefix do not matter, nor does a zone (``fe80::1%eth0``).
    """
    if not isinstance(told, str):
        return None
    address, slash, prefix = told.strip().partition("/")
    try:
        network = ipaddress.ip_network(address.partition("%")[0] + slash + prefix, strict=False)
    except ValueError:
        return None
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= 96 and network.subnet_of(_MAPPED):
        inner = int(network.network_address) & 0xFFFFFFFF
        return ipaddress.IPv4Network((inner, network.prefixlen - 96))
    return network


def rolled_up(network: Network) -> Network:
    """The /24 or /64 that it is part of; a larger one stays."""
    most = _ROLLED_UP[network.version]
    return network if network.prefixlen <= most else network.supernet(new_prefix=most)


def may_be_dropped(network: Network) -> bool:
    """Whether it is no larger than what evidence can be of: a /24, or a /48."""
    return network.prefixlen >= _LARGEST_DROPPED[network.version]


def overlapping(network: Network, others: Iterable[Network]) -> List[Network]:
    """Those of the others that share an address with it."""
    return [one for one in others if one.version == network.version and network.overlaps(one)]  # type: ignore[arg-type]


def within(network: Network, others: Iterable[Network]) -> bool:
    """Whether one of the others has all of its addresses."""
    return any(
        one.prefixlen <= network.prefixlen and network.network_address in one
        for one in others
        if one.version == network.version
    )
