# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How to restart or reload what holds a listener, in words that begin with a verb."""

from __future__ import annotations

import re
from typing import Optional, Tuple

from .._model import units

_PLAIN = r"[A-Za-z0-9:_.@-]+"
_CONTAINER = r"(docker|libpod|cri-containerd|crio)-([0-9a-f]{12})[0-9a-f]*\.scope"


def restart(unit: Optional[units.Unit], program: str, pid: Optional[int]) -> str:
    """The command for a service or a container; for anything else the program and its pid."""
    container = container_of(unit)
    if container:
        return _restart_container(*container)
    if unit is not None and unit.name.endswith(".service"):
        return "run `%s`" % _systemctl("restart", unit)
    if pid is None:
        return "restart " + program
    return "restart %s (pid %d)" % (program, pid)


def container_of(unit: Optional[units.Unit]) -> Optional[Tuple[str, str]]:
    """The engine (docker, libpod, crio, cri-containerd) and the short id; None for what is no container."""
    found = re.fullmatch(_CONTAINER, unit.name) if unit is not None else None
    return (found.group(1), found.group(2)) if found else None


def recreate(engine: str, container: str) -> str:
    """For a new sysctl of its own: a stopped container's network namespace ends, and it starts in a new one."""
    what = "container" if engine in ("docker", "libpod") else "the pod of container"
    return "make {0} {1} anew with that sysctl (a restart alone gives it a network namespace without it)".format(
        what, container
    )


def reload(unit: Optional[units.Unit], program: str, pid: Optional[int]) -> str:
    """The command for a service; for anything else SIGHUP, which every program that the catalogue lets reload takes."""
    if unit is not None and unit.name.endswith(".service"):
        return "run `%s`" % _systemctl("reload", unit)
    return "reload " + program if pid is None else "run `kill -HUP %d`" % pid


def _systemctl(verb: str, unit: units.Unit) -> str:
    if unit.user is None:
        return "systemctl %s %s" % (verb, _quoted(unit.name))
    return "systemctl --user --machine=%d@ %s %s" % (unit.user, verb, _quoted(unit.name))


def _quoted(name: str) -> str:
    """For a shell: unit names may carry a backslash, as in ``a\\x2db.service``."""
    return name if re.fullmatch(_PLAIN, name) else "'%s'" % name.replace("'", "'\\''")


def _restart_container(engine: str, container: str) -> str:
    if engine == "docker":
        return "run `docker restart %s`" % container
    if engine == "libpod":
        return "run `podman restart %s`" % container
    return "restart the pod of container %s" % container
