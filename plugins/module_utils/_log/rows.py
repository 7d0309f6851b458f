# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Equal events as one row: how many they were, and when the first and the last of them came.

A flood writes the same line again for each listener that is opened, and a busy host the same refusal for hours.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Tuple

from . import messages

_SAME = ("kind", "address", "port", "action", "peer_address")  # of one row; a client's port is another each time


class Rows:
    """The rows of the newest ``most`` kinds of event, in bounded memory, whatever the order in which they come."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: Dict[Tuple, List] = {}  # by what is the same: first and last time, count, event
        self.left_out = 0  # rows, the oldest

    def add(self, seconds: float, event: messages.Event) -> None:
        """Count one event of this time, in seconds since the epoch."""
        key = tuple(event[name] for name in _SAME)
        count = event["count"] if event["kind"] == messages.SUPPRESSED else 1
        row = self._rows.get(key)
        if row is None:
            self._rows[key] = [seconds, seconds, count, event]
            if len(self._rows) > 2 * self._most:
                self._keep_newest()
            return
        row[0], row[1], row[2] = min(row[0], seconds), max(row[1], seconds), row[2] + count
        if event["kind"] == messages.DROPPED and event["peer_port"] != row[3]["peer_port"]:
            row[3] = dict(event, peer_port=None)

    def result(self) -> List[Tuple[float, float, messages.Event]]:
        """First and last time, and the event with its ``count``; the row whose last event is oldest comes first."""
        self._keep_newest()
        told = [(first, last, dict(event, count=count)) for first, last, count, event in self._rows.values()]
        return sorted(told, key=_order)

    def _keep_newest(self) -> None:
        self.left_out += max(0, len(self._rows) - self._most)
        newest = sorted(self._rows.items(), key=_age)[: self._most]
        self._rows = dict(newest)


def rows_of(found: Iterable[Tuple[float, messages.Event]], most: int) -> Rows:
    """The rows of these events, with their times."""
    rows = Rows(most)
    for seconds, event in found:
        rows.add(seconds, event)
    return rows


def _age(item: Tuple[Tuple, List]) -> float:
    return -item[1][1]


def _order(row: Tuple[float, float, messages.Event]) -> Tuple:
    first, last, event = row
    return last, first, tuple(str(event[name]) for name in _SAME)
