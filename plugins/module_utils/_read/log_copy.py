# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Reads copies of the kernel's messages that no log daemon wrote: what dmesg and journalctl printed into a file.

What looks like the kernel's message and makes no event is counted, and the warning says why.
"""

from __future__ import annotations

import time
from typing import Callable, Dict, Iterable, Iterator, List, Optional, Set, Tuple

from .._log import boot_clock, copies, entries, export, messages, needles, times
from .._log import lines as log_lines

Dated = Tuple[float, messages.Event]

_AHEAD = 60  # seconds: as in `times`
_BETTER = "Save it with 'dmesg --time-format iso' or 'journalctl -k -o short-iso'"
_WHY = {
    copies.NO_TIME: "bear no time but at most the seconds since a boot, and nothing before them tells when that was (as the line 'btime …' "
    "of the host's /proc/stat would at the top of the copy)",
    copies.NO_SECONDS: "bear times without seconds, or the time since the line before (dmesg --human, --reltime, --time-format delta)",
    copies.NO_ZONE: "bear times of a time zone that is not this host's, by a name that tells no offset (journalctl --utc would)",
    copies.NO_AUTHOR: "are journal entries without the fields _TRANSPORT and SYSLOG_FACILITY, which tell that the kernel spoke",
    copies.CONTAINER: "are the output of a container, where any program may write so",
    copies.BROKEN: "end in the middle of the message, as mail programs break lines",
    copies.UNKNOWN: "are in no form of dmesg, journalctl or a log daemon that shows that the kernel spoke",
}


class Reader:
    """Reads one copy. ``latest`` is when it was last written to, in seconds since the epoch."""

    def __init__(self, latest: float, local: times.LocalTime) -> None:
        self.hosts: Set[bytes] = set()  # at most three
        self._latest = latest
        self._local = local
        self._clock = boot_clock.BootClock()
        self._lacking: Dict[str, int] = {}  # how many lines
        self._newest: Optional[float] = None  # event

    def events(self, lines: Iterable[bytes]) -> Iterator[Dated]:
        """The events in lines that are no log daemon's, with their time in seconds since the epoch, in their order."""
        held = entries.Entries()
        for line in lines:
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

    def exported(self, blocks: Iterable[bytes], damaged: Callable[[], None]) -> Iterator[Dated]:
        """The same of ``journalctl -o export``; ``damaged`` is called where it ends before its end."""
        try:
            for said in export.exported(blocks):
                found = self._event(said)
                if found:
                    yield found
        except export.Damaged:
            damaged()

    def warn(self, path: str, oldest: float, warnings: List[str]) -> None:
        """Say what was not taken, and why."""
        if self._lacking:
            told = "; ".join("{0} {1}".format(count, _WHY[lack]) for lack, count in sorted(self._lacking.items()))
            warnings.append(
                "kernel log: {0} lines of {1!r} look like the kernel's messages about floods, and were not taken: {2}. {3}".format(
                    sum(self._lacking.values()), path, told, _BETTER
                )
            )
        if self._newest is not None and self._newest < oldest:
            warnings.append(
                "kernel log: all that {0!r} tells of floods is older than kernel_log_max_age, the last of it of {1}".format(
                    path, times.utc_text(self._newest)
                )
            )

    def _event(self, said: copies.Said) -> Optional[Dated]:
        began = None if said.uptime is None else self._clock.moment(said.uptime, said.text)
        if said.lacks in (copies.CONTAINER, copies.UNKNOWN):
            self._count(said.lacks)
            return None
        if not needles.may_matter(said.text):
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
        self._newest = seconds if self._newest is None else max(self._newest, seconds)
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
        return times.to_epoch(said.stamp, self._latest, self._local) if said.stamp else None, ""

    def _other(self, line: bytes) -> None:
        """A line in none of these forms: a log daemon's, or what tells of the boot, or what nobody knows."""
        if not needles.may_tell(line):
            self._clock.header(line)
        elif log_lines.parse_stamp(line):
            daemons = log_lines.parse_line(line)
            if daemons and copies.is_cut(daemons.text):
                self._count(copies.BROKEN)
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
