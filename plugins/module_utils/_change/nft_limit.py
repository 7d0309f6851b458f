# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The text of that part of a mitigation's nftables table which holds each source network to so many SYNs a second.

A network that sends more has the rest dropped, the first second's worth let through at once. The set that counts is of
a fixed size, and what is silent is soon forgotten: a flood from ever new networks takes no more memory than that.
"""

from __future__ import annotations

import ipaddress
from typing import List

from .._model import nft_limit

_FAMILIES = ((4, "ip", "ipv4_addr"), (6, "ip6", "ipv6_addr"))


def sets(limit: nft_limit.Limit, chains: List[str]) -> List[str]:
    """The lines of all sets.

    :raises ValueError: a limit that would never end.
    """
    lines = []
    for version, _protocol, address in _FAMILIES:
        ports = [_element(port, seconds) for (its, port), seconds in sorted(limit.ports.items()) if its == version]
        spared = ipaddress.collapse_addresses([one for one in limit.spared if one.version == version])  # type: ignore[type-var]
        lines += _set(nft_limit.PORTS[version], ["type inet_service", "flags timeout"], ports)
        lines += _set(nft_limit.SPARED[version], ["type " + address, "flags interval"], list(map(str, spared)))
        for chain in chains:
            size, silent = "size {0}".format(nft_limit.MOST), "timeout {0}s".format(nft_limit.FORGOTTEN)
            parts = ["type {0} . inet_service".format(address), size, "flags dynamic, timeout", silent]
            lines += _set(nft_limit.rates(version, chain), parts, [])
    return lines


def rules(limit: nft_limit.Limit, chain: str) -> List[str]:
    """The lines of a chain. What is counted is a new connection to this host alone, on a port that is limited."""
    text = (
        "tcp flags & (fin | syn | rst | ack) == syn {0} saddr != @{1} tcp dport @{2} fib daddr type local "
        "update @{3} {{ {0} saddr & {4} . tcp dport limit rate over {5}/second burst {5} packets }} counter drop"
    )
    return [text.format(protocol, nft_limit.SPARED[version], nft_limit.PORTS[version], nft_limit.rates(version, chain),
                        nft_limit.MASKS[version], limit.rate)
            for version, protocol, _address in _FAMILIES]  # fmt: skip


def in_force(live: nft_limit.Limit, wanted: nft_limit.Limit, slack: int) -> bool:
    """Whether what the kernel has is what is wanted, no port's limit ending ``slack`` seconds earlier or later."""
    if live.rate != wanted.rate or set(live.ports) != set(wanted.ports):
        return False
    for place, seconds in wanted.ports.items():
        has = live.ports[place]
        if has is None or seconds is None or abs(has - seconds) > slack:
            return False
    return _collapsed(live) == _collapsed(wanted)


def _collapsed(limit: nft_limit.Limit) -> List[List[object]]:
    told = [[one for one in limit.spared if one.version == version] for version, _ip, _type in _FAMILIES]
    return [list(ipaddress.collapse_addresses(one)) for one in told]  # type: ignore[type-var]


def _element(port: int, seconds: object) -> str:
    if not isinstance(seconds, int) or seconds < 1:  # which nft would take for no timeout at all
        raise ValueError("port {0}: {1} seconds".format(port, seconds))
    return "{0} timeout {1}s".format(port, seconds)


def _set(name: str, parts: List[str], elements: List[str]) -> List[str]:
    lines = ["\tset {0} {{".format(name), *("\t\t" + part for part in parts)]
    lines += ["\t\telements = {{ {0} }}".format(", ".join(elements))] if elements else []
    return [*lines, "\t}"]
