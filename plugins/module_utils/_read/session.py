# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Where the ssh session that we run in comes from.

sshd leaves SSH_CONNECTION in the environment of what it starts (ssh(1)). sudo takes it out of ours, so that the
processes that we descend from are asked as well, nearest first.
"""

from __future__ import annotations

import os
from typing import List, Optional

_NAME = b"SSH_CONNECTION="
_MOST_ANCESTORS = 100
MOST_BYTES = 4194304  # of an environment; the kernel lets it grow with the stack, to 6 MiB at most


def controller(pid: Optional[int] = None, proc: str = "/proc") -> Optional[str]:
    """The address that the ssh session comes from; None where no ancestor that may be read is in one."""
    current = os.getpid() if pid is None else pid
    for _step in range(_MOST_ANCESTORS):
        address = _told(read("{0}/{1}/environ".format(proc, current), MOST_BYTES))
        if address is not None:
            return address
        current = _parent(read("{0}/{1}/stat".format(proc, current), 4096))
        if current <= 0:
            return None
    return None


def _told(environment: bytes) -> Optional[str]:
    """The first word of the variable, where it is an address: any user's process may have put anything there."""
    return address_of(words_of(environment))


def words_of(environment: bytes) -> List[str]:
    """The address and port of both ends, as far as they are told."""
    for entry in environment.split(b"\0"):
        if entry.startswith(_NAME):
            return entry[len(_NAME) :].decode("ascii", "replace").split()
    return []


def address_of(words: List[str]) -> Optional[str]:
    """The address that the session comes from; None where the words are none of sshd's."""
    if len(words) != 4 or "/" in words[0]:
        return None
    from .._model import networks

    network = networks.parse_network(words[0])
    return None if network is None else str(network.network_address)


def _parent(stat: bytes) -> int:
    """Field 4 of proc_pid_stat(5); the name before it may hold blanks and brackets. 0 where there is none."""
    words = stat.rpartition(b")")[2].split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def read(path: str, most: int) -> bytes:
    """As much of a file; nothing where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(most)
    except OSError:
        return b""
