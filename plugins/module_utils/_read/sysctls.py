# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The sysctls in force now, in the network namespace of the calling thread."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from .._kernel import sysctls


def read_sysctls() -> Tuple[Dict[str, Optional[int]], List[str]]:
    """Run-time values by short name, ``None`` with a warning where one cannot be read.

    /proc/sys/net shows the namespace of the thread that opens it. A setting
    that the kernel keeps once for all namespaces has no file in any but the
    initial one (netdev_max_backlog; others before they became per namespace):
    that is the normal case and not warned of.
    """
    values: Dict[str, Optional[int]] = {}
    warnings: List[str] = []
    for sysctl in sysctls.KEYS.values():
        try:
            values[sysctl.name] = _read(sysctl)
        except FileNotFoundError:
            values[sysctl.name] = None
        except (OSError, ValueError) as error:
            values[sysctl.name] = None
            warnings.append("{0} cannot be read: {1}".format(sysctl.key, error))
    return values, warnings


def fast_open_server() -> bool:
    """Whether listeners may take TCP Fast Open (3.7+): net.ipv4.tcp_fastopen has the bit 2, set by nobody at first.

    Of the host up to 4.13, of each network namespace since.
    """
    try:
        with open("/proc/sys/net/ipv4/tcp_fastopen", encoding="ascii") as file:
            return bool(int(file.read(64), 0) & 2)
    except (OSError, ValueError):
        return False


def _read(sysctl: sysctls.Sysctl) -> int:
    with open("/proc/sys/" + sysctl.path, encoding="ascii") as file:
        return int(file.read(64))
