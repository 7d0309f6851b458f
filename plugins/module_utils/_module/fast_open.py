# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How many connections each listener takes at a time with TCP Fast Open; opened only where the sysctl lets them.

Neither sock_diag nor /proc tells it (checked up to Linux 6.18). Only getsockopt(TCP_FASTOPEN) does, so that a
descriptor of the listener's process is duplicated for the moment of the call. Nothing is set, and the process notices
nothing.
"""

from __future__ import annotations

import os
import socket
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from .._model import records
from .._read import descriptors

_TCP_FASTOPEN = 23
_HOLDERS = 3  # processes that are tried for one socket: who may look into the first may into the others


def limits(
    sockets: Sequence[records.ListenSocket], owners: Mapping[int, records.Owner]
) -> Tuple[Dict[int, Optional[int]], List[str]]:
    """By inode; 0 where the listener takes none, None where it cannot be read, and a warning that says why.

    Needs Linux 5.6 and the right to trace the processes (pidfd_getfd(2)).
    """
    found: Dict[int, Optional[int]] = {sock.inode: None for sock in sockets}
    problem = "no process that holds it is visible"
    by_process: Dict[int, List[int]] = {}
    for inode in found:
        for process in owners.get(inode, records.Owner()).processes[:_HOLDERS]:
            by_process.setdefault(process.pid, []).append(inode)
    for pid, inodes in by_process.items():
        wanted = [inode for inode in inodes if found[inode] is None]
        for inode, numbers in descriptors.descriptors_of_each(pid, wanted).items() if wanted else ():
            try:
                found[inode] = _limit(pid, numbers[0], inode)
            except OSError as error:
                problem = str(error)
    unknown = sum(limit is None for limit in found.values())
    if not unknown:
        return found, []
    return found, [
        "TCP Fast Open is on (net.ipv4.tcp_fastopen), but of {0} of {1} listeners "
        "its limit cannot be read: {2}.".format(unknown, len(found), problem)
    ]


def _limit(pid: int, descriptor: int, inode: int) -> Optional[int]:
    """None where the process has closed it and opened something else under this number."""
    from .._write import pidfd

    with socket.socket(fileno=pidfd.duplicate(pid, descriptor)) as ours:
        if os.fstat(ours.fileno()).st_ino != inode:
            return None
        return ours.getsockopt(socket.IPPROTO_TCP, _TCP_FASTOPEN)
