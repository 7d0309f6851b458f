# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What the sysctl loaders have in common: the assignments in drop-in files, their order, and the plan that results."""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from . import dropins as boot_dropins


class Assignment(NamedTuple):
    """One line that names a setting."""

    path: str  # file, or where else it stands
    line: int  # counted from 1; 0 where there are no lines
    key: str  # path below /proc/sys as the loader derives it, or a pattern for such paths
    value: Optional[str]  # None: an exclusion ("-key" without "=")
    pattern: bool  # whether the key is a pattern
    order: int = 0  # position among all lines of all files, in the order in which they take effect

    @property
    def source(self) -> str:
        return "%s:%d" % (self.path, self.line) if self.line else self.path


class Unread(NamedTuple):
    """A file or directory at this position that could not be read."""

    path: str
    problem: str
    order: int


class Sequence(NamedTuple):
    """Everything that a loader reads, in its order, and what it leaves aside."""

    assignments: Tuple[Assignment, ...]
    unread: Tuple[Unread, ...]
    aside: Tuple[Tuple[Assignment, str], ...]  # never applied, with the reason


class Plan(NamedTuple):
    """What a loader does to one setting."""

    writes: Tuple[Assignment, ...]  # in order; the last that the kernel accepts stays
    unused: Tuple[Tuple[Assignment, str], ...]  # assignments that are never written, with the reason
    settled: Optional[int]  # nothing before this position can matter any more, accepted by the kernel or not


def arrange(
    dropins: Iterable[boot_dropins.DropIn], directories: Tuple[str, ...]
) -> Tuple[List[boot_dropins.DropIn], List[Tuple[boot_dropins.DropIn, boot_dropins.DropIn]]]:
    """The files to apply, sorted by their base name, and the masked ones, each with the file that masks it.

    Of several files of the same name the one in the first directory counts, even where it is empty or a link to
    /dev/null. The order is that of strcmp(3): by bytes, the same in every locale.
    """
    chosen: Dict[str, boot_dropins.DropIn] = {}
    masked: List[Tuple[boot_dropins.DropIn, boot_dropins.DropIn]] = []
    for directory in directories:
        for dropin in dropins:
            if dropin.directory != directory:
                continue
            if dropin.name in chosen:
                masked.append((dropin, chosen[dropin.name]))
            else:
                chosen[dropin.name] = dropin
    return sorted(chosen.values(), key=lambda dropin: dropin.name.encode("utf-8", "surrogateescape")), masked
