# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What was sampled between two readings, and counters that only grow, whoever goes on with them."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple

SCHEMA = 1
_MOST_KEPT = 2000  # series of listeners, gone ones among them


class Peaks:
    """The greatest length of each queue over the last few readings, by the socket's inode."""

    def __init__(self, readings: int) -> None:
        """``readings``: how many of the last readings a peak is told for."""
        self._readings = max(1, readings)
        self._current: Dict[int, int] = {}
        self._past: List[Dict[int, int]] = []

    def add(self, lengths: Mapping[int, int]) -> None:
        """One look."""
        current = self._current
        for inode, used in lengths.items():
            if used > current.get(inode, 0):
                current[inode] = used

    def take(self) -> Dict[int, int]:
        """The peaks of the last readings, this one included; a new reading begins."""
        self._past = [*self._past, self._current][-self._readings :]
        self._current = {}
        found: Dict[int, int] = {}
        for one in self._past:
            for inode, used in one.items():
                found[inode] = max(used, found.get(inode, 0))
        return found


class Totals:
    """Counters of listeners, each by its name and series, which grows by what its sockets counted."""

    def __init__(self, kept: Any = None, boot: str = "") -> None:
        """``kept``: what `kept` gave before; of another boot, or not of this shape, it is not used."""
        self._boot = boot
        self._totals: Dict[str, float] = {}
        self._last: Dict[str, int] = {}
        if isinstance(kept, dict) and kept.get("schema") == SCHEMA and kept.get("boot") == boot:
            self._totals = _numbers(kept.get("totals"))
            self._last = {name: int(value) for name, value in _numbers(kept.get("last")).items()}

    def count(self, series: str, socket: Tuple[int, str], raw: int) -> None:
        """What a socket has counted by now, since it is there."""
        key = "%d %s" % socket
        before = self._last.get(key, 0)
        self._last[key] = raw
        self.grow(series, raw - before if raw >= before else raw)

    def grow(self, series: str, more: float) -> None:
        """Add to a series, which is there from then on."""
        self._totals[series] = self._totals.pop(series, 0) + max(0, more)

    def total(self, series: str) -> float:
        """What the series has come to."""
        return self._totals.get(series, 0)

    def forget(self, inodes: Mapping[int, Any]) -> None:
        """Sockets that are gone, and the oldest of too many series."""
        self._last = {key: raw for key, raw in self._last.items() if int(key.split(" ")[0]) in inodes}
        for series in list(self._totals)[: max(0, len(self._totals) - _MOST_KEPT)]:
            del self._totals[series]

    def kept(self) -> Dict[str, Any]:
        """All of it as plain data."""
        return {"schema": SCHEMA, "boot": self._boot, "totals": self._totals, "last": self._last}


def _numbers(data: Any) -> Dict[str, float]:
    """The numbers of a mapping; a key of sockets is an inode and a name."""
    if not isinstance(data, dict):
        return {}
    return {
        str(name): value
        for name, value in data.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")
    }
