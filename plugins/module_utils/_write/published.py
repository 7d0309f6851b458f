# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A file of our own that others read meanwhile: they see the old content or the new one, whole, even after a kill."""

from __future__ import annotations

import os

_SUFFIX = ".new"  # of the file beside it; the same each time, so that a run that was killed leaves one at most


def publish(path: str, content: bytes, mode: int = 0o644) -> None:
    """Give the file this content. It belongs to this process's user, whoever had it before.

    :raises OSError: from any of the steps; the file is then as it was.
    """
    beside = os.path.join(os.path.dirname(path), "." + os.path.basename(path) + _SUFFIX)
    _forget(beside)
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(fd, "wb", buffering=0) as file:
            rest = memoryview(content)
            while rest:
                rest = rest[file.write(rest) :]
            os.fchmod(fd, mode)
            os.fsync(fd)
        os.rename(beside, path)
    except BaseException:
        _forget(beside)
        raise


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
