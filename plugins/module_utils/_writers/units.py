# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What systemd's units run at boot, and whether that is after the sysctl loader."""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple, Tuple

from . import shell

#: the unit that applies sysctl.d
LOADER = "systemd-sysctl.service"
# Whatever is ordered after one of these is ordered after the loader (systemd.special(7), bootup(7))
_LATE = frozenset((LOADER, "sysinit.target", "basic.target", "multi-user.target", "graphical.target"))
_RUN = r"Exec(?:Start|StartPre|StartPost)\s*=\s*[-@:+!|]*(.*)"


class Unit(NamedTuple):
    """A unit as far as it matters here."""

    commands: Tuple[Tuple[int, str], ...]  # (line, command line)
    after_loader: bool  # whether it starts after the loader, at every boot


class Line(NamedTuple):
    """A line of a unit file or of one of its drop-ins, with where it stands."""

    number: int
    section: str
    text: str


def lines(content: bytes) -> Iterator[Line]:
    """The settings of a unit file; continued lines are one, numbered by their first, past comments in between."""
    section, held, start = "", "", 0
    for number, raw in enumerate(content.decode("utf-8", "backslashreplace").split("\n"), start=1):
        text = raw.strip()
        if text.startswith(("#", ";")) or not (held or text):
            continue
        if not held and text.startswith("[") and text.endswith("]"):
            section = text[1:-1]
            continue
        start = start if held else number
        if text.endswith("\\") and len(held) < 65536:
            held += text[:-1] + " "
            continue
        yield Line(start, section, held + text)
        held = ""


def unit(content: bytes) -> Unit:
    """A unit file as it runs at boot."""
    commands: List[Tuple[int, str]] = []
    words: List[str] = []
    default, conditional = True, False
    for line in lines(content):
        name, _equals, value = (part.strip() for part in line.text.partition("="))
        if line.section == "Unit" and name == "After":
            words += value.split()
        elif line.section == "Unit" and name == "DefaultDependencies":
            default = value.lower() not in ("no", "false", "off", "0")
        elif line.section == "Unit" and re.match("Condition|Assert", name):
            conditional = True
        elif line.section == "Service":
            run = re.match(_RUN, line.text)
            if run and run.group(1):
                commands.append((line.number, run.group(1)))
            elif run:
                commands = []  # an empty one takes back those before
    return Unit(tuple(commands), not conditional and (default or bool(_LATE.intersection(words))))


def settings(found: Unit) -> Iterator[shell.Found]:
    """What the commands of a unit set."""
    for number, command in found.commands:
        for one in shell.settings(command.replace("%%", "%"), number):
            yield one._replace(line=number)
