# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Network namespaces: which ones were asked for, and running a function inside one.

The process never leaves its namespace: a thread of its own goes in, and ends there.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
import threading
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from .._model import errors, namespace_commands
from .._model import namespace as model_namespace
from .._model import text as model_text

_CLONE_NEWNET = 0x40000000
_NS_GET_NSTYPE = 0xB703  # ioctl of Linux 4.11+
_NAMES = "/run/netns"  # where ip-netns(8) keeps names; /var/run is a link to /run nearly everywhere
_OLD_NAMES = "/var/run/netns"
_OPTION = "network_namespaces"
_PROCESS = "(?:%s)?([0-9]+)" % namespace_commands.PID
_MOST_ASKED = 64  # processes of one namespace that are asked for their container


class NotPermitted(model_namespace.Unreachable):
    """We lack the privilege to look at it or to enter it."""


class Gone(model_namespace.Unreachable):
    """It was there when it was resolved, and is no more."""


def resolve(asked: Iterable[object], warnings: Optional[List[str]] = None) -> List[model_namespace.Namespace]:
    """The namespaces meant by names, absolute paths, process ids, ``host`` (our own) and ``all``; each once.

    ``all``: our own as "host", those named in /run/netns, then those of processes. A container's is called after it
    ("podman:web"), unless somebody named it with ip-netns(8), any other one "pid:N" after its lowest process. A bare
    number is a process id, too; the names that are returned mean the same when they are asked for. The thread's own
    comes as `OWN`, however it was named. `warnings` takes what ``all`` had to pass over.
    Raises InvalidOption for what is not there or no network namespace, NotPermitted without privilege.
    """
    own = _own_inode()
    found: Dict[int, model_namespace.Namespace] = {}
    for spec in asked:
        for namespace in _all(warnings) if spec == "all" else [_one(spec)]:
            if namespace.inode == own:
                namespace = model_namespace.OWN
            found.setdefault(namespace.inode, namespace)
    return list(found.values())


def resolve_one(spec: object, option: str = "network_namespace") -> model_namespace.Namespace:
    """The one namespace that an option names, by name, absolute path, process id, or ``host`` for our own.

    Raises InvalidOption for what is not there, no network namespace, or ``all``; NotPermitted without privilege.
    """
    if spec == "all":
        raise errors.InvalidOption(option, spec, "one network namespace is wanted here")
    found = _one(spec, option)
    return model_namespace.OWN if found.inode == _own_inode() else found


def call_inside(namespace: model_namespace.Namespace, function: Callable[..., Any], *args: Any) -> Any:
    """Run the function in a thread inside the namespace; its result is returned, what it raises is raised.

    For `OWN` it is simply called. Raises NotPermitted without CAP_SYS_ADMIN (setns(2), Linux 3.0+), and
    Gone where the namespace ended since it was resolved.
    """
    if namespace == model_namespace.OWN:
        return function(*args)
    result: List[Any] = []
    raised: List[BaseException] = []

    def run() -> None:
        try:
            _enter(namespace)
            result.append(function(*args))
        except BaseException as error:  # pylint: disable=broad-exception-caught
            raised.append(error)

    thread = threading.Thread(target=run, name="netns")
    try:
        thread.start()
    except RuntimeError:  # RLIMIT_NPROC or the cgroup's pids.max
        raise model_namespace.Unreachable(
            "{0}: no thread could be started to enter it".format(namespace.label)
        ) from None
    thread.join()
    if raised:
        raise raised[0]
    return result[0]


def names() -> List[str]:
    """The names that ip-netns(8) gave, sorted."""
    return sorted(set(_entries(_NAMES)) | set(_entries(_OLD_NAMES)))


def _one(spec: object, option: str = _OPTION) -> model_namespace.Namespace:
    text = str(spec)
    if text == model_namespace.OWN.name:
        return model_namespace.OWN
    process = re.fullmatch(_PROCESS, text)
    if process:
        return _existing(spec, namespace_commands.PID + process.group(1), "/proc/%s/ns/net" % process.group(1), option)
    if namespace_commands.container_of(text):
        for namespace in _all(None):
            if namespace.name == text:
                return namespace
        raise _refused(spec, option)
    if text.startswith("/") and "\0" not in text:
        return _existing(spec, text, text, option)
    if not text or "/" in text or text in (".", "..") or not text.isprintable():
        raise _refused(spec, option)
    return _existing(spec, text, _path(text), option)


def _path(name: str) -> str:
    path = "%s/%s" % (_NAMES, name)
    return path if os.path.lexists(path) else "%s/%s" % (_OLD_NAMES, name)


def _existing(spec: object, name: str, path: str, option: str) -> model_namespace.Namespace:
    try:
        inode = _inode(path)
    except PermissionError:
        raise NotPermitted(
            "network namespace {0}: not permitted to look at it (a process of another user takes "
            "CAP_SYS_PTRACE)".format(model_text.printable(name))
        ) from None
    except OSError:
        raise _refused(spec, option) from None
    if inode is None:
        raise errors.InvalidOption(option, spec, "it exists but is no network namespace")
    return model_namespace.Namespace(model_text.printable(name), path, inode)


def _all(warnings: Optional[List[str]]) -> List[model_namespace.Namespace]:
    named: Dict[int, model_namespace.Namespace] = {}
    for name in names():
        path = _path(name)
        try:
            inode = _inode(path)
        except OSError:
            continue
        if inode is not None:  # else a name left behind: nothing is mounted there
            shown = path if _means_another(name) else model_text.printable(name)
            named.setdefault(inode, model_namespace.Namespace(shown, path, inode))
    inhabited, hidden = _inhabited()
    after_containers = _after_containers(named, inhabited) if inhabited else {}
    found = [model_namespace.OWN]
    found += [one._replace(name=after_containers.get(inode, one.name)) for inode, one in named.items()]
    for inode, pids in inhabited.items():
        if inode not in named:
            name = after_containers.get(inode, namespace_commands.PID + str(pids[0]))
            found.append(model_namespace.Namespace(name, "/proc/%d/ns/net" % pids[0], inode))
    if hidden and warnings is not None:
        warnings.append(
            "The network namespaces of %s could not be seen without CAP_SYS_PTRACE; one of them may be missing among "
            "all." % model_text.plural(hidden, "process")
        )
    return found


def _inhabited() -> Tuple[Dict[int, List[int]], int]:
    """The lowest processes of each namespace but our own, and how many processes do not show theirs."""
    own = _own_inode()
    found: Dict[int, List[int]] = {}
    hidden = 0
    for pid in sorted(int(entry) for entry in _entries("/proc") if entry.isdigit()):
        try:
            inode = _inode("/proc/%d/ns/net" % pid)
        except PermissionError:
            hidden += 1
            continue
        except OSError:
            continue  # it ended meanwhile, or is a zombie
        if inode is not None and inode != own:
            pids = found.setdefault(inode, [])
            if len(pids) < _MOST_ASKED:
                pids.append(pid)
    return found, hidden


def _after_containers(named: Dict[int, model_namespace.Namespace], inhabited: Dict[int, List[int]]) -> Dict[int, str]:
    """What namespaces are called after the containers in them; a container has one, whatever it makes itself."""
    from .._model import containers as model_containers
    from . import containers

    known: Optional[containers.Names] = None
    taken: Dict[str, int] = {}
    for inode, pids in sorted(inhabited.items(), key=_lowest):
        given = named.get(inode)
        if given is not None and not model_containers.made_by_engine(os.path.basename(given.path)):
            continue
        inside = next((one for one in map(containers.container_of, pids) if one is not None), None)
        if inside is not None:
            known = known or containers.Names()
            name = known.name(inside)
            if name:
                taken.setdefault(name, inode)
    return {inode: name for name, inode in taken.items()}


def _lowest(of_namespace: Tuple[int, List[int]]) -> int:
    return of_namespace[1][0]


def _means_another(name: str) -> bool:
    """Whether `resolve` takes the name, which somebody gave a namespace, for something else."""
    if name in (model_namespace.OWN.name, "all") or re.fullmatch(_PROCESS, name):
        return True
    return namespace_commands.container_of(name) is not None


def _inode(path: str) -> Optional[int]:
    """The inode of a network namespace file; None for any other kind of file.

    Told without opening what may be a device or a pipe: namespace files are regular files
    that all lie in one file system (nsfs; procfs before Linux 3.19), the one of our own.
    """
    told = os.stat(path)
    if not stat.S_ISREG(told.st_mode) or told.st_dev != os.stat(_own_path()).st_dev:
        return None
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return told.st_ino if _kind(fd) in (None, _CLONE_NEWNET) else None
    finally:
        os.close(fd)


def _kind(fd: int) -> Optional[int]:
    """The CLONE_ flag of a namespace file; None where the kernel does not tell (setns(2) then will)."""
    try:
        return fcntl.ioctl(fd, _NS_GET_NSTYPE)
    except OSError:
        return None


def _enter(namespace: model_namespace.Namespace) -> None:
    """Move the calling thread into the namespace."""
    try:
        fd = os.open(namespace.path, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:
        raise _no_entry(namespace) from None
    except OSError:
        raise _gone(namespace) from None
    try:
        if os.fstat(fd).st_ino != namespace.inode:
            raise _gone(namespace)  # and its path leads to another now
        _setns(fd)
    except OSError as error:
        if error.errno == errno.EPERM:
            raise _no_entry(namespace) from None
        if error.errno == errno.EINVAL:
            raise errors.InvalidOption(_OPTION, namespace.name, "it exists but is no network namespace") from None
        raise
    finally:
        os.close(fd)


def _setns(fd: int) -> None:
    if hasattr(os, "setns"):  # Python 3.12
        os.setns(fd, _CLONE_NEWNET)
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(fd, _CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _no_entry(namespace: model_namespace.Namespace) -> NotPermitted:
    return NotPermitted("{0}: entering it takes CAP_SYS_ADMIN".format(namespace.label))


def _gone(namespace: model_namespace.Namespace) -> Gone:
    return Gone("{0}: it ended meanwhile".format(namespace.label))


def _refused(spec: object, option: str) -> errors.InvalidOption:
    words = "host, and all" if option == _OPTION else "and host"
    inside = [one.name for one in _all(None) if namespace_commands.container_of(one.name)]
    return errors.InvalidOption(
        option,
        spec,
        "allowed are a name in {0} ({1}), a container, pod or machine ({2}), the absolute path of a network namespace, "
        "the id of a running process (pid:1234), {3}".format(_NAMES, _listed(names()), _listed(inside), words),
    )


def _listed(known: List[str]) -> str:
    if not known:
        return "there is none now"
    return ", ".join(model_text.printable(name) for name in known[:20]) + (", …" if len(known) > 20 else "")


def _own_path() -> str:
    return model_namespace.OWN.path if os.path.exists(model_namespace.OWN.path) else "/proc/self/ns/net"


def _own_inode() -> int:
    return os.stat(_own_path()).st_ino


def _entries(directory: str) -> List[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []
