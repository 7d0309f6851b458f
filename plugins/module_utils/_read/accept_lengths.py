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

_TCPDIAG_GETSOCK = 18
_TCP_LISTEN = 10
_QUEUE, _INODE = 72, 84  # offsets in a message, its header included
_BUFFER_SIZE = 65536  # the kernel sends at most 32 KiB at a time
_WAIT = 5  # seconds until a kernel that does not answer is given up


class AcceptLengths:
    """A way to look at the listening sockets of the network namespace in which it was made."""

    def __init__(self) -> None:
        body = struct.pack("=BBBB48xII", socket.AF_INET, 0, 0, 0, 1 << _TCP_LISTEN, 0)
        self._request = netlink.message(_TCPDIAG_GETSOCK, netlink.NLM_F_REQUEST | netlink.NLM_F_DUMP, body)
        self._buffer = bytearray(_BUFFER_SIZE)
        self._before: List[bytes] = []
        self._lengths: Dict[int, int] = {}
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, netlink.NETLINK_SOCK_DIAG
        )
        # Only the kernel may write to us. Its own timeout, since Python's costs a poll() a call
        self._socket.connect((0, 0))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", _WAIT, 0))

    def close(self) -> None:
        """Give the socket up."""
        self._socket.close()

    def look(self) -> Dict[int, int]:
        """The lengths by inode of the socket; empty queues are left out. Raises OSError where the kernel refuses."""
        answers = self._answers()
        if answers == self._before:
            return self._lengths
        lengths: Dict[int, int] = {}
        for answer in answers:
            offset = 0
            while offset + _INODE + 4 <= len(answer):
                used = struct.unpack_from("=I", answer, offset + _QUEUE)[0]
                if used:
                    lengths[struct.unpack_from("=I", answer, offset + _INODE)[0]] = used
                offset += max(16, (struct.unpack_from("=I", answer, offset)[0] + 3) & ~3)
        self._before, self._lengths = answers, lengths
        return lengths

    def _answers(self) -> List[bytes]:
        self._socket.send(self._request)
        answers: List[bytes] = []
        while True:
            size = self._socket.recv_into(self._buffer)
            kind = struct.unpack_from("=H", self._buffer, 4)[0]
            if kind == netlink.NLMSG_DONE:
                return answers
            if kind == netlink.NLMSG_ERROR:
                raise OSError(-struct.unpack_from("=i", self._buffer, 16)[0], "netlink refused")
            answers.append(bytes(self._buffer[:size]))
            if _ends(answers[-1]):
                return answers


def _ends(answer: bytes) -> bool:
    """Whether the end of the dump is in the same datagram, behind the sockets."""
    return len(answer) >= 20 and struct.unpack_from("=IH", answer, len(answer) - 20) == (20, netlink.NLMSG_DONE)
