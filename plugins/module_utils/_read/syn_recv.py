# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Half-open entries over sock_diag(7), tallied receive buffer by receive buffer.

A flood leaves hundreds of thousands of them, so each step but one below works on a whole buffer
at the speed of the C library functions it is made of. Only appending looks at entries one by one.
Works on every kernel with sock_diag: up to 4.3 the entries hang off their listener, since 4.4 they
are in the table of established connections; both answer to the state SYN_RECV.

So do sockets that TCP Fast Open made of a SYN with a valid cookie, until the third packet of the handshake comes. They
are in the accept queue or accepted already, not in the SYN queue, and take one of their listener's Fast Open places.
Whole sockets are told from entries by an attribute that only a socket has (inet_sk_diag_fill, inet_req_diag_fill).
"""

from __future__ import annotations

import errno
import socket
import struct
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from .._model import records
from . import netlink, sock_diag

if TYPE_CHECKING:
    from .._model import half_open

_MAX_RANGES = 1000  # that one port filter takes

# A message, its netlink header of 16 bytes included: the offsets of what is read.
_RETRANS = 19  # retransmissions of the SYN-ACK
_PORT, _ADDRESS = 20, 24  # local ones
_SOURCE = 40
_INDEX = 56  # of the interface
_EXPIRES, _END = 68, 72  # milliseconds until the SYN-ACK is sent again, 0 where that is overdue
_ATTRIBUTES = 88
_SHUTDOWN = 8  # INET_DIAG_SHUTDOWN, an attribute of sockets (Linux 3.7, the first with a Fast Open server, has it)

_MAX_LOCALS = 16384  # endpoints that connections of TCP Fast Open are counted for
_AT_ONCE = 4096  # entries after which they are counted

Local = Tuple[int, bytes, int]  # port in network byte order, packed address, index of the interface


def tally(
    ports: Optional[Iterable[int]] = None,
    dump: sock_diag.Dump = netlink.dump,
    listeners: Sequence[records.ListenSocket] = (),
    first_timeout: float = 1.0,
) -> Tuple[Optional[half_open.Tally], List[str]]:
    """Count the half-open entries of the calling thread's network namespace, on these local ports or on all.

    `listeners`: those that they are given to. `first_timeout`: seconds until a SYN-ACK is first sent again.
    Returns the tally, None where there is no entry, and warnings. Raises OSError where the kernel refuses.
    """
    for last_attempt in (False, True):
        counted = None
        try:
            for family in sock_diag.FAMILIES:
                sockets: Dict[Local, int] = {}
                runs = entries(family, ports, dump, partial(_count_sockets, sockets, family))
                first = next(runs, None)
                if first is None and not sockets:
                    continue  # as on most hosts, which then need nothing to count with
                counted = _new_tally(listeners) if counted is None else counted
                if first is not None:
                    _count(counted, family, chain((first,), runs), 1000 * first_timeout)
                for local, count in sockets.items():
                    counted.fast_open(named(local, family), count)
            break
        except netlink.DumpInterrupted:
            if last_attempt:
                return counted, ["The table of sockets changed while the kernel listed it: half-open counts are rough."]
    return counted, []


def _new_tally(listeners: Sequence[records.ListenSocket]) -> half_open.Tally:
    from .._model import half_open

    return half_open.Tally(listeners)


def port_ranges(ports: Iterable[int]) -> List[Tuple[int, int]]:
    """The ports as ranges (first, last), ascending and apart from each other."""
    ranges: List[Tuple[int, int]] = []
    for port in sorted(set(ports)):
        if ranges and ranges[-1][1] == port - 1:
            ranges[-1] = (ranges[-1][0], port)
        else:
            ranges.append((port, port))
    return ranges


def entries(
    family: int,
    ports: Optional[Iterable[int]],
    dump: sock_diag.Dump = netlink.dump,
    aside: Callable[[memoryview, int], None] = lambda run, length: None,
) -> Iterator[netlink.Run]:
    """The half-open entries of one family on these ports, or on all, in runs of messages of one length.

    The length is a multiple of four. `aside` is called with runs of whole sockets, which are no entries of a SYN queue.
    Raises OSError and DumpInterrupted as `netlink.dump` does.
    """
    for asked in _filters(ports):
        for run, length in dump(sock_diag.request(family, sock_diag.TCP_SYN_RECV) + asked):
            if length < _END:
                raise OSError(errno.EBADMSG, "sock_diag: a message of %d bytes is cut short" % length)
            if length % 4:  # comes alone
                length -= length % 4
                run = run[:length]
            if length > _ATTRIBUTES and _is_socket(run[_ATTRIBUTES:length]):
                aside(run, length)
            else:
                yield run, length


def _is_socket(told: memoryview) -> bool:
    return any(kind == _SHUTDOWN for kind, _value in netlink.attributes(bytes(told)))


def _filters(ports: Optional[Iterable[int]]) -> Iterator[bytes]:
    if ports is None:
        yield b""
        return
    ranges = port_ranges(ports)
    for start in range(0, len(ranges), _MAX_RANGES):
        yield sock_diag.port_filter(ranges[start:start + _MAX_RANGES])


def _count(counted: half_open.Tally, family: int, runs: Iterable[netlink.Run], first: float) -> None:
    from .._model import half_open

    width = 16 if family == socket.AF_INET6 else 4
    by_local = _ByLocal(counted, family, width)
    unsettled = 0
    try:
        for run, length in runs:
            waited = half_open.ages(*timers(run, length), first)
            sources = each_bytes(run, length, _SOURCE, width)
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


def _count_sockets(counts: Dict[Local, int], family: int, run: memoryview, length: int) -> None:
    count_local(counts, 16 if family == socket.AF_INET6 else 4, run, length)


def count_local(counts: Dict[Local, int], width: int, run: memoryview, length: int) -> None:
    """Count the messages of a run by local endpoint, whose address is so many bytes wide.

    Of so many endpoints as listeners are told apart at most.
    """
    ports, indexes = run.cast("H")[_PORT // 2::length // 2].tolist(), _words(run, length, _INDEX).tolist()
    for local in zip(ports, each_bytes(run, length, _ADDRESS, width), indexes):
        if local in counts or len(counts) < _MAX_LOCALS:
            counts[local] = counts.get(local, 0) + 1


class _ByLocal(Dict[Local, Dict[int, List[bytes]]]):
    """What `Tally.of` gives for each local endpoint."""

    def __init__(self, counted: half_open.Tally, family: int, width: int) -> None:
        super().__init__()
        self._counted, self._family, self._width = counted, family, width

    def __missing__(self, local: Local) -> Dict[int, List[bytes]]:
        self[local] = found = self._counted.of(named(local, self._family))
        return found

    def each(self, run: memoryview, length: int) -> Iterator[Dict[int, List[bytes]]]:
        """That of each message. The local address of most runs is the same throughout, so that the port tells."""
        ports = run.cast("H")[_PORT // 2::length // 2].tolist()
        indexes = _words(run, length, _INDEX)
        same = all(netlink.alike(_words(run, length, _ADDRESS + at)) for at in range(0, self._width, 4))
        if not same or not netlink.alike(indexes):
            addresses = each_bytes(run, length, _ADDRESS, self._width)
            return map(self.__getitem__, zip(ports, addresses, indexes.tolist()))
        address = bytes(run[_ADDRESS:_ADDRESS + self._width])
        of_port = {port: self[port, address, indexes[0]] for port in dict.fromkeys(ports)}
        return map(of_port.__getitem__, ports)


def each_bytes(run: memoryview, length: int, at: int, size: int) -> Tuple[bytes, ...]:
    """So many bytes from that offset on of each message."""
    return struct.unpack("%dx%ds%dx" % (at, size, length - at - size) * (len(run) // length), run)


def _words(run: memoryview, length: int, at: int) -> memoryview:
    """The 32 bits at that offset of each message."""
    return run.cast("I")[at // 4::length // 4]


def timers(run: memoryview, length: int) -> Tuple[bytes, List[int]]:
    """Of each message: how often its SYN-ACK was sent again, and milliseconds until the next time."""
    return run[_RETRANS::length].tobytes(), _words(run, length, _EXPIRES).tolist()


def named(local: Local, family: int) -> records.ListenKey:
    """The local endpoint as a listener's key."""
    port, address, index = local
    return records.ListenKey(
        family=sock_diag.FAMILIES[family],
        address=socket.inet_ntop(family, address),
        port=socket.ntohs(port),
        device=sock_diag.device_name(index) if index else None,
    )
