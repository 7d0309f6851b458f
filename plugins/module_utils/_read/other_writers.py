# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Who sets a sysctl at boot or later, beside the sysctl loader: the files that say so.

Most hosts have none. Files are looked at in bounded number and size, and what takes them apart is imported with the
first that holds a word of interest.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import TYPE_CHECKING, Dict, Iterable, Iterator, List, Optional, Set, Tuple

from .._kernel import sysctls
from . import rooted

if TYPE_CHECKING:
    from .._boot import writer

MOST_FILES = 2000
MOST_BYTES = 4 * 1024 * 1024
_LIMIT = 256 * 1024  # of one file
_UNIT_PATHS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_RULES = ("/etc/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")
_RC_LOCAL = ("/etc/rc.local", "/etc/rc.d/rc.local")
#: scripts that run when an interface comes up, by who runs them
_ON_INTERFACES = (
    ("ifupdown", "/etc/network/if-pre-up.d"), ("ifupdown", "/etc/network/if-up.d"),
    ("NetworkManager", "/etc/NetworkManager/dispatcher.d"),
    ("NetworkManager", "/etc/NetworkManager/dispatcher.d/pre-up.d"),
    ("NetworkManager", "/etc/NetworkManager/dispatcher.d/no-wait.d"),
    ("NetworkManager", "/usr/lib/NetworkManager/dispatcher.d"),
    ("networkd-dispatcher", "/etc/networkd-dispatcher/routable.d"),
    ("networkd-dispatcher", "/etc/networkd-dispatcher/configured.d"),
    ("networkd-dispatcher", "/etc/networkd-dispatcher/carrier.d"),
)  # fmt: skip
_UFW_SCRIPTS = ("/etc/ufw/before.init", "/etc/ufw/after.init")
_CRONTABS = (("/etc/cron.d", True), ("/var/spool/cron/crontabs", False), ("/var/spool/cron", False))
_CLOUD = ("/etc/cloud/cloud.cfg.d", "/var/lib/cloud/instance")
_CLOUD_OFF = "/etc/cloud/cloud-init.disabled"
#: where people keep the scripts that their units start; what packages bring is elsewhere, and is no script of settings
_OWN_SCRIPTS = rb"(?:/usr/local|/opt|/etc|/root|/srv|/home|/var)/[^\s;\"']+"
_LAST = tuple(one.key.rpartition(".")[2].encode("ascii") for one in sysctls.KEYS.values())
_APPLIES = rb"sysctl\b[^\n]*\s(?:-[a-zA-Z]*[pf]|--load)"
_STARTS = rb"(?m)^Exec(?:Start|StartPre|StartPost)\s*=(.*)$"


class _Budget:
    """How much may still be read."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.files, self.bytes = MOST_FILES, MOST_BYTES
        self.warnings: List[str] = []
        self._done: Set[str] = set()

    def read(self, path: str, limit: int = _LIMIT) -> bytes:
        """The content of a file; empty where there is none, it was read already, or too much was read."""
        if self.files <= 0 or self.bytes <= 0:
            return b""
        content, real = self._content(path, limit)
        if real in self._done:
            return b""
        self._done.add(real)
        self.files -= 1
        self.bytes -= len(content)
        if self.files <= 0 or self.bytes <= 0:
            self.warnings.append(
                "Not every file that may set a sysctl at boot was looked at: there are more than %d, or they are "
                "longer than %d bytes." % (MOST_FILES, MOST_BYTES)
            )
        return content

    def _content(self, path: str, limit: int) -> Tuple[bytes, str]:
        """The content, and the path with links followed; the usual plain file without asking for each directory."""
        if self.root == "/":
            try:
                fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            except OSError as error:
                if error.errno != errno.ELOOP:
                    return b"", path
            else:
                try:
                    status = os.fstat(fd)
                    plain = stat.S_ISREG(status.st_mode) and status.st_size <= limit
                    return os.read(fd, limit) if plain else b"", path
                finally:
                    os.close(fd)
        found = rooted.read_file(self.root, path, limit)
        return found.content or b"", found.real or path

    def names(self, directory: str) -> List[str]:
        try:
            return sorted(rooted.list_names(self.root, directory))
        except OSError:
            return []

    def executable(self, path: str) -> bool:
        try:
            status = os.stat(rooted.on_host(self.root, rooted.follow(self.root, path)))
        except OSError:
            return False
        return stat.S_ISREG(status.st_mode) and bool(status.st_mode & 0o111)

    def text(self, path: str) -> str:
        return self.read(path).decode("utf-8", "backslashreplace")


def other_writers(root: str = "/", systemd: bool = True) -> Tuple[Tuple[writer.Writer, ...], List[str]]:
    """All lines that set one of our settings beside the sysctl loader, in no order of time, and warnings.

    :param root: directory whose files are read instead of the host's
    :param systemd: whether units are started at boot
    :return: a tuple of :class:`.writer.Writer`
    """
    budget = _Budget(root)
    started = _Started(budget) if systemd else None
    found: List[writer.Writer] = []
    for look in (_ufw, _rules, _rc_local, _interfaces, _on_interfaces, _crontabs, _cloud_init, _saptune):
        found += look(budget, started)
    if started is not None:
        found += _units(budget, started) + _daemons(started)
    keys = {one.key for one in sysctls.KEYS.values()}
    return tuple(one for one in found if one.key in keys), budget.warnings


class _Started:
    """The services that systemd starts at boot, and their files."""

    def __init__(self, budget: _Budget) -> None:
        self._budget = budget
        self.services: Set[str] = set()
        self.timers: Set[str] = set()
        self._names: Dict[str, Set[str]] = {}
        for directory in _UNIT_PATHS:
            if directory.startswith("/lib/") and os.path.islink(rooted.on_host(budget.root, "/lib")):
                continue  # the same as /usr/lib
            self._names[directory] = set(budget.names(directory))
            for wants in self._names[directory]:
                if wants.endswith((".wants", ".requires")):
                    names = budget.names(directory + "/" + wants)
                    self.services.update(name for name in names if name.endswith(".service"))
                    self.timers.update(name[: -len(".timer")] + ".service" for name in names if name.endswith(".timer"))
        self._parts: Dict[str, List[Tuple[str, bytes]]] = {}

    def starts(self, *services: str) -> bool:
        return bool(self.services.intersection(services))

    def parts(self, name: str) -> List[Tuple[str, bytes]]:
        """The files that make up a service: its own and its drop-ins, each with its content."""
        if name not in self._parts:
            self._parts[name] = self._read_parts(name)
        return self._parts[name]

    def _read_parts(self, name: str) -> List[Tuple[str, bytes]]:
        places = [name]
        if "@" in name:
            places.append(name.partition("@")[0] + "@.service")
        found: List[Tuple[str, bytes]] = []
        for place in places:
            holding = [directory for directory, names in self._names.items() if place in names]
            if holding and not found:
                path = holding[0] + "/" + place
                found.append((path, self._budget.read(path)))
        for place in places:
            for directory, names in self._names.items():
                folder = "%s/%s.d" % (directory, place)
                if place + ".d" not in names:
                    continue
                found += [
                    (folder + "/" + one, self._budget.read(folder + "/" + one))
                    for one in self._budget.names(folder)
                    if one.endswith(".conf")
                ]
        return found

    def after_loader(self, *services: str) -> bool:
        """Whether one of these services is started at boot, after the sysctl loader."""
        from .._writers import units

        for name in services:
            if name in self.services:
                content = b"\n".join(part for _path, part in self.parts(name))
                if content and units.unit(content).after_loader:
                    return True
        return False


def _made(
    budget: _Budget, by: str, path: str, found: Iterable, order: str, unsure: str = "unknown"
) -> Iterator[writer.Writer]:
    """What a file sets as writers, the files that it has applied (``sysctl -p``) among them.

    :param order: of what is certain
    """
    from .._boot import dropins, lines, writer

    by = dropins.printable(by, 128)
    for one in found:
        when = order if one.certain else writer.UNKNOWN
        if isinstance(one, writer.Setting):
            value = None if one.value is None else dropins.printable(one.value, 256)
            yield writer.Writer(by, dropins.printable("%s:%d" % (path, one.line)), one.key, value, when)
            continue
        for line in lines.procps_lines(budget.read(one.path), (4, 0)):
            if line.value is not None:
                value = dropins.printable(line.value, 256)
                source = dropins.printable("%s:%d" % (one.path, line.number))
                yield writer.Writer(by, source, writer.dotted(line.key), value, when)


def _ufw(budget: _Budget, started: Optional[_Started]) -> List[writer.Writer]:
    if not os.path.lexists(rooted.on_host(budget.root, "/etc/ufw")) or (started and not started.starts("ufw.service")):
        return []
    from .._boot import writer
    from .._writers import shell, ufw

    if not ufw.enabled(budget.text(ufw.CONFIGURATION)):
        return []
    path = ufw.sysctl_file(budget.text(ufw.DEFAULTS))
    # Its unit is not ordered after the loader, but it waits for all file systems, and its documentation has it win
    found = list(_made(budget, "ufw", path, [writer.Load(1, path, True)], writer.AFTER)) if path else []
    for script in _UFW_SCRIPTS:
        content = budget.read(script)
        if _speaks_of_sysctls(content) and budget.executable(script):
            found += _made(budget, "ufw", script, shell.settings(_decoded(content)), writer.AFTER)
    return found


def _rules(budget: _Budget, _started: Optional[_Started]) -> List[writer.Writer]:
    found: List[writer.Writer] = []
    seen: Set[str] = set()
    for directory in _RULES:
        for name in budget.names(directory):
            if not name.endswith(".rules") or name in seen:
                continue
            seen.add(name)
            content = budget.read(directory + "/" + name)
            if _speaks_of_sysctls(content):
                from .._boot import writer
                from .._writers import udev

                path = directory + "/" + name
                found += _made(budget, "udev", path, udev.settings(_decoded(content)), writer.UNKNOWN)
    return found


def _rc_local(budget: _Budget, started: Optional[_Started]) -> List[writer.Writer]:
    found: List[writer.Writer] = []
    for path in _RC_LOCAL:
        content = budget.read(path)
        if _speaks_of_sysctls(content) and budget.executable(path):
            from .._boot import writer
            from .._writers import shell

            found += _made(budget, "rc.local", path, shell.settings(_decoded(content)), writer.AFTER)
    return found


def _interfaces(budget: _Budget, started: Optional[_Started]) -> List[writer.Writer]:
    main = "/etc/network/interfaces"
    content = budget.read(main)
    if not content:
        return []
    from .._boot import writer
    from .._writers import interfaces

    text = _decoded(content)
    files = [(main, text)]
    for pattern in interfaces.sourced(text):
        folder = pattern.rpartition("/")[0] if pattern.startswith("/") else "/etc/network/" + pattern.rpartition("/")[0]
        for name in budget.names(folder.rstrip("/")):
            files.append((folder + "/" + name, budget.text(folder + "/" + name)))
    files = [(path, one) for path, one in files if _speaks_of_sysctls(one.encode("utf-8", "replace"))]
    if not files:
        return []
    late = started is None or started.after_loader("networking.service")
    automatic = "\n".join(one for _path, one in files)
    found: List[writer.Writer] = []
    for path, one in files:
        order = writer.AFTER if late else writer.UNKNOWN
        found += _made(budget, "ifupdown", path, interfaces.settings(one, automatic), order)
    return found


def _on_interfaces(budget: _Budget, _started: Optional[_Started]) -> List[writer.Writer]:
    """Scripts that are called with every change of an interface: what they do with it is theirs, so none is certain."""
    found: List[writer.Writer] = []
    for by, directory in _ON_INTERFACES:
        for name in budget.names(directory):
            path = directory + "/" + name
            content = budget.read(path)
            if _speaks_of_sysctls(content) and budget.executable(path):
                from .._boot import writer
                from .._writers import shell

                found += _made(budget, by, path, shell.settings(_decoded(content)), writer.UNKNOWN)
    return found


def _crontabs(budget: _Budget, started: Optional[_Started]) -> List[writer.Writer]:
    found: List[writer.Writer] = []
    files = [("/etc/crontab", True)]
    files += [(directory + "/" + name, user) for directory, user in _CRONTABS for name in budget.names(directory)]
    for path, with_user in files:
        if not with_user and path.rpartition("/")[2] != "root":
            continue  # nobody else may set them
        content = budget.read(path)
        if b"@reboot" in content and _speaks_of_sysctls(content):
            from .._boot import writer
            from .._writers import cron

            late = started is None or started.after_loader("cron.service", "crond.service", "cronie.service")
            order = writer.AFTER if late else writer.UNKNOWN
            found += _made(budget, "cron", path, cron.settings(_decoded(content), with_user), order)
    return found


def _cloud_init(budget: _Budget, _started: Optional[_Started]) -> List[writer.Writer]:
    if not budget.names("/etc/cloud") or os.path.lexists(rooted.on_host(budget.root, _CLOUD_OFF)):
        return []
    files = ["/etc/cloud/cloud.cfg", _CLOUD[1] + "/cloud-config.txt"]
    files += ["%s/%s" % (_CLOUD[0], name) for name in budget.names(_CLOUD[0]) if name.endswith(".cfg")]
    found: List[writer.Writer] = []
    for path in files:
        content = budget.read(path)
        if _speaks_of_sysctls(content):
            from .._boot import writer
            from .._writers import cloud_init

            found += _made(budget, "cloud-init", path, cloud_init.settings(_decoded(content)), writer.UNKNOWN)
    return found


def _saptune(budget: _Budget, started: Optional[_Started]) -> List[writer.Writer]:
    if not budget.names("/etc/saptune") or (started and not started.starts("saptune.service")):
        return []
    from .._boot import writer
    from .._writers import saptune

    found: List[writer.Writer] = []
    for note in saptune.notes(budget.text(saptune.CONFIGURATION)):
        for path in ["%s/%s%s" % (place, note, end) for place in saptune.NOTES for end in ("", ".conf")]:
            text = budget.text(path)
            if text:
                found += _made(budget, "saptune", path, saptune.settings(text), writer.AFTER)
                break
    return found


def _units(budget: _Budget, started: _Started) -> List[writer.Writer]:
    found: List[writer.Writer] = []
    for name in sorted(started.services | started.timers):
        parts = started.parts(name)
        hits = [(path, part, True) for path, part in parts if b"Exec" in part and _speaks_of_sysctls(part)]
        hits += [(path, text, False) for path, text in _own_scripts(budget, parts)]
        if not hits:
            continue
        from .._boot import writer
        from .._writers import shell, units

        late = name in started.services and units.unit(b"\n".join(part for _path, part in parts)).after_loader
        order = writer.AFTER if late else writer.UNKNOWN
        for path, content, is_unit in hits:
            settings = units.settings(units.unit(content)) if is_unit else shell.settings(_decoded(content))
            found += _made(budget, name, path, settings, order)
    return found


def _own_scripts(budget: _Budget, parts: List[Tuple[str, bytes]]) -> Iterator[Tuple[str, bytes]]:
    for _path, part in parts:
        for command in re.findall(_STARTS, part):
            for script in re.findall(_OWN_SCRIPTS, command):
                path = os.fsdecode(script)
                text = budget.read(path)
                if text.startswith(b"#!") and _speaks_of_sysctls(text):
                    yield path, text


def _daemons(started: _Started) -> List[writer.Writer]:
    from .._boot import writer
    from .._writers import daemons

    return [
        writer.Writer(by, service, key, None, writer.RUNTIME)
        for service, (by, keys) in sorted(daemons.TUNING.items())
        if started.starts(service)
        for key in keys
    ]


def _speaks_of_sysctls(content: bytes) -> bool:
    """Whether a file names one of our settings, or has a file of settings applied that may name one."""
    return any(name in content for name in _LAST) or (b"sysctl" in content and bool(re.search(_APPLIES, content)))


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "backslashreplace")
