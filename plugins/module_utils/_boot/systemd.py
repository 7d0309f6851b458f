# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What systemd-sysctl(8) does with its drop-ins: the last assignment of a key counts, patterns fill the gaps.

Read in src/sysctl/sysctl.c and src/basic/conf-files.c of v239, RHEL 8's v239, v245, v252, v255 and v261:

- Each key keeps only its last assignment, which alone is written. A value that the kernel refuses therefore does not
  let an earlier one through.
- ``-key`` without ``=`` takes the place of an earlier assignment of the same key, and is replaced by a later one.
- A pattern is written to every matching setting that no line names, before or after it; of several patterns the last
  wins, where a line that repeats a pattern with the same value keeps the place of the first.
- Hidden files are skipped. A link to /dev/null, an empty file, a dangling link and a directory all mask.
- Patterns came with v245; before that a line with one names no setting, and an exclusion is a syntax error.
- The credential ``sysctl.extra`` is read after all files, from v252 on.
- /lib/sysctl.d counts up to v254, where /usr is not merged; v255 dropped such hosts.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Iterable, Iterator, List, Tuple

from . import assignments as boot_assignments
from . import dropins as boot_dropins
from . import lines, places, reboot
from . import patterns as boot_patterns

DEFAULT_VERSION = (252,)
_PATTERNS_SINCE = (245,)
_MERGED_USR_SINCE = (255,)


def read(
    dropins: Iterable[boot_dropins.DropIn],
    unlisted: Iterable[boot_dropins.DropIn] = (),
    version: Tuple[int, ...] = DEFAULT_VERSION,
    gone: Iterable[boot_dropins.DropIn] = (),
) -> boot_assignments.Sequence:
    """All assignments in the order in which they take effect.

    :param dropins: files of :data:`DIRECTORIES`, and /etc/sysctl.conf and credentials where they exist
    :param unlisted: directories that could not be listed
    :param gone: files that will not be there; their lines are set aside with that reason
    """
    named = [dropin for dropin in dropins if dropin.name.endswith(".conf")]
    files = [dropin for dropin in named if not dropin.name.startswith(".")]
    hidden = [dropin for dropin in named if dropin.name.startswith(".")]
    applied, masked = boot_assignments.arrange(
        files, places.DIRECTORIES if version < _MERGED_USR_SINCE else places.DIRECTORIES[:-1]
    )
    credentials = [dropin for dropin in dropins if dropin.name == places.CREDENTIAL]
    with_patterns = version >= _PATTERNS_SINCE
    assignments: List[boot_assignments.Assignment] = []
    unread: List[boot_assignments.Unread] = []
    for dropin in applied + credentials[:1] + list(unlisted):
        if dropin.content is None:
            unread.append(boot_assignments.Unread(dropin.path, dropin.problem, len(assignments)))
        for found in _parse(dropin, with_patterns):
            assignments.append(found._replace(order=len(assignments)))
    ignored = [(dropin, "%s masks this file" % by.path) for dropin, by in masked]
    if places.SYSCTL_CONF not in [dropin.real for dropin in applied]:
        unasked = "systemd-sysctl does not read this file"
        ignored += [(dropin, unasked) for dropin in files if dropin.path == places.SYSCTL_CONF]
    ignored += [(dropin, reboot.GONE) for dropin in gone]
    ignored += [(dropin, "systemd-sysctl skips hidden files") for dropin in hidden]
    aside = [(found, reason) for dropin, reason in ignored for found in _parse(dropin, with_patterns)]
    return boot_assignments.Sequence(tuple(assignments), tuple(unread), tuple(aside))


def plan(sequence: boot_assignments.Sequence, key: str) -> boot_assignments.Plan:
    """What is written to ``key``, a path below /proc/sys."""
    slots: OrderedDict[str, boot_assignments.Assignment] = OrderedDict()
    unused: List[Tuple[boot_assignments.Assignment, str]] = []
    for found in sequence.assignments:
        if not concerns(found, key):
            continue
        earlier = slots.get(found.key)
        if earlier is not None:
            verb = "withdrawn" if found.value is None else "overridden"
            unused.append((earlier, "%s by %s" % (verb, found.source)))
            if earlier.value != found.value:
                del slots[found.key]
        slots[found.key] = found
    explicit = slots.pop(key, None)
    patterns = [found for found in slots.values() if found.value is not None]
    if explicit is None:
        return boot_assignments.Plan(tuple(patterns), _assigning(unused), None)
    unused += [(found, "%s names the setting itself" % explicit.source) for found in patterns]
    writes = () if explicit.value is None else (explicit,)
    return boot_assignments.Plan(writes, _assigning(unused), explicit.order)


def concerns(found: boot_assignments.Assignment, key: str) -> bool:
    """Whether the line names the setting or is a pattern that matches it."""
    if not found.pattern:
        return found.key == key
    if not boot_patterns.may_match(found.key, key):
        return False
    from . import globs

    return any(globs.glob_result(one, key) is not None for one in globs.braces(found.key))


def _parse(dropin: boot_dropins.DropIn, with_patterns: bool) -> Iterator[boot_assignments.Assignment]:
    for line in lines.systemd_lines(dropin.content or b""):
        pattern = boot_patterns.is_pattern(line.key)
        if with_patterns or not (pattern or line.value is None):
            yield boot_assignments.Assignment(dropin.path, line.number, line.key, line.value, pattern)


def _assigning(
    unused: List[Tuple[boot_assignments.Assignment, str]],
) -> Tuple[Tuple[boot_assignments.Assignment, str], ...]:
    return tuple(one for one in unused if one[0].value is not None)
