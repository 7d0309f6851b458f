# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The boot value of each setting, by its short name, with the values that this kernel refuses."""

from __future__ import annotations

from typing import Dict, Iterable, Mapping, Optional

from .._boot.dropins import DropIn, printable
from .._boot.number import kernel_integer
from .._boot.resolve import BootFiles, BootValue, Shadowed, resolve, without_volatile
from .._boot.tuned import BY_TUNED, ONLY_TUNED_CAN_TELL, Asked, Tuned, asked, effect
from .._kernel.level import Level
from .._kernel.sysctls import KEYS, valid_range

KERNEL_DEFAULT = "kernel default"  # the source of a value that nothing sets


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
    dropins = without_volatile(boot)[0].dropins if reboot else boot.dropins
    starts = defaults or {}
    return {name: _with_tuned(value, name, tuned, starts.get(name), dropins) for name, value in values.items()}


def _with_tuned(
    value: BootValue, name: str, tuned: Tuned, default: Optional[int], dropins: Iterable[DropIn]
) -> BootValue:
    """The value after TuneD, with what the boot loader had set among those that have no effect."""
    key = KEYS[name].key
    if value.doubt is not None:
        return value._replace(tuned=_printable(asked(tuned, key, None)))
    before = default if value.value is None else value.number
    value = value._replace(tuned=_printable(asked(tuned, key, before)))
    number, source = effect(tuned, key, before, dropins)
    if not source or source == value.source or (number is not None and number == before):
        return value  # it leaves or only confirms what is there
    source = printable(source)
    shadowed = [line for line in value.shadowed if line.source != source]  # TuneD reads what the loader does not
    if value.source is not None:
        shadowed.append(Shadowed(value.source, value.value or "", "overridden by %s, %s" % (source, BY_TUNED)))
    if number is None:
        return BootValue(None, None, None, tuple(shadowed), "%s: %s" % (source, ONLY_TUNED_CAN_TELL), value.tuned)
    return BootValue(str(number), number, source, tuple(shadowed), None, value.tuned)


def _printable(found: Optional[Asked]) -> Optional[Asked]:
    return None if found is None else found._replace(source=printable(found.source))
