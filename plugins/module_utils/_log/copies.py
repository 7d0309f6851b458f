# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The lines that dmesg and journalctl print, as people save and send them.

What a log daemon writes is in `lines`; these forms are rarer. dmesg prints who
spoke only with ``--decode``, and with ``--raw --syslog``: ``--raw`` alone adds facility and
level up (util-linux 2.38), so that ``<6>`` may be anybody's. Without, a line is as trustworthy as
whoever may write into the kernel's ring buffer, which is root alone.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Sequence, Tuple

from . import times

#: what a line lacks to be an event
NO_TIME, NO_SECONDS, NO_ZONE, NO_AUTHOR, CONTAINER, BROKEN, UNKNOWN = (
    "time", "seconds", "zone", "author", "container", "broken", "unknown",
)  # fmt: skip

_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = rb"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DATE = rb"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_CLOCK = rb"([0-9]{2}):([0-9]{2}):([0-9]{2})"
_DELTA = rb"(?: <[ 0-9.]{1,20}>| {12,20})?"  # dmesg --show-delta and short-delta, whose first line has none
_CALLER = rb"(?:\[ {0,12}[TC][0-9]{1,10}\])? "
_COLOUR = rb"\x1b\[[0-9;]{0,12}m"

_RAW = rb"<([0-9]{1,3})>"
_DECODED = rb"([a-z0-9]{3,8}) {0,6}:[a-z]{3,6} {0,6}: "
_CTIME = rb"\[" + _DAY + rb" " + _MONTH + rb" {1,2}([0-9]{1,2}) " + _CLOCK + rb" ([0-9]{4})" + _DELTA + rb"\]" + _CALLER
_COMMA_ISO = _DATE + rb"T" + _CLOCK + rb",[0-9]{6}([+-][0-9]{2}:?[0-9]{2})" + _CALLER
_UPTIME = rb"\[ {0,11}([0-9]{1,11}\.[0-9]{3,9})" + _DELTA + rb"\]" + _CALLER
_RELATIVE = (
    rb"\[(?:[A-Z][a-z]{2} ?[0-9]{1,2} [0-9]{2}:[0-9]{2}| {0,10}\+[0-9]{1,11}\.[0-9]{6}|<[ 0-9.]{1,20}>)\]" + _CALLER
)
_UNIX = rb"([0-9]{9,11}\.[0-9]{6}) "
_FULL = _DAY + rb" " + _DATE + rb" " + _CLOCK + rb"(?:\.[0-9]{6})? ([A-Za-z]{1,8}|[+-][0-9]{2}(?::?[0-9]{2})?) "
_OF_KERNEL = rb"(?:([^ ]{0,254}[^ :]) )?kernel: "
_UTC = (b"UTC", b"GMT", b"Z")

_LISTENER = rb"(?:[0-9]{1,5}|\[[0-9A-Fa-f:.]{2,45}\]:[0-9]{1,5}|[0-9.]{7,15}:[0-9]{1,5})"
_ALIKE = (
    rb"[Pp]ossible SYN flooding on port " + _LISTENER + rb"\.|"
    rb"TCP: drop open request from [0-9A-Fa-f:.]{2,45}/[0-9]{1,5}"
)
# A mail program wraps at a space, and may keep it or put a = there
_CUT = (
    rb"(?:TCP: )?(?:(?:TCP|TCPv6|request_sock_[A-Za-z0-9_]{1,24}): )?[Pp]ossible SYN flooding on port " + _LISTENER
    + rb"\.(?: (?:Sending|Dropping|(?:Sending cookies|Dropping request)\. {1,2}Check(?: SNMP)?))?[ =]{0,3}"
)  # fmt: skip


class Said(NamedTuple):
    """A message out of a copy, and at most one of its times. Without a text it is somebody else's than the kernel's."""

    text: bytes
    stamp: Optional[times.Stamp] = None
    zone: bytes = b""  # the short name of the zone that the stamp is of, where that tells no offset
    epoch: Optional[float] = None  # seconds
    uptime: Optional[float] = None  # seconds on printk's clock
    host: bytes = b""
    lacks: str = ""


#: what somebody else than the kernel said
OTHERS = Said(b"")


def is_alike(line: bytes) -> bool:
    """Whether the kernel's message about a flood or a dropped request may be in a line of unknown form."""
    return re.search(_ALIKE, line) is not None


def is_cut(text: bytes) -> bool:
    """Whether a text is the beginning of the kernel's message about a flood, and not all of it."""
    return re.fullmatch(_CUT, text) is not None


def parse_copied(line: bytes) -> Optional[Said]:
    """What a line of dmesg, or of journalctl's short forms, says; ``None`` for a line in none of these forms.

    Those forms of journalctl that look like a log daemon's are left to `lines`.
    """
    kernel, start = _facility(line)
    line = line[start:]
    if line.startswith((b"\x1b[32m[", b"\x1b[32m2")):  # dmesg --color=always
        line = re.sub(_COLOUR, b"", line)
    said = _dmesg(line)
    if kernel is None:
        return said or _journal(line)
    return (said or Said(line, lacks=NO_TIME)) if kernel else OTHERS


def full_stamp(line: bytes) -> Tuple[Optional[Said], bytes]:
    """The time that a line of short-full or verbose begins with, in a message without text, and what follows it."""
    found = re.match(_FULL, line)
    if not found:
        return None, line
    zone = found.group(7)
    stamp = _dated(found.groups()[:6], 0 if zone in _UTC else _offset(zone))
    return Said(b"", stamp, b"" if stamp.offset is not None else zone), line[found.end():]


def _facility(line: bytes) -> Tuple[Optional[bool], int]:
    """Whether the facility that is written before a line is the kernel's, ``None`` without one, and what it takes."""
    found = re.match(_RAW, line)
    if found:
        return int(found.group(1)) >> 3 == 0, found.end()
    found = re.match(_DECODED, line)
    return (found.group(1) == b"kern", found.end()) if found else (None, 0)


def _dmesg(line: bytes) -> Optional[Said]:
    found = re.match(_UPTIME, line)
    if found:
        uptime, text = float(found.group(1)), line[found.end():]
        tagged = re.match(_OF_KERNEL, text)  # short-monotonic
        if tagged:
            return Said(text[tagged.end():], uptime=uptime, host=tagged.group(1) or b"")
        return Said(text, uptime=uptime)
    found = re.match(_CTIME, line)
    if found:
        day, hour, minute, second, year = [int(number) for number in found.groups()[1:]]
        stamp = times.Stamp(year, _MONTHS.index(found.group(1)) + 1, day, hour, minute, second)
        return Said(line[found.end():], stamp)
    found = re.match(_COMMA_ISO, line)
    if found:
        return Said(line[found.end():], _dated(found.groups()[:6], _offset(found.group(7))))
    found = re.match(_RELATIVE, line)
    return Said(line[found.end():], lacks=NO_SECONDS) if found else None


def _journal(line: bytes) -> Optional[Said]:
    found = re.match(_UNIX, line)
    if found:
        when, text = Said(b"", epoch=float(found.group(1))), line[found.end():]
    else:
        stamped, text = full_stamp(line)
        if stamped is None:
            return None
        when = stamped
    tagged = re.match(_OF_KERNEL, text)
    return when._replace(text=text[tagged.end():], host=tagged.group(1) or b"") if tagged else OTHERS


def _dated(numbers: Sequence[bytes], offset: Optional[int]) -> times.Stamp:
    year, month, day, hour, minute, second = (int(number) for number in numbers)
    return times.Stamp(year, month, day, hour, minute, second, offset)


def _offset(zone: bytes) -> Optional[int]:
    """Seconds east of UTC out of ``+0130``, ``+01:30`` or ``+01``; ``None`` for a name."""
    if zone[:1] not in (b"+", b"-"):
        return None
    digits = zone[1:].replace(b":", b"")
    seconds = int(digits[:2]) * 3600 + int(digits[2:] or b"0") * 60
    return -seconds if zone[:1] == b"-" else seconds
