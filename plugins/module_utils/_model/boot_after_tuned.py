# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The boot value of a setting once TuneD is through as well."""

from __future__ import annotations

from typing import Iterable, Optional

from .._boot.dropins import DropIn, printable
from .._boot.tuned import BY_TUNED, ONLY_TUNED_CAN_TELL, Asked, Tuned, asked, effect
from .._boot.values import BootValue, Shadowed
from .._kernel.sysctls import KEYS


def with_tuned(
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
