# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What of the boot files is still there after a reboot: /run is a tmpfs that starts empty (file-hierarchy(7))."""

from __future__ import annotations

from typing import List, Tuple

from . import dropins as boot_dropins

GONE = "gone after a reboot: /run starts empty"
_VOLATILE = "/run/"
# PID 1 fills it anew at each boot, with what the machine or the boot loader hands over (systemd.exec(5), Credentials)
_FILLED_AT_BOOT = "/run/credentials/"


def is_volatile(path: str) -> bool:
    """Whether a path, with symbolic links followed, leads to what a reboot takes away."""
    return (path + "/").startswith(_VOLATILE) and not path.startswith(_FILLED_AT_BOOT)


def after_reboot(
    dropins: Tuple[boot_dropins.DropIn, ...],
) -> Tuple[Tuple[boot_dropins.DropIn, ...], Tuple[boot_dropins.DropIn, ...]]:
    """The files as the next boot finds them, and those that are gone by then.

    A link that stays while its target goes leads nowhere then, and masks files of the same name.
    """
    kept: List[boot_dropins.DropIn] = []
    gone: List[boot_dropins.DropIn] = []
    for dropin in dropins:
        if is_volatile(dropin.path):
            gone.append(dropin)
        elif is_volatile(dropin.real):
            gone.append(dropin)
            kept.append(dropin._replace(content=b"", problem="", real=""))
        else:
            kept.append(dropin)
    return tuple(kept), tuple(gone)
