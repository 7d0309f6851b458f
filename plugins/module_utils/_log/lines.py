# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which lines of a log are the kernel's own words, and when it said them.

A line that a program wrote into the kernel's log (/dev/kmsg is writable) keeps
its facility: only facility 0 is the kernel. Text files do not keep it; there
the tag ``kernel:`` that the log daemon set is all there is, and a line is as
trustworthy as the daemon that wrote it.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Tuple

from . import messages, prefilter, times

#: bytes; no message of interest comes near, and a longer line is never cut into a shorter one
LONGEST_LINE = 2048

_KERNEL = 0  # syslog facility
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

# /dev/kmsg: "priority,sequence,microseconds,flags[,more];text" (Documentation/ABI/testing/dev-kmsg)
_PRIORITY = rb"<([0-9]{1,3})>(1 )?"
_CLASSIC = (
    rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}([0-9]{1,2}) "
    rb"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?(?: ([0-9]{4}))? "
)
_ISO = (
    rb"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,][0-9]{1,9})?"
    rb"(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))? "
)
_HOST_AND_FACILITY = rb"(?:([^ ]{0,254}[^ :]) )?(?:([^ ]{1,32}) )?kernel: {0,2}"
# BusyBox and OpenWrt write it before the tag
_FACILITY = (
    rb"(kern|user|mail|daemon|auth|authpriv|security|syslog|lpr|news|uucp|cron|ftp|ntp|audit|alert|clock|local[0-7])"
    rb"\.(?:emerg|panic|alert|crit|err|error|warn|warning|notice|info|debug)"
)
# rsyslog 8.2504 writes one blank more in front of the message
_RFC5424 = rb"([^ ]{1,255}) kernel [^ ]{1,128} [^ ]{1,32} (?:-|(?:\[[^\]\n]{0,512}\]){1,8}) (?:\xef\xbb\xbf)? ?"
_REPEAT_OF_LINE = rb"(?:([^ ]{1,255}) )?(last message repeated [0-9]{1,10} times?)"
_PRINTK_TIME = rb"\[ {0,11}[0-9]{1,11}\.[0-9]{3,9}\](?:\[ {0,12}[TC][0-9]{1,10}\])? "


class Line(NamedTuple):
    """A kernel message out of a text log."""

    stamp: times.Stamp
    host: bytes
    text: bytes


def parse_journal(entry: bytes) -> Optional[Tuple[float, bytes]]:
    """The time (seconds since the epoch) and the text of a journal entry of the kernel.

    ``entry`` is one line of ``journalctl -o json``. Entries that a program wrote
    into the kernel's log have the kernel's transport too, but a facility of their own.
    """
    import json

    try:
        fields = json.loads(entry.decode("utf-8"))
        if fields["_TRANSPORT"] != "kernel" or fields["SYSLOG_FACILITY"] != str(_KERNEL):
            return None
        return int(fields["__REALTIME_TIMESTAMP"]) / 1e6, fields["MESSAGE"].encode("utf-8")
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return None


def parse_stamp(line: bytes) -> Optional[times.Stamp]:
    """The time at the beginning of a line, whoever wrote it."""
    return _stamp(line[_priority(line)[1]:])[0]


def parse_line(line: bytes) -> Optional[Line]:
    """A line of syslog, messages, kern.log or debug, if the kernel is who speaks; without its end of line."""
    facility, start, structured = _priority(line)
    stamp, rest = _stamp(line[start:])
    if stamp is None or facility not in (None, _KERNEL):
        return None
    if line[start + 19 : start + 20] == b",":  # dmesg's time: it prints no tag, and what looks like one is a program's
        return None
    if structured:
        found = re.match(_RFC5424, rest)
        return Line(stamp, found.group(1), untimed(rest[found.end():])) if found else None
    found = re.fullmatch(_REPEAT_OF_LINE, rest)
    if found:
        return Line(stamp, found.group(1) or b"", found.group(2))
    found = re.match(_HOST_AND_FACILITY, rest)
    if not found:
        return None
    host, named = found.groups()
    written = re.fullmatch(_FACILITY, named or host or b"")
    if (written and written.group(1) != b"kern") or (named and not written):
        return None
    return Line(stamp, host or b"", untimed(rest[found.end():]))


class TextLog:
    """A text log, line by line.

    "last message repeated" counts only right behind a message of interest of the same host.
    """

    def __init__(self) -> None:
        self.passed_over = False  # the last line could have mattered, and is no event
        self._host = b""
        self._last: Optional[messages.Event] = None  # of the line before, where it was of interest

    def event(self, raw: bytes) -> Optional[Tuple[Line, messages.Event]]:
        """The event in the next line, if there is one; an empty line stands for any number that cannot matter."""
        self.passed_over = prefilter.may_matter(raw)
        line = parse_line(raw) if self.passed_over and len(raw) <= LONGEST_LINE else None
        if line is None:
            self._last = None
            return None
        repeat = messages.parse_repeat(line.text)
        if repeat is None:
            event = self._last = messages.parse_message(line.text)
        else:
            count, quoted = repeat
            if quoted is not None:
                self._last = messages.parse_message(untimed(quoted))
            elif self._host != line.host:
                self._last = None
            event = messages.repeated(self._last, count) if self._last else None
        self._host = line.host
        self.passed_over = not event
        return (line, event) if event else None


def _priority(line: bytes) -> Tuple[Optional[int], int, bool]:
    """The facility where one is written, where the line goes on, and whether it is of RFC 5424."""
    found = re.match(_PRIORITY, line)
    return (int(found.group(1)) >> 3, found.end(), bool(found.group(2))) if found else (None, 0, False)


def _stamp(line: bytes) -> Tuple[Optional[times.Stamp], bytes]:
    found = re.match(_ISO, line)
    if found:
        year, month, day, hour, minute, second = (int(number) for number in found.groups()[:6])
        utc, sign, hours, minutes = found.groups()[6:]
        offset = 0 if utc else None
        if sign:
            offset = (int(hours) * 3600 + int(minutes) * 60) * (1 if sign == b"+" else -1)
        return times.Stamp(year, month, day, hour, minute, second, offset), line[found.end():]
    found = re.match(_CLASSIC, line)
    if found:
        day, hour, minute, second = [int(number) for number in found.groups()[1:5]]
        known_year = int(found.group(6)) if found.group(6) else None
        month = _MONTHS.index(found.group(1)) + 1
        return times.Stamp(known_year, month, day, hour, minute, second), line[found.end():]
    return None, b""


def untimed(text: bytes) -> bytes:
    """The message without the time that printk was told to put before it."""
    found = re.match(_PRINTK_TIME, text)
    return text[found.end():] if found else text
