# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Write one sysctl of the calling thread's network namespace."""

from __future__ import annotations

import errno
import os
from typing import Optional

from .._kernel import sysctls
from .._model import sysctl_file


def write_sysctl(name: str, value: int) -> None:
    """Write the value; whether it took is for the reader to tell.

    :raises OSError: EINVAL where the kernel refuses the value, else as open(2).
    """
    fd = os.open(_path(name), os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, b"%d\n" % value)
    finally:
        os.close(fd)


def bar_to_writing(name: str) -> Optional[sysctl_file.Bar]:
    """Why this process cannot write the setting; None where it can. Opening a sysctl for writing changes nothing."""
    path = _path(name)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC))
    except OSError as error:
        if error.errno == errno.EROFS:
            return sysctl_file.Bar("{0} is read-only, as in a container".format(path), sysctl_file.READ_ONLY)
        if error.errno in (errno.EACCES, errno.EPERM):
            return sysctl_file.Bar(
                "{0} may not be written by user {1}".format(path, os.geteuid()), sysctl_file.NOT_ALLOWED
            )
        return sysctl_file.Bar(
            "{0} cannot be written: {1}".format(path, os.strerror(error.errno or 0)), sysctl_file.OTHER
        )
    return None


def _path(name: str) -> str:
    return "/proc/sys/" + sysctls.KEYS[name].path
