# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A kernel's upstream stable level, the number that its behaviour follows."""

from __future__ import annotations

import re
from typing import NamedTuple

_NUMBERS = r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,5}))?(?:\.(\d{1,5}))?(?![0-9.A-Za-z])"


class Level(NamedTuple):
    """An upstream version that compares as a tuple: 6.1.176, or 2.6.32.2 with its fourth number."""

    major: int
    minor: int
    patch: int = 0
    fourth: int = 0  # the stable number of 2.6.x.y; some vendors append one of their own, which is left out

    @property
    def text(self) -> str:
        """The level as people write it, always with at least three numbers."""
        numbers = self if self.fourth else self[:3]
        return ".".join(str(number) for number in numbers)

    @property
    def branch(self) -> tuple:
        """The stable branch: (6, 1) for every 6.1.y."""
        return self[:2]


def parse_level(text: str) -> Level:
    """The level at the very beginning of ``text``, such as a ``uname -r``.

    :raises ValueError: ``text`` does not begin with at least ``X.Y``, or goes on as no release does (``6.1.x``).
    """
    found = re.match(_NUMBERS, text, re.ASCII)
    if not found:
        raise ValueError(
            "{0!r} is not a kernel release: expected a version such as 6.1.176 or 5.10.0-28-amd64".format(text[:80])
        )
    major, minor, patch, fourth = (int(number or 0) for number in found.groups())
    return Level(major, minor, patch, fourth if (major, minor) == (2, 6) else 0)
