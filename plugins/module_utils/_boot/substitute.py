# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The boot files as they would be with one file rewritten, so that a change is judged before it is made."""

from __future__ import annotations

from typing import Iterable, List, Optional

from . import dropins as boot_dropins
from . import values


def substituted(
    boot: values.BootFiles, aliases: Iterable[str], links: Iterable[str], content: Optional[bytes]
) -> values.BootFiles:
    """All boot files, with one of them replaced.

    :param aliases: the paths by which a loader opens the file itself; none where no loader looks there
    :param links: symbolic links to it: they show the new content, too, or lead nowhere once it is gone
    :param content: what the file will hold; None where it is removed
    """
    own, others = tuple(aliases), tuple(links)
    dropins: List[boot_dropins.DropIn] = []
    for dropin in boot.dropins:
        if dropin.path in own:
            continue
        if dropin.path in others:
            real = dropin.real or (own or others)[0]
            dropin = dropin._replace(content=content or b"", problem="", real="" if content is None else real)
        dropins.append(dropin)
    if content is not None:
        dropins += [boot_dropins.DropIn(alias, content, "", alias) for alias in own]
    return boot._replace(dropins=tuple(dropins))
