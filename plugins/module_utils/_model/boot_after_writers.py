# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The boot value of a setting once all that sets it beside the sysctl loader is through as well."""

from __future__ import annotations

from typing import Callable, Iterable, List, Optional

from .._boot import number as boot_number
from .._boot import values, writer


def with_writers(
    value: values.BootValue,
    key: str,
    writers: Iterable[writer.Writer],
    default: Optional[int],
    accepts: Callable[[str, str], bool],
) -> values.BootValue:
    """The value after the others, with what the sysctl loader had set among those that have no effect.

    One that is known to come later wins. Where several of them disagree, only a boot can tell; where one may come
    later, the value stays and is not certain.

    :param default: what the kernel starts with, where it is known
    :param accepts: whether the kernel takes a value for a key
    """
    others = tuple(one for one in writers if one.key == key)
    if not others:
        return value
    later = [one for one in others if one.order == writer.AFTER and one.value is not None and accepts(key, one.value)]
    # TuneD starts after the loader as well, and in no known order with the others
    by_tuned = value.tuned is not None and value.source == value.tuned.source
    wanted = {boot_number.kernel_integer(one.value or "") for one in later} | ({value.number} if by_tuned else set())
    if later and len(wanted) == 1:
        value = value if value.number in wanted and value.source else _won(value, later[-1])
    elif later:
        value = _in_doubt(value, later)
    result = default if value.value is None and value.doubt is None else value.number
    certain = all(one in later or _same(one, result) for one in others)
    return value._replace(others=others, certain=certain and value.doubt is None)


def _same(one: writer.Writer, result: Optional[int]) -> bool:
    return one.value is not None and result is not None and boot_number.kernel_integer(one.value) == result


def _won(value: values.BootValue, winner: writer.Writer) -> values.BootValue:
    shadowed = [line for line in value.shadowed if line.source != winner.source]  # it reads what the loader does not
    if value.source is not None:
        reason = "overridden by %s of %s, %s" % (winner.source, winner.by, writer.BY_ANOTHER)
        shadowed.append(values.Shadowed(value.source, value.value or "", reason))
    number = boot_number.kernel_integer(winner.value or "")
    return values.BootValue(winner.value, number, winner.source, tuple(shadowed), None, value.tuned)


def _in_doubt(value: values.BootValue, later: List[writer.Writer]) -> values.BootValue:
    sources = ["%s (%s)" % (one.source, one.by) for one in later]
    if value.tuned is not None and value.source == value.tuned.source:
        sources.append("%s (TuneD)" % value.source)
    doubt = "%s set it after the sysctl loader, %s" % (" and ".join(sources), writer.IN_NO_KNOWN_ORDER)
    shadowed = list(value.shadowed)
    if value.source is not None:
        shadowed.append(values.Shadowed(value.source, value.value or "", "may be overridden: " + doubt))
    return values.BootValue(None, None, None, tuple(shadowed), doubt, value.tuned)
