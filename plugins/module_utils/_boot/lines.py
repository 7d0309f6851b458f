# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The lines of a drop-in file, as each loader takes them apart.

Neither loader knows line continuation, a byte order mark or a comment behind a value: a key after a byte order mark
names no setting, and ``5 # why`` reaches the kernel whole.
"""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple, Optional, Tuple

# read_line_full(): each of these marks ends a line once, in any combination; a NUL byte ends it for good.
_SYSTEMD_END = rb"(?:\n\r|\r\n|\n|\r)\x00?|\x00"
_SYSTEMD_BLANKS = " \t\n\r"
_C_SPACES = " \t\n\v\f\r"


class Line(NamedTuple):
    """A line that names a setting."""

    number: int  # counted from 1, by line feeds, as an editor counts
    key: str  # path below /proc/sys; still spelled as the loader spells it
    value: Optional[str]  # None: "-key" without "="


def systemd_lines(content: bytes) -> Iterator[Line]:
    """The settings in a file, as systemd-sysctl reads them (v239 to v261, src/sysctl/sysctl.c).

    A line of more than 1 MiB would end the reading: such files are not handed in.
    """
    for number, raw in _systemd_raw(content):
        text = raw.decode("utf-8", "backslashreplace").strip(_SYSTEMD_BLANKS)
        if not text or text[0] in "#;":
            continue
        key, equals, value = text.partition("=")
        if not equals and key[0] != "-":
            continue  # "not an assignment": skipped with a log line
        if key[:1] == "-":
            key = key[1:]
        key = systemd_key(key.strip(_SYSTEMD_BLANKS))
        yield Line(number, key, value.strip(_SYSTEMD_BLANKS) if equals else None)


def systemd_key(key: str) -> str:
    """sysctl_normalize(): the first separator decides, then dots and slashes change places or stay.

    ``net.core.x``, ``/net/core/x`` and ``.net..core.x`` all become ``net/core/x``; ``net.core/x`` becomes
    ``net/core.x``, which names no setting.
    """
    key = _swap(key)
    kept = [part for part in key.split("/") if part not in ("", ".")]
    return "/".join(kept)


def procps_lines(content: bytes, version: Tuple[int, ...]) -> Iterator[Line]:
    """The settings in a file, as ``sysctl --system`` reads them (src/sysctl.c of procps-ng).

    ``version`` matters: up to 3.3.17 there are neither patterns nor exclusions, an empty value makes the line
    invalid, and only blanks, tabs and line ends are trimmed; up to 3.3.15 a leading ``-`` is part of the name.
    The key is returned as a path below /proc/sys with repeated slashes kept, because 4.x compares paths by their
    spelling.
    """
    parse = _procps4 if version >= (4, 0) else _procps3
    with_dash = version >= (3, 3, 16)
    for number, raw in enumerate(content.split(b"\n"), start=1):
        text = raw.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
        parsed = parse(text)
        if parsed is not None:
            key, value = parsed
            if key[:1] == "-" and with_dash:
                key = key[1:]
            yield Line(number, _swap(key), value)


def _procps4(text: str) -> Optional[Tuple[str, Optional[str]]]:
    text = text.lstrip(_C_SPACES)
    if not text or text[0] in "#;":
        return None
    key, equals, value = text.partition("=")
    excluded = not equals
    if excluded and key[0] != "-":
        return None
    if key[:2] == "--":
        key = key[1:]  # one dash is a mark, and a second one is left out of the path
    return key.rstrip(_C_SPACES), None if excluded else value.strip(_C_SPACES)


def _procps3(text: str) -> Optional[Tuple[str, Optional[str]]]:
    text = text.lstrip(" \t").rstrip(" \t\n\r")
    if len(text) < 2 or text[0] in "#;":
        return None
    key, equals, value = text.lstrip("=").partition("=")  # strtok(3) skips leading separators
    value = re.split(r"[\n\r]", value.lstrip("\n\r"), maxsplit=1)[0].lstrip(" \t")
    if not equals or not value:
        return None
    return key.rstrip(" \t\n\r"), value


def _swap(key: str) -> str:
    """Dots to slashes and slashes to dots, unless the first of either is a slash."""
    first = re.search(r"[/.]", key)
    if first is None or first.group() == "/":
        return key
    return key.translate({ord("."): "/", ord("/"): "."})


def _systemd_raw(content: bytes) -> List[Tuple[int, bytes]]:
    lines, start, number = [], 0, 1
    for end in re.finditer(_SYSTEMD_END, content):
        lines.append((number, content[start:end.start()]))
        number += end.group().count(b"\n")
        start = end.end()
    lines.append((number, content[start:]))
    return lines
