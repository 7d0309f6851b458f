# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Files below a root directory, read the way a program that has this root would see them, and never more than that.

Symbolic links are followed below the root only. Nothing but a regular file is ever opened: opening a FIFO would wait
for its writer, and opening a device may do anything.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import List, NamedTuple, Optional

LIMIT = 1024 * 1024 - 1  # systemd gives up at a line of 1 MiB; no configuration file of sense comes near
_MOST_LINKS = 40  # as the kernel
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_NULL_DEVICE = os.makedev(1, 3)


class Found(NamedTuple):
    """What a path led to."""

    content: Optional[bytes]  # None where it could not be read
    problem: str  # why not; empty otherwise
    real: str  # the path with links followed, seen from the root; empty where it leads nowhere


def on_host(root: str, path: str) -> str:
    """The path by which this process reaches an absolute path of the root."""
    return root.rstrip("/") + path


def follow(root: str, path: str) -> str:
    """The absolute path, seen from the root, with all links followed.

    :raises OSError: as stat(2) would: ENOENT, ENOTDIR, ELOOP, EACCES.
    """
    done: List[str] = []
    todo = _parts(path)[::-1]
    links = 0
    while todo:
        part = todo.pop()
        if part == "..":
            del done[-1:]
            continue
        here = "/" + "/".join(done + [part])
        try:
            target = os.readlink(on_host(root, here))
        except OSError as error:
            if error.errno != errno.EINVAL:  # EINVAL: not a link
                raise
            done.append(part)
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        if target.startswith("/"):
            done = []
        todo += _parts(target)[::-1]
    return "/" + "/".join(done)


def list_names(root: str, directory: str) -> List[str]:
    """The names in a directory; none where it does not exist.

    :raises OSError: where it exists and cannot be listed.
    """
    try:
        return os.listdir(on_host(root, follow(root, directory)))
    except OSError as error:
        if error.errno in _ABSENT:
            return []
        raise


def read_file(root: str, path: str, limit: int = LIMIT) -> Found:
    """The content of a regular file; empty for what a program would read nothing from.

    That is a missing file, a dangling link, /dev/null, a directory and a socket. FIFOs, other devices and files
    longer than ``limit`` bytes are not read.
    """
    try:
        real = follow(root, path)
        status = os.lstat(on_host(root, real))
        if not stat.S_ISREG(status.st_mode):
            return _not_regular(status, real)
        return _read(on_host(root, real), real, limit)
    except OSError as error:
        if error.errno in _ABSENT:
            return Found(b"", "", "")
        return Found(None, os.strerror(error.errno or 0).lower(), "")


def _read(host_path: str, real: str, limit: int) -> Found:
    # O_NONBLOCK: should the file have become a FIFO meanwhile, opening it does not wait.
    fd = os.open(host_path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            return _not_regular(status, real)
        content = file.read(limit + 1)
    if len(content) > limit:
        return Found(None, "longer than %d bytes" % limit, real)
    return Found(content, "", real)


def _not_regular(status: os.stat_result, real: str) -> Found:
    if stat.S_ISFIFO(status.st_mode):
        return Found(None, "a FIFO, at which the loader would wait", real)
    if stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode) and status.st_rdev != _NULL_DEVICE:
        return Found(None, "a device", real)
    return Found(b"", "", real)


def _parts(path: str) -> List[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
