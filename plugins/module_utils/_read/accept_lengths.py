# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How many connections wait for accept() at each listening socket, asked many times a second at the least cost.

One request brings both families, which the older TCPDIAG_GETSOCK does in one pass. An answer that equals the one
before is not taken apart. Needs no privilege.
"""

from __future__ import annotations

import socket
import struct
from typing import Dict, List

from . import netlink

TCPDIAG_GETSOCK = 18
_TCP_LISTEN = 10
_ROW = struct.Struct("=I68xI8xI")  # a message with its header: its length, the receive queue, the inode
_END = struct.Struct("=IH")
_LONGEST = 32768  # the kernel sends at most so much at a time
_WAIT = 5  # seconds until a kernel that does not answer is given up


class AcceptLengths:
    """A way to look at the listening sockets of the network namespace in which it was made."""

    def __init__(self) -> None:
        self._request = netlink.message(TCPDIAG_GETSOCK, netlink.NLM_F_REQUEST | netlink.NLM_F_DUMP, body(_TCP_LISTEN))
        self._first, self._second = b"", b""  # of the look before; the end comes in the same datagram or in the second
        self._before: List[bytes] = []
        self._lengths: Dict[int, int] = {}
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, netlink.NETLINK_SOCK_DIAG)
        # Only the kernel may write to us. Its own timeout, since Python's costs a poll() a call
        sock.connect((0, 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", _WAIT, 0))
        self._socket, self._send, self._receive = sock, sock.send, sock.recv

    def close(self) -> None:
        """Give the socket up."""
        self._socket.close()

    def look(self) -> Dict[int, int]:
        """The lengths by inode of the socket; empty queues are left out. Raises OSError where the kernel refuses."""
        self._send(self._request)
        answer = self._receive(_LONGEST)
        if answer != self._first:
            return self._new([answer])
        if self._second:
            answer = self._receive(_LONGEST)
            if answer != self._second:
                return self._new([self._first, answer])
        return self._lengths

    def _new(self, answers: List[bytes]) -> Dict[int, int]:
        """Those of an answer that begins like this."""
        while not _ends(answers[-1]):
            _check(answers[-1])
            answers.append(self._receive(_LONGEST))
        if answers != self._before:
            self._lengths = {}
            for one in answers:
                _take(one, self._lengths)
            self._before = answers
            self._first, self._second = (*answers, b"")[:2] if len(answers) < 3 else (b"", b"")
        return self._lengths


def body(state: int) -> bytes:
    """A request for the sockets of one state: TCPDIAG_GETSOCK brings both families at once."""
    return struct.pack("=BBBB48xII", socket.AF_INET, 0, 0, 0, 1 << state, 0)


def _check(answer: bytes) -> None:
    if _END.unpack_from(answer)[1] == netlink.NLMSG_ERROR:
        raise OSError(-struct.unpack_from("=i", answer, 16)[0], "netlink refused")


def _take(answer: bytes, lengths: Dict[int, int]) -> None:
    offset, last, unpack = 0, len(answer) - _ROW.size, _ROW.unpack_from
    while offset <= last:
        length, used, inode = unpack(answer, offset)
        if used:
            lengths[inode] = used
        offset += max(16, (length + 3) & ~3)


def _ends(answer: bytes) -> bool:
    """Whether the end of the dump is in this datagram, alone or behind sockets."""
    return len(answer) >= 20 and _END.unpack_from(answer, len(answer) - 20) == (20, netlink.NLMSG_DONE)
