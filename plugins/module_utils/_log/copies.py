# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""Copies of the kernel's log that people save with dmesg and journalctl, line by line.

What a form proves decides: dmesg prints the kernel's ring buffer, into which programs write too, with a facility of
their own that only ``dmesg -x`` and ``dmesg -r`` show. The journal's forms name the sender. A line without a date is no
event, since nobody knows when it was: it is counted.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple, Union

from . import lines, messages, needles, times

DMESG, JSON, EXPORT, UNIX, MONOTONIC, FULL, DOCKER = "dmesg", "json", "export", "unix", "monotonic", "full", "docker"
#: why a line that looks like one of the kernel's is no event
NO_DATE = "have no date, but seconds since a boot that the copy does not tell"
OF_A_PROGRAM = "were written by a program, not by the kernel"
NOT_PROVEN = "are a program's output, which may be anything"
NO_ZONE = "are in a time zone that is not known here"
_SAVE = "Save `dmesg --time-format iso` or `journalctl -k -o short-iso` instead"

_MOST_FIELDS = 200  # of one record
_FACILITY_WORD = rb"(?:([a-z0-9]{3,8}) {0,4}:[a-z]{3,6} {0,3}: ?)?"
_DMESG = (
    rb"(?:<([0-9]{1,3})>)?"
    + _FACILITY_WORD
    + rb"(?:\[(?P<ctime>[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [0-9]{4})\] "
    rb"|(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8},[0-9]{6}[+-][0-9]{2}:[0-9]{2}) "
    rb"|\[ {0,11}(?P<seconds>[0-9]{1,11}\.[0-9]{3,9})\](?:\[ {0,12}[TC][0-9]{1,10}\])? "
    rb"|\[[^\]]{1,30}\] )(?P<text>.*)"
)
_UNIX = rb"([0-9]{9,11})\.[0-9]{6} ([^ ]{1,255}) ([^ ]{1,128}?)(?:\[[0-9]{1,10}\])?: (.*)"
_MONOTONIC = rb"\[ {0,11}[0-9]{1,11}\.[0-9]{6}\] ([^ ]{0,254}[^ :]) ([^ ]{1,128}?)(?:\[[0-9]{1,10}\])?: (.*)"
_FULL = (
    rb"[A-Z][a-z]{2} ([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{6})? "
    rb"([A-Z+-][A-Za-z0-9:+-]{0,9}) "
    rb"([^ ]{1,255}) ([^ ]{1,128}?)(?:\[[0-9]{1,10}\])?: (.*)"
)
_CLOCK_SET = rb"\[ {0,11}([0-9]{1,11}\.[0-9]{3,9})\].*setting system clock to .{10,40} UTC \(([0-9]{9,11})\)"
_KERN = (b"", b"kern")

When = Union[float, times.Stamp]


class Found(NamedTuple):
    """What a line tells."""

    when: Optional[When]  # seconds since the epoch, or a time as it was written
    event: messages.Event
    refused: str = ""  # why it is no event; empty where it is one


def form_of(head: bytes) -> Optional[str]:
    """The form of a copy by the beginning of its first line; None for a log daemon's log."""
    first = head.lstrip(b"\n").split(b"\n", 1)[0]
    if first.startswith((b"__CURSOR=", b"__REALTIME_TIMESTAMP=")):
        return EXPORT
    if first.startswith(b"{"):
        return DOCKER if b'"log"' in first and b'"stream"' in first else JSON
    if re.match(_UNIX, first):
        return UNIX
    if re.match(_FULL, first):
        return FULL
    if re.match(_DMESG, first):
        return DMESG
    return None


def found_in(form: str, raw: Iterable[bytes], zones: Tuple[str, ...]) -> Iterator[Found]:
    """What the lines of such a copy tell, in their order.

    :param zones: the names of this host's own time zone, which times without an offset may be in
    """
    if form == EXPORT:
        for record in _records(raw):
            yield from _of_record(record)
        return
    boot: Optional[float] = None
    for line in raw:
        if form == DMESG and boot is None and b"setting system clock" in line:
            boot = _boot_time(line)
        if len(line) > lines.LONGEST_LINE * 4 or not needles.may_matter(line):
            continue
        found = _of_line(form, line, boot, zones)
        if found is not None:
            yield found


def counted(refused: Dict[str, int], path: str) -> str:
    """The warning about what was not taken; empty where all was."""
    if not refused:
        return ""
    why = "; ".join("%d %s" % (count, reason) for reason, count in sorted(refused.items()))
    total = sum(refused.values())
    return "kernel log: %d line%s of %r look%s like the kernel's and count%s for nothing: %s.%s" % (
        total,
        "s" if total > 1 else "",
        path,
        "" if total > 1 else "s",
        "" if total > 1 else "s",
        why,
        " " + _SAVE + "." if NO_DATE in refused else "",
    )


def _of_line(form: str, line: bytes, boot: Optional[float], zones: Tuple[str, ...]) -> Optional[Found]:
    if form == DMESG:
        return _of_dmesg(line, boot)
    if form == JSON:
        return _of_json(line)
    if form == DOCKER:
        return _of_docker(line)
    return _of_journal_text(form, line, zones)


def _event(text: bytes) -> Optional[messages.Event]:
    event = messages.parse_message(lines.untimed(text))
    return event if event is not None and event["kind"] != "suppressed" else None


def _boot_time(line: bytes) -> Optional[float]:
    """The kernel tells at boot to what it set the system clock, and when that was: the boot is so long before."""
    found = re.search(_CLOCK_SET, line[: lines.LONGEST_LINE])
    return int(found.group(2)) - float(found.group(1)) if found else None


def _of_dmesg(line: bytes, boot: Optional[float]) -> Optional[Found]:
    found = re.fullmatch(_DMESG, line)
    if found is None:
        return None
    event = _event(found.group("text"))
    if event is None:  # journalctl -o short-monotonic has the same times, and names the sender behind them
        return _of_journal_text(MONOTONIC, line, ())
    priority, word = found.group(1), found.group(2) or b""
    if word not in _KERN or (priority is not None and int(priority) >> 3 != 0):
        return Found(None, event, OF_A_PROGRAM)
    if found.group("iso"):
        stamp = lines.parse_stamp(found.group("iso") + b" ")
        return Found(stamp, event)
    if found.group("ctime"):
        return Found(lines.parse_stamp(found.group("ctime") + b" "), event)
    if found.group("seconds") and boot is not None:
        return Found(boot + float(found.group("seconds")), event)
    return Found(None, event, NO_DATE)


def _of_json(line: bytes) -> Optional[Found]:
    import json

    entry = lines.parse_journal(line)
    if entry is not None:
        event = _event(entry[1])
        return Found(entry[0], event) if event else None
    try:
        message = json.loads(line.decode("utf-8"))["MESSAGE"].encode("utf-8")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    event = _event(message)
    return Found(None, event, OF_A_PROGRAM) if event else None


def _of_docker(line: bytes) -> Optional[Found]:
    """What a container printed: whatever it looks like, a program wrote it."""
    import json

    try:
        text = json.loads(line.decode("utf-8"))["log"].encode("utf-8").rstrip(b"\n")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    inner = lines.parse_line(text[: lines.LONGEST_LINE])
    form = re.fullmatch(_DMESG, text)
    event = _event(inner.text if inner else form.group("text") if form else text)
    return Found(None, event, NOT_PROVEN) if event else None


def _of_journal_text(form: str, line: bytes, zones: Tuple[str, ...]) -> Optional[Found]:
    found = re.fullmatch({UNIX: _UNIX, MONOTONIC: _MONOTONIC, FULL: _FULL}[form], line)
    event = _event(found.groups()[-1]) if found else None
    if found is None or event is None:
        return None
    if found.groups()[-2] != b"kernel":
        return Found(None, event, OF_A_PROGRAM)
    if form == UNIX:
        return Found(float(found.group(1)), event)
    if form == MONOTONIC:
        return Found(None, event, NO_DATE)
    zone = found.group(7).decode("ascii")
    if zone not in ("UTC", "GMT") and zone not in zones:
        return Found(None, event, NO_ZONE)
    numbers = [int(one) for one in found.groups()[:6]]
    year, month, day, hour, minute, second = numbers
    offset = 0 if zone in ("UTC", "GMT") else None
    return Found(times.Stamp(year, month, day, hour, minute, second, offset), event)


def _records(raw: Iterable[bytes]) -> Iterator[Dict[bytes, bytes]]:
    """The records of the journal's export format: FIELD=value, an empty line between two of them."""
    record: Dict[bytes, bytes] = {}
    for line in raw:
        if not line:
            if record:
                yield record
            record = {}
            continue
        name, equals, value = line[: lines.LONGEST_LINE].partition(b"=")
        if equals and len(record) < _MOST_FIELDS:
            record[name] = value
    if record:
        yield record


def _of_record(record: Dict[bytes, bytes]) -> List[Found]:
    event = _event(record.get(b"MESSAGE", b""))
    if event is None:
        return []
    if record.get(b"_TRANSPORT") != b"kernel" or record.get(b"SYSLOG_FACILITY", b"0") != b"0":
        return [Found(None, event, OF_A_PROGRAM)]
    stamp = record.get(b"__REALTIME_TIMESTAMP", b"")
    if not re.fullmatch(rb"[0-9]{1,17}", stamp):
        return [Found(None, event, NO_DATE)]
    return [Found(int(stamp) / 1e6, event)]
