# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The one IPv6 network, /48 to /63, that holds nearly all of many /64: whoever has a /48 floods from 65,536 of them."""

from __future__ import annotations

import ipaddress
from typing import Callable, Dict, Iterable, Mapping, NamedTuple, Optional

SHORTEST, MIDDLE, LONGEST = 48, 56, 64
NEARLY_ALL = 0.9  # of the unanswered entries, as for `flood`
FEW, EACH = 16, 4  # so many /64 are few, if each has so many entries on average; as for `flood`
FEWEST = 8  # entries that say anything; as for `flood`


class Prefix(NamedTuple):
    """An IPv6 network, as the number that its first `length` bits are."""

    bits: int
    length: int

    def holds(self, network: bytes) -> bool:
        """Whether a longer prefix, in whole bytes, is part of it."""
        return int.from_bytes(network, "big") >> (8 * len(network) - self.length) == self.bits

    def __str__(self) -> str:
        return "%s/%d" % (ipaddress.IPv6Address(self.bits << (128 - self.length)), self.length)


def worth_a_look(largest: Iterable[int], total: int) -> bool:
    """Whether so many unanswered entries say anything, and no few /64 (those with most of them, first) hold them."""
    few = [count for count in largest if count][:FEW]
    return total >= FEWEST and (sum(few) < NEARLY_ALL * total or sum(few) < EACH * len(few))


def one_for_nearly_all(
    middle: Mapping[bytes, int], longest: Callable[[], Mapping[bytes, int]], total: int
) -> Optional[Prefix]:
    """The longest prefix from /48 to /64 that holds nearly all of so many entries; None where a /48 does not.

    `middle` and `longest`: entries by /56 and by /64, 7 and 8 bytes in network byte order; counts may fall short.
    `longest` is called only where one /56 holds nearly all.
    """
    least = NEARLY_ALL * total
    found = _longest(None, SHORTEST, MIDDLE, middle, least)
    if found is None or found.length < MIDDLE:
        return found
    return _longest(found, MIDDLE + 1, LONGEST, longest(), least) or found


def _longest(
    within: Optional[Prefix], first: int, last: int, counts: Mapping[bytes, int], least: float
) -> Optional[Prefix]:
    """The longest prefix of `first` to `last` bits with `least` entries, by their counts in prefixes of `last` bits."""
    inside = {
        int.from_bytes(network, "big"): count
        for network, count in counts.items()
        if within is None or within.holds(network)
    }
    found = None
    for length in range(first, last + 1):
        sums: Dict[int, int] = {}
        for bits, count in inside.items():
            short = bits >> (last - length)
            sums[short] = sums.get(short, 0) + count
        best = max(sums, key=sums.__getitem__, default=0)
        if not sums or sums[best] < least:
            break
        found = Prefix(best, length)
        inside = {bits: count for bits, count in inside.items() if bits >> (last - length) == best}
    return found
