# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which container, pod or machine a process is in, from its control groups alone (cgroups(7)).

Engines name the group after the container. What is inside a container may make groups of its own below that, so the
outermost name counts, and a container cannot pass for another one.
"""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Tuple

from . import namespace_commands

PODMAN, DOCKER, CONTAINERD, CRIO, LXC, NSPAWN, POD = namespace_commands.KINDS

_ID = r"[0-9a-f]{64}"
_SCOPE = r"(docker|libpod|crio|cri-containerd|nerdctl)-(%s)(?:\.scope)?" % _ID
_UID = r"[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32}"  # of a static pod it is a hash
_POD = r"(?:[A-Za-z0-9-]*-)?pod(%s)(?:\.slice)?" % _UID
_PODS = r"(?:[a-z]+-)*kubepods(?:-[a-z]+)*(?:\.slice)?"
_USER = r"user@([0-9]{1,10})\.service|user-([0-9]{1,10})\.slice"
_NSPAWN = r"systemd-nspawn@(.+)\.service"
_MACHINE = r"machine-(.+)\.scope"
_KINDS = {"docker": DOCKER, "libpod": PODMAN, "crio": CRIO, "cri-containerd": CONTAINERD, "nerdctl": CONTAINERD}
_UUID = r"(?:[a-z]+-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SHORT = 12  # characters of an id, as engines show it
_LONGEST = 65536


class Container(NamedTuple):
    """What a control group's path says."""

    kind: str  # one of `namespace_commands.KINDS`; empty where only an id is told
    id: str  # of the container, 64 hexadecimal digits; empty where the path has none
    name: str = ""  # where the path tells it: of a machine, or a pod's uid
    user: Optional[int] = None  # whose engine it is; None for the system's
    unit: str = ""  # of systemd, where only that tells which machine it is


def of_membership(text: str) -> Optional[Container]:
    """The container, from the contents of /proc/PID/cgroup; None for a process that is in none."""
    for line in text[:_LONGEST].splitlines():
        fields = line.split(":", 2)
        found = of_path(fields[2]) if len(fields) == 3 else None
        if found is not None:
            return found
    return None


def of_path(path: str) -> Optional[Container]:
    """The same of the path of one control group."""
    parts = [part for part in path.split("/") if part]
    user = None
    for at, part in enumerate(parts):
        whose = re.fullmatch(_USER, part)
        if whose:
            user = int(whose.group(1) or whose.group(2))
            continue
        found = _at(parts, at, user)
        if found is not None:
            return found
    return None


def shown(kind: str, name: str, user: Optional[int] = None) -> Optional[str]:
    """The name of its network namespace, as ``podman:web``, or ``podman:1000/web`` of a user's own engine.

    None where the name holds anything that engines do not allow in one, so that what is shown is safe everywhere.
    """
    whole = "%s:%s" % (kind, name if user is None else "%d/%s" % (user, name))
    return whole if namespace_commands.container_of(whole) else None


def short(container: Container) -> Optional[str]:
    """The same where no file tells its name: its id, as far as engines show it, or a pod's uid."""
    if container.kind in (POD, LXC, NSPAWN) or not container.id:
        return shown(container.kind, container.name) if container.kind else None
    return shown(container.kind, container.id[:_SHORT], container.user) if container.kind else None


def made_by_engine(name: str) -> bool:
    """Whether a name in /run/netns is what an engine makes up: ``cni-UUID``, ``netns-UUID``, a bare UUID."""
    return re.fullmatch(_UUID, name) is not None


def unescaped(name: str) -> str:
    r"""What systemd made a part of a unit's name of (systemd.unit(5)): ``a\x2db`` is ``a-b``."""
    return re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found.group(1), 16)), name)


def _at(parts: List[str], at: int, user: Optional[int]) -> Optional[Container]:
    part = parts[at]
    pod = re.fullmatch(_POD, part)
    if pod and any(re.fullmatch(_PODS, before) for before in parts[:at]):
        return Container(POD, _id_below(parts[at + 1:]), pod.group(1).replace("_", "-"))
    scope = re.fullmatch(_SCOPE, part)
    if scope:
        return Container(_KINDS[scope.group(1)], scope.group(2), user=user)
    if re.fullmatch(_ID, part) and parts[at - 1:at] != ["libpod_parent"]:  # there it is a pod, with containers below
        return Container(DOCKER if at and parts[at - 1] == "docker" else "", part, user=user)
    lxc = _lxc(parts, at)
    if lxc:
        return Container(LXC, "", lxc)
    return _machine(parts, at)


def _id_below(parts: List[str]) -> str:
    for part in parts[:1]:
        scope = re.fullmatch(_SCOPE, part)
        return scope.group(2) if scope else part if re.fullmatch(_ID, part) else ""
    return ""


def _lxc(parts: List[str], at: int) -> str:
    """LXC 4 and later have ``lxc.payload.NAME``, 3 ``lxc.payload/NAME``, earlier ones ``lxc/NAME``."""
    if parts[at].startswith("lxc.payload."):
        return parts[at][len("lxc.payload."):]
    if parts[at] in ("lxc.payload", "lxc") and at + 1 < len(parts):
        return parts[at + 1]
    return ""


def _machine(parts: List[str], at: int) -> Optional[Container]:
    """systemd-nspawn's unit, or a scope that systemd-machined was asked for by whoever started it."""
    if at == 0 or not parts[at - 1].endswith(".slice"):
        return None
    for pattern in (_NSPAWN, _MACHINE):
        found = re.fullmatch(pattern, parts[at])
        if found:
            return Container(NSPAWN, "", unescaped(found.group(1)), unit=parts[at] if pattern == _MACHINE else "")
    return None


def pod_of_log(name: str) -> Optional[Tuple[str, str]]:
    """(uid, NAMESPACE/NAME) of a directory in /var/log/pods, which the kubelet calls NAMESPACE_NAME_UID."""
    parts = name.split("_")
    return (parts[2], "%s/%s" % (parts[0], parts[1])) if len(parts) == 3 and all(parts) else None
