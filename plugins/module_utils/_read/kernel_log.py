# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What the kernel's log says about listen queues, from whichever place may be read."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Optional, Tuple

from .._model import errors, records
from . import kmsg

if TYPE_CHECKING:
    from .._log import messages

#: where log daemons put the kernel's words, the fullest file first
LOG_FILES = ("/var/log/kern.log", "/var/log/messages", "/var/log/syslog", "/var/log/debug")
MOST_ROWS = 1000

_JOURNAL = "the journal"
_COARSE = 2  # seconds: log files have whole ones, and a log daemon takes its time
_FIRST, _LAST = 0, 253402300799  # years 1970 to 9999: what an ISO time can say


def read_kernel_log(
    source: str = "auto", max_age: float = 86400, now: Optional[float] = None
) -> Tuple[records.KernelLog, List[str]]:
    """The events not older than ``max_age`` seconds as rows, oldest first, and warnings.

    ``source`` is ``kmsg``, ``journal``, ``none``, the path of a file, or ``auto``:
    /dev/kmsg, and where that is refused the first of ``LOG_FILES`` that can be
    read, and where there is none the journal. With ``auto`` the log file also
    tells what /dev/kmsg has lost, and counts with what was rotated away within
    ``max_age``. ``readable`` is false where the source cannot be read, ``None``
    for ``none``.
    Equal events are one row; of more than ``MOST_ROWS`` rows the newest are returned.

    :raises InvalidOption: an unknown word, or a path that names no regular file.
    """
    now = time.time() if now is None else now
    oldest = now - max_age
    warnings: List[str] = []
    if source == "none":
        return records.KernelLog(None, ()), warnings
    if source == "auto":
        return _first_readable(now, oldest, warnings), warnings
    if source == "kmsg":
        found, place = kmsg.kmsg_events(now, warnings, kmsg.PATH), kmsg.PATH
    elif source == "journal":
        found, place = _journal(now, oldest, warnings), _JOURNAL
    elif source.startswith("/"):
        from . import log_file

        found, place = log_file.file_events(source, now, oldest, warnings), repr(source)
    else:
        from . import log_file

        raise errors.InvalidOption("kernel_log_source", source, log_file.ALLOWED)
    try:
        return records.KernelLog(True, _rows(found, oldest, warnings)), warnings
    except OSError as error:
        warnings.append("kernel log: {0} cannot be read: {1}".format(place, _reason(error)))
        return records.KernelLog(False, ()), warnings


def _first_readable(now: float, oldest: float, warnings: List[str]) -> records.KernelLog:
    refusals: Dict[str, str] = {}
    for place in (kmsg.PATH,) + LOG_FILES + (_JOURNAL,):
        if place == kmsg.PATH:
            found = _ring_and_before(now, oldest, warnings)
        elif place == _JOURNAL:  # last: it takes a program to read, and rsyslog's files hold the same
            found = _journal(now, oldest, warnings)
        else:
            found = _with_rotated(place, now, oldest, warnings)
        try:
            return records.KernelLog(True, _rows(found, oldest, warnings))
        except OSError as error:
            refusals[place] = _reason(error)
        except errors.InvalidOption:
            continue  # no such file here
    told = ", ".join("{0} ({1})".format(place, reason) for place, reason in refusals.items())
    warnings.append("kernel log: no source can be read: {0}".format(told))
    return records.KernelLog(False, ())


def _ring_and_before(now: float, oldest: float, warnings: List[str]) -> Iterator[Tuple[float, messages.Event]]:
    """The events of /dev/kmsg and, where it was overwritten since, those before it of the first log file there is.

    It holds some thousand records, and a firewall that logs what it drops writes as many within one attack.
    """
    began = kmsg.overwritten_until(now, kmsg.PATH)
    yield from kmsg.kmsg_events(now, warnings, kmsg.PATH)
    if began is None or began <= oldest:
        return
    for place in LOG_FILES:
        try:
            for seconds, event in _with_rotated(place, now, oldest, warnings):
                if seconds < began - _COARSE:
                    yield seconds, event
            return
        except (OSError, errors.InvalidOption):
            continue  # no such file here, or not ours to read


def _with_rotated(path: str, now: float, oldest: float, warnings: List[str]) -> Iterator[Tuple[float, messages.Event]]:
    """The events of a log file, and of what was it before the last night's rotation."""
    from . import log_file

    yield from log_file.file_events(path, now, oldest, warnings)
    for earlier in log_file.rotated(path, oldest, warnings):
        try:
            yield from log_file.file_events(earlier, now, oldest, warnings)
        except (OSError, errors.InvalidOption) as error:
            reason = _reason(error) if isinstance(error, OSError) else "it is gone"
            warnings.append("kernel log: {0!r} cannot be read: {1}".format(earlier, reason))


def _journal(now: float, oldest: float, warnings: List[str]) -> Iterator[Tuple[float, messages.Event]]:
    from . import journal

    return journal.journal_events(now, oldest, warnings)


def _rows(
    found: Iterable[Tuple[float, messages.Event]], oldest: float, warnings: List[str]
) -> Tuple[Dict[str, Any], ...]:
    """The events as rows. What makes rows is imported with the first event: most logs have none."""
    recent = (one for one in found if max(oldest, _FIRST) <= one[0] <= _LAST)
    first = next(recent, None)
    if first is None:
        return ()
    from itertools import chain

    from .._log import rows as log_rows

    rows = log_rows.rows_of(chain((first,), recent), MOST_ROWS)
    told = rows.result()
    if rows.left_out:
        warnings.append("kernel log: of the rows of equal events the newest {0} are returned".format(len(told)))
    return tuple(
        dict(event, time=_utc_text(last), first_time=_utc_text(begun)) for begun, last, event in told
    )


def _utc_text(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds)))


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error.strerror)
