# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Whether control groups hold their processes up: frozen, or out of their CPU quota. Both versions, with parents."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional

from .._model import not_accepting, text
from . import cgroups

_DEEPEST = 32  # groups from a process's own up
_MOST_BYTES = 4096  # of a group's file
_REMOVED = " (deleted)"  # what the kernel appends for a group that was removed

_CPU, _FREEZER = "cpu", "freezer"
_UNIFIED = ""


class Mount(NamedTuple):
    """Where a hierarchy is mounted."""

    directory: str
    root: str  # the group that shows there, "/" as a rule
    version: int


class Quota(NamedTuple):
    """The CPU quota of a group, and what was counted when it was looked at."""

    directory: str
    version: int
    quota: int  # microseconds of CPU time in each period
    period: int  # microseconds
    periods: int
    throttled: int


def mounts(mountinfo: str) -> Dict[str, Mount]:
    """Hierarchies by controller, and version 2 under "", from the contents of /proc/PID/mountinfo (proc(5))."""
    found: Dict[str, Mount] = {}
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split(" ")
        if not separator or len(fields) < 5 or len(kind) < 3 or kind[0] not in ("cgroup", "cgroup2"):
            continue
        names = [_UNIFIED] if kind[0] == "cgroup2" else [one for one in kind[2].split(",") if one in (_CPU, _FREEZER)]
        for name in names:
            mount = Mount(cgroups.unescaped(fields[4]), cgroups.unescaped(fields[3]), 2 if name == _UNIFIED else 1)
            found.setdefault(name, mount)
    return found


def lineage(known: Dict[str, Mount], membership: str, name: str) -> List[Mount]:
    """A process's group and its parents, nearest first, in the hierarchy of that name.

    ``membership`` is the contents of /proc/PID/cgroup (cgroups(7)). Empty where the group does not show here: it was
    removed, or is outside of what is mounted.
    """
    paths: Dict[str, str] = {}
    for line in membership.splitlines():
        fields = line.split(":", 2)
        if len(fields) == 3:
            paths.update((one, fields[2]) for one in fields[1].split(","))
    path, mount = paths.get(name), known.get(name)
    if path is None or mount is None or path.endswith(_REMOVED) or ".." in path.split("/"):
        return []
    if mount.root != "/":
        if not (path + "/").startswith(mount.root + "/"):
            return []
        path = path[len(mount.root) :]
    parts = [part for part in path.split("/") if part]
    depths = range(len(parts), max(len(parts) - _DEEPEST, -1), -1)
    return [mount._replace(directory="/".join([mount.directory] + parts[:depth])) for depth in depths]


def frozen(known: Dict[str, Mount], membership: str) -> Optional[not_accepting.Frozen]:
    """The freezer that holds a process, of its group and the parents; None where none does.

    Version 2 has it in cgroup.events (Linux 5.2), version 1 in freezer.state; the order is in cgroup.freeze or in
    freezer.self_freezing of one of the groups. A host may use both versions.
    """
    unified, older = lineage(known, membership, _UNIFIED), lineage(known, membership, _FREEZER)
    return _frozen(unified) or _frozen(older)


def _frozen(groups: List[Mount]) -> Optional[not_accepting.Frozen]:
    if not groups:
        return None
    version = groups[0].version
    state, order = ("cgroup.events", "cgroup.freeze") if version == 2 else ("freezer.state", "freezer.self_freezing")
    told = _contents(groups[0].directory, state)
    if not (_numbers(told).get("frozen") == 1 if version == 2 else told.strip() in ("FROZEN", "FREEZING")):
        return None
    ordered = (one.directory for one in groups if _contents(one.directory, order).strip() == "1")
    directory = next(ordered, None)
    return not_accepting.Frozen(None if directory is None else text.printable(directory), version)


def quotas(known: Dict[str, Mount], membership: str) -> List[Quota]:
    """The CPU quotas that hold for a process, of its group and the parents."""
    groups = lineage(known, membership, _CPU) or lineage(known, membership, _UNIFIED)
    return [one for one in map(_quota, groups) if one is not None]


def _quota(group: Mount) -> Optional[Quota]:
    """None where the group has none, or counts nothing."""
    if group.version == 2:
        words = _contents(group.directory, "cpu.max").split()
    else:
        words = [_contents(group.directory, "cpu.cfs_%s_us" % name).strip() for name in ("quota", "period")]
    if len(words) != 2 or not all(word.isdigit() for word in words):  # "max" or -1: no quota
        return None
    counted = _counted(group.directory)
    return Quota(group.directory, group.version, int(words[0]), int(words[1]), *counted) if counted else None


def since(before: Quota) -> Optional[not_accepting.Group]:
    """What was counted since then; None where the group is gone."""
    counted = _counted(before.directory)
    if counted is None:
        return None
    return not_accepting.Group(
        directory=text.printable(before.directory),
        version=before.version,
        quota=before.quota,
        period=before.period,
        periods=max(counted[0] - before.periods, 0),
        throttled=max(counted[1] - before.throttled, 0),
    )


def _counted(directory: str) -> Optional[List[int]]:
    numbers = _numbers(_contents(directory, "cpu.stat"))
    counted = [numbers.get(name, -1) for name in ("nr_periods", "nr_throttled")]
    return None if -1 in counted else counted


def _numbers(contents: str) -> Dict[str, int]:
    pairs = (line.split() for line in contents.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def _contents(directory: str, name: str) -> str:
    """The file; empty where it is not there."""
    try:
        with open(directory + "/" + name, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read(_MOST_BYTES)
    except OSError:
        return ""
