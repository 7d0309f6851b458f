# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Times of this machine, as text that sorts: ISO 8601, UTC."""

from __future__ import annotations

import os
import time
from typing import Optional

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def iso(seconds: float) -> str:
    """A time of the epoch as text."""
    return time.strftime(_FORMAT, time.gmtime(seconds))


def booted() -> str:
    """When this machine was started."""
    return iso(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME))


def started(ticks: int) -> str:
    """When a process was started, by field 22 of its /proc/PID/stat (proc(5))."""
    return iso(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK"))


def changed(path: str) -> Optional[str]:
    """When a file was last changed; None where it is not there."""
    try:
        return iso(os.stat(path).st_mtime)
    except (OSError, ValueError, OverflowError):
        return None
