# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Reads the kernel's words out of the systemd journal.

The one place where a program is run: the journal has no reader in Python's
standard library, and its format is journald's own affair.
"""

from __future__ import annotations

import glob
import os
import select
import shutil
import subprocess
import tempfile
import time
from typing import IO, Iterator, List, Tuple, cast

from .._log import lines as log_lines
from .._log import messages, prefilter

_PROGRAM = "/usr/bin/journalctl"
_TIME_LIMIT = 30.0  # seconds
_MOST = 64 << 20  # bytes of journalctl's output; newest entries come first
_LONGEST_ENTRY = 16384
_JOURNALS = ("/run/log/journal/*/system*.journal", "/var/log/journal/*/system*.journal")


def journal_events(now: float, oldest: float, warnings: List[str]) -> Iterator[Tuple[float, messages.Event]]:
    """The events of the kernel that the journal keeps, of this boot and earlier ones, newest first.

    :raises OSError: there is no journalctl, or no journal that the caller may read.
    """
    program = shutil.which("journalctl") or _PROGRAM
    argv = [
        program, "--no-pager", "--output=json", "--reverse", "--since=@{0:d}".format(int(oldest)),
        "_TRANSPORT=kernel", "SYSLOG_FACILITY=0",
    ]  # fmt: skip
    environment = dict(os.environ, LC_ALL="C", SYSTEMD_COLORS="0", SYSTEMD_PAGER="cat")
    with tempfile.TemporaryFile() as complaints:
        # run_command would hold all of a journal in memory; pylint: disable-next=ansible-bad-function
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, env=environment, close_fds=True
        )
        output = cast(IO[bytes], process.stdout)
        entries = 0
        try:
            for entry in _entries(output, warnings):
                entries += 1
                said = (
                    log_lines.parse_journal(entry)
                    if len(entry) <= _LONGEST_ENTRY and prefilter.may_matter(entry)
                    else None
                )
                event = messages.parse_message(said[1]) if said else None
                if said and event:
                    yield min(now, said[0]), event
        finally:
            output.close()
            status = _end(process)
        if not entries:
            _require_journal(status, complaints)


def _end(process: subprocess.Popen) -> int:
    """The exit status of a program that has nothing more to say, or is no longer listened to."""
    try:
        return process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


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
        yield from whole.split(b"\n") if newline else ()
    warnings.append("kernel log: the journal is too long to read whole; its oldest entries were left out")


def _require_journal(status: int, complaints: IO[bytes]) -> None:
    """An empty answer is good news only where there was a system journal to look into."""
    if status == 0 and any(os.access(path, os.R_OK) for pattern in _JOURNALS for path in glob.iglob(pattern)):
        return
    complaints.seek(0)
    lines = [line for line in complaints.read(4096).decode("ascii", "replace").splitlines() if line.strip()]
    reason = lines[-1][:200] if lines else "no system journal that can be read"
    raise OSError(None, "".join(char if char.isprintable() else "?" for char in reason))
