# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Reads copies of the kernel's messages that no log daemon wrote: what dmesg and journalctl printed into a file.

What looks like the kernel's message and makes no event is counted, and the warning says why.
"""

from __future__ import annotations

import time
from typing import Dict, Iterable, Iterator, List, Optional, Set, Tuple

from .._log import boot_clock, copies, entries, export, messages, prefilter, times
from .._log import lines as log_lines

Dated = Tuple[float, messages.Event]

_AHEAD = 60  # seconds: as in `times`
_MOST_LINES = 4_000_000  # more than a log of that size has, unless it is made to take long
_STARTS = b"[<{ \t\x1e\x1bkd"  # of lines that count although no message of interest is in them
_PASSED_OVER = (
    "kernel log: lines of {0!r} that look like the kernel's messages about floods, but were not taken: {1}. "
    "Save 'dmesg --time-format iso --decode' or 'journalctl -k -o short-iso' instead"
)
_TOO_OLD = "kernel log: all that {0!r} tells of floods is older than kernel_log_max_age, the last of {1}"
_WHY = {
    copies.NO_TIME: (
        "without a time, or with seconds since a boot whose time is not known (the line 'btime' of /proc/stat at the "
        "top of the copy would give it)"
    ),
    copies.NO_SECONDS: "with times without seconds or since the line before (dmesg --human, --reltime, delta)",
    copies.NO_ZONE: "with times of another zone than this host's, whose name tells no offset (journalctl --utc would)",
    copies.NO_AUTHOR: "without the journal's fields _TRANSPORT and SYSLOG_FACILITY, which tell that the kernel spoke",
    copies.CONTAINER: "out of a container, where any program may write so",
    copies.BROKEN: "that end in the middle of the message, as where a mail program breaks lines",
    copies.UNKNOWN: "in no form of dmesg, of journalctl or of a log daemon that shows that the kernel spoke",
}


class Reader:
    """Reads one copy. ``latest`` is when it was last written to, in seconds since the epoch."""

    def __init__(self, latest: float, local: times.LocalTime) -> None:
        self.hosts: Set[bytes] = set()  # at most three
        self._latest = latest
        self._local = local
        self._clock = boot_clock.BootClock()
        self._lacking: Dict[str, int] = {}  # how many lines
        self._newest: Optional[float] = None  # event's time
        self._damaged = False
        self._unread = False
        self._known: Tuple[Optional[times.Stamp], Optional[float]] = (None, None)  # the last stamp, and its moment

    def events(self, lines: Iterable[bytes]) -> Iterator[Dated]:
        """The events in lines that are no log daemon's, with their time in seconds since the epoch, in their order."""
        held = entries.Entries()
        taken = False
        for number, line in enumerate(lines):
            if number == _MOST_LINES:
                self._unread = True
                break
            if not taken and line[:1] not in _STARTS and b" [s=" not in line and not prefilter.may_matter(line):
                self._clock.header(line)
                continue
            said, taken = held.feed(line)
            found = self._event(said) if said else None
            if found:
                yield found
            if taken:
                continue
            said = copies.parse_copied(line)
            found = self._event(said) if said else None
            if found:
                yield found
            if said is None:
                self._other(line)
        said = held.end()
        found = self._event(said) if said else None
        if found:
            yield found

    def exported(self, blocks: Iterable[bytes]) -> Iterator[Dated]:
        """The same of ``journalctl -o export``."""
        try:
            for said in export.exported(blocks):
                found = self._event(said)
                if found:
                    yield found
        except export.Damaged:
            self._damaged = True

    def warnings(self, path: str, oldest: Optional[float]) -> List[str]:
        """What was not taken, and why; also that all of it was before ``oldest``, where that is given."""
        told: List[str] = []
        if self._damaged:
            told.append("kernel log: {0!r} is damaged; what came before was read".format(path))
        if self._unread:
            told.append("kernel log: of {0!r} only the first {1} lines were read".format(path, _MOST_LINES))
        if self._lacking:
            reasons = ("{0} {1}".format(count, _WHY[lacks]) for lacks, count in sorted(self._lacking.items()))
            told.append(_PASSED_OVER.format(path, "; ".join(reasons)))
        if oldest is not None and self._newest is not None and self._newest < oldest:
            told.append(_TOO_OLD.format(path, times.utc_text(self._newest)))
        return told

    def _event(self, said: copies.Said) -> Optional[Dated]:
        began = None if said.uptime is None else self._clock.moment(said.uptime, said.text)
        if said.lacks in (copies.CONTAINER, copies.UNKNOWN):
            self._count(said.lacks)
            return None
        if not prefilter.may_matter(said.text):
            return None
        event = messages.parse_message(said.text)
        if event is None:
            if copies.is_cut(said.text):
                self._count(copies.BROKEN)
            return None
        seconds, lacks = self._moment(said, began)
        if lacks and event["kind"] != messages.SUPPRESSED:
            self._count(lacks)
        if seconds is None:
            return None
        if said.host and len(self.hosts) < 3:
            self.hosts.add(said.host)
        if seconds >= 0:
            self._newest = max(self._newest or 0.0, seconds)
        return seconds, event

    def _moment(self, said: copies.Said, began: Optional[float]) -> Tuple[Optional[float], str]:
        """When it was said, in seconds since the epoch, or what it lacks."""
        if said.lacks:
            return None, said.lacks
        if said.uptime is not None:
            # What tells of a time after the copy was made does not tell of this boot
            return (None, copies.NO_TIME) if began is None or began > self._latest + _AHEAD else (began, "")
        if said.epoch is not None:
            return said.epoch, ""
        if said.zone and said.zone.decode("latin-1") not in time.tzname:
            return None, copies.NO_ZONE
        if said.stamp is not None and said.stamp != self._known[0]:  # a zone's rules are slow to ask
            self._known = said.stamp, times.to_epoch(said.stamp, self._latest, self._local)
        return self._known[1] if said.stamp is not None else None, ""

    def _other(self, line: bytes) -> None:
        """A line in none of these forms: a log daemon's, or what tells of the boot, or what nobody knows."""
        if not prefilter.may_tell(line):
            self._clock.header(line)
        elif log_lines.parse_stamp(line):
            daemons = log_lines.parse_line(line)
            if daemons and copies.is_cut(daemons.text):
                self._count(copies.BROKEN)
        elif messages.parse_message(line):
            self._count(copies.NO_TIME)
        elif copies.is_alike(line):
            self._count(copies.UNKNOWN)

    def _count(self, lacks: str) -> None:
        self._lacking[lacks] = self._lacking.get(lacks, 0) + 1


def whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """All lines without their ends. One too long for an entry is an empty one."""
    rest = b""
    for block in blocks:
        whole, newline, rest = (rest + block).rpartition(b"\n")
        rest = rest[: entries.LONGEST_ENTRY + 1]  # a line too long stays too long
        if newline:
            for line in whole.split(b"\n"):
                yield _bounded(line)
    yield _bounded(rest)


def _bounded(line: bytes) -> bytes:
    if len(line) > entries.LONGEST_ENTRY:
        return b""
    return line[:-1] if line.endswith(b"\r") else line
