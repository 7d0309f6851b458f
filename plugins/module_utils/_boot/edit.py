# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A drop-in's bytes with our settings put in or taken out; every other byte stays.

Lines end where systemd sees them end, which is at each line feed and at more: a line that only systemd sees can then
be changed without its neighbours. A line is ours where either loader takes it for the setting.
"""

from __future__ import annotations

import re
from typing import Iterable, List, Mapping, NamedTuple, Optional, Tuple

from . import lines as boot_lines
from . import number

#: The first lines of a file that the collection made. A file that holds nothing else is removed.
HEADER = (
    b"# Made by Ansible: the module linuxnet.tcp.syn_backlog owns this file.\n"
    b"# It rewrites its own settings here and leaves any other line alone.\n"
)
_END = rb"((?:\n\r|\r\n|\n|\r)\x00?|\x00)"  # as systemd's read_line_full()
_VALUE = rb"(.*?=[ \t]*)(.*)"
_PROCPS_VERSIONS = ((3, 3, 16), (4, 0, 4))  # the two parsers; up to 3.3.15 a leading dash is part of the name


class _Segment(NamedTuple):
    """One line as systemd sees it, and the bytes that end it."""

    text: bytes
    end: bytes


def with_settings(content: Optional[bytes], settings: Mapping[str, int]) -> bytes:
    """The file with each of these settings assigned once.

    :param content: None where there is no file yet: it then gets :data:`HEADER`
    :param settings: dotted key to value

    A setting that one line already assigns keeps that line, byte for byte. Otherwise the last line that names it is
    rewritten behind its ``=``, and earlier ones go, exclusions (``-key``) among them. A new line goes to the end.
    """
    segments = _segments(HEADER if content is None else content)
    for key, value in settings.items():
        segments = _set(segments, key.replace(".", "/"), key, value)
    return _joined(segments)


def without_settings(content: bytes, keys: Iterable[str]) -> Optional[bytes]:
    """The file without any line that names one of these dotted keys; None where only :data:`HEADER` is left."""
    paths = [key.replace(".", "/") for key in keys]
    segments = _segments(content)
    ours = [at for at, one in enumerate(segments) if any(_names(one, path) for path in paths)]
    left = _joined(_without(segments, ours))
    return None if left.startswith(HEADER) and not left[len(HEADER) :].strip() else left


def names_setting(content: Optional[bytes], key: str) -> bool:
    """Whether any line of the file assigns or excludes the setting."""
    path = key.replace(".", "/")
    return any(_names(one, path) for one in _segments(content or b""))


def assigned(content: Optional[bytes], key: str) -> Optional[int]:
    """The number that the file's last line about this setting gives it; None where it gives none."""
    path = key.replace(".", "/")
    ours = [one for one in _segments(content or b"") if _names(one, path)]
    return _number(ours[-1], path) if ours else None


def _set(segments: List[_Segment], path: str, key: str, value: int) -> List[_Segment]:
    ours = [at for at, one in enumerate(segments) if _names(one, path)]
    if ours and _stands_alone(segments, ours[-1]):
        last = segments[ours[-1]]
        if len(ours) == 1 and _number(last, path) == value:
            return segments
        segments[ours[-1]] = last._replace(text=_rewritten(last.text, path, key, value))
        return _without(segments, ours[:-1])
    return _appended(_without(segments, ours), b"%s = %d" % (key.encode("ascii"), value))


def _without(segments: List[_Segment], gone: List[int]) -> List[_Segment]:
    """The other lines; a line that only systemd sees end keeps a line feed behind it, where there was one."""
    kept: List[_Segment] = []
    for at, one in enumerate(segments):
        if at not in gone:
            kept.append(one)
        elif kept and not kept[-1].end.endswith(b"\n") and b"\n" in one.end:
            kept[-1] = kept[-1]._replace(end=kept[-1].end + one.end)
    return kept


def _stands_alone(segments: List[_Segment], at: int) -> bool:
    """Whether every loader sees this line begin and end where systemd does."""
    begins = at == 0 or segments[at - 1].end.endswith(b"\n")
    return begins and segments[at].end[:2] in (b"", b"\n", b"\r\n")


def _rewritten(text: bytes, path: str, key: str, value: int) -> bytes:
    """The line with another value; its left side stays where every loader reads it as this setting."""
    found = re.fullmatch(_VALUE, text, re.DOTALL)
    if found:
        rewritten = found.group(1) + b"%d" % value
        if _number(_Segment(rewritten, b"\n"), path) == value:
            return rewritten
    return b"%s = %d" % (key.encode("ascii"), value)


def _appended(segments: List[_Segment], line: bytes) -> List[_Segment]:
    """The line at the end, ended as the lines before it; only a line feed ends a line for both loaders."""
    ends = [one.end for one in segments if one.end]
    end = b"\r\n" if ends and ends[-1] == b"\r\n" else b"\n"
    if segments and not segments[-1].end.endswith(b"\n"):
        last = segments[-1]
        segments = segments[:-1] + [last._replace(end=last.end + (b"\n" if last.end else end))]
    return segments + [_Segment(line, end)]


def _names(segment: _Segment, path: str) -> bool:
    if path.rpartition("/")[2].encode("ascii") not in segment.text:
        return False  # nearly every line, without taking it apart
    return any(line is not None and _is(line, path) for line in _read(segment.text))


def _number(segment: _Segment, path: str) -> Optional[int]:
    """What every loader makes of the line; None where they differ."""
    lines = _read(segment.text)
    if not all(line is not None and line.value is not None and line.key == path for line in lines):
        return None
    numbers = {number.kernel_integer(line.value or "") for line in lines if line is not None}
    return numbers.pop() if len(numbers) == 1 else None


def _read(text: bytes) -> Tuple[Optional[boot_lines.Line], ...]:
    """The line as systemd-sysctl and each generation of ``sysctl --system`` read it."""
    readings = [list(boot_lines.systemd_lines(text))] + [
        list(boot_lines.procps_lines(text, version)) for version in _PROCPS_VERSIONS
    ]
    return tuple(lines[0] if lines else None for lines in readings)


def _is(line: boot_lines.Line, path: str) -> bool:
    # The kernel follows repeated slashes and dots in a path, so that procps reaches the setting by them.
    return [part for part in line.key.split("/") if part not in ("", ".")] == path.split("/")


def _segments(content: bytes) -> List[_Segment]:
    parts = re.split(_END, content)
    pairs = [_Segment(text, end) for text, end in zip(parts[::2], parts[1::2] + [b""])]
    return pairs if pairs[-1].text else pairs[:-1]


def _joined(segments: Iterable[_Segment]) -> bytes:
    return b"".join(one.text + one.end for one in segments)
