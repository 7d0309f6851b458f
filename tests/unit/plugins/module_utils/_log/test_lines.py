# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose line it is, and when it was written."""

from __future__ import annotations

import calendar
import inspect
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._log import kmsg_record
from ansible_collections.linuxnet.tcp.plugins.module_utils._log import lines as log_lines
from ansible_collections.linuxnet.tcp.plugins.module_utils._log.times import Stamp
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._log.text_log import text_events

SAID = b"TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies.  Check SNMP counters."
CLASSIC = Stamp(None, 9, 30, 6, 54, 0)


@pytest.mark.parametrize(
    "record, expected",
    [
        (b"6,339,5140900,-;" + SAID + b"\n", (5140900, SAID)),
        (b"6,339,5140900,-,caller=T123;" + SAID + b"\n SUBSYSTEM=net\n", (5140900, SAID)),
        (b"4,1,0,c;net_ratelimit: 4 callbacks suppressed\n", (0, b"net_ratelimit: 4 callbacks suppressed")),
        (b"14,339,5140900,-;" + SAID + b"\n", None),  # a program: facility 1
        (b"30,339,5140900,-;" + SAID + b"\n", None),  # a daemon: facility 3
        (b"6,339,5140900;" + SAID, None),
        (b"x,339,5140900,-;" + SAID, None),
        (b"", None),
    ],
)
def test_kmsg_records_tell_who_wrote_them(record, expected):
    assert kmsg_record.parse_kmsg(record) == expected


@pytest.mark.parametrize(
    "record, expected",
    [
        (b"6,0,0,-;Linux version\n", (0, 0)),
        (b"30,1745,4210656715,-,caller=T1;a program's\n", (1745, 4210656715)),
        (b"6,1,2," + 300 * b"c" + b";the longest head", (1, 2)),
        (b"6,1,2," + 301 * b"c" + b";longer", None),
        (b"6,1745;x", None),
        (b"", None),
    ],
)
def test_any_kmsg_record_tells_how_many_were_before_it(record, expected):
    assert kmsg_record.kmsg_place(record) == expected


@pytest.mark.parametrize(
    "change, expected",
    [
        ({}, (1795155080.514680, b"said")),
        ({"_TRANSPORT": "syslog"}, None),
        ({"SYSLOG_FACILITY": "1"}, None),
        ({"SYSLOG_FACILITY": None}, None),
        ({"MESSAGE": [84, 67, 80]}, None),
        ({"MESSAGE": None}, None),
        ({"__REALTIME_TIMESTAMP": "soon"}, None),
        ({"__REALTIME_TIMESTAMP": "9" * 1000}, None),
    ],
)
def test_journal_entries_tell_who_wrote_them(change, expected):
    entry = {
        "_TRANSPORT": "kernel",
        "SYSLOG_FACILITY": "0",
        "__REALTIME_TIMESTAMP": "1795155080514680",
        "MESSAGE": "said",
    }
    entry.update(change)
    assert log_lines.parse_journal(json.dumps(entry).encode()) == expected


@pytest.mark.parametrize("entry", [b"", b"[]", b"null", b"3", b"{", b"\xff", b"{}", b"-- No entries --", b"[" * 10000])
def test_what_is_no_journal_entry_is_passed_over(entry):
    assert log_lines.parse_journal(entry) is None


@pytest.mark.parametrize(
    "line, stamp, host, text",
    [
        (b"Sep 30 06:54:00 webserver kernel: [22536160.488069] " + SAID, CLASSIC, b"webserver", SAID),
        (b"Sep 30 06:54:00 webserver kernel: " + SAID, CLASSIC, b"webserver", SAID),
        (b"Sep 30 06:54:00 webserver kernel: [    1.488069][  T123] " + SAID, CLASSIC, b"webserver", SAID),
        (b"Sep  3 06:54:00 w kernel: " + SAID, CLASSIC._replace(day=3), b"w", SAID),
        (b"<6>Sep 30 06:54:00 w kernel: " + SAID, CLASSIC, b"w", SAID),
        (b"Sep 30 06:54:00.123456 w kernel: " + SAID, CLASSIC, b"w", SAID),
        (b"Sep 30 06:54:00 w kern.info kernel: [ 1.000000] " + SAID, CLASSIC, b"w", SAID),
        (b"Wed Sep 30 06:54:00 2026 kern.info kernel: [ 1.000000] " + SAID, CLASSIC._replace(year=2026), None, SAID),
        (b"2026-09-30T06:54:00.123456+02:00 w kernel: " + SAID, Stamp(2026, 9, 30, 6, 54, 0, 7200), b"w", SAID),
        (b"2026-09-30T06:54:00-0330 w kernel: " + SAID, Stamp(2026, 9, 30, 6, 54, 0, -12600), b"w", SAID),
        (b"2026-09-30T06:54:00Z w kernel: [12.345678] " + SAID, Stamp(2026, 9, 30, 6, 54, 0, 0), b"w", SAID),
        (b"2026-09-30 06:54:00 w kernel: " + SAID, Stamp(2026, 9, 30, 6, 54, 0), b"w", SAID),
        (
            b"<6>1 2026-09-30T06:54:00.1Z w kernel - - - [12.345678] " + SAID,
            Stamp(2026, 9, 30, 6, 54, 0, 0),
            b"w",
            SAID,
        ),
        (b"<6>1 2026-09-30T06:54:00Z w kernel - - -  " + SAID, Stamp(2026, 9, 30, 6, 54, 0, 0), b"w", SAID),
        (b'<6>1 2026-09-30T06:54:00Z w kernel - - [a b="c"] ' + SAID, Stamp(2026, 9, 30, 6, 54, 0, 0), b"w", SAID),
        (
            b'<6>1 2026-09-30T06:54:00Z w kernel - - [meta sequenceId="1"][origin ip="192.0.2.1"] ' + SAID,
            Stamp(2026, 9, 30, 6, 54, 0, 0), b"w", SAID,
        ),  # syslog-ng
        (b"Sep 30 06:54:00 w last message repeated 3 times", CLASSIC, b"w", b"last message repeated 3 times"),
    ],
)
def test_lines_of_the_kernel(line, stamp, host, text):
    found = log_lines.parse_line(line)
    assert (found.stamp, found.text) == (stamp, text)
    assert host is None or found.host == host


@pytest.mark.parametrize(
    "line",
    [
        b"Sep 30 06:54:00 w logger: " + SAID,
        b"Sep 30 06:54:00 w logger: kernel: " + SAID,
        b"Sep 30 06:54:00 w app[12]: kernel: " + SAID,
        b"Sep 30 06:54:00 logger: kernel: " + SAID,
        b"Sep 30 06:54:00 w kernel[99]: " + SAID,
        b"Sep 30 06:54:00 w user.notice kernel: " + SAID,
        b"Sep 30 06:54:00 2026 user.notice kernel: " + SAID,
        b"<14>Sep 30 06:54:00 w kernel: " + SAID,
        b"<14>1 2026-09-30T06:54:00Z w kernel - - - " + SAID,
        b"<6>1 2026-09-30T06:54:00Z w logger - - - " + SAID,
        b"Sep 30 06:54:00 w logger: last message repeated 3 times",
        b"kernel: " + SAID,
        b"Foo 30 06:54:00 w kernel: " + SAID,
        SAID,
        b"",
    ],
)
def test_lines_of_others(line):
    assert log_lines.parse_line(line) is None


def kinds(*lines):
    return [(event["kind"], event["port"], event["count"]) for _line, event in text_events(lines)]


FLOOD = b"Sep 30 06:54:00 w kernel: " + SAID
REPEAT = b"Sep 30 06:54:09 w last message repeated 3 times"


def test_a_repeat_belongs_to_the_line_right_before_it():
    assert kinds(FLOOD, REPEAT) == [("syn_flood", 80, None), ("suppressed", 80, 3)]
    assert kinds(FLOOD, REPEAT, REPEAT)[2] == ("suppressed", 80, 3)
    assert kinds(REPEAT) == []
    assert kinds(FLOOD, b"Sep 30 06:54:01 w sshd[1]: hello", REPEAT) == [("syn_flood", 80, None)]
    assert kinds(FLOOD, b"", REPEAT) == [("syn_flood", 80, None)]
    assert kinds(FLOOD, REPEAT.replace(b" w ", b" other "), REPEAT) == [("syn_flood", 80, None)]
    assert kinds(FLOOD, b"Sep 30 06:54:01 w kernel: eth0: 3 packets suppressed", REPEAT) == [("syn_flood", 80, None)]


def test_a_quoted_repeat_stands_for_itself():
    quoted = b"Sep 30 06:54:09 w kernel: message repeated 5 times: [ [22536160.488069] " + SAID + b"]"
    assert kinds(quoted) == [("suppressed", 80, 5)]
    assert kinds(quoted.replace(b"SYN flooding", b"syn flooding")) == []


def test_syslog_ng_repeats():
    line = (
        b"Sep 30 06:54:09 w kernel: Last message 'TCP: request_sock_TC' repeated 4 times, suppressed by syslog-ng on w"
    )
    assert kinds(FLOOD, line) == [("syn_flood", 80, None), ("suppressed", 80, 4)]


def test_a_line_too_long_is_no_line():
    assert kinds(FLOOD + b"." * log_lines.LONGEST_LINE) == []
    assert kinds(b"Sep 30 06:54:00 " + b"w" * 4000 + b" kernel: " + SAID) == []


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_hostile_bytes_raise_nothing_and_make_no_event(before, after):
    kmsg_record.parse_kmsg(before)
    log_lines.parse_journal(before)
    log_lines.parse_line(before)
    log_lines.parse_stamp(before)
    if after:
        assert kinds(FLOOD + b"\0" + after) == []
        assert kinds(FLOOD.replace(b"TCP: req", after + b"\x1bTCP: req")) == []


@given(st.dates(), st.times())
def test_stamps_come_back(date, time):
    written = "%04d-%02d-%02dT%02d:%02d:%02d+00:00 w kernel: x" % (
        date.year, date.month, date.day, time.hour, time.minute, time.second
    )  # fmt: skip
    expected = Stamp(date.year, date.month, date.day, time.hour, time.minute, time.second, 0)
    assert log_lines.parse_stamp(written.encode()) == expected
    classic = "%s %2d %02d:%02d:%02d w kernel: x" % (
        calendar.month_abbr[date.month], date.day, time.hour, time.minute, time.second
    )  # fmt: skip
    assert log_lines.parse_stamp(classic.encode()) == expected._replace(year=None, offset=None)


def test_every_repetition_is_bounded():
    """What makes matching linear, together with the length that lines are cut off at."""
    patterns = [value.decode("latin-1") for _name, value in inspect.getmembers(log_lines) if isinstance(value, bytes)]
    assert len(patterns) == 8
    for pattern in patterns:
        bare = re.sub(r"\\.|\[(?:\\.|[^\]])*\]", "c", pattern)
        assert not re.search(r"[*+]|\{\d+,\}", bare), pattern
