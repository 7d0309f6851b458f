# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""One netlink dump: a request out, a stream of messages back into one buffer that is used again.

Knows netlink(7) framing and nothing about what the messages say: `sock_diag`, `addresses` and `firewall` do.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from typing import Iterator, Tuple

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20

NLMSG_ERROR = 2
NLMSG_DONE = 3
NLM_F_REQUEST = 0x001
NLM_F_DUMP_INTR = 0x010
NLM_F_DUMP = 0x300

HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence number, port
_STATUS = struct.Struct("=i")
_BUFFER_SIZE = 262144  # the kernel sends at most 32 KiB at a time

# Messages that are equally long, one after the other: the bytes, and the length of one.
Run = Tuple[memoryview, int]


class DumpInterrupted(Exception):
    """The kernel says that what it listed changed meanwhile, so rows may be missing or doubled."""


def dump(
    body: bytes,
    protocol: int = NETLINK_SOCK_DIAG,
    request: int = SOCK_DIAG_BY_FAMILY,
    answer: int = SOCK_DIAG_BY_FAMILY,
) -> Iterator[Run]:
    """Send one dump request and give the messages of type ``answer``, in runs of equally long ones.

    A run is only good until the next one is asked for. Its messages include their 16-byte header.
    Raises OSError where the kernel refuses, and DumpInterrupted after the last run of a dump
    that was not consistent (NLM_F_DUMP_INTR, Linux 3.1+).
    """
    with Session(protocol) as session:
        yield from session.dump(body, request, answer)


class Session:
    """A socket and a buffer for one dump after the other, in the network namespace in which it was made."""

    def __init__(self, protocol: int = NETLINK_SOCK_DIAG) -> None:
        self._buffer = bytearray(_BUFFER_SIZE)
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the socket up."""
        self._socket.close()

    def ask(self, body: bytes, request: int = SOCK_DIAG_BY_FAMILY) -> memoryview:
        """One request with one message for an answer, its header included; empty where the kernel finds nothing.

        Good until the next request.
        """
        sock, view = self._socket, memoryview(self._buffer)
        sock.sendto(message(request, NLM_F_REQUEST, body), (0, 0))
        while True:
            size, sender = sock.recvfrom_into(view)
            if sender[0] == 0:
                return view[:0] if HEADER.unpack_from(view)[1] == NLMSG_ERROR else view[:size]

    def dump(self, body: bytes, request: int = SOCK_DIAG_BY_FAMILY, answer: int = SOCK_DIAG_BY_FAMILY) -> Iterator[Run]:
        """As the function `dump`; each dump is to be read to its end, or the session is of no more use."""
        buffer, sock = self._buffer, self._socket
        view = memoryview(buffer)
        sock.sendto(message(request, NLM_F_REQUEST | NLM_F_DUMP, body), (0, 0))
        interrupted = False
        while True:
            # With MSG_TRUNC the kernel tells the true size of what did not fit.
            size, sender = sock.recvfrom_into(buffer, 0, socket.MSG_TRUNC)
            if sender[0] != 0:
                continue  # not from the kernel: any process with privilege may write to our port
            if size > len(buffer):
                raise OSError(errno.EMSGSIZE, "netlink: a message of %d bytes" % size)
            for kind, flags, run, length in split(view[:size]):
                interrupted = interrupted or bool(flags & NLM_F_DUMP_INTR)
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    _check(run)
                    if interrupted:
                        raise DumpInterrupted()
                    return
                if kind == answer:
                    yield run, length


def message(kind: int, flags: int, body: bytes) -> bytes:
    """One netlink message with its header."""
    return HEADER.pack(HEADER.size + len(body), kind, flags, 1, 0) + body


def attributes(data: bytes) -> Iterator[Tuple[int, bytes]]:
    """The attributes (type without its flag bits, payload) in `data`; stops at one that is cut short."""
    offset = 0
    while offset + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, offset)
        if length < 4 or offset + length > len(data):
            return
        yield kind & 0x3FFF, data[offset + 4:offset + length]
        offset += (length + 3) & ~3


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute, padded to the next multiple of four."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def split(view: memoryview) -> Iterator[Tuple[int, int, memoryview, int]]:
    """(type, flags, run, length of one message) for what one receive brought; `view` starts at a header.

    A buffer whose messages are all alike, which is what a dump of half-open entries
    brings but for its end, comes as one run; any other message by message.
    """
    if len(view) >= HEADER.size:
        length, kind, flags = HEADER.unpack_from(view)[:3]
        if length >= HEADER.size and length % 4 == 0 and len(view) % length == 0 and _all_alike(view, length):
            yield kind, flags, view, length
            return
    offset = 0
    while offset + HEADER.size <= len(view):
        length, kind, flags = HEADER.unpack_from(view, offset)[:3]
        if length < HEADER.size or offset + length > len(view):
            raise OSError(errno.EBADMSG, "netlink: a message of %d bytes is cut short" % length)
        yield kind, flags, view[offset:offset + length], length
        offset += (length + 3) & ~3


def _all_alike(view: memoryview, length: int) -> bool:
    words, stride = view.cast("I"), length // 4
    return alike(words[0::stride]) and alike(words[1::stride])  # length; type and flags


def alike(column: memoryview) -> bool:
    """Whether all items are equal."""
    return column[1:] == column[:-1]


def _check(run: memoryview) -> None:
    """Raise what an ERROR or DONE message reports; both begin with a status, 0 or a negative errno."""
    status = _STATUS.unpack_from(run, HEADER.size)[0] if len(run) >= HEADER.size + _STATUS.size else 0
    if status < 0:
        raise OSError(-status, "netlink: " + os.strerror(-status))
