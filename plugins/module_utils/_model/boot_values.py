# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The boot value of each setting, by its short name, with the values that this kernel refuses."""

from __future__ import annotations

from typing import Dict, Iterable

from .._boot.number import kernel_integer
from .._boot.resolve import BootFiles, BootValue, resolve
from .._kernel.level import Level
from .._kernel.sysctls import KEYS, valid_range

KERNEL_DEFAULT = "kernel default"  # the source of a value that nothing sets


def values_at_boot(boot: BootFiles, names: Iterable[str], level: Level) -> Dict[str, BootValue]:
    """What each setting is after a reboot into a kernel of this level."""
    wanted = {KEYS[name].key: name for name in names}

    def accepts(key: str, value: str) -> bool:
        number = kernel_integer(value)
        if number is None:
            return False
        low, high = valid_range(wanted[key], level)
        # The byte-wide settings have their own parser, which takes no sign at all.
        return low <= number <= high and not (high == 255 and value.lstrip()[0] == "-")

    return {wanted[key]: value for key, value in resolve(boot, wanted, accepts).items()}
