# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Whatever sets a sysctl at boot or later, beside the sysctl loader."""

from __future__ import annotations

from typing import NamedTuple, Optional

#: it runs after the sysctl loader, at every boot: its value wins
AFTER = "after"
#: it may run before or after the sysctl loader, or not at every boot
UNKNOWN = "unknown"
#: a daemon that changes it while it runs
RUNTIME = "runtime"
#: why the sysctl loader's line does not decide
BY_ANOTHER = "which sets it after the sysctl loader"
IN_NO_KNOWN_ORDER = "in an order that is not known"


class Writer(NamedTuple):
    """One line that sets a setting, or may set it."""

    by: str  # the program or the kind of file: "ufw", "udev", "cron"
    source: str  # "path:line"
    key: str  # dotted name, as in sysctl.d(5)
    value: Optional[str]  # as written; None where only a run can tell
    order: str  # one of the constants above


class Setting(NamedTuple):
    """What one line of some file sets, before it is known when the file takes effect."""

    line: int  # counted from 1
    key: str  # dotted name
    value: Optional[str]  # None where only a run can tell
    certain: bool  # whether it is carried out whenever the file is


class Load(NamedTuple):
    """A line that has another file of settings applied (``sysctl -p FILE``)."""

    line: int
    path: str
    certain: bool


def dotted(key: str) -> str:
    """The dotted name of a setting however it is spelled: ``net/core/somaxconn``, ``/proc/sys/net/core/somaxconn``."""
    for start in ("/proc/sys/", "proc/sys/"):
        if key.startswith(start):
            key = key[len(start) :]
    return ".".join(part for part in key.replace("/", ".").split(".") if part)
