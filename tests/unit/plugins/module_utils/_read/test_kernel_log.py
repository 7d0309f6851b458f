# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log files as they lie on disks: plain, compressed, rotated, damaged, huge and hostile."""

from __future__ import annotations

import datetime
import gzip
import os
import random
import time

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._log import lines as log_lines
from ansible_collections.linuxnet.tcp.plugins.module_utils._log.messages import parse_message
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import records
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import kernel_log, kmsg, log_file
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel_log import read_kernel_log
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._log.text_log import text_events

pytestmark = pytest.mark.usefixtures("in_utc")

NOW = datetime.datetime(2026, 11, 20, 4, 30, tzinfo=datetime.timezone.utc).timestamp()
DAY = 86400
YEARS = 20 * 366 * DAY
FLOOD = "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending cookies."
HOSTILE = [
    b"Nov 20 04:2\x1b[2J\x1b]0;x\x07 host kernel: TCP: Possible SYN flooding on port {{ 80 }}. Sending",
    b"Nov 20 04:23:45 host app: " + FLOOD.encode(),
    b"Nov 20 04:23:45 host kernel: \x1b[31m" + FLOOD.encode(),
    b"Nov 20 04:23:45 host kernel: " + FLOOD.encode() + b"\x1b[0m",
    b"\0" * 5000,
    b"Nov 20 04:23:45 host kernel: " * 300,
    b"SYN flooding on port " * 60000,
    b"",
]


@pytest.fixture
def log(tmp_path):
    def write(content, name="kern.log", written=NOW):
        path = tmp_path / name
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        os.utime(str(path), (written, written))
        return str(path)

    return write


def times(found):
    return [event["time"] for event in found.events]


def spans(found):
    """Of each row how many events it is, and when the first and the last came."""
    return [(event["count"], event["first_time"], event["time"]) for event in found.events]


def flood_on(port):
    return FLOOD.replace(":80.", ":%d." % port)


@pytest.mark.parametrize("name", ["kern.log", "kern.log.2.gz", "gz-by-content"])
def test_plain_and_compressed_files_tell_the_same(log, name):
    content = "Nov 20 04:23:45 web kernel: [12.345678] %s\r\nNov 20 04:24:00 web sshd[1]: %s\n" % (FLOOD, FLOOD)
    path = log(content, name) if name != "gz-by-content" else log(gzip.compress(content.encode()), "messages")
    found, warnings = read_kernel_log(path, now=NOW)
    assert warnings == []
    assert found.readable is True
    assert found.events == (
        {
            "time": "2026-11-20T04:23:45Z", "first_time": "2026-11-20T04:23:45Z", "kind": "syn_flood", "address": "0.0.0.0", "port": 80, "action": "cookies",
            "peer_address": None, "peer_port": None, "count": 1,
        },
    )  # fmt: skip


def test_a_last_line_without_its_end_counts(log):
    assert times(read_kernel_log(log("Nov 20 04:23:45 w kernel: " + FLOOD), now=NOW)[0]) == ["2026-11-20T04:23:45Z"]


def test_only_what_is_young_enough(log):
    path = log("".join("Nov %d 04:30:00 w kernel: %s\n" % (day, FLOOD) for day in (17, 18, 19, 20)))
    young, _warnings = read_kernel_log(path, now=NOW, max_age=DAY)
    assert spans(young) == [(2, "2026-11-19T04:30:00Z", "2026-11-20T04:30:00Z")]
    assert spans(read_kernel_log(path, now=NOW, max_age=YEARS)[0])[0][0] == 4


def test_the_year_of_a_rotated_file_is_that_of_its_last_write(log):
    written = datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc).timestamp()
    path = log("Dec 31 23:00:00 w kernel: %s\nJan  1 01:00:00 w kernel: %s\n" % (FLOOD, FLOOD), "m.1.gz", written)
    found, _warnings = read_kernel_log(path, now=NOW, max_age=YEARS)
    assert spans(found) == [(2, "2023-12-31T23:00:00Z", "2024-01-01T01:00:00Z")]


def test_times_without_a_zone_are_the_hosts(log, monkeypatch):
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    lines = ("Nov 20 04:23:45", "Jul  1 12:00:00", "Mar 29 02:30:00", "2026-11-20T04:23:45+05:30")
    told = "".join("%s w kernel: %s\n" % (at, flood_on(port)) for port, at in enumerate(lines, start=1))
    found, _warnings = read_kernel_log(log(told), YEARS, now=NOW)
    assert "2026-11-20T03:23:45Z" in times(found)
    assert "2026-07-01T10:00:00Z" in times(found)
    assert "2026-11-19T22:53:45Z" in times(found)
    assert len(found.events) == 4  # an hour that the zone skipped is near, not lost


def test_the_hour_that_comes_twice_has_both_its_moments(monkeypatch):
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    first, second = log_file.local_moments(2026, 10, 25, 2, 30, 0)
    assert second - first == 3600
    assert len(log_file.local_moments(2026, 11, 20, 4, 30, 0)) == 1


def test_of_very_many_rows_the_newest_are_kept(log):
    lines = [
        "Nov 20 %02d:%02d:00 w kernel: %s\n" % (second // 60 // 60, second // 60 % 60, flood_on(second + 1))
        for second in range(9000)
    ]
    found, warnings = read_kernel_log(log("".join(lines)), now=NOW)
    assert len(found.events) == kernel_log.MOST_ROWS
    assert times(found) == sorted(times(found))
    assert times(found)[-1] == "2026-11-20T02:29:00Z"
    assert warnings == ["kernel log: of the rows of equal events the newest 1000 are returned"]


def test_a_file_too_large_is_read_from_its_end(log, monkeypatch):
    monkeypatch.setattr(log_file, "_MOST_PLAIN", 1000)
    path = log("".join("Nov 20 %02d:00:00 w kernel: %s\n" % (hour, FLOOD) for hour in range(4)) + "x\n" * 300)
    found, warnings = read_kernel_log(path, now=NOW)
    assert spans(found) == [(3, "2026-11-20T01:00:00Z", "2026-11-20T03:00:00Z")]
    assert "only the last 0 MiB" in warnings[0]
    assert read_kernel_log(path, now=NOW, max_age=3 * 3600)[1] == []  # what was skipped is too old anyway


def test_a_stream_that_unpacks_without_end_is_cut(log, monkeypatch):
    monkeypatch.setattr(log_file, "_MOST_UNPACKED", 1 << 20)
    path = log("Nov 20 04:00:00 w kernel: %s\n" % FLOOD + "\0" * (3 << 20), "bomb.gz")
    found, warnings = read_kernel_log(path, now=NOW)
    assert len(found.events) == 1
    assert "only the first 1 MiB" in warnings[0]


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-20], lambda data: data[:40] + b"\xff" * 50, lambda data: data[:5]]
)
def test_a_damaged_archive_gives_what_comes_before(log, damage):
    content = "Nov 20 04:00:00 w kernel: %s\n" % FLOOD + "".join(
        "%x\n" % (i * 2654435761 % 2**32) for i in range(20000)
    )
    found, warnings = read_kernel_log(log(damage(gzip.compress(content.encode())), "m.bin"), now=NOW)
    assert found.readable is True
    assert "damaged" in warnings[0]


def test_hostile_content_gives_exactly_the_events_that_are_there(log):
    random.seed(20261120)
    noise = bytes(random.getrandbits(8) for _number in range(50000))
    good = b"Nov 20 04:23:45 w kernel: " + FLOOD.encode()
    content = b"\n".join([*HOSTILE, good, noise.replace(b"\n", b"."), *HOSTILE, good, *HOSTILE])
    found, warnings = read_kernel_log(log(content), now=NOW)
    assert ([(event["port"], event["count"]) for event in found.events], warnings) == ([(80, 2)], [])


class Blocks:
    """A file that is handed out in blocks and remembers how it was asked."""

    def __init__(self, blocks):
        self.blocks = blocks

    def __iter__(self):
        return iter(self.blocks)


def test_a_line_of_any_length_is_held_only_at_its_beginning():
    kept = []
    for line in log_file._lines(Blocks([b"SYN flooding on port " * 10000] * 50)):
        kept.append(len(line))
    assert max(kept) <= log_lines.LONGEST_LINE + 1


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_where_blocks_end_does_not_matter(size):
    content = b"Nov 20 04:23:45 w kernel: " + FLOOD.encode() + b"\nNov 20 04:23:46 w last message repeated 2 times\nx\n"
    blocks = [content[at:at + size] for at in range(0, len(content), size)]
    kinds = [event["kind"] for _line, event in text_events(log_file._lines(Blocks(blocks)))]
    assert kinds == ["syn_flood", "suppressed"]


@pytest.mark.parametrize(
    "source", ["jurnal", "", "kern.log", "/nowhere/kern.log", "/dev/null", "/proc", "/a\0b", "/etc/passwd/x"]
)
def test_a_source_that_is_none_is_refused_by_name(source):
    with pytest.raises(InvalidOption) as caught:
        read_kernel_log(source)
    assert str(caught.value).startswith("kernel_log_source: %r is not allowed" % source)
    assert "auto, kmsg, journal, none or the absolute path" in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(str(tmp_path / "pipe"))
    with pytest.raises(InvalidOption, match="not a regular file"):
        read_kernel_log(str(tmp_path / "pipe"))


def test_a_file_that_may_not_be_read_is_a_warning(log):
    path = log("x\n")
    os.chmod(path, 0)
    if os.access(path, os.R_OK):
        pytest.skip("needs to run without root: root reads every file")
    found, warnings = read_kernel_log(path)
    assert found.readable is False
    assert warnings == ["kernel log: %r cannot be read: Permission denied" % path]


def test_none_reads_nothing():
    assert read_kernel_log("none") == (records.KernelLog(None, ()), [])


def test_auto_takes_the_first_file_that_can_be_read(log, monkeypatch, tmp_path):
    path = log("Nov 20 04:00:00 w kernel: %s\n" % FLOOD)
    monkeypatch.setattr(kmsg, "PATH", str(tmp_path / "absent"))
    monkeypatch.setattr(kernel_log, "LOG_FILES", (str(tmp_path / "none"), path))
    found, warnings = read_kernel_log("auto", now=NOW)
    assert (found.readable, len(found.events), warnings) == (True, 1, [])
    monkeypatch.setattr(kernel_log, "LOG_FILES", (str(tmp_path / "none"),))
    without_journal(monkeypatch, tmp_path)
    found, warnings = read_kernel_log("auto", now=NOW)
    assert (found.readable, found.events) == (False, ())
    assert warnings == [
        "kernel log: no source can be read: %s (No such file or directory), the journal (No such file or directory)"
        % (tmp_path / "absent")
    ]


def test_auto_reads_what_last_nights_rotation_put_aside(log, monkeypatch, tmp_path):
    """A report of half past eleven is still there at three in the morning."""
    monkeypatch.setattr(kmsg, "PATH", str(tmp_path / "absent"))
    name = "messages"
    path = log("Nov 20 00:10:00 w kernel: %s\n" % FLOOD, name)
    monkeypatch.setattr(kernel_log, "LOG_FILES", (path,))
    evening, earlier = NOW - 6 * 3600, NOW - 2 * DAY
    for suffix in (".1", "-20261120", "-20261120-1795132800", ".20261120", ".2.gz"):
        log("Nov 19 22:30:00 w kernel: %s\n" % FLOOD, name + suffix, evening)
        found, warnings = read_kernel_log("auto", now=NOW)
        assert (spans(found), warnings) == ([(2, "2026-11-19T22:30:00Z", "2026-11-20T00:10:00Z")], [])
        assert spans(read_kernel_log(path, now=NOW)[0])[0][0] == 1, "who names a file means that one"
        (tmp_path / (name + suffix)).unlink()
    for other in ("2", ".old", ".1.swp", "-of-nginx", ".offset"):
        log("Nov 19 22:30:00 w kernel: %s\n" % FLOOD, name + other, evening)
    log("Nov 19 22:30:00 w kernel: %s\n" % FLOOD, name + ".1", earlier)
    (tmp_path / (name + ".3")).mkdir()
    assert times(read_kernel_log("auto", now=NOW)[0]) == ["2026-11-20T00:10:00Z"]
    for number in range(9):
        log("Nov 19 22:30:00 w kernel: %s\n" % FLOOD, "%s.%d" % (name, number + 10), evening)
    found, warnings = read_kernel_log("auto", now=NOW)
    assert spans(found)[0][0] == 9
    assert warnings == ["kernel log: of %r only the last 8 rotated files were read" % path]


def test_auto_asks_a_log_file_for_what_the_ring_buffer_has_lost(log, monkeypatch, tmp_path):
    flood = parse_message(FLOOD.encode())
    kept = NOW - 600
    monkeypatch.setattr(kmsg, "kmsg_events", lambda *_given: iter([(kept + 1, flood)]))
    lines = "".join("%s w kernel: %s\n" % (at, FLOOD) for at in ("Nov 20 02:00:00", "Nov 20 04:20:00", "Nov 20 04:20:01"))
    monkeypatch.setattr(kernel_log, "LOG_FILES", (str(tmp_path / "none"), log(lines), log(lines, "second")))
    for lost_until, expected in (
        (None, (1, "2026-11-20T04:20:01Z", "2026-11-20T04:20:01Z")),
        (kept, (2, "2026-11-20T02:00:00Z", "2026-11-20T04:20:01Z")),
        (NOW - 2 * DAY, (1, "2026-11-20T04:20:01Z", "2026-11-20T04:20:01Z")),
    ):
        monkeypatch.setattr(kmsg, "overwritten_until", lambda *_given, until=lost_until: until)
        found, warnings = read_kernel_log("auto", now=NOW)
        assert (spans(found), warnings) == ([expected], [])
        assert times(read_kernel_log("kmsg", now=NOW)[0]) == ["2026-11-20T04:20:01Z"], "who insists on one has that one"


def test_a_log_of_several_hosts_is_called_one(log):
    lines = ["Nov 20 04:23:4%d %s kernel: %s\n" % (at, host, FLOOD) for at, host in enumerate(("web", "web", "db"))]
    assert read_kernel_log(log("".join(lines[:2])), now=NOW)[1] == []
    path = log("".join(lines))
    found, warnings = read_kernel_log(path, now=NOW)
    assert spans(found)[0][0] == 3
    assert warnings == ["kernel log: %r tells of several hosts, and not of this one alone" % path]


def without_journal(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(
        "ansible_collections.linuxnet.tcp.plugins.module_utils._read.journal._PROGRAM", str(tmp_path / "no")
    )


def test_a_journal_that_is_not_there_is_a_warning(monkeypatch, tmp_path):
    without_journal(monkeypatch, tmp_path)
    found, warnings = read_kernel_log("journal")
    assert (found.readable, found.events) == (False, ())
    assert warnings == ["kernel log: the journal cannot be read: No such file or directory"]
