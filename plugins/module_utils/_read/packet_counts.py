# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Packets counted by the kernel: a packet socket whose filter passes what is to be counted, and which nobody reads.

What does not fit its receive buffer, of the smallest size, is counted all the same (packet(7), PACKET_STATISTICS).
Takes CAP_NET_RAW, and counts in the network namespace in which it is made.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import Dict, Iterable, List

from .._watch import program

_ETH_P_ALL = 3
_SO_ATTACH_FILTER = 26
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_STATISTICS = struct.Struct("=II")  # struct tpacket_stats: packets, and those of them that did not fit
_INSTRUCTION_BYTES = 8


class Taps:
    """What is counted, by name. Each `read` adds up; closing gives all sockets up."""

    def __init__(self) -> None:
        self._sockets: Dict[str, socket.socket] = {}
        self._counts: Dict[str, int] = {}

    def add(self, name: str, wanted: program.Wanted) -> None:
        """Count these packets from the next `restart` on. Raises OSError where that is not permitted."""
        made = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, socket.htons(_ETH_P_ALL))
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            _attach(made, program.program(wanted))
        except OSError:
            made.close()
            raise
        self._sockets[name] = made
        self._counts[name] = 0

    def restart(self) -> None:
        """Begin again from 0: what came before a filter was attached is not counted."""
        for name, one in self._sockets.items():
            _counted(one)
            self._counts[name] = 0

    def read(self) -> Dict[str, int]:
        """How many packets there were since the restart."""
        for name, one in self._sockets.items():
            self._counts[name] += _counted(one)
        return dict(self._counts)

    def names(self) -> List[str]:
        """What is counted."""
        return list(self._sockets)

    def close(self, names: Iterable[str] = ()) -> None:
        """Count these no more, or nothing where none is named."""
        for name in list(names) or list(self._sockets):
            self._sockets.pop(name).close()
            del self._counts[name]


def _counted(one: socket.socket) -> int:
    """Packets since this was asked the last time; asking sets the count back."""
    return _STATISTICS.unpack(one.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size))[0]


def _attach(one: socket.socket, code: bytes) -> None:
    held = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: the number of instructions, and where they are
    told = struct.pack("HP", len(code) // _INSTRUCTION_BYTES, ctypes.addressof(held))
    one.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, told)
