# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which program applies the sysctl files of this host at boot, and in which version."""

from __future__ import annotations

import os
import re
from typing import List, NamedTuple, Optional, Tuple

from .._boot import dropins, values
from . import rooted

_SYSTEMD_SYSCTL = ("/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl")
_SYSCTL = ("/sbin/sysctl", "/usr/sbin/sysctl", "/bin/sysctl", "/usr/bin/sysctl")
_UNIT = ("/etc/systemd/system/systemd-sysctl.service", "/run/systemd/system/systemd-sysctl.service")
# Of Podman and CRI-O, of Docker, and of a manager that follows systemd's container interface, as its variable is;
# the kubelet gives the other variable to each container of a pod.
_MARKS = ("/run/.containerenv", "/.dockerenv", "/run/systemd/container")
_MARKING_VARIABLES = (b"container=", b"KUBERNETES_SERVICE_HOST=")
_LONGEST_ENVIRONMENT = 262144
_MULTICALL = ("busybox", "toybox")
_SYSTEMD_LIBRARY = r"libsystemd-shared-([0-9]+)\b.*\.so"
_PROCPS_VERSION = rb"procps(?:-ng|) (?:version |)([0-9]+(?:\.[0-9]+)+)"
# Inits whose scripts run `sysctl --system`: OpenRC's init.d/sysctl, Debian's init.d/procps
_SCRIPTED_INITS = ("init", "openrc-init", "runit", "s6-svscan", "dinit")


class Loader(NamedTuple):
    """The program that applies sysctl files."""

    name: str  # one of the constants of _boot/resolve.py
    version: Tuple[int, ...]  # empty where unknown
    warnings: Tuple[str, ...] = ()


def find_loader(root: str = "/") -> Loader:
    """Decide by the init that runs; by what is installed where it does not tell.

    systemd runs where /run/systemd/system is a directory (sd_booted(3)) or PID 1 is called "systemd". Otherwise the
    init scripts run sysctl(8), which is procps or part of busybox. Where neither is at work and there is evidence of a
    container, nothing applies files; without evidence, PID 1 is merely unknown.
    """
    init = _init_name(root)
    if os.path.isdir(rooted.on_host(root, "/run/systemd/system")) or init == "systemd":
        return _systemd(root)
    if init in _SCRIPTED_INITS or os.path.isdir(rooted.on_host(root, "/run/openrc")):
        return _sysctl(root)
    if _in_container(root):
        return Loader(values.CONTAINER, ())
    if any(_real(root, path) for path in _SYSTEMD_SYSCTL):
        found = _systemd(root)
    else:
        found = _sysctl(root)
    if found.name == values.NONE:
        return found
    who = "PID 1 is %s, which" % dropins.printable(init) if init else "No init runs here that"
    assumed = "%s is not known to apply sysctl files at boot: boot values assume %s, which is installed" % (
        who,
        "systemd-sysctl" if found.name == values.SYSTEMD else "sysctl --system",
    )
    return found._replace(warnings=found.warnings + (assumed,))


def named_loader(name: str, root: str = "/") -> Loader:
    """The loader that the caller chose, ``systemd`` or ``procps``, in the version that is installed."""
    if name == values.SYSTEMD:
        return Loader(values.SYSTEMD, _systemd_version(root))
    return Loader(values.PROCPS, _sysctl(root).version)


def _init_name(root: str) -> str:
    return (rooted.read_file(root, "/proc/1/comm", 64).content or b"").decode("utf-8", "replace").strip()


def _in_container(root: str) -> bool:
    """Whether a container manager left its mark: Docker, Podman, CRI-O, systemd-nspawn, LXC, Kubernetes."""
    if any(os.path.lexists(rooted.on_host(root, path)) for path in _MARKS):
        return True
    environment = (rooted.read_file(root, "/proc/1/environ", _LONGEST_ENVIRONMENT).content or b"").split(b"\0")
    return any(one.startswith(_MARKING_VARIABLES) and not one.endswith(b"=") for one in environment)


def _systemd(root: str) -> Loader:
    version = _systemd_version(root)
    for path in _UNIT:
        found = rooted.read_file(root, path)
        if found.content == b"" and found.real:
            return Loader(values.NONE, version, ("%s is masked: no sysctl file is applied at boot" % path,))
    if root == "/" and _read_only("/proc/sys/net"):
        # ConditionPathIsReadWrite= of the unit
        return Loader(values.NONE, version, ("/proc/sys/net is read-only here: no sysctl file is applied at boot",))
    return Loader(values.SYSTEMD, version)


def _read_only(path: str) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _systemd_version(root: str) -> Tuple[int, ...]:
    """From the name of its private library, which carries the version in every distribution since v235."""
    for directory in ["/usr/lib/systemd", "/lib/systemd", "/usr/lib64/systemd"] + _multiarch(root):
        try:
            names = rooted.list_names(root, directory)
        except OSError:
            continue
        for name in names:
            found = re.match(_SYSTEMD_LIBRARY, name)
            if found:
                return (int(found.group(1)),)
    return ()


def _multiarch(root: str) -> List[str]:
    try:
        names = rooted.list_names(root, "/usr/lib")
    except OSError:
        return []
    return ["/usr/lib/%s/systemd" % name for name in names if "-linux-" in name]


def _sysctl(root: str) -> Loader:
    for path in _SYSCTL:
        real = _real(root, path)
        if real is None:
            continue
        if real.rpartition("/")[2] in _MULTICALL:
            text = "sysctl is part of %s, whose order of files depends on the distribution's init script" % real
            return Loader(values.OTHER, (), (dropins.printable(text),))
        found = re.search(_PROCPS_VERSION, rooted.read_file(root, path).content or b"")
        if found is None:
            text = "%s does not tell its version: boot values assume procps-ng 4" % path
            return Loader(values.PROCPS, (), (text,))
        return Loader(values.PROCPS, tuple(int(part) for part in found.group(1).split(b".")))
    return Loader(
        values.NONE, (), ("neither systemd-sysctl nor sysctl is installed: no sysctl file is applied at boot",)
    )


def _real(root: str, path: str) -> Optional[str]:
    try:
        real = rooted.follow(root, path)
    except OSError:
        return None
    return real if os.path.lexists(rooted.on_host(root, real)) else None
