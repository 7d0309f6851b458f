# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""When printk's clock began, as far as a copy of the kernel's messages tells it.

One line tells it: ``btime 1795147200`` of /proc/stat, put before the messages. What the kernel says at boot about the
clock of the machine does not: clocks are set later, and machines woken from snapshots, without a word in the log.
Printk's clock stands still while the machine sleeps, and begins anew with a boot. What was told is forgotten then.
"""

from __future__ import annotations

import re
from typing import Optional

_BTIME = rb"btime ([0-9]{9,11})"
_SLEEP = (b"PM: suspend ", b"PM: hibernation", b"PM: resume from ", b"PM: Syncing filesystems", b"Suspending console")
_BACK = 1.0  # second: lines of several processors are not quite in order


class BootClock:
    """What the lines of a copy, in their order, tell about the boot."""

    def __init__(self) -> None:
        self._began: Optional[float] = None  # seconds since the epoch
        self._last: Optional[float] = None  # uptime

    def header(self, line: bytes) -> None:
        """Take note of a line that is no message; behind the first message none tells of the boot."""
        if self._last is not None or not line.startswith(b"btime "):
            return
        found = re.fullmatch(_BTIME, line)
        if found:
            self._began = float(found.group(1))

    def moment(self, uptime: float, text: bytes) -> Optional[float]:
        """When a message was written, in seconds since the epoch; ``None``: not told. Takes note of it, too."""
        if (self._last is not None and uptime < self._last - _BACK) or text.startswith(_SLEEP):
            self._began = None
        self._last = uptime
        return None if self._began is None else self._began + uptime
