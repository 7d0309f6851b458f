# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The files in which the kernel counts what it loses, kept open so that they tell of the network namespace they were
opened in."""

from __future__ import annotations

import os
from typing import Dict, List, Tuple

from . import proc_net

#: below /proc/net; a kernel without IPv6 or connection tracking lacks some
NAMES = ("netstat", "snmp", "snmp6", "softnet_stat", "stat/nf_conntrack")
_NEEDED = ("netstat", "snmp")
_MOST = 1 << 20


class LossFiles:
    """Open files; each `read` gives their texts of now."""

    def __init__(self) -> None:
        self.warnings: List[str] = []
        self._files: Dict[str, int] = {}
        try:
            directory = proc_net.directory()
        except OSError as error:
            self.warnings.append("counters: {0}".format(error))
            return
        for name in NAMES:
            try:
                self._files[name] = os.open(os.path.join(directory, name), os.O_RDONLY | os.O_CLOEXEC)
            except OSError as error:
                if name in _NEEDED:
                    self.warnings.append("counters: /proc/net/{0} cannot be read: {1}".format(name, error.strerror))

    def read(self, *names: str) -> Dict[str, str]:
        """The texts of these files, or of all; of one that cannot be read, none."""
        found: Dict[str, str] = {}
        for name in names or NAMES:
            if name in self._files:
                try:
                    found[name] = _whole(self._files[name]).decode("ascii", "replace")
                except OSError:
                    continue
        return found

    def close(self) -> None:
        """Give the files up."""
        while self._files:
            os.close(self._files.popitem()[1])


def conntrack_room() -> Tuple[int, int]:
    """Connections that are tracked now, and how many are at most; zeros where none are. Of the calling thread's
    namespace."""
    return _number("nf_conntrack_count"), _number("nf_conntrack_max")


def _number(name: str) -> int:
    try:
        with open("/proc/sys/net/netfilter/" + name, encoding="ascii") as file:
            return int(file.read(32))
    except (OSError, ValueError):
        return 0


def _whole(descriptor: int) -> bytes:
    parts = []
    at = 0
    while at < _MOST:
        part = os.pread(descriptor, 65536, at)
        if not part:
            break
        parts.append(part)
        at += len(part)
    return b"".join(parts)
