# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A drop-in file of a sysctl loader as it was found, and its words fit to be shown."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

_TEMPLATE_START = r"\{(?=[{%#])"


class DropIn(NamedTuple):
    """One configuration file, as it was found."""

    path: str  # as the loader opens it, symbolic links not followed
    content: Optional[bytes]  # None where it could not be read; empty for a mask (link to /dev/null, dangling link)
    problem: str = ""  # why it could not be read
    real: str = ""  # the path with symbolic links followed; empty where it leads nowhere

    @property
    def directory(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def printable(text: str, longest: int = 4096) -> str:
    r"""The text in one line of characters that print, with ``\x1b`` for one that does not, cut off where it is long.

    What could start a Jinja expression comes apart (``{ {``).
    """
    text = text if len(text) <= longest else text[:longest - 1] + "…"
    if not text.isprintable():
        text = "".join(
            one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode("ascii") for one in text
        )
    return re.sub(_TEMPLATE_START, "{ ", text) if "{" in text else text
