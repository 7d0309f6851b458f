# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A file replaced or removed as a whole: whoever looks sees the old one or the new one, also after a crash."""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import Optional

_TEMPORARY = re.compile(r"\.linuxnet-tcp-[0-9a-f]{16}\.tmp")
_MODE = 0o644
_CONTEXT = "security.selinux"
_OF_THE_CONTENT = ("security.ima", "security.evm")  # signatures, which hold for the old bytes alone
_NO_ATTRIBUTES = (errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSYS)


class ChangedMeanwhile(Exception):
    """Somebody else changed the file since it was read; it is left as they made it."""


def replace(path: str, content: Optional[bytes], expected: Optional[bytes], mode: int = _MODE) -> None:
    """Give the file this content, or remove it where that is None.

    An existing file keeps its mode, owner, group and extended attributes (SELinux context and access control list
    among them); a new one has ``mode`` and the context of its directory. A symbolic link is never followed.

    :param expected: what the file holds so far; None where there is none
    :raises ChangedMeanwhile: it holds something else by now. The look comes right before the rename(2): what another
        program that takes no lock writes between the two is lost, as with any editor.
    :raises OSError: from any of the steps; the file is then as it was, and nothing is left beside it
    """
    directory = os.path.dirname(path)
    if content is None:
        _require(path, expected)
        os.unlink(path)
        _sync(directory)
        return
    temporary = os.path.join(directory, ".linuxnet-tcp-%s.tmp" % os.urandom(8).hex())
    try:
        _fill(temporary, path, content, None if expected is not None else mode)
        _require(path, expected)
        os.rename(temporary, path)
    except BaseException:
        _forget(temporary)
        raise
    _sync(directory)


def remove_leftovers(directory: str) -> None:
    """Remove what killed runs left beside the file. Only for who holds the lock: no run is then at work."""
    try:
        names = [name for name in os.listdir(directory) if _TEMPORARY.fullmatch(name)]
    except OSError:
        return
    for name in names:
        _forget(os.path.join(directory, name))


def current(path: str) -> Optional[bytes]:
    """What the file holds; None where there is none.

    :raises OSError: it cannot be read, or is a symbolic link (ELOOP).
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, "rb") as file:
        return file.read()


def _require(path: str, expected: Optional[bytes]) -> None:
    if current(path) != expected:
        raise ChangedMeanwhile("{0} was changed by somebody else meanwhile".format(path))


def _fill(temporary: str, path: str, content: bytes, mode: Optional[int]) -> None:
    """``mode`` is a new file's; None where there is one to take it from."""
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb", buffering=0) as file:
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]
        if mode is None:
            status = os.stat(path, follow_symlinks=False)
            _own(fd, status)
            os.fchmod(fd, stat.S_IMODE(status.st_mode))
            _keep_attributes(path, fd)
        else:
            os.fchmod(fd, mode)
            _take_context(os.path.dirname(path), fd)
        os.fsync(fd)


def _own(fd: int, status: os.stat_result) -> None:
    mine = os.fstat(fd)
    if (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        os.fchown(fd, status.st_uid, status.st_gid)


def _keep_attributes(path: str, fd: int) -> None:
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return
    for name in names:
        if name not in _OF_THE_CONTENT:
            _copy(name, path, fd)


def _take_context(directory: str, fd: int) -> None:
    """The directory's context, where the kernel has not given the new file one already."""
    try:
        os.getxattr(fd, _CONTEXT)
    except OSError:
        _copy(_CONTEXT, directory, fd)


def _copy(name: str, source: str, fd: int) -> None:
    try:
        value = os.getxattr(source, name, follow_symlinks=False)
        try:
            if os.getxattr(fd, name) == value:
                return
        except OSError:
            pass  # it has none yet
        os.setxattr(fd, name, value)
    except OSError as error:
        if error.errno not in _NO_ATTRIBUTES:
            raise


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # gone already, or the file system turned read-only: the next run tries again


def _sync(directory: str) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems without it
            raise
    finally:
        os.close(fd)
