# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The one sysctl file that is to be changed: what it holds, what the sysctl loaders make of it, what bars a change."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
from typing import List, Optional, Tuple

from .._boot import places, reboot
from .._model import sysctl_file
from . import cgroups, rooted

_IMMUTABLE, _APPEND_ONLY = 0x10, 0x20  # FS_IMMUTABLE_FL and FS_APPEND_FL of linux/fs.h
# FS_IOC_GETFLAGS is _IOR('f', 1, long); these machines number the direction of an ioctl their own way.
_OTHER_IOCTLS = ("alpha", "mips", "ppc", "sparc", "parisc")


class Unfit(Exception):
    """The file cannot be changed at all; the text names it and says why."""


def read_sysctl_file(path: str) -> sysctl_file.SysctlFile:
    """The file at an absolute path.

    :raises Unfit: it is gone after a reboot, no regular file, a symbolic link, in no directory, too long, or cannot be
        read.
    """
    parent, name = os.path.split(path)
    if reboot.is_volatile(os.path.realpath(parent)):
        raise Unfit("{0} is below /run, which starts empty at each boot: it would keep nothing".format(path))
    if not os.path.isdir(parent):
        if parent in places.DIRECTORIES and not os.path.lexists(parent) and os.path.isdir(os.path.dirname(parent)):
            return sysctl_file.SysctlFile(path, None, (path,) if name.endswith(".conf") else (), directory_missing=True)
        raise Unfit("{0}: there is no directory {1}".format(path, parent))
    real = os.path.join(os.path.realpath(parent), name)
    return sysctl_file.SysctlFile(path, _content(path), _aliases(parent, name), _links_to(real))


def masked_by(file: sysctl_file.SysctlFile) -> List[str]:
    """The files of the same name that would no longer be read once this one is made, first the one that is read now."""
    if file.content is not None or not file.aliases:
        return []
    name = os.path.basename(file.path)
    own = [directory for directory in places.DIRECTORIES if os.path.join(directory, name) in file.aliases]
    lower = places.DIRECTORIES[places.DIRECTORIES.index(own[0]) + 1 :] if own else ()
    return [os.path.join(one, name) for one in lower if os.path.isfile(os.path.join(one, name))]


def obstacle(file: sysctl_file.SysctlFile, needed: Optional[int]) -> Optional[str]:
    """What will keep this process from replacing the file, as far as it shows without trying; None where nothing does.

    :param needed: how many bytes are to be written; None where the file is to be removed
    """
    directory = os.path.dirname(file.path)
    if file.directory_missing:
        directory = os.path.dirname(directory)
    if is_mount_point(file.path):
        return "it is a mount point of its own, which cannot be replaced: mount its directory instead"
    space = os.statvfs(directory)
    if space.f_flag & os.ST_RDONLY:
        return "{0} is on a read-only file system".format(directory)
    for path in (file.path, directory):
        flag = _flag(path)
        if flag:
            return "{0} is {1} (chattr)".format(path, flag)
    if not os.access(directory, os.W_OK | os.X_OK):
        return "{0} may not be written by user {1}".format(directory, os.geteuid())
    if needed is not None and space.f_blocks and space.f_bfree * space.f_frsize < needed:
        return "no space is left for it on the file system of {0}".format(directory)
    if needed is not None and space.f_files and not space.f_ffree:
        return "no file can be made any more on the file system of {0}".format(directory)
    return None


def is_mount_point(path: str, mountinfo: str = "/proc/self/mountinfo") -> bool:
    """Whether something is mounted on the path itself, as containers do with one file; rename(2) then gives EBUSY."""
    real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    try:
        with open(mountinfo, encoding="utf-8", errors="surrogateescape") as file:
            return any(cgroups.unescaped(line.split(" ")[4]) == real for line in file if line.count(" ") > 4)
    except OSError:
        return False  # then the rename tells


def _content(path: str) -> Optional[bytes]:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unfit("{0}: {1}".format(path, os.strerror(error.errno or 0))) from None
    if stat.S_ISLNK(status.st_mode):
        raise Unfit(
            "{0} is a symbolic link to {1}: name the file that is meant itself".format(path, ascii(os.readlink(path)))
        )
    if not stat.S_ISREG(status.st_mode):
        raise Unfit("{0} is no regular file".format(path))
    found = rooted.read_file("/", path)
    if found.content is None:
        longer = "longer than {0} bytes, which no sysctl loader reads".format(rooted.LIMIT)
        raise Unfit("{0}: {1}".format(path, longer if status.st_size > rooted.LIMIT else found.problem))
    return found.content


def _aliases(parent: str, name: str) -> Tuple[str, ...]:
    if not name.endswith(".conf"):
        return ()
    here = os.stat(parent)
    found: List[str] = []
    for directory in places.DIRECTORIES:
        try:
            there = os.stat(directory)
        except OSError:
            continue
        if (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino):
            found.append(os.path.join(directory, name))
            break  # further names of the same directory are not read again
    if os.path.realpath(parent) == "/etc" and name == os.path.basename(places.SYSCTL_CONF):
        found.append(places.SYSCTL_CONF)
    return tuple(found)


def _links_to(real: str) -> Tuple[str, ...]:
    """The symbolic links to a file that sysctl loaders would open, also where the file is not there yet."""
    found = []
    for directory in places.DIRECTORIES:
        try:
            names = sorted(os.listdir(directory))
        except OSError:
            continue
        paths = [os.path.join(directory, name) for name in names if name.endswith(".conf")]
        found += [path for path in paths if os.path.islink(path) and os.path.realpath(path) == real]
    if os.path.islink(places.SYSCTL_CONF) and os.path.realpath(places.SYSCTL_CONF) == real:
        found.append(places.SYSCTL_CONF)
    return tuple(found)


def _flag(path: str) -> str:
    """The attribute of lsattr(1) that forbids a change; empty where there is none or the file system has none."""
    if any(os.uname().machine.startswith(one) for one in _OTHER_IOCTLS):
        request = 0x40000000
    else:
        request = 0x80000000
    request |= struct.calcsize("l") << 16 | ord("f") << 8 | 1
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        flags = struct.unpack_from("=I", fcntl.ioctl(fd, request, bytes(8)))[0]  # the kernel fills an int
    except OSError as error:
        if error.errno not in (errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
            raise
        return ""
    finally:
        os.close(fd)
    if flags & _IMMUTABLE:
        return "immutable"
    return "append-only" if flags & _APPEND_ONLY else ""
