# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Half-open entries over sock_diag(7), tallied receive buffer by receive buffer.

A flood leaves hundreds of thousands of them, so each step below works on a whole buffer
at the speed of the C library functions it is made of; no entry is looked at alone.
Works on every kernel with sock_diag: up to 4.3 the entries hang off their listener, since 4.4 they
are in the table of established connections; both answer to the state SYN_RECV.
"""

from __future__ import annotations

import socket
import struct
from collections import Counter
from itertools import chain
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from .._model.half_open import Tally
from .._model.records import ListenKey
from . import netlink, sock_diag

_MAPPED = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96
_MAX_RANGES = 1000  # that one port filter takes

# Offsets in a message, its netlink header of 16 bytes included.
_RETRANS = 19
_LOCAL = "20xH2x%ds%dxI"  # local port, local address, index of the interface
_SOURCE = "40x%ds"
_LOCAL_END, _SOURCE_AT = 60, 40

Local = Tuple[int, bytes, int]  # port in network byte order, packed address, index of the interface


def tally(ports: Optional[Iterable[int]] = None, dump: sock_diag.Dump = netlink.dump) -> Tuple[Tally, List[str]]:
    """Count the half-open entries of the calling thread's network namespace, on these local ports or on all.

    Returns the tally and warnings. Raises OSError where the kernel refuses.
    """
    for last_attempt in (False, True):
        counted = Tally()
        try:
            for family in sock_diag.FAMILIES:
                for asked in _filters(ports):
                    _count(counted, family, dump(sock_diag.request(family, sock_diag.TCP_SYN_RECV) + asked))
            break
        except netlink.DumpInterrupted:
            if last_attempt:
                return counted, ["The table of sockets changed while the kernel listed it: half-open counts are rough."]
    return counted, []


def port_ranges(ports: Iterable[int]) -> List[Tuple[int, int]]:
    """The ports as ranges (first, last), ascending and apart from each other."""
    ranges: List[Tuple[int, int]] = []
    for port in sorted(set(ports)):
        if ranges and ranges[-1][1] == port - 1:
            ranges[-1] = (ranges[-1][0], port)
        else:
            ranges.append((port, port))
    return ranges


def _filters(ports: Optional[Iterable[int]]) -> Iterator[bytes]:
    if ports is None:
        yield b""
        return
    ranges = port_ranges(ports)
    for start in range(0, len(ranges), _MAX_RANGES):
        yield sock_diag.port_filter(ranges[start:start + _MAX_RANGES])


def _count(counted: Tally, family: int, runs: Iterable[netlink.Run]) -> None:
    width = 16 if family == socket.AF_INET6 else 4
    names: Dict[Local, ListenKey] = {}
    forms: Dict[int, Tuple[struct.Struct, struct.Struct]] = {}
    for run, length in runs:
        if length not in forms:
            forms[length] = (
                struct.Struct("=%s%dx" % (_LOCAL % (width, 32 - width), length - _LOCAL_END)),
                struct.Struct("=%s%dx" % (_SOURCE % width, length - _SOURCE_AT - width)),
            )
        local_form, source_form = forms[length]
        counts = Counter(local_form.iter_unpack(run))
        retrans = run[_RETRANS::length].tobytes()
        sources = list(chain.from_iterable(source_form.iter_unpack(run)))
        ipv4, ipv6 = by_version(sources)
        counted.add(
            {_named(local, family, names): count for local, count in counts.items()},
            len(retrans) - retrans.count(0),
            ipv4,
            ipv6,
        )


def by_version(sources: Sequence[bytes]) -> Tuple[bytes, bytes]:
    """The packed addresses in one string for IPv4, IPv4-mapped ones included, and one for IPv6."""
    if not sources or len(sources[0]) == 4:
        return b"".join(sources), b""
    mapped = [source[12:] for source in sources if source.startswith(_MAPPED)]
    if len(mapped) == len(sources):
        return b"".join(mapped), b""
    return b"".join(mapped), b"".join(source for source in sources if not source.startswith(_MAPPED))


def _named(local: Local, family: int, names: Dict[Local, ListenKey]) -> ListenKey:
    if local not in names:
        if len(names) >= 1024:
            names.clear()
        port, address, index = local
        names[local] = ListenKey(
            family=sock_diag.FAMILIES[family],
            address=socket.inet_ntop(family, address),
            port=socket.ntohs(port),
            device=sock_diag.device_name(index) if index else None,
        )
    return names[local]
