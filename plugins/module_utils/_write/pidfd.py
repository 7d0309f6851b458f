# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""A copy of another process's descriptor: pidfd_open(2) and pidfd_getfd(2), for which Python has no function."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Optional

_OPEN, _GETFD = 434, 438  # the same on every architecture but for the base (syscall.tbl, Linux 5.3 and 5.6)
_BASES = {"alpha": 110, "ia64": 1024, "mips": 4000, "mips64": 5000}

_libc = ctypes.CDLL(None, use_errno=True)


def duplicate(pid: int, fd: int) -> int:
    """A descriptor of ours, closed on exec, for the open file that is descriptor ``fd`` of process ``pid``.

    The process is not stopped and notices nothing. Raises OSError: ENOSYS before Linux 5.6 or under a seccomp
    filter, EPERM without the right to trace it (ptrace(2), PTRACE_MODE_ATTACH_REALCREDS), ESRCH where it ended,
    EBADF where it closed the descriptor.
    """
    process = _call(_OPEN, pid, 0)
    try:
        return _call(_GETFD, process, fd, 0)
    finally:
        os.close(process)


def number_of(call: int, machine: str, word: int) -> Optional[int]:
    """The number of a system call on this machine, for programs with ``word`` bytes in a long.

    None on a 32-bit program's 64-bit MIPS, which has two tables.
    """
    if machine == "mips64" and word == 4:
        return None
    return call + _BASES.get(machine, 0)


def _call(call: int, *arguments: int) -> int:
    number = number_of(call, os.uname().machine, ctypes.sizeof(ctypes.c_long))
    if number is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    result = _libc.syscall(ctypes.c_long(number), *(ctypes.c_long(one) for one in arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
