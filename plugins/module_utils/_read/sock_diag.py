# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Listening sockets over sock_diag(7): what the kernel tells of each, MPTCP included.

Needs no privilege. A dump covers the network namespace of the calling thread.
"""

from __future__ import annotations

import socket
import struct
import sys
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .._model import records
from . import netlink

FAMILIES: Dict[int, str] = {socket.AF_INET: "ipv4", socket.AF_INET6: "ipv6"}
TCP_SYN_RECV = 3
TCP_LISTEN = 10
IPPROTO_MPTCP = 262

# linux/inet_diag.h; the ULP comes along with INFO, the cgroup unasked
_REQ_BYTECODE = 1
_REQ_PROTOCOL = 3
_INFO = 2
_SKMEMINFO = 7
_SKV6ONLY = 11
_ULP_INFO = 19
_CGROUP_ID = 21
_ULP_NAME = 1  # within _ULP_INFO
_MEMINFO_DROPS = 8  # index in SKMEMINFO; Linux 4.7+, the first to count a listener's drops

_REQUEST = struct.Struct("=BBBBI48x")  # struct inet_diag_req_v2, with an id that asks for every socket
# struct inet_diag_msg: family, state, timer, retransmissions, source port, destination port, source,
# destination, interface, cookie, expires, receive queue, send queue, uid, inode
MESSAGE = struct.Struct("=BBBBHH16s16sI8sIIIII")

Dump = Callable[[bytes], Iterator[netlink.Run]]


class _Row(NamedTuple):
    """A listening socket of one dump, before MPTCP sockets and their subflows are brought together."""

    socket: records.ListenSocket
    subflow: bool  # carries the "mptcp" ULP: the TCP socket that listens on behalf of an MPTCP one


def listeners(dump: Dump = netlink.dump) -> Tuple[List[records.ListenSocket], List[str]]:
    """Every listening TCP and MPTCP socket, with warnings.

    Raises OSError where the kernel refuses. An MPTCP listener comes once, as protocol "mptcp".
    """
    warnings: List[str] = []
    found: List[records.ListenSocket] = []
    for family in FAMILIES:
        tcp = _consistent(dump, request(family, TCP_LISTEN, _INFO, _SKMEMINFO), "tcp", warnings)
        try:
            # Protocol 0 beside the attribute: a kernel older than the attribute (Linux 5.9) then finds
            # no such protocol, instead of taking 262 for its low byte, 6, and listing TCP again.
            body = request(family, TCP_LISTEN, _SKMEMINFO, protocol=0)
            body += netlink.attribute(_REQ_PROTOCOL, struct.pack("=I", IPPROTO_MPTCP))
            mptcp = _consistent(dump, body, "mptcp", warnings)
        except OSError:
            mptcp = []  # no MPTCP in this kernel
        found += _merge(tcp, [row.socket for row in mptcp])
    return found, warnings


def request(family: int, state: int, *extensions: int, protocol: int = socket.IPPROTO_TCP) -> bytes:
    """The body of a dump request for all sockets of one family in one state."""
    asked = 0
    for extension in extensions:
        asked |= 1 << (extension - 1)
    return _REQUEST.pack(family, protocol, asked, 0, 1 << state)


def port_filter(ranges: Sequence[Tuple[int, int]]) -> bytes:
    """The attribute that has the kernel list only these ranges of local ports; at most 1,000 of them.

    inet_diag's byte code: each operation is followed at `yes` bytes on where it holds, at
    `no` bytes where not, and a socket is listed that arrives exactly at the end.
    """
    at_least, at_most, jump = 2, 3, 1
    code = b""
    for number, (first, last) in enumerate(reversed(ranges)):
        # Two comparisons of two words each, then a jump behind all that follows. What follows the
        # last alternative is nothing, so failing there jumps four bytes past the end: not listed.
        after = len(code)
        refused = 4 if number == 0 else 0
        code = (
            struct.pack("=BBHBBH", at_least, 8, 20 + refused, 0, 0, first)
            + struct.pack("=BBHBBH", at_most, 8, 12 + refused, 0, 0, last)
            + struct.pack("=BBH", jump, 4, 4 + after)
            + code
        )
    return netlink.attribute(_REQ_BYTECODE, code)


def _consistent(dump: Dump, body: bytes, protocol: str, warnings: List[str]) -> List[_Row]:
    """The rows of a dump, taken again once where sockets came or went while it ran."""
    rows: List[_Row] = []
    for _attempt in range(2):
        rows = []
        try:
            for row in _rows(dump, body, protocol):
                rows.append(row)
            return rows
        except netlink.DumpInterrupted:
            pass
    warnings.append("Sockets opened or closed while the kernel listed them: a listener may be missing or doubled.")
    return rows


def _rows(dump: Dump, body: bytes, protocol: str) -> Iterator[_Row]:
    devices: Dict[int, Optional[str]] = {0: None}
    for run, length in dump(body):
        for offset in range(0, len(run), length):
            yield _row(bytes(run[offset:offset + length]), protocol, devices)


def _row(message: bytes, protocol: str, devices: Dict[int, Optional[str]]) -> _Row:
    start = netlink.HEADER.size
    (family, _state, _timer, _retrans, port, _dport, source, _destination, index, _cookie,
     _expires, used, backlog, uid, inode) = MESSAGE.unpack_from(message, start)  # fmt: skip
    told = dict(netlink.attributes(message[start + MESSAGE.size:]))
    ipv6 = family == socket.AF_INET6
    address = socket.inet_ntop(family, source[:16 if ipv6 else 4])
    if index not in devices:
        devices[index] = device_name(index)
    return _Row(
        records.ListenSocket(
            family=FAMILIES[family],
            protocol=protocol,
            address=address,
            port=socket.ntohs(port),
            device=devices[index],
            dual_stack=_dual_stack(told) if ipv6 and address == "::" else False,
            inode=inode,
            uid=uid,
            accept_used=used,
            backlog=backlog,
            drops=_word(told.get(_SKMEMINFO, b""), _MEMINFO_DROPS),
            cgroup_id=int.from_bytes(told[_CGROUP_ID][:8], sys.byteorder) if _CGROUP_ID in told else None,
        ),
        subflow=dict(netlink.attributes(told.get(_ULP_INFO, b""))).get(_ULP_NAME, b"").rstrip(b"\0") == b"mptcp",
    )


def device_name(index: int) -> str:
    """The name of an interface of this network namespace; "if7" where it is gone."""
    try:
        return socket.if_indextoname(index)
    except OSError:
        return "if%d" % index


def _dual_stack(told: Dict[int, bytes]) -> Optional[bool]:
    return told[_SKV6ONLY][:1] == b"\0" if _SKV6ONLY in told else None  # absent in the first 4.x kernels


def _word(data: bytes, index: int) -> Optional[int]:
    return struct.unpack_from("=I", data, 4 * index)[0] if len(data) >= 4 * index + 4 else None


def _merge(tcp: Sequence[_Row], mptcp: Sequence[records.ListenSocket]) -> List[records.ListenSocket]:
    """Every listener once: an MPTCP socket takes the place of its TCP subflow.

    The queues and the drops are the subflow's. Where both rows carry the inode that the process
    holds (seen on 6.18) that is how they are matched, else by address, port and device. MPTCP
    listeners are listed since Linux 5.19; before, the subflow stands for its listener.
    """
    rows = list(tcp)
    merged: List[records.ListenSocket] = []
    for one in mptcp:
        place = _subflow_of(one, rows)
        if place is not None:
            flow = rows.pop(place).socket
            one = one._replace(accept_used=flow.accept_used, backlog=flow.backlog, drops=flow.drops)
        merged.append(one)
    plain = [row.socket._replace(protocol="mptcp") if row.subflow else row.socket for row in rows]
    return plain + merged


def _subflow_of(one: records.ListenSocket, rows: Sequence[_Row]) -> Optional[int]:
    for place, row in enumerate(rows):
        if row.socket.inode == one.inode != 0:
            return place
    for place, row in enumerate(rows):
        if row.subflow and row.socket[2:5] == one[2:5]:  # address, port, device
            return place
    return None
