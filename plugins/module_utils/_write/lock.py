# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""One run at a time: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time
from typing import Iterator, Optional, Tuple

#: In a directory that only root may write, so that nobody else can hold up a run.
PATH = "/run/linuxnet-tcp.lock"
PATIENCE = 60.0  # seconds; a run holds it for a fraction of one
_PAUSE = 0.02


class Busy(Exception):
    """Another run holds the lock and does not end."""


@contextlib.contextmanager
def locked(path: str = PATH, patience: float = PATIENCE) -> Iterator[Optional[str]]:
    """Hold the lock (flock(2)); gives None, or the reason why there is none to be had on this host.

    :raises Busy: another process holds it for longer than ``patience`` seconds.
    """
    fd, why_not = _opened(path)
    try:
        yield why_not or _acquire(fd, path, patience)
    finally:
        if fd >= 0:
            os.close(fd)


def _opened(path: str) -> Tuple[int, Optional[str]]:
    """The descriptor (-1 for none), and why it is no lock, whatever the reason: a full disk as much as a directory."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        return -1, "{0} cannot be opened: {1}".format(path, os.strerror(error.errno or 0))
    return fd, None if stat.S_ISREG(os.fstat(fd).st_mode) else "{0} is no regular file".format(path)


def _acquire(fd: int, path: str, patience: float) -> Optional[str]:
    """Wait for the lock; the reason where the file system has none (flock(2): ENOLCK)."""
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return None
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EINTR):
                return "{0} cannot be locked: {1}".format(path, os.strerror(error.errno or 0))
        if time.monotonic() > end:
            raise Busy("another run has held the lock {1} for more than {0:g} seconds".format(patience, path))
        time.sleep(_PAUSE)
