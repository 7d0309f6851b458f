# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The boot files as they would be with one file rewritten, so that a change is judged before it is made."""

from __future__ import annotations

from typing import Iterable, List, Optional

from .dropins import DropIn
from .resolve import BootFiles


def substituted(boot: BootFiles, aliases: Iterable[str], real: str, content: Optional[bytes]) -> BootFiles:
    """All boot files, with one of them replaced.

    :param aliases: the paths by which a loader opens the file itself; none where no loader looks there
    :param real: the file's path with symbolic links followed; links to it show the new content, too
    :param content: what the file will hold; None where it is removed
    """
    own = tuple(aliases)
    dropins: List[DropIn] = []
    for dropin in boot.dropins:
        if dropin.path in own:
            continue
        if real and dropin.real == real:
            dropin = dropin._replace(content=content or b"", problem="", real="" if content is None else real)
        dropins.append(dropin)
    if content is not None:
        dropins += [DropIn(alias, content, "", real) for alias in own]
    return boot._replace(dropins=tuple(dropins))
