# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How full a queue was over a watch, kept as counts: how often each length was seen, and for how long it was full.

Memory grows with the lengths that were seen, not with the number of looks.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional


class Samples:
    """The lengths of one queue, as they are looked at."""

    def __init__(self, limit: Optional[int]) -> None:
        self.limit = limit
        self.seconds_full = 0.0
        self.falls = 0  # looks that found it shorter than the look before
        self.first: Optional[int] = None
        self.last: Optional[int] = None
        self.at_worst_lost = 0  # most that was dropped in one stretch during which it was full
        self._seen: Dict[int, int] = {}
        self._stretch = 0

    def add(self, used: int, seconds: float, lost: int = 0) -> None:
        """One look: the length, the seconds since the look before, and what the listener dropped in these.

        A queue counts as full from a look that found it full to the next one. What was dropped with a full queue at
        either end belongs to one stretch.
        """
        self._seen[used] = self._seen.get(used, 0) + 1
        full = self.limit is not None and used >= self.limit
        if self.first is None:
            self.first = used
        else:
            was_full = self.limit is not None and self.last is not None and self.last >= self.limit
            self.falls += self.last is not None and used < self.last
            if was_full:
                self.seconds_full += seconds
            self._stretch = self._stretch + lost if was_full or full else 0
            self.at_worst_lost = max(self.at_worst_lost, self._stretch)
        self.last = used

    @property
    def count(self) -> int:
        """How many looks there were."""
        return sum(self._seen.values())

    @property
    def peak(self) -> Optional[int]:
        """The greatest length that was seen; None before the first look."""
        return max(self._seen) if self._seen else None

    def percentile(self, share: int) -> Optional[int]:
        """The smallest length that so many per cent of the looks did not find exceeded (nearest rank)."""
        rank = -(-share * self.count // 100)
        below = 0
        for used in sorted(self._seen):
            below += self._seen[used]
            if below >= rank:
                return used
        return None

    def histogram(self) -> List[Dict[str, int]]:
        """How many looks found a length up to 0, 1, 2, 4, 8, …, each beyond the step before; up to the peak."""
        steps: List[Dict[str, int]] = []
        upto = 0
        for used in sorted(self._seen):
            while used > upto or not steps:
                upto = 0 if not steps else max(1, 2 * upto)
                steps.append({"upto": upto, "samples": 0})
            steps[-1]["samples"] += self._seen[used]
        return steps

    def told(self) -> Dict[str, Any]:
        """The statistics, as the module returns them."""
        return {
            "limit": self.limit,
            "samples": self.count,
            "peak": self.peak,
            "p50": self.percentile(50),
            "p95": self.percentile(95),
            "p99": self.percentile(99),
            "seconds_full": round(self.seconds_full, 3) if self.limit is not None else None,
            "histogram": self.histogram(),
        }
