# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which packets are counted for which listener, and for which listeners where there are too many."""

from __future__ import annotations

import ipaddress
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .._model import records
from . import program

_WILDCARDS = ("0.0.0.0", "::")

#: Packet sockets of one network namespace: every packet that comes or goes is held against each
MOST_SOCKETS = 32
_FOR_ALL = 4  # of them: SYNs in, TCP segments in, SYNs out, SYN-ACKs out
MOST_ALONE = (MOST_SOCKETS - _FOR_ALL) // 2  # listeners, each with sockets of its own
MOST_TOGETHER = 100  # listeners, where one program tells the class of a packet


class Host(NamedTuple):
    """What a network namespace has of its own."""

    addresses: Tuple[str, ...]  # () where they are not known
    ports: Tuple[int, ...]  # devices that are ports of a bridge or a bond, by index
    devices: Dict[str, int]  # index by name


def key_of(one: records.ListenSocket) -> records.ListenKey:
    """What the members of an SO_REUSEPORT group have in common."""
    return records.ListenKey(one.family, one.address, one.port, one.device)


def chosen(
    sockets: Sequence[records.ListenSocket], named: Iterable[int] = (), most: int = MOST_ALONE
) -> List[records.ListenKey]:
    """The listeners whose SYNs are counted: those on named ports, then those under strain, then by port."""
    named = frozenset(named)
    rank: Dict[records.ListenKey, Tuple[bool, int, int]] = {}
    for one in sockets:
        key = key_of(one)
        mine = (one.port not in named, -one.accept_used, -(one.drops or 0))
        rank[key] = min(rank.get(key, mine), mine)
    order = sorted(rank, key=lambda key: (rank[key], key.port, key.address, key.family, key.device or ""))
    return order[:most]


def syns(key: records.ListenKey, sockets: Sequence[records.ListenSocket], host: Host) -> program.Wanted:
    """The SYNs that arrive for a listener."""
    others = {key_of(one) for one in sockets if one.port == key.port} - {key}
    families = _families(key, sockets)
    addresses: Optional[Tuple[bytes, ...]] = None
    taken: Tuple[bytes, ...] = ()
    if key.address in _WILDCARDS:
        taken = tuple(
            sorted(
                {
                    packed(one.address)
                    for one in others
                    if one.address not in _WILDCARDS and one.device in (None, key.device)
                }
            )
        )
        if 0 < len(host.addresses) <= program.MOST_ADDRESSES:
            addresses = tuple(sorted({packed(one) for one in host.addresses if len(packed(one)) in _widths(families)}))
    else:
        addresses = (packed(key.address),)
    return program.Wanted(
        program.INCOMING,
        program.SYN,
        port=key.port,
        families=families,
        addresses=addresses,
        not_addresses=taken,
        device=_device(key.device, host),
        not_devices=host.ports,
    )


def syn_acks(arriving: program.Wanted) -> program.Wanted:
    """The SYN-ACKs that leave for SYNs that arrived so. They may leave by another device."""
    return arriving._replace(direction=program.OUTGOING, flags=program.SYN_ACK, device=None)


def everything(host: Host) -> List[program.Wanted]:
    """What the whole network namespace is counted by: SYNs in, TCP segments in, SYNs out, and SYN-ACKs out."""
    addresses = None
    if 0 < len(host.addresses) <= program.MOST_ADDRESSES:
        addresses = tuple(sorted({packed(one) for one in host.addresses}))
    all_syns = program.Wanted(program.INCOMING, program.SYN, addresses=addresses, not_devices=host.ports)
    return [
        all_syns,
        all_syns._replace(flags=None),
        program.Wanted(program.OUTGOING, program.SYN, addresses=addresses, not_devices=host.ports),
        program.Wanted(program.OUTGOING, program.SYN_ACK, addresses=addresses, not_devices=host.ports),
    ]


def packed(address: str) -> bytes:
    """The bytes of an address; four of one that is IPv4 within IPv6."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).packed


def _families(key: records.ListenKey, sockets: Sequence[records.ListenSocket]) -> Tuple[int, ...]:
    if key.family == "ipv4" or len(packed(key.address)) == 4:
        return (4,)
    if key.address != "::":
        return (6,)
    takes_both = any(key_of(one) == key and one.dual_stack is not False for one in sockets)
    ipv4_taken = any((one.port, one.address, one.device) == (key.port, "0.0.0.0", key.device) for one in sockets)
    return (4, 6) if takes_both and not ipv4_taken else (6,)


def _widths(families: Tuple[int, ...]) -> Tuple[int, ...]:
    return tuple({4: 4, 6: 16}[family] for family in families)


def _device(name: Optional[str], host: Host) -> Optional[int]:
    return None if name is None else host.devices.get(name)


def joined(
    keys: Sequence[records.ListenKey], sockets: Sequence[records.ListenSocket], named: Iterable[int], room: int
) -> List[records.ListenKey]:
    """The keys, and behind them those of listeners that were opened later, for so many of which there is room."""
    later = [one for one in sockets if key_of(one) not in keys]
    return [*keys, *chosen(later, named, room)]


def closed(port: int, host: Host) -> program.Wanted:
    """SYNs to a port that nobody listens on."""
    return everything(host)[0]._replace(port=port)


def classes(
    keys: Sequence[records.ListenKey],
    ports: Sequence[int],
    sockets: Sequence[records.ListenSocket],
    host: Host,
) -> List[Tuple[str, program.Wanted]]:
    """What is counted, each packet in the first class that wants it: most packets are no SYN, and told first.

    A listener on a device comes before one on none, and an address before a wildcard, as the kernel looks for them.
    """
    all_syns, segments, syns_out, all_syn_acks = everything(host)
    found = [("data", segments._replace(not_flags=program.SYN))]
    order = sorted(range(len(keys)), key=lambda place: (keys[place].device is None, keys[place].address in _WILDCARDS))
    for place in order:
        arriving = syns(keys[place], sockets, host)
        found += [("in %d" % place, arriving), ("out %d" % place, syn_acks(arriving))]
    found += [("port %d" % port, closed(port, host)) for port in ports]
    return [*found, ("other", all_syns), ("syns_out", syns_out), ("other_out", all_syn_acks)]


def summed(counts: Dict[str, int]) -> Dict[str, int]:
    """The counts of `classes` with those that are sums of them: SYNs to any port, their answers, and TCP segments."""
    if "data" not in counts:
        return counts
    every = sum(count for name, count in counts.items() if name.startswith(("in ", "port ")) or name == "other")
    answers = sum(count for name, count in counts.items() if name.startswith("out ") or name == "other_out")
    return dict(counts, syns=every, segments=every + counts["data"], syn_acks=answers)
