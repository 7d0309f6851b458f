# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Lines in and beside sysctl.d that look like one of our settings and are none: no loader applies them."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, NamedTuple, Optional, Tuple

from . import dropins as boot_dropins

NO_EQUALS = "there is no = in it"
NOT_CONF = "no sysctl loader reads this file: its name does not end in .conf"
NO_SUCH_SETTING = "no setting has this name"
MARKED = "the file begins with a byte order mark, which becomes part of the name"
COMMAND = "it is a command, not a setting"
MIXED = "dots and slashes are mixed in the name"
_LONGEST_LINE = 4096
_FURTHEST = 2  # letters that a misspelt name may differ by
_LINE = r"\s*(?:sysctl\s+(?:-\w+\s+)*)?-?\s*(?P<key>[^\s=#;]+)\s*(?P<equals>=)?\s*(?P<value>.*?)\s*"
_WILD = r"[*?\[{]"


class NearMiss(NamedTuple):
    """A line about one of our settings that sets nothing."""

    key: str  # the setting that it means, dotted
    source: str  # "path:line"
    value: str  # what it would set
    reason: str
    instead: str  # the line as it has to be


def applied(dropin: boot_dropins.DropIn, keys: Iterable[str]) -> Iterator[NearMiss]:
    """Those in a file that a sysctl loader applies: what it applies of it is left out."""
    return _near(dropin, tuple(keys), "")


def not_applied(dropin: boot_dropins.DropIn, keys: Iterable[str]) -> Iterator[NearMiss]:
    """Those in a file of the same directories that no sysctl loader applies: every line about a setting is one."""
    return _near(dropin, tuple(keys), NOT_CONF)


def _near(dropin: boot_dropins.DropIn, keys: Tuple[str, ...], reason: str) -> Iterator[NearMiss]:
    text = (dropin.content or b"").decode("utf-8", "backslashreplace")
    for number, line in enumerate(text.split("\n"), start=1):
        found = re.fullmatch(_LINE, line[:_LONGEST_LINE])
        if not line.strip() or line.strip()[0] in "#;" or found is None or re.search(_WILD, found.group("key")):
            continue
        key, why = _meant(found.group("key"), keys)
        if key is None or (not found.group("equals") and not found.group("value")):
            continue  # "-key" alone excludes it
        why = reason or why or _why(line, bool(found.group("equals")))
        if not why:
            continue
        value = found.group("value")
        yield NearMiss(
            key,
            boot_dropins.printable("%s:%d" % (dropin.path, number)),
            boot_dropins.printable(value, 256),
            why,
            boot_dropins.printable("%s = %s" % (key, value), 300),
        )


def _why(line: str, equals: bool) -> str:
    """Why a line with the right name sets nothing; empty where it does."""
    if re.match(r"\s*sysctl\s", line):
        return COMMAND
    return "" if equals else NO_EQUALS


def _meant(written: str, keys: Tuple[str, ...]) -> Tuple[Optional[str], str]:
    """The setting that a name stands for, and why it is not its name; empty where it is."""
    name = written
    if name.startswith("\ufeff"):
        found, why = _meant(name[1:], keys)
        return found, why or MARKED
    if name.startswith("/proc/sys/"):
        name, why = name[len("/proc/sys/") :], NO_SUCH_SETTING
    else:
        why = ""
    parts = [part for part in re.split(r"[./]", name) if part]
    dotted = ".".join(parts)
    if dotted in keys:
        separators = set(re.findall(r"[./]", name.strip("./")))
        return dotted, why or (MIXED if len(separators) > 1 else "")
    if not parts:
        return None, ""
    last = parts[-1].lower()
    lasts = {key.rpartition(".")[2]: key for key in keys}
    if last in lasts:
        return lasts[last], NO_SUCH_SETTING
    near = [key for one, key in lasts.items() if _distance(last, one) <= _FURTHEST]
    return (near[0], NO_SUCH_SETTING) if len(near) == 1 else (None, "")


def _distance(one: str, other: str) -> int:
    """How many letters have to be put in, left out or replaced; more than :data:`_FURTHEST` where it is far."""
    if abs(len(one) - len(other)) > _FURTHEST:
        return _FURTHEST + 1
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        before, row[0] = row[0], at
        for to, wanted in enumerate(other, start=1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (letter != wanted))
    return row[-1]
