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
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from .._model.half_open import Tally, ages
from .._model.records import ListenKey, ListenSocket
from . import netlink, sock_diag

_MAX_RANGES = 1000  # that one port filter takes

# Offsets in a message, its netlink header of 16 bytes included.
_RETRANS = 19  # retransmissions of the SYN-ACK
_EXPIRES = 68  # milliseconds until the next one, 0 where it is overdue
_LOCAL = "20xH2x%ds%dxI%dx"  # local port, local address, index of the interface
_SOURCE = "40x%ds%dx"
_LOCAL_END = 60

_AT_ONCE = 4096  # entries that are sorted by listener at a time


Local = Tuple[int, bytes, int]  # port in network byte order, packed address, index of the interface


def tally(
    ports: Optional[Iterable[int]] = None,
    dump: sock_diag.Dump = netlink.dump,
    listeners: Sequence[ListenSocket] = (),
    first_timeout: float = 1.0,
) -> Tuple[Tally, List[str]]:
    """Count the half-open entries of the calling thread's network namespace, on these local ports or on all.

    `listeners`: those that they are given to. `first_timeout`: seconds until a SYN-ACK is first sent again.
    Returns the tally and warnings. Raises OSError where the kernel refuses.
    """
    for last_attempt in (False, True):
        counted = Tally(listeners)
        try:
            for family in sock_diag.FAMILIES:
                for body in requests(family, ports):
                    _count(counted, family, dump(body), 1000 * first_timeout)
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


def requests(family: int, ports: Optional[Iterable[int]]) -> Iterator[bytes]:
    """The bodies of the dump requests for the half-open entries of one family on these ports, or on all."""
    for asked in _filters(ports):
        yield sock_diag.request(family, sock_diag.TCP_SYN_RECV) + asked


def _filters(ports: Optional[Iterable[int]]) -> Iterator[bytes]:
    if ports is None:
        yield b""
        return
    ranges = port_ranges(ports)
    for start in range(0, len(ranges), _MAX_RANGES):
        yield sock_diag.port_filter(ranges[start:start + _MAX_RANGES])


def _count(counted: Tally, family: int, runs: Iterable[netlink.Run], first: float) -> None:
    by_local = _ByLocal(counted, family)
    unsettled = 0
    try:
        for run, length in runs:
            waited = ages(*timers(run, length), first)
            sources = struct.unpack(_SOURCE % (by_local.width, length - 40 - by_local.width) * len(waited), run)
            for by_age, age, source in zip(by_local.each(run, length), waited, sources):
                by_age[age].append(source)
            unsettled += len(waited)
            if unsettled > _AT_ONCE:
                counted.settle()
                unsettled = 0
                if len(by_local) > 1024:
                    by_local.clear()
    finally:  # also of a dump that turns out to be inconsistent: where it is the second one, it is used
        counted.settle()


class _ByLocal(Dict[Local, Dict[int, List[bytes]]]):
    """What `Tally.of` gives for each local endpoint."""

    def __init__(self, counted: Tally, family: int) -> None:
        super().__init__()
        self.width = 16 if family == socket.AF_INET6 else 4
        self._counted, self._family = counted, family

    def __missing__(self, local: Local) -> Dict[int, List[bytes]]:
        self[local] = found = self._counted.of(named(local, self._family))
        return found

    def each(self, run: memoryview, length: int) -> Iterable[Dict[int, List[bytes]]]:
        """That of each message. Most runs are of one local address, many of one port as well."""
        form = "=" + _LOCAL % (self.width, 32 - self.width, length - _LOCAL_END)
        words, stride = run.cast("I"), length // 4
        addresses = (words[at::stride] for at in range(6, 6 + self.width // 4))
        if not all(map(netlink.alike, (words[14::stride], *addresses))):
            return map(self.__getitem__, struct.iter_unpack(form, run))
        _port, address, index = struct.unpack(form, run[:length])
        ports = run.cast("H")[10::2 * stride].tolist()
        of_port = {port: self[port, address, index] for port in set(ports)}
        return map(of_port.__getitem__, ports)


def timers(run: memoryview, length: int) -> Tuple[bytes, List[int]]:
    """Of each message: how often its SYN-ACK was sent again, and milliseconds until the next time."""
    return run[_RETRANS::length].tobytes(), run.cast("I")[_EXPIRES // 4::length // 4].tolist()


def named(local: Local, family: int) -> ListenKey:
    """The local endpoint as a listener's key."""
    port, address, index = local
    return ListenKey(
        family=sock_diag.FAMILIES[family],
        address=socket.inet_ntop(family, address),
        port=socket.ntohs(port),
        device=sock_diag.device_name(index) if index else None,
    )
