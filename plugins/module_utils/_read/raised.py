# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""The record of running listeners that were raised (``_model/raised_record``); most hosts have none."""

from __future__ import annotations

import os
import stat
from typing import Dict, List

from .._model import raised_record

_MOST_BYTES = 1048576
_BOOT_ID = "/proc/sys/kernel/random/boot_id"


def boot_id() -> str:
    """What tells this boot from another; empty where it cannot be read."""
    try:
        with open(_BOOT_ID, encoding="ascii") as file:
            return file.read(64).strip()
    except (OSError, ValueError):
        return ""


def all_raised(path: str = raised_record.PATH) -> List[raised_record.Raised]:
    """Every listener of the record. What anybody but root could have written is not believed."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022:
            return []
        content = os.read(fd, _MOST_BYTES)
    except OSError:
        return []
    finally:
        os.close(fd)
    import json

    try:
        return raised_record.parse(json.loads(content.decode("utf-8")), boot_id())
    except (ValueError, RecursionError):
        return []


def raised_here(path: str = raised_record.PATH) -> Dict[int, raised_record.Raised]:
    """Those of the network namespace of the calling thread, by socket inode."""
    if not os.path.exists(path):
        return {}
    here = network_namespace()
    return {one.inode: one for one in all_raised(path) if one.network_namespace == here}


def network_namespace() -> int:
    """The number of the network namespace of the calling thread; -1 where /proc does not tell."""
    try:
        return os.stat("/proc/thread-self/ns/net").st_ino
    except OSError:
        return -1
