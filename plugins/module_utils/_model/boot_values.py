# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The boot value of each setting, by its short name, with the values that this kernel refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Iterable, Mapping, Optional

from .._boot.number import kernel_integer
from .._boot.resolve import resolve, without_volatile
from .._boot.values import BootFiles, BootValue
from .._kernel.level import Level
from .._kernel.sysctls import KEYS, valid_range

if TYPE_CHECKING:
    from .._boot.tuned import Tuned


def values_at_boot(
    boot: BootFiles,
    names: Iterable[str],
    level: Level,
    tuned: Optional[Tuned] = None,
    defaults: Optional[Mapping[str, Optional[int]]] = None,
    reboot: bool = True,
) -> Dict[str, BootValue]:
    """What each setting is after a reboot into a kernel of this level, once TuneD is through as well.

    :param tuned: what TuneD does after the boot loader; None where it does nothing
    :param defaults: what the kernel starts with, by short name, which TuneD may raise or lower
    :param reboot: see :func:`.resolve.resolve`
    """
    wanted = {KEYS[name].key: name for name in names}

    def accepts(key: str, value: str) -> bool:
        number = kernel_integer(value)
        if number is None:
            return False
        low, high = valid_range(wanted[key], level)
        # The byte-wide settings have their own parser, which takes no sign at all.
        return low <= number <= high and not (high == 255 and value.lstrip()[0] == "-")

    values = {wanted[key]: value for key, value in resolve(boot, wanted, accepts, reboot).items()}
    if tuned is None:
        return values
    from .boot_after_tuned import with_tuned

    dropins = without_volatile(boot)[0].dropins if reboot else boot.dropins
    starts = defaults or {}
    return {name: with_tuned(value, name, tuned, starts.get(name), dropins) for name, value in values.items()}
