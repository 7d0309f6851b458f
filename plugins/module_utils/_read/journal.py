# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Reads the kernel's words out of the systemd journal.

The one place where a program is run: the journal has no reader in Python's
standard library, and its format is journald's own affair.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
import time
from typing import IO, Iterator, List, Tuple

from .._model.kernel_log import Event, may_matter, parse_message
from .._model.log_lines import parse_journal

_TIME_LIMIT = 30.0  # seconds
_MOST = 64 << 20  # bytes of journalctl's output; newest entries come first
_LONGEST_ENTRY = 16384


def journal_events(now: float, oldest: float, warnings: List[str]) -> Iterator[Tuple[float, Event]]:
    """The events of the kernel that the journal keeps, of this boot and earlier ones, newest first.

    :raises OSError: there is no journalctl, or no journal that the caller may read.
    """
    program = shutil.which("journalctl") or "/usr/bin/journalctl"
    argv = [
        program, "--no-pager", "--output=json", "--reverse", "--since=@{0:d}".format(int(oldest)),
        "_TRANSPORT=kernel", "SYSLOG_FACILITY=0",
    ]  # fmt: skip
    environment = dict(os.environ, LC_ALL="C", SYSTEMD_COLORS="0", SYSTEMD_PAGER="cat")
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, env=environment, close_fds=True
        )
        whole = True
        entries = 0
        try:
            for entry in _entries(process.stdout, warnings):
                entries += 1
                said = parse_journal(entry) if len(entry) <= _LONGEST_ENTRY and may_matter(entry) else None
                event = parse_message(said[1]) if said else None
                if said and event:
                    yield min(now, said[0]), event
            whole = process.poll() is not None or _ends(process)
        finally:
            process.kill()
            process.stdout.close()
            status = process.wait()
        if whole and not entries:
            _require_journal(status, complaints)


def _ends(process: subprocess.Popen) -> bool:
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return False
    return True


def _entries(stream: IO[bytes], warnings: List[str]) -> Iterator[bytes]:
    """Lines of the output, until its end or until it takes too long or gives too much."""
    deadline = time.monotonic() + _TIME_LIMIT
    left, rest = _MOST, b""
    while left > 0:
        ready = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]
        if not ready:
            break
        block = os.read(stream.fileno(), 1 << 16)
        if not block:
            return
        left -= len(block)
        whole, newline, rest = (rest + block).rpartition(b"\n")
        rest = rest[: _LONGEST_ENTRY + 1]
        for entry in whole.split(b"\n") if newline else ():
            yield entry
    warnings.append("kernel log: the journal is too long to read whole; its oldest entries were left out")


def _require_journal(status: int, complaints: IO[bytes]) -> None:
    """An empty answer is good news only where journalctl had something to look into."""
    complaints.seek(0)
    text = complaints.read(4096)
    if status != 0 or b"No journal files" in text:
        lines = [line for line in text.decode("ascii", "replace").splitlines() if line.strip()]
        reason = lines[-1] if lines else "journalctl ended with status {0}".format(status)
        raise OSError(None, "".join(char if char.isprintable() else "?" for char in reason)[:200])
