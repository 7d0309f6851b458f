# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What the kernel's log says about listen queues, from whichever place may be read."""

from __future__ import annotations

import heapq
import os
import time
from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from .._log.messages import Event
from .._log.times import utc_text
from .._model.errors import InvalidOption
from .._model.records import KernelLog
from .journal import journal_events
from .kmsg import PATH as KMSG
from .kmsg import kmsg_events, overwritten_until
from .log_file import ALLOWED, file_events, rotated

#: where log daemons put the kernel's words, the fullest file first
LOG_FILES = ("/var/log/kern.log", "/var/log/messages", "/var/log/syslog", "/var/log/debug")
MOST_EVENTS = 1000

_JOURNAL = "the journal"
_COARSE = 2  # seconds: log files have whole ones, and a log daemon takes its time
_FIRST, _LAST = 0, 253402300799  # years 1970 to 9999: what an ISO time can say


def read_kernel_log(
    source: str = "auto", max_age: float = 86400, now: Optional[float] = None
) -> Tuple[KernelLog, List[str]]:
    """The events not older than ``max_age`` seconds, oldest first, and warnings.

    ``source`` is ``kmsg``, ``journal``, ``none``, the path of a file, or ``auto``:
    /dev/kmsg, and where that is refused the first of ``LOG_FILES`` that can be
    read, and where there is none the journal. With ``auto`` the log file also
    tells what /dev/kmsg has lost, and counts with what was rotated away within
    ``max_age``. ``readable`` is false where the source cannot be read, ``None``
    for ``none``.
    Of more than ``MOST_EVENTS`` the newest are returned.

    :raises InvalidOption: an unknown word, or a path that names no regular file.
    """
    now = time.time() if now is None else now
    oldest = now - max_age
    warnings: List[str] = []
    if source == "none":
        return KernelLog(None, ()), warnings
    if source == "auto":
        return _first_readable(now, oldest, warnings), warnings
    if source == "kmsg":
        found, place = kmsg_events(now, warnings, KMSG), KMSG
    elif source == "journal":
        found, place = journal_events(now, oldest, warnings), _JOURNAL
    elif source.startswith("/"):
        found, place = file_events(source, now, oldest, warnings), repr(source)
    else:
        raise InvalidOption("kernel_log_source", source, ALLOWED)
    try:
        return KernelLog(True, _newest(found, oldest, warnings)), warnings
    except OSError as error:
        warnings.append("kernel log: {0} cannot be read: {1}".format(place, _reason(error)))
        return KernelLog(False, ()), warnings


def _first_readable(now: float, oldest: float, warnings: List[str]) -> KernelLog:
    refusals: Dict[str, str] = {}
    for place in (KMSG,) + LOG_FILES + (_JOURNAL,):
        if place == KMSG:
            found = _ring_and_before(now, oldest, warnings)
        elif place == _JOURNAL:  # last: it takes a program to read, and rsyslog's files hold the same
            found = journal_events(now, oldest, warnings)
        else:
            found = _with_rotated(place, now, oldest, warnings)
        try:
            return KernelLog(True, _newest(found, oldest, warnings))
        except OSError as error:
            refusals[place] = _reason(error)
        except InvalidOption:
            continue  # no such file here
    told = ", ".join("{0} ({1})".format(place, reason) for place, reason in refusals.items())
    warnings.append("kernel log: no source can be read: {0}".format(told))
    return KernelLog(False, ())


def _ring_and_before(now: float, oldest: float, warnings: List[str]) -> Iterator[Tuple[float, Event]]:
    """The events of /dev/kmsg and, where it was overwritten since, those before it of the first log file there is.

    It holds some thousand records, and a firewall that logs what it drops writes as many within one attack.
    """
    began = overwritten_until(now, KMSG)
    yield from kmsg_events(now, warnings, KMSG)
    if began is None or began <= oldest:
        return
    for place in LOG_FILES:
        try:
            for seconds, event in _with_rotated(place, now, oldest, warnings):
                if seconds < began - _COARSE:
                    yield seconds, event
            return
        except (OSError, InvalidOption):
            continue  # no such file here, or not ours to read


def _with_rotated(path: str, now: float, oldest: float, warnings: List[str]) -> Iterator[Tuple[float, Event]]:
    """The events of a log file, and of what was it before the last night's rotation."""
    yield from file_events(path, now, oldest, warnings)
    for earlier in rotated(path, oldest, warnings):
        try:
            yield from file_events(earlier, now, oldest, warnings)
        except (OSError, InvalidOption) as error:
            reason = _reason(error) if isinstance(error, OSError) else "it is gone"
            warnings.append("kernel log: {0!r} cannot be read: {1}".format(earlier, reason))


def _newest(found: Iterable[Tuple[float, Event]], oldest: float, warnings: List[str]) -> Tuple[Event, ...]:
    count = 0

    def recent() -> Iterator[Tuple[float, Event]]:
        nonlocal count
        for seconds, event in found:
            if max(oldest, _FIRST) <= seconds <= _LAST:
                count += 1
                yield seconds, event

    kept = heapq.nlargest(MOST_EVENTS, recent(), key=_seconds)
    if count > len(kept):
        warnings.append("kernel log: of {0} events the last {1} are returned".format(count, len(kept)))
    return tuple(dict(event, time=utc_text(seconds)) for seconds, event in sorted(kept, key=_seconds))


def _seconds(found: Tuple[float, Event]) -> float:
    return found[0]


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error.strerror)
