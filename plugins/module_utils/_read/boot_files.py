# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The files that decide about sysctls after a reboot, and the values that follow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Dict, Iterable, List, Mapping, Optional, Tuple

from .._boot import dropins as boot_dropins
from .._boot import mentions, places
from .._boot import values as at_boot
from .._kernel import level as kernel_level
from .._kernel import sysctls
from . import kernel, rooted, sysctl_loader

# Where PID 1 looks for a credential of systemd-sysctl.service (systemd.exec(5), LoadCredential=), from v252 on
if TYPE_CHECKING:
    from .._boot import tuned as boot_tuned
    from .._boot import writer

_CREDENTIALS = ("/run/credentials/@system", "/etc/credstore", "/run/credstore", "/usr/local/lib/credstore",
                "/usr/lib/credstore")  # fmt: skip
_CREDENTIALS_SINCE = (252,)
_CMDLINE_LIMIT = 65536
_MOST_ASIDE, _LONGEST_ASIDE = 100, 65536  # files that are not applied, and bytes of one


def boot_values(
    names: Optional[Iterable[str]] = None,
    root: str = "/",
    loader: str = "auto",
    level: Optional[kernel_level.Level] = None,
    defaults: Optional[Mapping[str, Optional[int]]] = None,
    reboot: bool = True,
) -> Tuple[Dict[str, at_boot.BootValue], List[str]]:
    """The value that each setting has after a reboot, by short name, and warnings.

    :param names: short names as in ``KEYS``; all where left out
    :param root: directory whose files are read instead of the host's
    :param loader: ``auto``, ``systemd`` or ``procps``
    :param level: kernel that will boot; the running one where left out. It decides which values are refused.
    :param defaults: what that kernel starts with, by short name, as far as it is known
    :param reboot: leave out what a reboot takes away; False for what the loader would do if it ran now

    A value of ``None`` means that nothing sets it, so that the kernel's default stays, unless its ``doubt`` says that
    a file which could not be read may set it.
    """
    level = kernel.running_kernel().level if level is None else level
    boot = read_boot(root, loader, level)
    names = list(sysctls.KEYS if names is None else names)
    values = _values(boot, names, level, _tuned(root), defaults, reboot)
    values = _with_near_misses(values, root, boot)
    warnings = list(boot.warnings)
    doubts: Dict[str, List[str]] = {}
    for name, value in values.items():
        if value.doubt is not None:
            doubts.setdefault(value.doubt, []).append(name)
    for doubt, doubtful in doubts.items():
        warnings.append("The boot value of %s cannot be told: %s" % (", ".join(doubtful), doubt))
    return values, warnings


def _values(
    boot: at_boot.BootFiles,
    names: List[str],
    level: kernel_level.Level,
    tuned: Optional[boot_tuned.Tuned],
    defaults: Optional[Mapping[str, Optional[int]]],
    reboot: bool,
) -> Dict[str, at_boot.BootValue]:
    if tuned is None and not mentions.may_be_set(boot, [sysctls.KEYS[name].key for name in names]):
        return mentions.unset(boot, names)
    from .._model import boot_values as model

    return model.values_at_boot(boot, names, level, tuned, defaults, reboot)


def _with_near_misses(
    values: Dict[str, at_boot.BootValue], root: str, boot: at_boot.BootFiles
) -> Dict[str, at_boot.BootValue]:
    """With the lines that mean one of the settings and set nothing; most hosts have none."""
    aside = [dropin for dropin in _not_applied(root) if mentions.may_nearly_be_set(dropin.content or b"")]
    looked = [dropin for dropin in boot.dropins if mentions.may_nearly_be_set(dropin.content or b"")]
    if not aside and not looked:
        return values
    from .._boot import near_misses

    keys = [sysctls.KEYS[name].key for name in values]
    found = [one for dropin in looked for one in near_misses.applied(dropin, keys)]
    found += [one for dropin in aside for one in near_misses.not_applied(dropin, keys)]
    if not found:
        return values
    return {
        name: value._replace(near_misses=tuple(one for one in found if one.key == sysctls.KEYS[name].key))
        for name, value in values.items()
    }


def _not_applied(root: str) -> List[boot_dropins.DropIn]:
    """The files beside those that a loader applies: names that do not end in .conf."""
    found = []
    for directory in places.DIRECTORIES[:3]:
        try:
            names = rooted.list_names(root, directory)
        except OSError:
            continue
        others = sorted(name for name in names if not name.endswith(".conf"))
        for name in others[:_MOST_ASIDE]:
            content = rooted.read_file(root, directory + "/" + name, _LONGEST_ASIDE).content
            found.append(boot_dropins.DropIn(directory + "/" + name, content))
    return found


def _tuned(root: str) -> Optional[boot_tuned.Tuned]:
    """What TuneD does after the sysctl loader; most hosts have none."""
    if not os.path.isdir(rooted.on_host(root, "/etc/tuned")):
        return None
    from . import tuned_files

    return tuned_files.read_tuned(root)


def read_boot(root: str = "/", loader: str = "auto", level: Optional[kernel_level.Level] = None) -> at_boot.BootFiles:
    """Every file that a sysctl loader may read, each read once, and which loader it will be."""
    found = sysctl_loader.find_loader(root) if loader == "auto" else sysctl_loader.named_loader(loader, root)
    dropins: List[boot_dropins.DropIn] = []
    unlisted: List[boot_dropins.DropIn] = []
    seen = set()
    for directory in places.DIRECTORIES:
        identity = _identity(root, directory)
        if identity is not None and identity in seen:
            continue  # /lib is a link to /usr/lib
        seen.add(identity)
        try:
            names = rooted.list_names(root, directory)
        except OSError as error:
            unlisted.append(boot_dropins.DropIn(directory, None, os.strerror(error.errno or 0).lower()))
            continue
        dropins += [_dropin(root, directory + "/" + name) for name in sorted(names) if name.endswith(".conf")]
    if os.path.lexists(rooted.on_host(root, places.SYSCTL_CONF)):
        dropins.append(_dropin(root, places.SYSCTL_CONF))
    if found.name == at_boot.SYSTEMD and (not found.version or found.version >= _CREDENTIALS_SINCE):
        dropins += _credential(root)
    writers, warnings = _others(root, found.name)
    return at_boot.BootFiles(
        found.name,
        found.version,
        tuple(dropins),
        tuple(unlisted),
        _cmdline(root, level),
        found.warnings + tuple(warnings),
        writers,
    )


def _others(root: str, loader: str) -> Tuple[Tuple[writer.Writer, ...], List[str]]:
    """What sets settings beside the loader; in a container, where nothing boots, nothing does."""
    if loader == at_boot.CONTAINER:
        return (), []
    from . import other_writers

    return other_writers.other_writers(root, loader == at_boot.SYSTEMD)


def _dropin(root: str, path: str) -> boot_dropins.DropIn:
    found = rooted.read_file(root, path)
    return boot_dropins.DropIn(path, found.content, found.problem, found.real)


def _identity(root: str, directory: str) -> Optional[Tuple[int, int]]:
    try:
        status = os.stat(rooted.on_host(root, rooted.follow(root, directory)))
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _credential(root: str) -> List[boot_dropins.DropIn]:
    for directory in _CREDENTIALS:
        path = "%s/%s" % (directory, places.CREDENTIAL)
        if os.path.lexists(rooted.on_host(root, path)):
            return [_dropin(root, path)]
    return []


def _cmdline(root: str, level: Optional[kernel_level.Level]) -> str:
    """The kernel command line where it sets sysctls: Linux 5.8 and later, and only the initial network namespace's."""
    level = kernel.running_kernel().level if level is None else level
    if (level.major, level.minor) < places.COMMAND_LINE_SINCE:
        return ""
    content = rooted.read_file(root, "/proc/cmdline", _CMDLINE_LIMIT).content or b""
    if b"sysctl" not in content:
        return ""
    core = rooted.on_host(root, "/proc/sys/net/core")
    if os.path.isdir(core) and not os.path.exists(core + "/netdev_max_backlog"):
        return ""  # another namespace: it starts with the kernel's defaults
    return content.decode("utf-8", "backslashreplace")
