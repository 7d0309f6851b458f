# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Shapes that JSON-like values are held to: what fits is handed on as it is, the same object; what does not is null.

A shape has ``admitted(value)``, which reads the value once and never raises. Null fits everywhere, save where a shape
says ``there``: an empty value then takes its place.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, Mapping, Optional

LONGEST_TEXT = 4096  # characters
LOWEST, HIGHEST = -(1 << 63), (1 << 64) - 1  # such as a kernel has
CUT = "…"


class Text:
    """Text that can be written, cut where it is longer."""

    def __init__(self, longest: int = LONGEST_TEXT) -> None:
        self._longest = longest

    def admitted(self, value: Any) -> Optional[str]:
        if value is None or not isinstance(value, str):
            return None
        if len(value) > self._longest:
            value = value[: self._longest - 1] + CUT
        return value if value.isascii() else _writable(value)


class Number:
    """A whole number of no more than 64 bits."""

    def admitted(self, value: Any) -> Optional[int]:
        if value is None:
            return None
        fits = isinstance(value, int) and not isinstance(value, bool) and LOWEST <= value <= HIGHEST
        return value if fits else None


class Decimal:
    """A number that may have a fraction, and is one that can be reckoned with."""

    def admitted(self, value: Any) -> Any:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and LOWEST <= value <= HIGHEST
        return value if fits else None


class Flag:
    """True or false."""

    def admitted(self, value: Any) -> Optional[bool]:
        return value if isinstance(value, bool) else None


class Part:
    """A mapping with known names; what has another name is left out. ``whole``: what is missing is there, as null."""

    def __init__(self, fields: Mapping[str, Any], whole: bool = False, there: bool = False) -> None:
        self._readers, self._there = {name: shape.admitted for name, shape in fields.items()}, there
        self._missing = {name: shape.admitted(None) for name, shape in fields.items()} if whole else {}

    def admitted(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return dict(self._missing) if self._there else None
        readers, kept, same = self._readers, {}, True
        for name, one in value.items():
            reader = readers.get(name) if isinstance(name, str) else None
            if reader is None:
                same = False
                continue
            admitted = kept[name] = reader(one)
            if admitted is not one:
                same = False
        if len(kept) < len(self._missing):
            return {**self._missing, **kept}
        return value if same else kept


class Named:
    """A mapping of any names to values of one shape; no more of them than ``most``, and ``known`` names alone."""

    def __init__(self, shape: Any, most: int, known: Optional[Iterable[str]] = None) -> None:
        self._shape, self._most = shape, most
        self._known = None if known is None else frozenset(known)

    def admitted(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return None
        kept: Dict[str, Any] = {}
        same = True
        for name, one in value.items():
            if not self._fits(name) or len(kept) >= self._most:
                same = False
                continue
            admitted = kept[name] = self._shape.admitted(one)
            same = same and admitted is one
        return value if same else kept

    def _fits(self, name: Any) -> bool:
        if self._known is not None:
            return isinstance(name, str) and name in self._known
        return isinstance(name, str) and len(name) <= LONGEST_TEXT and _writable(name) is name


class Items:
    """A list of values of one shape, without those that do not fit; no more of them than ``most``."""

    def __init__(self, shape: Any, most: int, there: bool = False) -> None:
        self._shape, self._most, self._there = shape, most, there

    def admitted(self, value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return [] if self._there else None
        kept, same = [], len(value) <= self._most
        for one in value[: self._most]:
            admitted = self._shape.admitted(one)
            if admitted is not None:
                kept.append(admitted)
            if admitted is not one or one is None:
                same = False
        return value if same else kept


class Anything:
    """Any JSON; what is too deep, too long, too much or no JSON shows as cut, for null has a meaning of its own."""

    def __init__(self, depth: int = 8, longest: int = 4096, most: int = 100000) -> None:
        self._depth, self._longest, self._most = depth, longest, most

    def admitted(self, value: Any) -> Any:
        return self._cut(value, self._depth, [self._most])

    def _cut(self, value: Any, depth: int, left: Any) -> Any:
        left[0] -= 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return _TEXT.admitted(value)
        if isinstance(value, (int, float)):
            return CUT if _DECIMAL.admitted(value) is None else value
        if isinstance(value, Mapping):
            return self._cut_mapping(value, depth, left) if self._may_have(value, depth, left) else CUT
        if isinstance(value, (list, tuple)):
            return self._cut_list(value, depth, left) if self._may_have(value, depth, left) else CUT
        return CUT

    def _may_have(self, value: Any, depth: int, left: Any) -> bool:
        return depth > 0 and len(value) <= min(self._longest, left[0])

    def _cut_mapping(self, value: Any, depth: int, left: Any) -> Any:
        kept = {name: self._cut(one, depth - 1, left) for name, one in value.items() if self._fits(name)}
        same = len(kept) == len(value) and all(kept[name] is one for name, one in value.items())
        return value if same else kept

    def _cut_list(self, value: Any, depth: int, left: Any) -> Any:
        kept = [self._cut(one, depth - 1, left) for one in value]
        return value if all(admitted is one for admitted, one in zip(kept, value)) else kept

    @staticmethod
    def _fits(name: Any) -> bool:
        return isinstance(name, str) and _TEXT.admitted(name) is name


def _writable(value: str) -> str:
    """The text with a question mark for each half of a surrogate pair, which no file and no terminal takes."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


_TEXT, _DECIMAL = Text(), Decimal()
