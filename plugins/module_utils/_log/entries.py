# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Entries of a journal or of a log driver that take several lines, or are JSON objects.

They come from ``journalctl -o json``, ``json-pretty``, ``json-sse``, ``json-seq`` and
``verbose``, from ``dmesg --json``, and from docker's json-file. No text in an entry can look like one
of its fields: JSON has no bare line ends in texts, verbose puts what continues a text
further to the right.

In the short forms and in verbose, anybody's text may go on in lines of its own, and so look like an entry but for the
blanks before it. So an entry begins where its line does, and its lines stand as far to the right as the tools put them.
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Tuple

from . import copies, prefilter

LONGEST_ENTRY = 16384  # bytes

_VERBOSE_HEAD = rb"\[s=[0-9a-f]{1,32};[!-~]{1,255}\]"
_VERBOSE_FIELD = rb"    ([A-Z_][A-Z0-9_]{0,63})=(.{0,2048})"
#: the fields that count
OURS = ("_TRANSPORT", "SYSLOG_FACILITY", "MESSAGE", "_HOSTNAME", "__REALTIME_TIMESTAMP")
_OBJECT = rb"(?:data: |\x1e)?(\{.{0,16384}\})[ \t]{0,2}"  # of json, json-sse, json-seq
# of json-pretty with tabs, of dmesg with three blanks a level
_PART = rb"(?:\t{1,2}|(?: {3}){1,3})?[\"\]{}].{0,16384}"


class Entries:
    """The entries in the lines of a copy, one after the other, in bounded memory."""

    def __init__(self) -> None:
        self._object: Optional[List[bytes]] = None  # the lines of a JSON object that is not at its end
        self._size = 0
        self._when: Optional[copies.Said] = None  # of the verbose entry that is not at its end
        self._fields: Dict[str, bytes] = {}

    def feed(self, line: bytes) -> Tuple[Optional[copies.Said], bool]:
        """What the entry says that ends with this line or before it, and whether the line is part of an entry."""
        whole = re.fullmatch(_OBJECT, line)
        if whole:
            self._object = None
            return _of_json(whole.group(1)), True
        if line == b"{" or (self._object is not None and re.fullmatch(_PART, line)):
            return self._of_lines(line.strip(b" \t")), True
        self._object = None
        said = self._verbose(line)
        return said, self._when is not None

    def end(self) -> Optional[copies.Said]:
        """What the entry says that ends with the copy."""
        return self._verbose(b"")

    def _of_lines(self, line: bytes) -> Optional[copies.Said]:
        said = None
        if line in (b"}", b"},", b"},{", b"}, {") and self._object is not None:
            said = _of_json(b"{" + b"".join(self._object) + b"}")
            self._object = None
        if line.endswith((b"{", b"[")):  # an array of objects is no part of one
            self._object, self._size = [], 0
        elif self._object is not None:
            self._size += len(line)
            if self._size <= LONGEST_ENTRY:
                self._object.append(line)
        return said

    def _verbose(self, line: bytes) -> Optional[copies.Said]:
        if line.startswith(b"    "):
            found = re.fullmatch(_VERBOSE_FIELD, line) if self._when else None
            if found:
                name = found.group(1).decode("ascii")
                if name in OURS:
                    # twice: nobody can tell which is meant
                    self._fields[name] = b"" if name in self._fields else found.group(2)
            return None
        ended, fields, self._when, self._fields = self._when, self._fields, None, {}
        stamped, rest = copies.full_stamp(line)
        if stamped and re.fullmatch(_VERBOSE_HEAD, rest):
            self._when = stamped
        return of_fields(fields, ended) if ended else None


def of_fields(fields: Dict[str, bytes], when: Optional[copies.Said] = None) -> copies.Said:
    """What a journal entry says. Its time is its own, or ``when``'s.

    What a program wrote into the kernel's log has the kernel's transport, too, but a facility of its own.
    """
    transport, facility = fields.get("_TRANSPORT"), fields.get("SYSLOG_FACILITY")
    if transport not in (None, b"kernel") or facility not in (None, b"0"):
        return copies.OTHERS
    text, host = fields.get("MESSAGE", b""), fields.get("_HOSTNAME", b"")
    lacks = copies.NO_AUTHOR if transport is None or facility is None else ""
    if when is not None:
        return when._replace(text=text, host=host, lacks=lacks)
    written = fields.get("__REALTIME_TIMESTAMP", b"")
    if not written.isdigit() or len(written) > 17:
        return copies.Said(text, host=host, lacks=lacks or copies.NO_TIME)
    return copies.Said(text, epoch=int(written) / 1e6, host=host, lacks=lacks)


def _of_json(line: bytes) -> Optional[copies.Said]:
    # of dmesg every message is wanted: one may tell of a sleep
    if len(line) > LONGEST_ENTRY or not (prefilter.may_matter(line) or b'"msg":' in line):
        return None
    import json

    try:
        known = json.loads(line.decode("utf-8"))
        if "log" in known:
            return _alike(_bytes(known["log"]), copies.CONTAINER)
        if "msg" in known and "pri" in known:
            return _of_dmesg(known)
        if "MESSAGE" in known:
            return of_fields({name: _bytes(known[name]) for name in OURS if name in known})
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        pass
    return _alike(line, copies.UNKNOWN)


def _alike(text: bytes, lacks: str) -> Optional[copies.Said]:
    return copies.Said(text, lacks=lacks) if copies.is_alike(text) else None


def _of_dmesg(known: Dict[str, object]) -> copies.Said:
    priority = known["pri"]
    if known.get("fac", "kern") != "kern" or (isinstance(priority, int) and not 0 <= priority < 8):
        return copies.OTHERS
    uptime = known.get("time")
    text = _bytes(known["msg"]).rstrip(b"\n")
    if isinstance(uptime, float) and 0 <= uptime < 1e11:
        return copies.Said(text, uptime=uptime)
    return copies.Said(text, lacks=copies.NO_TIME)


def _bytes(value: object) -> bytes:
    """A text; nothing for what is none, such as the list of numbers that stands for bytes, or two values."""
    return value.encode("utf-8") if isinstance(value, str) else b""
