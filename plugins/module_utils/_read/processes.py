# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which processes hold which sockets: one walk over /proc."""

from __future__ import annotations

import os
from typing import Collection, Dict, List, Optional, Tuple

from .._model import records, text, units
from . import clock, executables

_MOST_ARGUMENTS = 65536  # bytes of a command line that are read
_LONGEST_ARGUMENT = 1024  # characters of one argument that are kept
_LONGEST_MEMBERSHIP = 65536  # bytes of /proc/PID/cgroup
_LONGEST_NAME = 64


def owners(inodes: Collection[int], proc: str = "/proc") -> Tuple[Dict[int, List[records.Process]], Tuple[str, ...]]:
    """The processes that hold each of these sockets, by socket inode, and warnings.

    An inode that no visible process holds is absent. Other users' descriptors
    need CAP_SYS_PTRACE (proc(5)); where an inode stays without a process, one
    warning says how many could not be looked into. A process that ends
    meanwhile counts as none.
    """
    wanted = {"socket:[%d]" % inode: inode for inode in inodes}
    found: Dict[int, List[records.Process]] = {}
    closed = 0
    of_init = _text(_read(proc + "/1/cgroup", _LONGEST_MEMBERSHIP) or b"")
    if wanted:
        for pid in _pids(proc):
            directory = "%s/%d" % (proc, pid)
            try:
                held = _held(directory, wanted)
            except PermissionError:
                closed += _has_memory(directory)
                continue
            except OSError:
                continue
            process = _process(directory, pid, of_init) if held else None
            if process is not None:
                for inode in sorted(held):
                    found.setdefault(inode, []).append(process)
    warnings = ()  # type: Tuple[str, ...]
    if closed and len(found) < len(wanted):
        warnings = (
            "the open files of %s could not be read (this needs root with CAP_SYS_PTRACE): listeners held there have "
            "no processes here" % text.plural(closed, "other process"),
        )
    return found, warnings


def _pids(proc: str) -> List[int]:
    return sorted(int(name) for name in os.listdir(proc) if name.isdigit())


def _held(directory: str, wanted: Dict[str, int]) -> set:
    descriptors = directory + "/fd"
    held = set()
    prefix = descriptors + "/"
    readlink = os.readlink
    for name in os.listdir(descriptors):
        try:
            inode = wanted.get(readlink(prefix + name))
        except FileNotFoundError:
            continue
        if inode is not None:
            held.add(inode)
    return held


def _has_memory(directory: str) -> bool:
    """Whether the process has a command line: kernel threads have none, and hold no socket of ours."""
    return bool(_read(directory + "/cmdline", 1))


def _process(directory: str, pid: int, of_init: str) -> Optional[records.Process]:
    name = _read(directory + "/comm", 256)
    if name is None:
        return None
    membership = _text(_read(directory + "/cgroup", _LONGEST_MEMBERSHIP) or b"")
    unit = units.unit_of_membership(membership, of_init) or units.Unit("")
    arguments = _read(directory + "/cmdline", _MOST_ARGUMENTS) or b""
    return records.Process(
        pid=pid,
        name=text.printable(_text(name[:-1] if name.endswith(b"\n") else name), _LONGEST_NAME),
        argv=tuple(text.printable(_text(one), _LONGEST_ARGUMENT) for one in arguments.rstrip(b"\0").split(b"\0"))
        if arguments.rstrip(b"\0") else (),
        unit=unit.name or None,
        runtime=executables.runtime_of(directory),
        unit_user=unit.user,
        started=_started(directory),
    )


def _started(directory: str) -> Optional[str]:
    """When a process was started, by the clock of this machine (proc(5), field 22)."""
    try:
        ticks = int((_read(directory + "/stat", 4096) or b"").rpartition(b")")[2].split()[19])
        return clock.started(ticks)
    except (ValueError, IndexError, OverflowError, OSError):
        return None


def _read(path: str, most: int) -> Optional[bytes]:
    """The beginning of a file; None where it is gone or closed to us."""
    try:
        with open(path, "rb", buffering=0) as stream:
            chunks = []
            while most > 0:
                chunk = stream.read(most)
                if not chunk:
                    break
                chunks.append(chunk)
                most -= len(chunk)
            return b"".join(chunks)
    except OSError:
        return None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
