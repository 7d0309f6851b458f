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
from typing import List, Optional, Set, Tuple

_NAME = b"SSH_CONNECTION="
_MOST_ANCESTORS = 100
_MOST_PORTS = 100
_MOST_BYTES = 4194304  # of an environment; the kernel lets it grow with the stack, to 6 MiB at most


def controller(pid: Optional[int] = None, proc: str = "/proc") -> Optional[str]:
    """The address that the ssh session comes from; None where no ancestor that may be read is in one."""
    current = os.getpid() if pid is None else pid
    for _step in range(_MOST_ANCESTORS):
        address = _told(_read("{0}/{1}/environ".format(proc, current), _MOST_BYTES))
        if address is not None:
            return address
        current = _parent(_read("{0}/{1}/stat".format(proc, current), 4096))
        if current <= 0:
            return None
    return None


def sessions(proc: str = "/proc") -> List[str]:
    """The addresses that ssh sessions on this host come from, as far as processes tell and a connection shows.

    Any user's process may have put anything into its environment. So one counts only with a connection that is
    established, from that address and port to that port.
    """
    claims: Set[Tuple[str, int, int]] = set()
    for pid in os.listdir(proc):
        words = _words(_read("{0}/{1}/environ".format(proc, pid), _MOST_BYTES)) if pid.isdigit() else []
        address = _address(words)
        if address is not None and words[1].isdigit() and words[3].isdigit():
            claims.add((address, int(words[3]), int(words[1])))
    if not claims:
        return []
    from . import established, netlink

    ports = sorted({port for _address_of, port, _remote in claims if 0 < port < 65536})[:_MOST_PORTS]
    try:
        there = {(str(address), port, remote) for address, port, remote in established.connections(ports)}
    except (OSError, netlink.DumpInterrupted):
        there = claims  # rather one too many
    return sorted({address for address, port, remote in claims if (address, port, remote) in there})


def _told(environment: bytes) -> Optional[str]:
    """The first word of the variable, where it is an address: any user's process may have put anything there."""
    return _address(_words(environment))


def _words(environment: bytes) -> List[str]:
    """The address and port of both ends, as far as they are told."""
    for entry in environment.split(b"\0"):
        if entry.startswith(_NAME):
            return entry[len(_NAME) :].decode("ascii", "replace").split()
    return []


def _address(words: List[str]) -> Optional[str]:
    if len(words) != 4 or "/" in words[0]:
        return None
    from .._model import networks

    network = networks.parse_network(words[0])
    return None if network is None else str(network.network_address)


def _parent(stat: bytes) -> int:
    """Field 4 of proc_pid_stat(5); the name before it may hold blanks and brackets. 0 where there is none."""
    words = stat.rpartition(b")")[2].split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _read(path: str, most: int) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(most)
    except OSError:
        return b""
