# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What runtime a process is: from its executable, not from what it calls itself."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO, Iterator, Optional

_BY_NAME = {"java": "java", "javaw": "java", "node": "node", "nodejs": "node", "dotnet": "dotnet"}
_BY_NAME_AND_VERSION = {"python": "python", "pypy": "python", "ruby": "ruby", "perl": "perl"}  # python3.11
_SMALLEST_HEADER = 52
_PT_NOTE = 4
_GO_BUILD_ID = 4  # type of the note that Go's linker writes under the name "Go"
_MOST_HEADERS = 128
_MOST_NOTES = 4096  # bytes of one segment that are looked through


def runtime_of(process_directory: str) -> Optional[str]:
    """The runtime of the process behind ``/proc/PID``: "java", "node", "python", "ruby", "perl", "dotnet" or "go".

    Go is told by the build id that its linker leaves in an ELF note. None where
    nothing tells, or where the executable may not be read (needs the right to
    ptrace the process, proc(5)).
    """
    path = process_directory + "/exe"
    try:
        name = os.path.basename(os.readlink(path))
        if name.endswith(" (deleted)"):
            name = name[: -len(" (deleted)")]
        runtime = _BY_NAME.get(name) or _BY_NAME_AND_VERSION.get(name.rstrip("0123456789."))
        if runtime:
            return runtime
        with open(path, "rb") as executable:
            return "go" if is_go(executable) else None
    except (OSError, ValueError):
        return None


def is_go(executable: BinaryIO) -> bool:
    """Whether an ELF file carries Go's build id note; False for a file that is not ELF or is cut short."""
    try:
        return any(_has_go_note(notes) for notes in _note_segments(executable))
    except (struct.error, OverflowError):
        return False


def _note_segments(executable: BinaryIO) -> Iterator[bytes]:
    header = executable.read(64)
    if header[:4] != b"\x7fELF" or len(header) < _SMALLEST_HEADER:
        return
    order = "<" if header[5] == 1 else ">"
    wide = header[4] == 2
    if wide:
        (table,) = struct.unpack_from(order + "Q", header, 32)
        size, count = struct.unpack_from(order + "HH", header, 54)
    else:
        (table,) = struct.unpack_from(order + "I", header, 28)
        size, count = struct.unpack_from(order + "HH", header, 42)
    for number in range(min(count, _MOST_HEADERS)):
        executable.seek(table + number * size)
        entry = executable.read(size)
        (kind,) = struct.unpack_from(order + "I", entry, 0)
        if kind != _PT_NOTE:
            continue
        if wide:
            (offset,) = struct.unpack_from(order + "Q", entry, 8)
            (length,) = struct.unpack_from(order + "Q", entry, 32)
        else:
            (offset,) = struct.unpack_from(order + "I", entry, 4)
            (length,) = struct.unpack_from(order + "I", entry, 16)
        executable.seek(offset)
        yield executable.read(min(length, _MOST_NOTES))


def _has_go_note(notes: bytes) -> bool:
    """Whether a note named "Go", of the type of a build id, is among them (either byte order)."""
    at = notes.find(b"Go\x00\x00")
    while at != -1:
        kind = notes[at - 4:at] if at >= 12 else b""
        if kind in (struct.pack("<I", _GO_BUILD_ID), struct.pack(">I", _GO_BUILD_ID)):
            return True
        at = notes.find(b"Go\x00\x00", at + 1)
    return False
