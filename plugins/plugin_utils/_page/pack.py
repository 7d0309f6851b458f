# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""Texts and rows of many hosts in little room: what many say with other numbers in it is kept once."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import printable

SLOT = "\x00"  # stands for a number in a pattern; no printable text has one
_NUMBER = re.compile("([0-9]+)")
_LONGEST = 4096

Packed = t.Union[int, t.List[t.Any], None]  # the place of a pattern, or that and its numbers: [7, "812 4096"]


class Texts:
    """Patterns in the order in which they came. The same text is packed once."""

    def __init__(self) -> None:
        self.patterns: list[str] = []
        self._places: dict[str, int] = {}
        self._packed: dict[str, Packed] = {}

    def add(self, text: t.Any, longest: int = _LONGEST) -> Packed:
        """The text as the page has it; what does not print is written as ``\\x1b``. None for what is no text."""
        if not isinstance(text, str):
            return None
        found = self._packed.get(text)
        if found is None:
            found = self._packed[text] = self._pack(printable(text, longest))
        return found

    def _pack(self, text: str) -> Packed:
        parts = _NUMBER.split(text)
        pattern = SLOT.join(parts[::2])
        place = self._places.get(pattern)
        if place is None:
            place = self._places[pattern] = len(self.patterns)
            self.patterns.append(pattern)
        return [place, " ".join(parts[1::2])] if len(parts) > 1 else place


class Rows:
    """Rows in the order in which they came, equal ones once."""

    def __init__(self) -> None:
        self.rows: list[t.Any] = []
        self._places: dict[str, int] = {}

    def add(self, key: str, make: t.Callable[[], t.Any]) -> int:
        """The place of the row with this key, which is made where it is new."""
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self.rows)
            self.rows.append(make())
        return place
