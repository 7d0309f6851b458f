# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The sysctls that decide about listen queues: where they are, what the kernel takes, what it starts with."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple, Optional, Tuple

from . import level as kernel_level

KERNEL_DEFAULT = "kernel default"  # the source of a value that nothing sets
INT_MIN, INT_MAX = -(2**31), 2**31 - 1
_ALWAYS = kernel_level.Level(0, 0)


class Sysctl(NamedTuple):
    """One kernel setting."""

    name: str  # the short name that the collection's options and facts use
    key: str  # the dotted name, as in sysctl.d(5)
    per_namespace_since: Optional[
        kernel_level.Level
    ]  # None: never; before that release one value served all namespaces

    @property
    def path(self) -> str:
        """Path below /proc/sys."""
        return self.key.replace(".", "/")


_ALL = (
    Sysctl("somaxconn", "net.core.somaxconn", _ALWAYS),
    Sysctl("tcp_max_syn_backlog", "net.ipv4.tcp_max_syn_backlog", kernel_level.Level(4, 11)),
    Sysctl("tcp_syncookies", "net.ipv4.tcp_syncookies", kernel_level.Level(4, 6)),
    Sysctl("tcp_synack_retries", "net.ipv4.tcp_synack_retries", kernel_level.Level(4, 6)),
    Sysctl("tcp_abort_on_overflow", "net.ipv4.tcp_abort_on_overflow", kernel_level.Level(4, 15)),
    Sysctl("netdev_max_backlog", "net.core.netdev_max_backlog", None),
)

#: short name to setting, in the order in which reports show them
KEYS = OrderedDict((sysctl.name, sysctl) for sysctl in _ALL)

_BYTE_WIDE = ("tcp_syncookies", "tcp_synack_retries", "tcp_abort_on_overflow")


def valid_range(name: str, level: kernel_level.Level) -> Tuple[int, int]:
    """The smallest and the largest value that a kernel at this level takes; a write beyond fails with EINVAL.

    Sources: net/core/sysctl_net_core.c (somaxconn), net/ipv4/sysctl_net_ipv4.c
    (u8 from 5.13, and in late 5.10.y, which is counted from its start here).
    """
    if name == "somaxconn":
        return _somaxconn_range(level)
    if name in _BYTE_WIDE and (level >= kernel_level.Level(5, 13) or level.branch == (5, 10)):
        return 0, 255
    return INT_MIN, INT_MAX


def _somaxconn_range(level: kernel_level.Level) -> Tuple[int, int]:
    if level >= kernel_level.Level(4, 1):
        return 0, INT_MAX
    narrowed = level >= kernel_level.Level(3, 11) or level.branch in ((3, 10), (3, 4)) and level.patch >= 65
    return (0, 65535) if narrowed else (INT_MIN, INT_MAX)


def boot_default(name: str, level: kernel_level.Level) -> Optional[int]:
    """The value that a kernel starts with when nothing sets it.

    ``None`` where it depends on the machine: ``tcp_max_syn_backlog`` follows the
    size of the hash of established connections (max(128, entries / 128) from
    5.4 on, entries / 256 before).
    """
    if name == "somaxconn":
        return 4096 if level >= kernel_level.Level(5, 4) else 128
    if name == "tcp_syncookies":
        return 1 if level >= kernel_level.Level(2, 6, 33) else 0
    return {"tcp_synack_retries": 5, "tcp_abort_on_overflow": 0, "netdev_max_backlog": 1000}.get(name)


def shown_in_namespace(name: str, level: kernel_level.Level) -> bool:
    """Whether a network namespace other than the initial one has its own file for this setting.

    Up to 3.6 a namespace showed the host's files; from 3.7 on a setting that is
    global is absent there.
    """
    since = KEYS[name].per_namespace_since
    return since is not None and level >= since
