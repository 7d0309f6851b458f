# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What ``sysctl --system`` of procps-ng does with its drop-ins: every line is written, in order.

Read in sysctl.c of v3.3.0 to v4.0.6:

- Files of five directories by base name, then /etc/sysctl.conf, always last. Up to 3.3.16 /run/sysctl.d masks
  /etc/sysctl.d, from 3.3.17 on it is the other way round. Hidden files count. (Up to 3.3.9 a slip kept
  /etc/sysctl.conf from being read; such versions are not told apart.)
- Each assignment is written, so that a value the kernel refuses leaves the one before it.
- From 4.0.0 on there are patterns: written in their place to every matching setting that no line names, wherever that
  line stands, be it an assignment or an exclusion. An exclusion never withdraws an assignment.
- From 4.0.5 on an exclusion may itself be a pattern, in which ``*`` also stands for a slash.
- Names are compared by their spelling: ``/net/core/somaxconn`` does not keep ``net.core.*`` away.
"""

from __future__ import annotations

import posixpath
from typing import Iterable, Iterator, List, Optional, Tuple

from . import assignments as boot_assignments
from . import dropins as boot_dropins
from . import lines, patterns, places, reboot

DEFAULT_VERSION = (4, 0, 4)
_RUN_FIRST_UNTIL = (3, 3, 16)
_PATTERNS_SINCE = (4, 0)
_EXCLUDING_PATTERNS_SINCE = (4, 0, 5)
_FILE_NAME_MAGIC = "*?[{\\"


def read(
    dropins: Iterable[boot_dropins.DropIn],
    unlisted: Iterable[boot_dropins.DropIn] = (),
    version: Tuple[int, ...] = DEFAULT_VERSION,
    gone: Iterable[boot_dropins.DropIn] = (),
) -> boot_assignments.Sequence:
    """All assignments in the order in which they take effect.

    :param dropins: files of :data:`DIRECTORIES`, and /etc/sysctl.conf where it is a regular file or a link to one
    :param unlisted: directories that could not be listed
    :param gone: files that will not be there; their lines are set aside with that reason
    """
    directories = places.DIRECTORIES
    if version <= _RUN_FIRST_UNTIL:
        directories = (places.DIRECTORIES[1], places.DIRECTORIES[0]) + places.DIRECTORIES[2:]
    files = [_as_opened(dropin) for dropin in dropins if dropin.name.endswith(".conf")]
    applied, masked = boot_assignments.arrange(files, directories)
    last = [dropin for dropin in files if dropin.path == places.SYSCTL_CONF]
    assignments: List[boot_assignments.Assignment] = []
    unread: List[boot_assignments.Unread] = []
    for dropin in applied + list(unlisted) + last:
        if dropin.content is None:
            unread.append(boot_assignments.Unread(dropin.path, dropin.problem, len(assignments)))
        for found in _parse(dropin, version):
            assignments.append(found._replace(order=len(assignments)))
    ignored = [(dropin, "%s masks this file" % by.path) for dropin, by in masked] + [
        (dropin, reboot.GONE) for dropin in gone
    ]
    aside = [(found, reason) for dropin, reason in ignored for found in _parse(dropin, version)]
    return boot_assignments.Sequence(tuple(assignments), tuple(unread), tuple(aside))


def plan(
    sequence: boot_assignments.Sequence, key: str, version: Tuple[int, ...] = DEFAULT_VERSION
) -> boot_assignments.Plan:
    """What is written to ``key``, a path below /proc/sys."""
    writes: List[boot_assignments.Assignment] = []
    unused: List[Tuple[boot_assignments.Assignment, str]] = []
    for found in sequence.assignments:
        if found.value is None:
            continue
        if not found.pattern:
            if concerns(found, key):
                writes.append(found)
            continue
        spelled = _spelled(found, key)
        if spelled is None:
            continue
        against = _names(sequence, spelled, version)
        if against is None:
            writes.append(found)
        else:
            verb = "excludes the setting" if against.value is None else "names the setting itself"
            unused.append((found, "%s %s" % (against.source, verb)))
    return boot_assignments.Plan(tuple(writes), tuple(unused), None)


def concerns(found: boot_assignments.Assignment, key: str) -> bool:
    """Whether the line names the setting or is a pattern that matches it."""
    if found.pattern:
        return _spelled(found, key) is not None
    if posixpath.basename(found.key) in ("", ".", ".."):
        return False  # a directory is meant: no setting is one
    return posixpath.normpath("/" + found.key.lstrip("/")) == "/" + key


def _spelled(found: boot_assignments.Assignment, key: str) -> Optional[str]:
    """How the pattern spells the setting; None where it does not match."""
    if not patterns.may_match(found.key, key):
        return None
    from . import globs

    return globs.glob_result(found.key, key)


def _names(
    sequence: boot_assignments.Sequence, spelled: str, version: Tuple[int, ...]
) -> Optional[boot_assignments.Assignment]:
    """The first line that keeps patterns away from the setting of this spelling."""
    for found in sequence.assignments:
        if found.key == spelled:
            return found
        if found.value is None and version >= _EXCLUDING_PATTERNS_SINCE and _excludes(found.key, spelled):
            return found
    return None


def _excludes(pattern: str, spelled: str) -> bool:
    from . import globs

    return globs.fnmatch(pattern, spelled)


def _as_opened(dropin: boot_dropins.DropIn) -> boot_dropins.DropIn:
    # The loader hands each path to glob(3) before it opens it.
    if any(one in dropin.name for one in _FILE_NAME_MAGIC):
        return dropin._replace(content=None, problem="sysctl takes its name for a pattern of file names")
    return dropin


def _parse(dropin: boot_dropins.DropIn, version: Tuple[int, ...]) -> Iterator[boot_assignments.Assignment]:
    for line in lines.procps_lines(dropin.content or b"", version):
        pattern = version >= _PATTERNS_SINCE and patterns.is_pattern(line.key)
        yield boot_assignments.Assignment(dropin.path, line.number, line.key, line.value, pattern)
