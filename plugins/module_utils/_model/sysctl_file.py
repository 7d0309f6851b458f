# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A sysctl file that is to be changed, and what keeps a run-time value from being set."""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple


class SysctlFile(NamedTuple):
    """A file of sysctl settings that is to be changed, as it was found."""

    path: str
    content: Optional[bytes]  # None where there is none
    aliases: Tuple[str, ...]  # the paths by which sysctl loaders open it; none where they do not look there
    links: Tuple[str, ...] = ()  # symbolic links to it among the files that sysctl loaders read
    directory_missing: bool = False  # it is one of the loaders' own directories, which a change makes


#: The kinds of a :class:`Bar`
READ_ONLY, NOT_ALLOWED, OTHER = "read-only", "not allowed", "other"


class Bar(NamedTuple):
    """What keeps this process from setting a run-time value."""

    text: str
    kind: str
