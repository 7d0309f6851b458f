# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Reads the kernel's own ring buffer, /dev/kmsg: one record a read(2), oldest first, without waiting for more."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Iterator, List, Optional, Tuple

from .._log import kmsg_record, prefilter

if TYPE_CHECKING:
    from .._log import messages

PATH = "/dev/kmsg"

_LARGEST_RECORD = 16384  # the kernel's own limit is 8192; a smaller buffer would be answered with EINVAL
_MOST_RECORDS = 2_000_000  # more than the largest ring buffer holds: an end even where the log grows while we read


def kmsg_events(now: float, warnings: List[str], path: str = PATH) -> Iterator[Tuple[float, messages.Event]]:
    """The events of the running kernel with their time, in seconds since the epoch.

    Records carry the printk clock, which stands still while the machine sleeps,
    as CLOCK_MONOTONIC does (dmesg(1), --ctime: right for what was said since the
    last sleep). Times of records from before the last sleep are late by its
    length, and both clocks drift apart by parts in a million.

    :raises OSError: the device is absent or reading is refused (dmesg_restrict, containers).
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        clock_began = _clock_began(now)
        for record in _records(descriptor, warnings):
            said = kmsg_record.parse_kmsg(record) if prefilter.may_matter(record) else None
            event = _event(said[1]) if said else None
            if said and event:
                yield min(now, clock_began + said[0] / 1e6), event
    finally:
        os.close(descriptor)


def _event(text: bytes) -> Optional[messages.Event]:
    from .._log import messages

    return messages.parse_message(text)


def overwritten_until(now: float, path: str = PATH) -> Optional[float]:
    """When the oldest record was written that is left, in seconds since the epoch; ``None`` where none was overwritten.

    :raises OSError: as :func:`kmsg_events`.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        oldest = kmsg_record.kmsg_place(next(_records(descriptor, []), b""))
    finally:
        os.close(descriptor)
    return min(now, _clock_began(now) + oldest[1] / 1e6) if oldest and oldest[0] else None


def _clock_began(now: float) -> float:
    """The moment at which printk's clock began, as far as it stands still during no sleep."""
    return now - (time.clock_gettime(time.CLOCK_MONOTONIC) - _offset_of_our_clock())


def _offset_of_our_clock() -> float:
    """Seconds by which our time namespace shifts CLOCK_MONOTONIC (time_namespaces(7), Linux 5.6); printk's is not."""
    try:
        with open("/proc/self/timens_offsets", encoding="ascii") as stream:
            for line in stream:
                clock, seconds, nanoseconds = line.split()
                if clock == "monotonic":
                    return int(seconds) + int(nanoseconds) / 1e9
    except (OSError, ValueError):
        pass  # no such namespaces, or no /proc
    return 0.0


def _records(descriptor: int, warnings: List[str]) -> Iterator[bytes]:
    for _number in range(_MOST_RECORDS):
        try:
            record = os.read(descriptor, _LARGEST_RECORD)
        except BlockingIOError:
            return
        except BrokenPipeError:  # overwritten while we read: the next read goes on at the oldest that is left
            continue
        except OSError as error:
            if _number == 0:
                raise
            warnings.append("kernel log: {0} could not be read to its end: {1}".format(PATH, error.strerror))
            return
        if not record:
            return
        yield record
