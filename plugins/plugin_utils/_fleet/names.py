# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""Many host names in few words: web[01:58], as inventories write ranges."""

from __future__ import annotations

import re
import typing as t

_LAST_NUMBER = re.compile(r"(.*?)([0-9]{1,18})([^0-9]*)", re.DOTALL)


def in_short(names: t.Iterable[str], most: int = 6) -> str:
    """The names, sorted and with commas between them, those that differ by one consecutive number as ``web[01:58]``.

    Of more than ``most`` of these the rest is told as a number of hosts.
    """
    counted = _counted(names)
    told = ", ".join(one for one, _count in counted[:most])
    left = sum(count for _one, count in counted[most:])
    return "{0} and {1} more".format(told, left) if left else told


def _counted(names: t.Iterable[str]) -> list[tuple[str, int]]:
    """Each folded name, and for how many it stands."""
    plain: list[tuple[str, str, int]] = []
    numbered: dict[tuple[str, str], list[str]] = {}
    for name in set(names):
        found = _LAST_NUMBER.fullmatch(name)
        if found is None or "[" in name:  # what looks like a range stays as it is
            plain.append((name, name, 1))
        else:
            numbered.setdefault((found.group(1), found.group(3)), []).append(found.group(2))
    ranges = [
        (before + first + after, _range(before, first, last, after), int(last) - int(first) + 1)
        for (before, after), digits in numbered.items()
        for first, last in _runs(digits)
    ]
    return [(told, count) for _first, told, count in sorted([*plain, *ranges])]


def _range(before: str, first: str, last: str, after: str) -> str:
    return before + (first if first == last else "[{0}:{1}]".format(first, last)) + after


def _runs(digits: list[str]) -> t.Iterator[tuple[str, str]]:
    """Consecutive numbers by first and last; where one has leading zeros, only those of one length belong together."""
    padded = any(len(one) > 1 and one.startswith("0") for one in digits)
    ordered = sorted(digits, key=lambda one: (len(one), one))
    first = last = ordered[0]
    for one in ordered[1:]:
        if int(one) != int(last) + 1 or (padded and len(one) != len(last)):
            yield first, last
            first = one
        last = one
    yield first, last
