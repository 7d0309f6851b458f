# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The queues of listening sockets, looked at again and again over one netlink socket that stays open.

Of each message only the inode, the queue and the drops are taken out; where the drops stand is found once for each
length that messages have. A few sockets are asked for one by one, which takes a seventh of a dump. Needs no privilege.
"""

from __future__ import annotations

import socket
import struct
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from .._model import records
from . import netlink, sock_diag, syn_recv

_QUEUE, _INODE, _ATTRIBUTES = 72, 84, 88  # offsets in a message, its header included
_SKMEMINFO = 7
_MEMINFO_DROPS = 8
_WORD = struct.Struct("=I")
_TYPE = struct.Struct("=HH")
_MOST_SINGLE = 6  # sockets beyond which a dump is cheaper
_MOST_PORTS = 200  # that the kernel is asked for by name: each costs it two comparisons for every socket


class Look(NamedTuple):
    """One listening socket at one instant."""

    used: int
    drops: Optional[int]  # since listen(); None where the kernel does not tell


class AcceptQueues:
    """A way to look at the listening sockets of the network namespace in which it was made."""

    def __init__(self, wanted: Sequence[records.ListenSocket], ports: Optional[Sequence[int]] = None) -> None:
        """Look at these sockets, which are all on these ports, or all there are."""
        families = {one.family for one in wanted}
        asked = b"" if ports is None or len(ports) > _MOST_PORTS else sock_diag.port_filter(syn_recv.port_ranges(ports))
        self._requests = [
            sock_diag.request(family, sock_diag.TCP_LISTEN, _SKMEMINFO) + asked
            for family, name in sock_diag.FAMILIES.items()
            if name in families
        ]
        self._session = netlink.Session()
        self._drops_at: Dict[int, int] = {}  # by length of a message; 0 where it has none
        self._single: List[bytes] = []
        if len(wanted) <= _MOST_SINGLE:
            self._single = [_exactly(one) for one in wanted]
            if self._one_by_one().keys() != {one.inode for one in wanted}:
                self._single = []  # members of an SO_REUSEPORT group, or an MPTCP socket: a lookup finds another

    def close(self) -> None:
        """Give the socket up."""
        self._session.close()

    def look(self) -> Dict[int, Look]:
        """Each listening socket by its inode. Raises OSError where the kernel refuses."""
        if self._single:
            return self._one_by_one()
        found: Dict[int, Look] = {}
        for body in self._requests:
            try:
                for run, length in self._session.dump(body):
                    for start in range(0, len(run), length):
                        used = _WORD.unpack_from(run, start + _QUEUE)[0]
                        inode = _WORD.unpack_from(run, start + _INODE)[0]
                        found[inode] = Look(used, self._drops(run, start, length))
            except netlink.DumpInterrupted:
                pass  # another socket opened or closed meanwhile; what was listed is so
        return found

    def _one_by_one(self) -> Dict[int, Look]:
        found: Dict[int, Look] = {}
        for body in self._single:
            answer = self._session.ask(body)
            if len(answer) >= _ATTRIBUTES:
                inode = _WORD.unpack_from(answer, _INODE)[0]
                found[inode] = Look(_WORD.unpack_from(answer, _QUEUE)[0], self._drops(answer, 0, len(answer)))
        return found

    def _drops(self, run: memoryview, start: int, length: int) -> Optional[int]:
        at = self._drops_at.get(length)
        if at and _TYPE.unpack_from(run, start + at)[1] == _SKMEMINFO:
            return _WORD.unpack_from(run, start + at + 4 + 4 * _MEMINFO_DROPS)[0]
        if at == 0:
            return None
        at = self._drops_at[length] = _place(bytes(run[start : start + length]))
        return _WORD.unpack_from(run, start + at + 4 + 4 * _MEMINFO_DROPS)[0] if at else None


class Inodes:
    """A way to tell whether other sockets listen than before, in the network namespace in which it was made."""

    def __init__(self) -> None:
        self._requests = [sock_diag.request(family, sock_diag.TCP_LISTEN) for family in sock_diag.FAMILIES]
        self._session = netlink.Session()

    def close(self) -> None:
        """Give the socket up."""
        self._session.close()

    def look(self) -> Set[int]:
        """The inodes of all listening sockets. Raises OSError where the kernel refuses."""
        found: Set[int] = set()
        for body in self._requests:
            try:
                for run, length in self._session.dump(body):
                    found.update(_WORD.unpack_from(run, at + _INODE)[0] for at in range(0, len(run), length))
            except netlink.DumpInterrupted:
                pass  # another socket opened or closed meanwhile; the next look has it
        return found


def _exactly(one: records.ListenSocket) -> bytes:
    """The request for one listening socket: a lookup as for a packet from nowhere."""
    family = next(number for number, name in sock_diag.FAMILIES.items() if name == one.family)
    address = socket.inet_pton(family, one.address)
    index = 0
    if one.device is not None:
        try:
            index = socket.if_nametoindex(one.device)
        except OSError:
            pass  # gone: the answer is another socket, or none
    return (
        struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 1 << (_SKMEMINFO - 1), 0, 1 << sock_diag.TCP_LISTEN)
        + struct.pack("!HH", one.port, 0)
        + address.ljust(16, b"\0")
        + bytes(16)
        + struct.pack("=I", index)
        + b"\xff" * 8  # whatever its cookie
    )


def _place(message: bytes) -> int:
    at = _ATTRIBUTES
    while at + 4 <= len(message):
        size, kind = _TYPE.unpack_from(message, at)
        if size < 4:
            return 0
        if kind == _SKMEMINFO and size >= 4 + 4 * (_MEMINFO_DROPS + 1):
            return at
        at += (size + 3) & ~3
    return 0


class SynQueues:
    """A way to count half-open entries by the local endpoint they are for."""

    def __init__(self, families: Sequence[str], ports: Optional[Sequence[int]] = None) -> None:
        self._families = [family for family, name in sock_diag.FAMILIES.items() if name in families]
        self._ports = ports
        self._session = netlink.Session()

    def close(self) -> None:
        """Give the socket up."""
        self._session.close()

    def look(self) -> Dict[Tuple[int, syn_recv.Local], int]:
        """How many entries there are, by family of the listener and local endpoint. Raises OSError as above."""
        found: Dict[Tuple[int, syn_recv.Local], int] = {}
        for family in self._families:
            width = 16 if family == socket.AF_INET6 else 4
            counts: Dict[syn_recv.Local, int] = {}
            try:
                for run, length in syn_recv.entries(family, self._ports, self._session.dump):
                    syn_recv.count_local(counts, width, run, length)
            except netlink.DumpInterrupted:
                pass
            found.update(((family, local), count) for local, count in counts.items())
        return found
