# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which unit a control group id stands for, for sockets whose process is not visible."""

from __future__ import annotations

import os
from typing import Collection, Dict, List, Optional, Tuple

from .._model import units as model_units

_MOST_GROUPS = 65536
_DEEPEST = 16


def units_of_cgroups(
    ids: Collection[int], mountinfo: str = "/proc/self/mountinfo", of_init: str = "/proc/1/cgroup"
) -> Tuple[Dict[int, model_units.Unit], Tuple[str, ...]]:
    """The units behind control group ids as INET_DIAG_CGROUP_ID tells them (Linux 5.8), and warnings.

    The id is the inode of the group's directory in the cgroup2 hierarchy, at
    /sys/fs/cgroup or, on hybrid hosts, /sys/fs/cgroup/unified; everybody may
    look. An id that no unit's group has is absent.
    """
    root = mount_of_cgroup2(_contents(mountinfo))
    left = set(ids)
    if not left:
        return {}, ()
    if root is None:
        return {}, ("no cgroup2 file system is mounted: the units of listeners come from visible processes only",)
    init = _contents(of_init)
    units: Dict[int, model_units.Unit] = {}
    queue: List[Tuple[str, str, int]] = [(root, "", 0)]
    seen = 0
    while queue and left:
        directory, path, depth = queue.pop()
        try:
            entries = os.scandir(directory)
        except OSError:
            continue
        with entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    continue
                seen += 1
                below = path + "/" + entry.name
                if entry.inode() in left:
                    left.discard(entry.inode())
                    unit = model_units.unit_of_membership("0::" + below, init)
                    if unit is not None:
                        units[entry.inode()] = unit
                if depth < _DEEPEST:
                    queue.append((entry.path, below, depth + 1))
        if seen > _MOST_GROUPS:
            return units, ("more than %d control groups: not all were looked at" % _MOST_GROUPS,)
    return units, ()


def mount_of_cgroup2(mountinfo: str) -> Optional[str]:
    """Where cgroup2 is mounted, from the contents of /proc/PID/mountinfo (proc(5)); None where it is not."""
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if separator and after.split(" ", 1)[0] == "cgroup2" and len(fields) > 4:
            return unescaped(fields[4])
    return None


def unescaped(path: str) -> str:
    r"""A path of mountinfo, where space, tab, newline and backslash are \040, \011, \012 and \134."""
    for escape, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(escape, character)
    return path


def _contents(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read()
    except OSError:
        return ""
