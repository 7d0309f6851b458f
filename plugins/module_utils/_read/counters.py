# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Reads the counters of the network namespace that the calling thread is in."""

from __future__ import annotations

import os
from typing import Dict, List, Optional, Tuple

from .._model import counters

# thread-self (3.17+) follows a thread that moved into another namespace; the others show the process's.
_DIRECTORIES = ("/proc/thread-self/net", "/proc/self/net", "/proc/net")
_FILES = (("netstat", "TcpExt", counters.TCP_EXT), ("snmp", "Tcp", counters.TCP))
_MOST = 1 << 20


def read_counters() -> Tuple[Optional[Dict[str, int]], List[str]]:
    """The listen-queue counters by the kernel's names, since the namespace was made.

    Counters that this kernel does not have are absent. ``None`` where the
    TcpExt group cannot be read at all; warnings say why.
    """
    found: Dict[str, int] = {}
    warnings: List[str] = []
    for name, group, wanted in _FILES:
        try:
            found.update(counters.parse_counters(_text(name), group, wanted))
        except OSError as error:
            warnings.append("counters: /proc/net/{0} cannot be read: {1}".format(name, os.strerror(error.errno or 0)))
    if not any(name in found for name in counters.TCP_EXT):
        if not warnings:
            warnings.append("counters: /proc/net/netstat has no TcpExt counters of listen queues")
        return None, warnings
    return found, warnings


def _text(name: str) -> str:
    directory = next((path for path in _DIRECTORIES if os.path.isdir(path)), _DIRECTORIES[-1])
    with open(os.path.join(directory, name), encoding="ascii", errors="replace") as file:
        return file.read(_MOST)
