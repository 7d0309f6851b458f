# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""When printk's clock began, as far as a copy of the kernel's messages tells it.

Three lines tell it: ``btime 1795147200`` of /proc/stat, which somebody put before
the messages; the kernel's own about the clock that it set at boot from the
machine's; and its audit records, which bear both times. Printk's clock stands
still while the machine sleeps, and begins anew with a boot: what was known is
forgotten then.
"""

from __future__ import annotations

import re
from typing import Optional

_BTIME = rb"btime ([0-9]{9,11})"
_RTC = rb"[!-~ ]{1,64}: setting system clock to [0-9TZ :-]{19,23}(?:UTC )?\(([0-9]{9,11})\)"
_AUDIT = rb"audit: type=[0-9]{4} audit\(([0-9]{9,11}\.[0-9]{3}):[0-9]{1,10}\): "
_SLEEP = (b"PM: suspend ", b"PM: hibernation", b"PM: resume from ", b"PM: Syncing filesystems", b"Suspending console")
_BACK = 1.0  # second: lines of several processors are not quite in order
_REAL = 946684800  # seconds: before 2000 a machine's clock was never set


class BootClock:
    """What the lines of a copy, in their order, tell about the boot."""

    def __init__(self) -> None:
        self._began: Optional[float] = None  # seconds since the epoch
        self._last: Optional[float] = None  # uptime

    def header(self, line: bytes) -> None:
        """Take note of a line that is no message: only before the first message it tells of these."""
        found = re.fullmatch(_BTIME, line) if self._last is None else None
        if found:
            self._know(float(found.group(1)), 0.0)

    def moment(self, uptime: float, text: bytes) -> Optional[float]:
        """When a message was written, in seconds since the epoch; ``None`` where it is not told. Takes note of it, too."""
        if self._last is not None and uptime < self._last - _BACK:
            self._began = None  # another boot
        self._last = uptime
        if b"audit(" in text or b"system clock" in text:
            found = re.match(_AUDIT, text) or re.fullmatch(_RTC, text)
            if found:
                self._know(float(found.group(1)), uptime)
        elif text.startswith(_SLEEP):
            self._began = None
        return None if self._began is None else self._began + uptime

    def _know(self, seconds: float, uptime: float) -> None:
        if seconds >= _REAL:
            self._began = seconds - uptime
