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
from typing import Dict, Iterable, List, Sequence, Tuple

from .._watch import program

_ETH_P_ALL = 3
_SO_ATTACH_FILTER = 26
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_STATISTICS = struct.Struct("=II")  # struct tpacket_stats: packets, and those of them that did not fit
_INSTRUCTION_BYTES = 8
_PACKET_FANOUT, _PACKET_FANOUT_DATA = 18, 22
_FANOUT_CBPF, _FANOUT_UNIQUE = 6, 0x2000 << 16  # the kernel chooses a number that no other group has (Linux 4.12)
_NOTHING = struct.pack("=HBBI", 0x06, 0, 0, 0)


class Taps:
    """What is counted, by name. Each `read` adds up; closing gives all sockets up."""

    def __init__(self) -> None:
        self._sockets: Dict[str, socket.socket] = {}
        self._counts: Dict[str, int] = {}

    def add(self, name: str, wanted: program.Wanted) -> None:
        """Count these packets from the next `restart` on. Raises OSError where that is not permitted."""
        kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
        made = socket.socket(socket.AF_PACKET, kind, socket.htons(_ETH_P_ALL))
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


class Group(Taps):
    """The same with one program for all: each packet is in one class, the first that wants it.

    The sockets are one group (PACKET_FANOUT with a program, Linux 4.3), so that the kernel runs one program for a
    packet and hands it to one socket, however many are counted. The first socket takes what nobody wants, and counts
    nothing.
    """

    def __init__(self, classes: Sequence[Tuple[str, program.Wanted]]) -> None:
        """Raises OSError where that is not permitted or not known, ValueError where there are too many classes."""
        super().__init__()
        self._number: int = 0
        try:
            self.replace(classes)
        except (OSError, ValueError):
            self.close()
            raise

    def replace(self, classes: Sequence[Tuple[str, program.Wanted]]) -> None:
        """Count these from now on, each under its name, new ones from 0. What is counted already goes on.

        A new socket joins before the one program takes the place of the other, so that no packet in between is lost.
        Raises as above; then all goes on as it was, but for sockets that count nothing.
        """
        names = ["", *self._sockets] if not self._sockets else list(self._sockets)
        names += [name for name, _wanted in classes if name not in self._sockets]
        numbers = [names.index(name) for name, _wanted in classes]
        code = program.classifier([wanted for _name, wanted in classes], numbers)
        for name in names[len(self._sockets) :]:
            self._join(name)
        _attach(self._sockets[""], code, _SOL_PACKET, _PACKET_FANOUT_DATA)

    def _join(self, name: str) -> None:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, socket.htons(_ETH_P_ALL))
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            if not self._sockets:
                _attach(made, _NOTHING)
                made.setsockopt(_SOL_PACKET, _PACKET_FANOUT, _FANOUT_CBPF << 16 | _FANOUT_UNIQUE)
                self._number = made.getsockopt(_SOL_PACKET, _PACKET_FANOUT) & 0xFFFF
            else:
                made.setsockopt(_SOL_PACKET, _PACKET_FANOUT, _FANOUT_CBPF << 16 | self._number)
            _counted(made)  # what it saw before it was one of the group
        except OSError:
            made.close()
            raise
        self._sockets[name] = made
        self._counts[name] = 0


def _counted(one: socket.socket) -> int:
    """Packets since this was asked the last time; asking sets the count back."""
    return _STATISTICS.unpack(one.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size))[0]


def _attach(one: socket.socket, code: bytes, level: int = socket.SOL_SOCKET, option: int = _SO_ATTACH_FILTER) -> None:
    held = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: the number of instructions, and where they are
    one.setsockopt(level, option, struct.pack("HP", len(code) // _INSTRUCTION_BYTES, ctypes.addressof(held)))
