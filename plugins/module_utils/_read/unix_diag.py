# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""Listening UNIX sockets over sock_diag (linux/unix_diag.h), or out of /proc/net/unix where that is refused."""

from __future__ import annotations

import struct
from typing import Callable, Dict, Iterator, List, Tuple

from .._model import text, unix_listener
from . import netlink

Dump = Callable[[bytes], Iterator[netlink.Run]]

_FAMILY = 1  # AF_UNIX
_LISTEN = 10  # TCP_LISTEN, which UNIX sockets use too
_TYPES: Dict[int, str] = {1: unix_listener.STREAM, 5: unix_listener.SEQPACKET}
_REQUEST = struct.Struct("=BBHIII8s")  # struct unix_diag_req
_MESSAGE = struct.Struct("=BBBBI8s")  # struct unix_diag_msg: family, type, state, padding, inode, cookie
_SHOW_QUEUE = 0x10
_SHOW = 0x01 | 0x02 | _SHOW_QUEUE  # name and file as well
_NAME, _FILE, _QUEUE = 0, 1, 4
_ATTRIBUTE = struct.Struct("=HH")  # length, type
_TWO = struct.Struct("=II")
_PROC = "/proc/self/net/unix"
_ACCEPTS = 0x10000  # __SO_ACCEPTCON
_LONGEST_PROC = 16777216
_LONGEST_PATH = 256


def listeners(dump: Dump = netlink.dump) -> Tuple[List[unix_listener.UnixListener], List[str]]:
    """Every listening UNIX socket of the network namespace, by path and inode, and warnings.

    Raises OSError where neither sock_diag nor /proc can be read.
    """
    try:
        return _sorted(_dumped(dump)), []
    except OSError as error:
        return _sorted(_of_proc()), [
            "UNIX listeners come from /proc/net/unix, since netlink refused (%s): their queues and backlogs are "
            "unknown." % error
        ]


def waiting(dump: Dump) -> Dict[int, int]:
    """How many connections wait on each listening UNIX socket, by inode. Raises OSError where the kernel refuses."""
    found: Dict[int, int] = {}
    try:
        for one in _rows(dump(_request(_SHOW_QUEUE))):
            if one.accept_used is not None:
                found[one.inode] = one.accept_used
    except netlink.DumpInterrupted:
        pass  # another socket opened or closed meanwhile; what was listed is so
    return found


def _request(show: int) -> bytes:
    return _REQUEST.pack(_FAMILY, 0, 0, 1 << _LISTEN, 0, show, b"\xff" * 8)


def _sorted(found: Iterator[unix_listener.UnixListener]) -> List[unix_listener.UnixListener]:
    return sorted(found, key=lambda one: (one.raw, one.inode))


def _dumped(dump: Dump) -> Iterator[unix_listener.UnixListener]:
    rows: Dict[int, unix_listener.UnixListener] = {}
    for _attempt in range(2):
        rows = {}
        try:
            for one in _rows(dump(_request(_SHOW))):
                rows[one.inode] = one
        except netlink.DumpInterrupted:
            continue
        break
    return iter(rows.values())


def _rows(runs: Iterator[netlink.Run]) -> Iterator[unix_listener.UnixListener]:
    """One loop over messages and their attributes: a host may have thousands of these sockets."""
    first = netlink.HEADER.size
    message, attribute, two = _MESSAGE.unpack_from, _ATTRIBUTE.unpack_from, _TWO.unpack_from
    for run, length in runs:
        for start in range(0, len(run), length):
            end = start + length
            if end - start < first + _MESSAGE.size:
                continue
            _family, kind, state, _pad, inode, _cookie = message(run, start + first)
            if state != _LISTEN or kind not in _TYPES:
                continue
            raw, place, used, backlog = b"", None, None, None
            at = start + first + _MESSAGE.size
            while at + 4 <= end:
                size, what = attribute(run, at)
                if size < 4 or at + size > end:
                    break
                if what == _NAME:
                    raw = bytes(run[at + 4 : at + size])
                elif what == _FILE and size >= 12:
                    file, device = two(run, at + 4)
                    place = (device, file)
                elif what == _QUEUE and size >= 12:
                    used, backlog = two(run, at + 4)
                at += (size + 3) & ~3
            yield unix_listener.UnixListener(shown(raw), raw, _TYPES[kind], inode, used, backlog, place)


def shown(raw: bytes) -> str:
    """A name as `ss` and /proc/net/unix write it, fit to be shown."""
    if raw[:1] == b"/" and len(raw) < _LONGEST_PATH:
        try:
            name = raw.rstrip(b"\0").decode("ascii")
            if name.isprintable() and "{" not in name:
                return name
        except UnicodeDecodeError:
            pass
    written = raw.split(b"\0", 1)[0] if raw[:1] != b"\0" else b"@" + raw[1:].replace(b"\0", b"@")
    return text.printable(written.decode("utf-8", "backslashreplace"), _LONGEST_PATH)


def _of_proc() -> Iterator[unix_listener.UnixListener]:
    """Num, RefCount, Protocol, Flags, Type, St, Inode, Path (proc(5)); a name is what is behind the inode."""
    with open(_PROC, "rb") as stream:
        content = stream.read(_LONGEST_PROC)
    for line in content.split(b"\n")[1:]:
        parts = line.split(None, 7)
        try:
            flags, kind, inode = int(parts[3], 16), int(parts[4], 16), int(parts[6])
        except (IndexError, ValueError):
            continue
        if flags & _ACCEPTS and kind in _TYPES:
            name = parts[7] if len(parts) > 7 else b""
            raw = b"\0" + name[1:] if name[:1] == b"@" else name
            yield unix_listener.UnixListener(shown(raw), raw, _TYPES[kind], inode, None, None)
