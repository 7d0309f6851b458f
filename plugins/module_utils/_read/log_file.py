# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Reads the kernel's words out of a log file, plain or compressed, in bounded memory."""

from __future__ import annotations

import glob
import gzip
import os
import re
import stat
import time
import zlib
from typing import BinaryIO, Iterator, List, Optional, Sequence, Set, Tuple

from .._log import lines as log_lines
from .._log import messages, prefilter, times
from .._model import errors

ALLOWED = "allowed are auto, kmsg, journal, none or the absolute path of a log file"

_MOST_PLAIN = 64 << 20  # bytes, the last of the file
_MOST_UNPACKED = 256 << 20  # bytes, the first: a gzip stream cannot be read from its end
_BLOCK = 1 << 18
_EXPORT = b"__CURSOR="  # what the journal's export begins with
_ENDS = (b"cookies.", b"request.", b"counters.", b"]")  # of messages that were not cut
_MOST_ROTATED = 8  # files, the newest
_ROTATED = r"(?:\.[0-9]{1,4}|[-.][0-9]{8}(?:-[0-9]{1,10})?)(?:\.gz)?"  # what logrotate appends


def file_events(path: str, now: float, oldest: float, warnings: List[str]) -> Iterator[Tuple[float, messages.Event]]:
    """The events of a log file with their time, in seconds since the epoch, in the file's order.

    Lines of another form than a log daemon's come last: the file is read again for them. An export of the journal,
    whose texts may hold anything, is read from its beginning or not at all.

    Times without a zone are of this host's, times without a year of the last one
    that does not put them after the file's last write.

    :raises InvalidOption: ``path`` is not a regular file or does not exist.
    :raises OSError: it cannot be opened.
    """
    with _open(path) as file:
        latest = min(now, os.fstat(file.fileno()).st_mtime)
        packed, head = _head(file)
        exported, odd = head == _EXPORT, False
        hosts: Set[bytes] = set()
        if not exported:
            known, seconds = None, None
            blocks = _unpacked(file, path, warnings) if packed else _plain(file, path, latest, oldest, warnings)
            log = log_lines.TextLog()
            for raw in _lines(blocks):
                told = log.event(raw)
                if told is None:
                    odd = odd or (log.passed_over and _is_odd(raw))
                    continue
                line, event = told
                if line.stamp != known:  # a flood's lines share their seconds, and a zone's rules are slow to ask
                    known, seconds = line.stamp, times.to_epoch(line.stamp, latest, local_moments)
                if seconds is not None:
                    if seconds >= oldest and len(hosts) < 3:
                        hosts.add(line.host)
                    yield seconds, event
        if exported or odd:
            from . import log_copy

            reader = log_copy.Reader(latest, local_moments)
            if exported:
                blocks = _unpacked(file, path, warnings) if packed else _beginning(file, path, warnings)
                found = reader.exported(blocks)
            else:
                found = reader.events(log_copy.whole_lines(_once_more(file, path, packed, latest, oldest)))
            yield from found
            warnings.extend(reader.warnings(path, None if hosts else oldest))
            hosts.update(reader.hosts)
    if len(hosts) > 1:
        warnings.append("kernel log: {0!r} tells of several hosts, and not of this one alone".format(path))


def rotated(path: str, oldest: float, warnings: List[str]) -> Sequence[str]:
    """What was this log file before it was rotated, as far as it was written to since ``oldest``; newest first."""
    found: List[Tuple[float, str]] = []
    for candidate in glob.iglob(glob.escape(path) + "[-.]*"):
        written = _last_write(candidate) if re.fullmatch(_ROTATED, candidate[len(path) :]) else None
        if written is not None and written >= oldest:
            found.append((written, candidate))
    found.sort(reverse=True)
    if len(found) > _MOST_ROTATED:
        warnings.append("kernel log: of {0!r} only the last {1} rotated files were read".format(path, _MOST_ROTATED))
    return [candidate for _written, candidate in found[:_MOST_ROTATED]]


def _last_write(path: str) -> Optional[float]:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime if stat.S_ISREG(status.st_mode) else None


def local_moments(year: int, month: int, day: int, hour: int, minute: int, second: int) -> Sequence[float]:
    """The moments that have this time in the host's zone: two where the clock is set back, one elsewhere."""
    written = (year, month, day, hour, minute, second)
    found: Set[float] = set()
    for daylight in (0, 1, -1):
        try:
            moment = time.mktime(written + (0, 0, daylight))
            # An hour that the zone skips has no moment of its own; mktime's guess is near enough.
            if time.localtime(moment)[:6] == written or (daylight == -1 and not found):
                found.add(moment)
        except (OverflowError, ValueError, OSError):
            continue
    return sorted(found)


def _open(path: str) -> BinaryIO:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise errors.InvalidOption("kernel_log_source", path, "it is not a regular file; " + ALLOWED)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        if isinstance(error, errors.InvalidOption):
            raise
        raise errors.InvalidOption("kernel_log_source", path, "there is no such file; " + ALLOWED) from error
    return os.fdopen(descriptor, "rb", buffering=0)


def _head(file: BinaryIO) -> Tuple[bool, bytes]:
    """Whether the file is compressed, and the first bytes of what it holds."""
    head = file.read(len(_EXPORT))
    file.seek(0)
    if not head.startswith(b"\x1f\x8b"):
        return False, head
    try:
        head = gzip.GzipFile(fileobj=file, mode="rb").read1(len(_EXPORT))
    except (OSError, EOFError, zlib.error):
        head = b""  # whoever reads it says so
    file.seek(0)
    return True, head


def _once_more(file: BinaryIO, path: str, packed: bool, latest: float, oldest: float) -> Iterator[bytes]:
    """The same bytes, without a second warning of what could not be read."""
    file.seek(0)
    return _unpacked(file, path, []) if packed else _plain(file, path, latest, oldest, [])


def _beginning(file: BinaryIO, path: str, warnings: List[str]) -> Iterator[bytes]:
    left = _MOST_PLAIN
    while left > 0:
        block = file.read(min(_BLOCK, left))
        if not block:
            return
        left -= len(block)
        yield block
    if file.read(1):
        warnings.append("kernel log: only the first {0} MiB of {1!r} were read".format(_MOST_PLAIN >> 20, path))


def _plain(file: BinaryIO, path: str, latest: float, oldest: float, warnings: List[str]) -> Iterator[bytes]:
    skipped = max(0, os.fstat(file.fileno()).st_size - _MOST_PLAIN)
    file.seek(skipped)
    left, first = _MOST_PLAIN, skipped > 0
    while left > 0:
        block = file.read(min(_BLOCK, left))
        if not block:
            return
        left -= len(block)
        if first:  # the first line is cut: drop it, and see whether what was skipped could have mattered
            block = block.partition(b"\n")[2]
            stamp = log_lines.parse_stamp(block[: log_lines.LONGEST_LINE])
            began = times.to_epoch(stamp, latest, local_moments) if stamp else None
            if began is None or began > oldest:
                warnings.append("kernel log: only the last {0} MiB of {1!r} were read".format(_MOST_PLAIN >> 20, path))
            first = False
        yield block


def _unpacked(file: BinaryIO, path: str, warnings: List[str]) -> Iterator[bytes]:
    left = _MOST_UNPACKED
    with gzip.GzipFile(fileobj=file, mode="rb") as stream:
        while left > 0:
            try:
                block = stream.read1(min(_BLOCK, left))  # read() would lose what it has where it meets damage
            except (OSError, EOFError, zlib.error):
                warnings.append("kernel log: {0!r} is damaged; what came before was read".format(path))
                return
            if not block:
                return
            left -= len(block)
            yield block
    warnings.append("kernel log: only the first {0} MiB of {1!r} were unpacked".format(_MOST_UNPACKED >> 20, path))


def _is_odd(line: bytes) -> bool:
    """Whether the kernel may speak in a line that is of another form than a log daemon's, or is broken."""
    # with a comma in it an ISO time is dmesg's
    if log_lines.parse_stamp(line[: log_lines.LONGEST_LINE]) is None or line[19:20] == b",":
        return True
    return prefilter.may_tell(line) and not line.endswith(_ENDS) and log_lines.parse_line(line) is not None


def _lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines, except that an empty one stands for any number that cannot matter or are too long."""
    rest = b""
    for block in blocks:
        whole, newline, rest = (rest + block).rpartition(b"\n")
        rest = rest[: log_lines.LONGEST_LINE + 1]  # a line too long stays too long, however much of it is still to come
        if not newline:
            continue
        if not prefilter.may_matter(whole):
            yield b""
            continue
        for line in whole.split(b"\n"):
            yield line[:-1] if line.endswith(b"\r") else line
    yield rest
