# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""The descriptors under which a process holds a socket."""

from __future__ import annotations

import os
from typing import List


def descriptors_of(pid: int, inode: int, proc: str = "/proc") -> List[int]:
    """Numbers of the descriptors that are this socket now, lowest first; [] where they are not visible or gone.

    Another user's take CAP_SYS_PTRACE (proc_pid_fd(5)).
    """
    directory = "%s/%d/fd/" % (proc, pid)
    wanted = "socket:[%d]" % inode
    found = []
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    for name in names:
        try:
            if os.readlink(directory + name) == wanted:
                found.append(int(name))
        except (OSError, ValueError):
            continue  # closed meanwhile
    return sorted(found)
