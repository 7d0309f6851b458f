# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pinned versions of all that the tests run on: tests/requirements/locked/NAME.txt, with hashes, made of NAME.in.

An environment holds a stamp of what was installed into it, so that it is made anew when that changes, and only then.
"""

from __future__ import annotations

import hashlib
import os
from typing import List, Optional

from places import REQUIREMENTS
from pythons import CORES, text

STAMP = "pins.txt"
INSTALL = ("--quiet", "--disable-pip-version-check", "--require-hashes", "-r")

#: The oldest Python that the pins of a list must serve; 3.11, that of Debian 12, where nothing else is said
OLDEST = {"unit": "3.7", "nox": "3.10", "docs": "3.12"}
OLDEST.update({"core-" + core.name: text(core.controller[0]) for core in CORES})


def locked(name: str) -> str:
    """The path of the pins of one list."""
    return os.path.join(REQUIREMENTS, "locked", name + ".txt")


def names() -> List[str]:
    """Every list that has pins."""
    return sorted(name[:-3] for name in os.listdir(REQUIREMENTS) if name.endswith(".in"))


def _stamp(name: str, python: str) -> str:
    with open(locked(name), "rb") as pins:
        return "%s %s\n" % (hashlib.sha256(pins.read()).hexdigest(), python)


def held(environment: str, name: str, python: Optional[str]) -> bool:
    """Whether this environment was made by this Python and holds the pins of this list."""
    try:
        with open(os.path.join(environment, STAMP), encoding="utf-8") as stamp:
            return python is not None and stamp.read() == _stamp(name, python)
    except FileNotFoundError:
        return False


def mark(environment: str, name: str, python: str) -> None:
    """Note that the pins of this list were installed."""
    with open(os.path.join(environment, STAMP), "w", encoding="utf-8") as stamp:
        stamp.write(_stamp(name, python))


def compilation(name: str) -> List[str]:
    """The arguments of uv that pin a list anew, for every Python and platform, without a word about where it asked."""
    relative = os.path.join("tests", "requirements")
    return [
        "pip", "compile", "--quiet", "--upgrade", "--universal", "--generate-hashes", "--no-emit-index-url", "--no-annotate",
        "--no-python-downloads", "--python-version", OLDEST.get(name, "3.11"), "--custom-compile-command", "make refresh",
        "--output-file", os.path.join(relative, "locked", name + ".txt"), os.path.join(relative, name + ".in"),
    ]  # fmt: skip
