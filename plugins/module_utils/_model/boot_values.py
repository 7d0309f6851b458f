# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The boot value of each setting, by its short name, with the values that this kernel refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Iterable, Mapping, Optional

from .._boot import number as boot_number
from .._boot import resolve
from .._boot import values as boot_values
from .._kernel import level as kernel_level
from .._kernel import sysctls

if TYPE_CHECKING:
    from .._boot import tuned as boot_tuned


def values_at_boot(
    boot: boot_values.BootFiles,
    names: Iterable[str],
    level: kernel_level.Level,
    tuned: Optional[boot_tuned.Tuned] = None,
    defaults: Optional[Mapping[str, Optional[int]]] = None,
    reboot: bool = True,
) -> Dict[str, boot_values.BootValue]:
    """What each setting is after a reboot into a kernel of this level, once all that runs after the loader is through.

    :param tuned: what TuneD does after the sysctl loader; None where it does nothing
    :param defaults: what the kernel starts with, by short name, which TuneD may raise or lower
    :param reboot: see :func:`.resolve.resolve`
    """
    wanted = {sysctls.KEYS[name].key: name for name in names}

    def accepts(key: str, value: str) -> bool:
        number = boot_number.kernel_integer(value)
        if number is None:
            return False
        low, high = sysctls.valid_range(wanted[key], level)
        # The byte-wide settings have their own parser, which takes no sign at all.
        return low <= number <= high and not (high == 255 and value.lstrip()[0] == "-")

    values = {wanted[key]: value for key, value in resolve.resolve(boot, wanted, accepts, reboot).items()}
    starts = defaults or {}
    if tuned is not None:
        from . import boot_after_tuned

        dropins = resolve.without_volatile(boot)[0].dropins if reboot else boot.dropins
        values = {
            name: boot_after_tuned.with_tuned(value, name, tuned, starts.get(name), dropins)
            for name, value in values.items()
        }
    if boot.writers:
        from . import boot_after_writers

        values = {
            name: boot_after_writers.with_writers(
                value, sysctls.KEYS[name].key, boot.writers, starts.get(name), accepts
            )
            for name, value in values.items()
        }
    return values
