# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten million bytes of hostile log: nothing raises, no event is made up, and none is lost that is there."""

from __future__ import annotations

import gzip
import inspect
import os
import re
import signal
import stat
from contextlib import contextmanager

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._log import (
    boot_clock,
    copies,
    entries,
    kmsg_record,
    lines,
    messages,
    prefilter,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._log.times import to_epoch
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import log_file
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.journal import journal_events
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.log_file import file_events
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._log import hostile
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._log.text_log import text_events

pytestmark = pytest.mark.usefixtures("in_utc")

SIZE = 10_000_000
SEED = 20261120
NOW = hostile.SECOND + 60
FAR_TOO_LONG = 120  # seconds; all of it takes one or two, and days where a pattern goes back and tries again


@contextmanager
def an_end():
    """An alarm that ends even a search inside of the regular expression engine."""

    def give_up(*_signal):
        raise AssertionError("it takes far too long")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(FAR_TOO_LONG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def log():
    content, expected = hostile.text_log(SIZE, SEED)
    assert len(content) >= SIZE
    assert len(expected) > 100
    assert {one["kind"] for one in expected} == {"syn_flood", "open_request_dropped", "suppressed"}
    return content, expected


def told(path):
    """The events of a file, and its warnings; their times have to be right."""
    os.utime(str(path), (NOW, NOW))
    warnings = []
    with an_end():
        found = list(file_events(str(path), NOW, 0, warnings))
    assert {seconds for seconds, _event in found} <= {hostile.SECOND}
    return [hostile.untimed(event) for _seconds, event in found], warnings


def several_hosts(path, warnings):
    """That of several hosts, and before it at most the count of lines that are in no form."""
    unknown = warnings[:-1]
    assert all("but were not taken: " in warning and " in no form of dmesg" in warning for warning in unknown)
    return unknown[:1] + ["kernel log: %r tells of several hosts, and not of this one alone" % str(path)]


def test_a_text_file(log, tmp_path):
    content, expected = log
    path = tmp_path / "messages"
    path.write_bytes(content)
    found, warnings = told(path)
    assert (found, warnings) == (expected, several_hosts(path, warnings))


def test_a_compressed_file(log, tmp_path):
    content, expected = log
    path = tmp_path / "messages.2.gz"
    path.write_bytes(gzip.compress(content, 1))
    found, warnings = told(path)
    assert (found, warnings) == (expected, several_hosts(path, warnings))


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9999])
def test_a_compressed_file_that_was_cut_off(log, tmp_path, kept):
    content, expected = log
    packed = gzip.compress(content, 1)
    path = tmp_path / "messages.2.gz"
    path.write_bytes(packed[: int(len(packed) * kept)])
    found, warnings = told(path)
    assert found == expected[: len(found)]
    assert len(found) > len(expected) * kept / 2
    assert warnings[0] == "kernel log: %r is damaged; what came before was read" % str(path)
    assert warnings[1:] == several_hosts(path, warnings[1:])


def test_where_reads_end_does_not_matter(log):
    content, expected = log
    found = text_events(log_file._lines(content[at:at + 4099] for at in range(0, len(content), 4099)))
    dated = [event for line, event in found if to_epoch(line.stamp, NOW, log_file.local_moments) is not None]
    assert [hostile.untimed(event) for event in dated] == expected


def test_records_of_the_ring_buffer():
    count = 0
    with an_end():
        for record, expected in hostile.records(hostile.kmsg_record, SIZE, SEED):
            said = kmsg_record.parse_kmsg(record) if prefilter.may_matter(record) else None
            event = messages.parse_message(said[1]) if said else None
            assert [hostile.untimed(event)] == (expected or [None]), record
            assert event is None or said[0] == hostile.MICROSECONDS
            count += event is not None
    assert count > 100


def test_a_journal(tmp_path, monkeypatch):
    """As journalctl would print it, were a journal like this: the real one is read in the live tests."""
    entries, expected = [], []
    for entry, events in hostile.records(hostile.journal_entry, SIZE, SEED):
        entries.append(entry)
        expected += events
    (tmp_path / "entries").write_bytes(b"".join(entries))
    program = tmp_path / "journalctl"
    program.write_text("#!/bin/sh\nexec /bin/cat '%s'\n" % (tmp_path / "entries"))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    warnings = []
    with an_end():
        found = list(journal_events(NOW, 0, warnings))
    assert {seconds for seconds, _event in found} == {hostile.SECOND}
    assert [hostile.untimed(event) for _seconds, event in found] == expected
    assert warnings == []


# Texts on which an expression that can match in two ways tries them all: a run of each thing that a pattern repeats
RUNS = [
    b"0", b"9", b" ", b":", b".", b"[", b"]", b"a", b"A_", b"\xff", b"\0", b"::1", b"0.", b"12:", b"TCP: ", b"TCP: request_sock_", b"kernel: ", b"w kernel",
    b"kern.info ", b"Nov 20 ", b"04:23:45 ", b"2026-11-20T04:23:45+01:00 ", b"<6>", b"<6>1 ", b"[    1.488069] ", b"- ", b"[a b=\"c\"] ", b"1,", b"-,",
    b"SYN flooding on port ", b"last message repeated 3 times ", b"message repeated 5 times: [ ", b"Last message '", b"' repeated 5 times",
    b"kern  :info  : ", b"[Fri Nov 20 04:23:45 2026] ", b"2026-11-20T04:23:45,123456+01:00 ", b"Fri 2026-11-20 04:23:45 UTC ", b"[s=0;", b"    A=", b"\x1b[32m",
    b" <    0.1>", b"Possible SYN flooding on port 80. ",
]  # fmt: skip
PATTERNS = [value for module in (lines, messages, copies, entries, boot_clock) for _name, value in inspect.getmembers(module) if isinstance(value, bytes)]


def test_no_text_makes_a_pattern_try_without_end():
    assert len(PATTERNS) >= 13
    said = hostile.true_message(hostile.random.Random(SEED)).text
    with an_end():
        for pattern in PATTERNS:
            for run in RUNS:
                repeated = run * (200_000 // len(run))
                for text in (repeated, said[:40] + repeated, b"Nov 20 04:23:45 " + repeated, repeated + b"\n" + said):
                    re.match(pattern, text)
                    re.fullmatch(pattern, text)
