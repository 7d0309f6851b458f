# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The service manager's unit that a control group belongs to."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

_SUFFIX = r"\.(service|scope|socket|slice|mount|swap|timer|path|target|device|automount)"
_UNIT = r"[A-Za-z0-9:_.\\-][A-Za-z0-9:_.\\@-]*" + _SUFFIX
_REMOVED = " (deleted)"  # what the kernel appends for a group that was removed
_LONGEST = 255  # UNIT_NAME_MAX - 1
_USER_MANAGER = r"user@([0-9]+)\.service"


class Unit(NamedTuple):
    """A unit, and whose service manager it belongs to."""

    name: str
    user: Optional[int] = None  # uid of the user's service manager; None for the system's


def full_name(name: str) -> str:
    """As systemctl(1) understands it: ``nginx`` and ``php8.2-fpm`` are services."""
    return name if re.search(_SUFFIX + r"\Z", name) else name + ".service"


def unit_of_path(path: str) -> Optional[Unit]:
    """The unit of a control group, from its path below the root of the hierarchy.

    As systemd's cg_path_get_unit() has it: slices come first, then the unit;
    what is below it (a service's own groups, a container's inner units) does
    not count. A unit of a user's service manager is found below user@UID.service.
    A container's scope (docker-ID.scope, cri-containerd-ID.scope, libpod-ID.scope)
    is a unit like any other. None where no service manager made the group.
    """
    if path.endswith(_REMOVED):
        path = path[: -len(_REMOVED)]
    parts = [_unescaped(part) for part in path.split("/") if part]
    found, below = _after_slices(parts)
    if found is None:
        return None
    manager = re.fullmatch(_USER_MANAGER, found)
    if manager:
        inner, _rest = _after_slices(below)
        if inner is not None and inner != "init.scope":
            return Unit(inner, int(manager.group(1)))
    return Unit(found)


def unit_of_membership(text: str, of_init: str = "") -> Optional[Unit]:
    """The unit, from the contents of /proc/PID/cgroup (cgroups(7)).

    Version 2 has one line ``0::/path``; a hybrid host has it next to
    ``1:name=systemd:/path``, and only one of the two may carry the unit.
    ``of_init`` is the same file of PID 1: a container may see the host's paths,
    and then the units of its own service manager are below PID 1's group.
    """
    paths, roots = _paths(text), _paths(of_init)
    for hierarchy in ("name=systemd", ""):
        path = paths.get(hierarchy)
        unit = unit_of_path(below_init(path, roots.get(hierarchy, "/"))) if path else None
        if unit is not None:
            return unit
    return None


def below_init(path: str, init: str) -> str:
    """A control group's path below that of PID 1, the root of which systemd itself keeps in its ``init.scope``."""
    root = init[: -len("/init.scope")] if init.endswith("/init.scope") else init.rstrip("/")
    if path == root:
        return "/"
    return path[len(root):] if path.startswith(root + "/") else path


def _paths(text: str) -> Dict[str, str]:
    """The paths in version 2 (under "") and in systemd's own hierarchy of version 1."""
    lines = [line.split(":", 2) for line in text.splitlines()]
    return {
        fields[1]: fields[2]
        for fields in lines
        if len(fields) == 3 and (fields[1] == "name=systemd" or fields[:2] == ["0", ""])
    }


def _after_slices(parts: List[str]) -> Tuple[Optional[str], List[str]]:
    """(the first part behind the slices if it is a unit, the parts behind it)."""
    for number, part in enumerate(parts):
        if len(part) > _LONGEST or not re.fullmatch(_UNIT, part):
            return None, []
        if not part.endswith(".slice"):
            return part, parts[number + 1:]
    return None, []


def _unescaped(part: str) -> str:
    """cg_unescape(): a name that would clash with a control file carries an underscore in front."""
    return part[1:] if part.startswith("_") else part
