# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Times as log lines write them.

Classic syslog times have no year and no zone. Both are guessed here by rule:
the year is the last one in which the time is not later than a moment that is
known to be (when the file was last written), the zone is the host's own.
"""

from __future__ import annotations

import datetime
import math
from typing import Callable, NamedTuple, Optional, Sequence

#: year, month, day, hour, minute, second to seconds since the epoch, in the host's zone: the last
#: Sunday of October has an hour that comes twice, hence more than one answer
LocalTime = Callable[[int, int, int, int, int, int], Sequence[float]]

_EPOCH = datetime.datetime(1970, 1, 1)
_AHEAD = 60  # seconds: clocks are set back, and file times are coarser than log times
_LEAP_YEARS_APART = 8


class Stamp(NamedTuple):
    """A time as it was written."""

    year: Optional[int]  # None: not written
    month: int
    day: int
    hour: int
    minute: int
    second: int
    offset: Optional[int] = None  # seconds east of UTC; None: the host's zone


def to_epoch(stamp: Stamp, latest: float, local: LocalTime) -> Optional[float]:
    """Seconds since the epoch, ``None`` for a date that does not exist.

    A year that was not written is chosen so that the time is not after
    ``latest`` (by more than a minute).
    """
    if stamp.year is not None:
        found = _moments(stamp, stamp.year, local)
        return max([moment for moment in found if moment <= latest + _AHEAD] or found, default=None)
    newest = (_EPOCH + datetime.timedelta(seconds=latest)).year + 1
    for year in range(newest, newest - _LEAP_YEARS_APART - 2, -1):
        past = [moment for moment in _moments(stamp, year, local) if moment <= latest + _AHEAD]
        if past:
            return max(past)
    return None


def _moments(stamp: Stamp, year: int, local: LocalTime) -> Sequence[float]:
    second = min(stamp.second, 59)  # a leap second is counted to the one before it
    try:
        written = datetime.datetime(year, stamp.month, stamp.day, stamp.hour, stamp.minute, second)
    except ValueError:
        return ()
    if stamp.offset is not None:
        return ((written - _EPOCH).total_seconds() - stamp.offset,)
    return local(year, stamp.month, stamp.day, stamp.hour, stamp.minute, second)


def utc_text(seconds: float) -> str:
    """ISO 8601 in UTC to the second: ``2026-11-20T04:23:45Z``."""
    return (_EPOCH + datetime.timedelta(seconds=math.floor(seconds))).strftime("%Y-%m-%dT%H:%M:%SZ")
