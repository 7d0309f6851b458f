# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""udev rules that set sysctls (udev(7)): whenever a device matches, at boot or later."""

from __future__ import annotations

import re
from typing import Iterator

from .._boot import writer
from . import shell

_ASSIGNMENT = r'SYSCTL\{([^}]*)\}\s*:?=\s*"([^"]*)"'
_RUN = r'RUN(?:\{program\})?\s*[+:]?=\s*"([^"]*)"'


def settings(text: str) -> Iterator[shell.Found]:
    """What the rules set. When a device matches is not known, so that none is certain."""
    for number, line in _rules(text):
        for key, value in re.findall(_ASSIGNMENT, line):
            plain = not re.search(r"[$%]", value)
            yield writer.Setting(number, writer.dotted(key), value if plain else None, False)
        for program in re.findall(_RUN, line):
            for found in shell.settings(program):
                yield found._replace(line=number, certain=False)


def _rules(text: str) -> Iterator[tuple]:
    held, start = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not held and line.lstrip().startswith("#"):
            continue
        start = start if held else number
        if line.endswith("\\") and len(held) < 65536:
            held += line[:-1]
            continue
        yield start, held + line
        held = ""
