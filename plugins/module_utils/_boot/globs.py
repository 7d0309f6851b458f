# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Patterns for setting names, matched as glob(3) and fnmatch(3) of the GNU C library do."""

from __future__ import annotations

from itertools import islice
from typing import Callable, Iterator, List, Optional, Tuple

# What makes a key a pattern, for systemd (GLOB_CHARS) and procps alike; braces alone do not.
_MOST_ALTERNATIVES = 4096  # of one brace expression: a bound against hostile files

_CLASSES = {
    "alnum": str.isalnum,
    "alpha": str.isalpha,
    "blank": lambda one: one in " \t",
    "cntrl": lambda one: ord(one) < 32 or ord(one) == 127,
    "digit": lambda one: one in "0123456789",
    "graph": lambda one: 32 < ord(one) < 127,
    "lower": str.islower,
    "print": lambda one: 32 <= ord(one) < 127,
    "punct": lambda one: 32 < ord(one) < 127 and not one.isalnum(),
    "space": lambda one: one in " \t\n\v\f\r",
    "upper": str.isupper,
    "xdigit": lambda one: one in "0123456789abcdefABCDEF",
}

_Token = Optional[Callable[[str], bool]]  # None stands for "*"


def fnmatch(pattern: str, text: str) -> bool:
    """fnmatch(3) without flags: ``*`` and ``?`` also stand for a slash."""
    return _match(_tokens(pattern), text)


def glob_result(pattern: str, path: str) -> Optional[str]:
    """How glob(3) would spell ``path`` among the results of ``pattern``; ``None`` where it does not match.

    A wildcard never stands for a slash. Parts without a wildcard are spelled as in the pattern, which shows only
    where it repeats a slash.
    """
    if pattern.endswith(("/", "/.")):
        return None  # only a directory matches
    wanted = [part for part in path.split("/") if part]
    spelled: List[str] = []
    for part in pattern.split("/"):
        if part in ("", "."):
            spelled.append(part)
            continue
        if not wanted or not _match(_tokens(part), wanted[0]):
            return None
        spelled.append(wanted.pop(0))
    return None if wanted else "/".join(spelled)


def braces(pattern: str) -> List[str]:
    """The patterns that ``pattern`` stands for under GLOB_BRACE, which systemd sets and procps does not."""
    return list(islice(_expand(pattern), _MOST_ALTERNATIVES))


def _expand(pattern: str) -> Iterator[str]:
    start = _find(pattern, 0, "{")
    while start is not None and pattern[start:start + 2] == "{}":
        start = _find(pattern, start + 2, "{")
    parts = None if start is None else _alternatives(pattern, start)
    if start is None or parts is None:
        yield pattern
        return
    alternatives, end = parts
    for one in alternatives:
        yield from _expand(pattern[:start] + one + pattern[end + 1:])


def _find(text: str, start: int, wanted: str) -> Optional[int]:
    at = start
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] in wanted:
            return at
        at += 1
    return None


def _alternatives(pattern: str, start: int) -> Optional[Tuple[List[str], int]]:
    """The comma-separated parts after the brace at ``start``, and where it closes; ``None`` where it does not."""
    parts, depth, begin = [], 0, start + 1
    at = _find(pattern, begin, "{},")
    while at is not None:
        if pattern[at] == "{":
            depth += 1
        elif depth and pattern[at] == "}":
            depth -= 1
        elif not depth:
            parts.append(pattern[begin:at])
            begin = at + 1
            if pattern[at] == "}":
                return parts, at
        at = _find(pattern, at + 1, "{},")
    return None


def _tokens(pattern: str) -> List[_Token]:
    tokens: List[_Token] = []
    at = 0
    while at < len(pattern):
        one = pattern[at]
        if one == "*":
            tokens.append(None)
        elif one == "?":
            tokens.append(lambda _char: True)
        elif one == "[":
            bracket = _bracket(pattern, at + 1)
            if bracket is None:
                tokens.append("[".__eq__)
            else:
                token, at = bracket
                tokens.append(token)
        else:
            at += one == "\\"
            tokens.append(pattern[at].__eq__ if at < len(pattern) else _nothing)  # a lone "\\" at the end never matches
        at += 1
    return tokens


def _nothing(_char: str) -> bool:
    return False


def _bracket(pattern: str, at: int) -> Optional[Tuple[Callable[[str], bool], int]]:
    """The test that a bracket expression makes and where its ``]`` is; ``None`` where it has none."""
    negated = pattern[at:at + 1] in ("!", "^") and at < len(pattern)
    at += negated
    ranges: List[Tuple[str, str]] = []
    classes: List[Callable[[str], bool]] = []
    first = True
    while at < len(pattern) and (first or pattern[at] != "]"):
        first = False
        if pattern.startswith("[:", at):
            end = pattern.find(":]", at + 2)
            if end > 0 and pattern[at + 2:end] in _CLASSES:
                classes.append(_CLASSES[pattern[at + 2:end]])
                at = end + 2
                continue
        at += pattern[at] == "\\" and at + 1 < len(pattern)
        low = high = pattern[at]
        at += 1
        if pattern[at:at + 1] == "-" and pattern[at + 1:at + 2] not in ("", "]"):
            at += 1
            at += pattern[at] == "\\" and at + 1 < len(pattern)
            high = pattern[at]
            at += 1
        ranges.append((low, high))
    if at >= len(pattern):
        return None

    def test(one: str) -> bool:
        inside = any(low <= one <= high for low, high in ranges) or any(check(one) for check in classes)
        return inside != negated

    return test, at


def _match(tokens: List[_Token], text: str) -> bool:
    """Match without recursion, so that no pattern costs more than its length times that of the text."""
    at = token = 0
    star, resume = -1, 0
    while at < len(text):
        test = tokens[token] if token < len(tokens) else _nothing
        if test is None:
            star, resume = token, at
            token += 1
        elif test(text[at]):
            token += 1
            at += 1
        elif star >= 0:
            resume += 1
            token, at = star + 1, resume
        else:
            return False
    return all(test is None for test in tokens[token:])
