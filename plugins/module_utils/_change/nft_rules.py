# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The nftables table of a mitigation as the text that ``nft -f`` takes (nft(8)).

The text replaces the whole table, whatever it held, and nft hands it to the kernel as one transaction. So the same text
makes, renews and mends, and no packet ever meets half of it. It names no other table.
"""

from __future__ import annotations

import ipaddress
from typing import Iterable, List, Mapping, Optional, Tuple

from .._model import networks, nft_table
from .._model import nft_limit as model_nft_limit
from . import nft_limit

#: Seconds by which an element may end earlier or later than it should: before the table is made anew, and just after
#: it was made, on a host that is slow to list it. A block of short life that was renewed differs by a few seconds only.
SLACK, SLACK_WHEN_MADE = 2, 5
_FAMILIES = ((4, "ip", "ipv4_addr"), (6, "ip6", "ipv6_addr"))


def script(blocks: Mapping[nft_table.Key, int], passes: Iterable[networks.Network],
           limit: Optional[model_nft_limit.Limit] = None) -> str:  # fmt: skip
    """The table that drops new connections of ``blocks``, each for so many seconds more, except from ``passes``.

    And, where there is a ``limit``, those of every network that sends more than that.

    ``fib daddr type local``: what is addressed to this host, ports that a container engine publishes among them, and
    not what the host routes to others. Before addresses are translated, and once more where they have been: a listener
    that clients come to by another port, which is redirected to its own, is known by its own. The set is asked last, so
    that its elements count what is dropped and nothing else.

    :raises ValueError: a block or a limit that would never end.
    """
    kept, through = _without_nested(blocks), list(passes)
    name = "{0} {1}".format(nft_table.FAMILY, nft_table.TABLE)
    lines = ["add table " + name, "delete table " + name, "table {0} {{".format(name)]
    for version, _protocol, address in _FAMILIES:
        elements = [_element(network, port, kept[network, port]) for network, port in sorted(kept, key=_order)
                    if network.version == version]  # fmt: skip
        passed = [str(one) for one in _collapsed(through, version)]
        lines += _set(nft_table.BLOCKED[version], address + " . inet_service", ["interval", "timeout"], elements, True)
        lines += _set(nft_table.PASSED[version], address, ["interval"], passed, False)
    lines += nft_limit.sets(limit, list(nft_table.CHAINS)) if limit else []
    for chain in nft_table.CHAINS:
        lines.append("\tchain {0} {{".format(chain))
        lines.append("\t\ttype filter hook {0} priority {1}; policy accept;".format(chain, nft_table.PRIORITY))
        for version, protocol, _address in _FAMILIES:
            sets = nft_table.BLOCKED[version], nft_table.PASSED[version]
            lines.append(
                "\t\ttcp flags & (fin | syn | rst | ack) == syn {0} saddr != @{2} fib daddr type local "
                "{0} saddr . tcp dport @{1} counter drop".format(protocol, *sets)
            )
        lines += ["\t\t" + rule for rule in nft_limit.rules(limit, chain)] if limit else []
        lines.append("\t}")
    return "\n".join([*lines, "}", ""])


def in_force(table: nft_table.Table, blocks: Mapping[nft_table.Key, int], passes: Iterable[networks.Network],
             slack: int = SLACK, limit: Optional[model_nft_limit.Limit] = None) -> bool:  # fmt: skip
    """Whether the kernel has what :func:`script` would make, nothing ending ``slack`` seconds earlier or later."""
    wanted = _without_nested(blocks)
    if not table.sound or set(table.blocks) != set(wanted):
        return False
    if any(live.expires is None or abs(live.expires - wanted[key]) > slack for key, live in table.blocks.items()):
        return False
    if (table.limit is None) != (limit is None):
        return False
    if table.limit is not None and limit is not None and not nft_limit.in_force(table.limit, limit, slack):
        return False
    told = list(passes)
    return all(_collapsed(told, version) == _collapsed(table.passes, version) for version, _ip, _type in _FAMILIES)


def _without_nested(blocks: Mapping[nft_table.Key, int]) -> Mapping[nft_table.Key, int]:
    """An interval set takes no two that overlap: the larger network stays, for the longer of the two times."""
    kept: List[Tuple[nft_table.Key, int]] = []
    for (network, port), seconds in sorted(blocks.items(), key=lambda one: (one[0][0].prefixlen, _order(one[0]))):
        for index, ((larger, its_port), its_seconds) in enumerate(kept):
            if its_port == port and networks.within(network, [larger]):
                kept[index] = ((larger, port), max(seconds, its_seconds))
                break
        else:
            kept.append(((network, port), seconds))
    return dict(kept)


def _order(key: nft_table.Key) -> Tuple[int, int, int, int]:
    return key[0].version, int(key[0].network_address), key[0].prefixlen, key[1]


def _collapsed(told: Iterable[networks.Network], version: int) -> List[networks.Network]:
    return list(ipaddress.collapse_addresses([one for one in told if one.version == version]))  # type: ignore[type-var]


def _element(network: networks.Network, port: int, seconds: int) -> str:
    if seconds < 1:  # which nft would take for no timeout at all
        raise ValueError("{0}: {1} seconds".format(network, seconds))
    return "{0} . {1} timeout {2}s".format(network, port, seconds)


def _set(name: str, kind: str, flags: List[str], elements: List[str], counted: bool) -> List[str]:
    lines = ["\tset {0} {{".format(name), "\t\ttype " + kind, "\t\tflags " + ", ".join(flags)]
    lines += ["\t\tcounter"] if counted else []
    lines += ["\t\telements = {{ {0} }}".format(", ".join(elements))] if elements else []
    return [*lines, "\t}"]
