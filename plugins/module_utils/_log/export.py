# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The Journal Export Format (systemd: docs/JOURNAL_EXPORT_FORMATS.md), as ``journalctl -o export`` prints it.

A field is ``NAME=value`` and the end of the line, or, for any bytes: ``NAME``, the end of the line, the length as 64
bits little endian, the value, and the end of the line. An empty line ends an entry. So a value may hold what
looks like fields and entries, and only who counts from the beginning can tell.
"""

from __future__ import annotations

import struct
from typing import Dict, Iterable, Iterator, Optional, Tuple

from . import copies, entries

_LONGEST_VALUE = 2048  # bytes; of longer ones nothing is kept
_NAME = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_LONGEST_NAME = 64
_MOST_FIELDS = 8_000_000  # more than an export of that size has, unless it is made to take long


class Damaged(ValueError):
    """The bytes are no longer of the format."""


def exported(blocks: Iterable[bytes]) -> Iterator[copies.Said]:
    """What the entries of an export say, one by one. It begins with the first field of an entry.

    :raises Damaged: from here on it is not the format; what came before counts.
    """
    fields: Dict[str, bytes] = {}
    for name, value in _fields(blocks):
        if name:
            # twice: nobody can tell which is meant
            fields[name] = b"" if name in fields else value
        elif fields:
            yield entries.of_fields(fields)
            fields = {}
    if fields:
        yield entries.of_fields(fields)


def _fields(blocks: Iterable[bytes]) -> Iterator[Tuple[str, bytes]]:
    """Names of interest with their values, and an empty name where an entry ends."""
    reader = _Reader(blocks)
    for _number in range(_MOST_FIELDS):
        line = reader.line()
        if line is None:
            return
        name, equals, value = line.partition(b"=")
        if not line:
            yield "", b""
            continue
        if len(name) > _LONGEST_NAME or not name or not _NAME.issuperset(name):
            raise Damaged
        if not equals:
            size = struct.unpack("<Q", reader.exactly(8, 8))[0]
            value = reader.exactly(size, _LONGEST_VALUE)
            if reader.exactly(1, 1) != b"\n":
                raise Damaged
        elif len(value) > _LONGEST_VALUE:
            value = b""
        if name.decode("ascii") in entries.OURS:
            yield name.decode("ascii"), value
    raise Damaged


class _Reader:
    """Lines and counted bytes out of blocks; of what is longer than wanted nothing is kept."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._data, self._at = b"", 0

    def _more(self) -> bool:
        """Another block behind what is left of this one, which stays short."""
        block = next(self._blocks, None)
        if block is None:
            return False
        self._data, self._at = self._data[self._at:] + block, 0
        return True

    def line(self) -> Optional[bytes]:
        """The next line without its end, its first bytes where it is very long; ``None`` at the end of all."""
        kept = b""
        while True:
            end = self._data.find(b"\n", self._at)
            if end >= 0:
                line, self._at = kept + self._data[self._at:end][:_LONGEST_VALUE * 2], end + 1
                return line
            kept = (kept + self._data[self._at:self._at + _LONGEST_VALUE * 2])[:_LONGEST_VALUE * 2]
            self._data, self._at = b"", 0
            if not self._more():
                return None  # an entry that was cut off counts for nothing

    def exactly(self, size: int, most: int) -> bytes:
        """The next ``size`` bytes, or nothing where these are more than ``most``."""
        kept = b""
        left = size
        while left:
            part = self._data[self._at:self._at + left]
            self._at += len(part)
            left -= len(part)
            if size <= most:
                kept += part
            if left and not self._more():
                raise Damaged
        return kept
