# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""The descriptors under which a process holds a socket."""

from __future__ import annotations

import os
from typing import Collection, Dict, List


def descriptors_of(pid: int, inode: int, proc: str = "/proc") -> List[int]:
    """Numbers of the descriptors that are this socket now, lowest first; [] where they are not visible or gone.

    Another user's take CAP_SYS_PTRACE (proc_pid_fd(5)).
    """
    return descriptors_of_each(pid, (inode,), proc).get(inode, [])


def descriptors_of_each(pid: int, inodes: Collection[int], proc: str = "/proc") -> Dict[int, List[int]]:
    """The same for several sockets at once, by inode; those that are not visible are absent."""
    directory = "%s/%d/fd/" % (proc, pid)
    wanted = {"socket:[%d]" % inode: inode for inode in inodes}
    found: Dict[int, List[int]] = {}
    try:
        names = os.listdir(directory)
    except OSError:
        return {}
    for name in names:
        try:
            inode = wanted.get(os.readlink(directory + name))
            if inode is not None:
                found.setdefault(inode, []).append(int(name))
        except (OSError, ValueError):
            continue  # closed meanwhile
    return {inode: sorted(numbers) for inode, numbers in found.items()}
