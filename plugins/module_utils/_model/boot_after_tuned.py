# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The boot value of a setting once TuneD is through as well."""

from __future__ import annotations

from typing import Iterable, Optional

from .._boot import dropins as boot_dropins
from .._boot import tuned as boot_tuned
from .._boot import values
from .._kernel import sysctls


def with_tuned(
    value: values.BootValue,
    name: str,
    tuned: boot_tuned.Tuned,
    default: Optional[int],
    dropins: Iterable[boot_dropins.DropIn],
) -> values.BootValue:
    """The value after TuneD, with what the sysctl loader had set among those that have no effect."""
    key = sysctls.KEYS[name].key
    if value.doubt is not None:
        return value._replace(tuned=_printable(boot_tuned.asked(tuned, key, None)))
    before = default if value.value is None else value.number
    value = value._replace(tuned=_printable(boot_tuned.asked(tuned, key, before)))
    number, source = boot_tuned.effect(tuned, key, before, dropins)
    if not source or source == value.source or (number is not None and number == before):
        return value  # it leaves or only confirms what is there
    source = boot_dropins.printable(source)
    shadowed = [line for line in value.shadowed if line.source != source]  # TuneD reads what the loader does not
    if value.source is not None:
        shadowed.append(
            values.Shadowed(value.source, value.value or "", "overridden by %s, %s" % (source, boot_tuned.BY_TUNED))
        )
    if number is None:
        return values.BootValue(
            None, None, None, tuple(shadowed), "%s: %s" % (source, boot_tuned.ONLY_TUNED_CAN_TELL), value.tuned
        )
    return values.BootValue(str(number), number, source, tuple(shadowed), None, value.tuned)


def _printable(found: Optional[boot_tuned.Asked]) -> Optional[boot_tuned.Asked]:
    return None if found is None else found._replace(source=boot_dropins.printable(found.source))
