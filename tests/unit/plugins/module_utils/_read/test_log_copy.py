# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of the kernel's messages as dmesg and journalctl print them: read back exactly, or told why not."""

from __future__ import annotations

import datetime
import gzip
import json
import os
import random
import struct
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._log import boot_clock, copies, entries
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import log_copy, log_file
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel_log import read_kernel_log
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._log import hostile

pytestmark = pytest.mark.usefixtures("in_utc")

SAMPLES = os.path.join(os.path.dirname(__file__), *[os.pardir] * 4, "data", "log_copies")
UTC = datetime.timezone.utc
NOW = hostile.SECOND + 60
FLOOD = "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending cookies."
UPTIME = 4711
BOOT = hostile.SECOND - UPTIME


def read(path, **named):
    found, warnings = read_kernel_log(str(path), now=NOW, **named)
    return [(event["kind"], event["port"] or event["peer_port"], event["time"]) for event in found.events], warnings


def read_bytes(content, tmp_path, **named):
    path = tmp_path / "copy"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.utime(str(path), (NOW, NOW))
    return read(path, **named)


# ---------------------------------------------------------------- samples

NOT_TAKEN = {
    "dmesg.txt": "2 without a time, or with seconds since a boot",
    "dmesg-notime.txt": "2 without a time, ",
    "dmesg-reltime.txt": "2 with times without seconds",
    "docker-json-file.txt": "2 out of a container",
    "mail-broken.txt": "1 that end in the middle of the message, as where a mail program breaks lines; 1 in no form",
}


@pytest.mark.parametrize("name", sorted(os.listdir(SAMPLES)))
def test_every_sample_is_read_or_told(name):
    """In each the kernel tells of port 80, and a program of port 81, also in the disguise of fields and lines."""
    for warned in read(os.path.join(SAMPLES, name), max_age=10 * 365 * 86400)[1]:
        assert " lines of %r that look like" % os.path.join(SAMPLES, name) in warned
        assert ", but were not taken: " + NOT_TAKEN[name] in warned
        assert "dmesg --time-format iso" in warned
        assert "journalctl -k -o short-iso" in warned
    events, warnings = read(os.path.join(SAMPLES, name))
    assert len(warnings) == (name in NOT_TAKEN)
    taken = [("syn_flood", 80, "2026-11-20T04:23:45Z"), ("open_request_dropped", 4711, "2026-11-20T04:23:46Z")]
    assert events == ([] if name in NOT_TAKEN else taken)


# ---------------------------------------------------------------- every form, with any message


def at(form):
    return datetime.datetime.fromtimestamp(hostile.SECOND, UTC).strftime(form)


CURSOR = "s=a26e52eba3bd46f9875de5c9f1358d36;i=10b;b=63be5bbd2a0a4ff9b0e12042f9c2b43c;m=1;t=2;x=3"


def fields(text):
    return {
        "__CURSOR": CURSOR, "__REALTIME_TIMESTAMP": "%d" % (hostile.SECOND * 1000000), "MESSAGE": text, "_TRANSPORT": "kernel",
        "SYSLOG_FACILITY": "0", "_HOSTNAME": "web1",
    }  # fmt: skip


def exported(entry):
    """An entry as of `journalctl -o export`."""
    parts = []
    for name, value in entry.items():
        data = value if isinstance(value, bytes) else value.encode()
        plain = name.encode() + b"=" + data if b"\n" not in data else name.encode() + b"\n" + struct.pack("<Q", len(data)) + data
        parts.append(plain + b"\n")
    return b"".join(parts) + b"\n"


def verbose(entry):
    return "%s UTC [%s]\n%s" % (
        at("%a %Y-%m-%d %H:%M:%S.000000"), CURSOR, "".join("    %s=%s\n" % item for item in entry.items() if item[0][:2] != "__")
    )  # fmt: skip


def pretty(entry):
    return "{\n" + ",\n".join("\t%s : %s" % (json.dumps(name), json.dumps(value)) for name, value in entry.items()) + "\n}\n"


BTIME = "btime %d\n" % BOOT
DMESG_JSON = '{\n   "dmesg": [\n      {\n         "fac": "kern",\n         "pri": "info",\n         "time": %12.6f,\n         "msg": %s\n      }\n   ]\n}\n'
LINES = {
    "dmesg": BTIME + "[%12.6f] {}\n" % UPTIME,
    "dmesg with callers": BTIME + "[%12.6f][  T123] {}\n" % UPTIME,
    "dmesg -d": BTIME + "[%12.6f <    1.000000>] {}\n" % UPTIME,
    "dmesg -r": BTIME + "<6>[%12.6f] {}\n" % UPTIME,
    "dmesg -x": BTIME + "kern  :info  : [%12.6f] {}\n" % UPTIME,
    "dmesg -T": at("[%a %b %e %H:%M:%S %Y] {}\n"),
    "dmesg -T -d": at("[%a %b %e %H:%M:%S %Y <    1.000000>] {}\n"),
    "dmesg -T -x": at("kern  :notice: [%a %b %e %H:%M:%S %Y] {}\n"),
    "dmesg -T --color": at("\x1b[32m[%a %b %e %H:%M:%S %Y] \x1b[0m{}\n"),
    "dmesg iso": at("%Y-%m-%dT%H:%M:%S,123456+00:00 {}\n"),
    "dmesg iso of another zone": "2026-11-20T09:53:45,123456+05:30 {}\n",
    "dmesg iso -x": at("kern  :warn  : %Y-%m-%dT%H:%M:%S,123456+0000 {}\n"),
    "short": at("%b %d %H:%M:%S web1 kernel: {}\n"),
    "short-precise": at("%b %d %H:%M:%S.123456 web1 kernel: {}\n"),
    "short-iso": at("%Y-%m-%dT%H:%M:%S+0000 web1 kernel: {}\n"),
    "short-full": at("%a %Y-%m-%d %H:%M:%S UTC web1 kernel: {}\n"),
    "short-full without a host": at("%a %Y-%m-%d %H:%M:%S UTC kernel: {}\n"),
    "short-full of another zone": "Fri 2026-11-20 01:23:45 -03 web1 kernel: {}\n",
    "short-unix": "%d.123456 web1 kernel: {}\n" % hostile.SECOND,
    "short-monotonic": BTIME + "[%12.6f] web1 kernel: {}\n" % UPTIME,
    "short-delta": BTIME + "[%12.6f <    1.000000 >] web1 kernel: {}\n" % UPTIME,
    "short-delta's first line": BTIME + "[%12.6f                ] web1 kernel: {}\n" % UPTIME,
}  # fmt: skip
FORMS = dict(
    {name: (lambda text, line=line: line.format(text).encode()) for name, line in LINES.items()},
    **{
        "json": lambda text: json.dumps(fields(text)).encode() + b"\n",
        "json-seq": lambda text: b"\x1e" + json.dumps(fields(text)).encode() + b"\n",
        "json-sse": lambda text: b"data: " + json.dumps(fields(text)).encode() + b"\n\n",
        "json-pretty": lambda text: pretty(fields(text)).encode(),
        "dmesg -J": lambda text: (BTIME + DMESG_JSON % (UPTIME, json.dumps(text))).encode(),
        "verbose": lambda text: verbose(fields(text)).encode(),
        "export": lambda text: exported(fields(text)),
    }
)


def told(content, path):
    path.write_bytes(content)
    os.utime(str(path), (NOW, NOW))
    warnings = []
    found = list(log_file.file_events(str(path), NOW, 0, warnings))
    return [(seconds, hostile.untimed(event)) for seconds, event in found], warnings


@pytest.mark.parametrize("form", sorted(FORMS))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_message_in_any_form_is_read_back(form, seed, tmp_path):
    said = hostile.true_message(random.Random(seed))
    content = FORMS[form](said.text.decode())
    expected = [(hostile.SECOND, said.event)]
    for written in (content, content.replace(b"\n", b"\r\n"), content[:-1]) if form != "export" else (content,):
        found, warnings = told(written, tmp_path / "copy")
        assert [(int(seconds), event) for seconds, event in found] == expected
        assert warnings == []
    assert told(gzip.compress(content, 1), tmp_path / "copy")[0] == found


@pytest.mark.parametrize("form", sorted(FORMS))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_message_with_one_thing_wrong_is_none_in_any_form(form, seed, tmp_path):
    text = hostile.false_message(random.Random(seed)).decode("latin-1").translate({10: "?", 13: "?", 27: "?"})
    if text.startswith("kernel: ") or text.strip() != text:
        text += "?"
    assert told(FORMS[form](text), tmp_path / "copy")[0] == []


@pytest.mark.parametrize("form", sorted(FORMS))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1), junk=st.binary(min_size=1, max_size=20), cut=st.integers(0, 20))
def test_bytes_put_into_a_copy_raise_nothing_and_make_no_other_event(form, where, junk, cut, tmp_path):
    """A number of the time or the port may change to another; the kernel's word for anything else it never is."""
    whole = FORMS[form](FLOOD)
    start = int(where * len(whole))
    found, _warnings = told(whole[:start] + junk + whole[start + cut:], tmp_path / "copy")
    assert len(found) <= 1
    for _seconds, event in found:
        assert (event["kind"], event["action"]) == ("syn_flood", "cookies")


@given(st.lists(st.one_of(st.binary(max_size=100), st.sampled_from([
    b"{", b"}", b"},{", b"[", b'"msg": "x"', b'"MESSAGE":"x"', b"    _TRANSPORT=kernel", b"    MESSAGE=" + FLOOD.encode(), b"btime 1795143914",
    verbose({}).encode()[:-1], b"\x1e{}", b"data: ", b"[    1.000000] " + FLOOD.encode(), b"{" * 3000, b"[" * 3000,
])), max_size=20))  # fmt: skip
def test_lines_of_any_kind_raise_nothing(lines):
    reader = log_copy.Reader(NOW, log_file.local_moments)
    for _seconds, event in reader.events(lines):
        assert event["port"] == 80
    reader.warnings("x", NOW)


@pytest.mark.parametrize("size", [1, 7, 100, 4096])
def test_where_blocks_end_does_not_matter_to_an_export(size):
    with open(os.path.join(SAMPLES, "journal-export.bin"), "rb") as stream:
        content = stream.read()
    reader = log_copy.Reader(NOW, log_file.local_moments)
    found = list(reader.exported(content[at:at + size] for at in range(0, len(content), size)))
    assert [event["port"] or event["peer_port"] for _seconds, event in found] == [80, 4711]
    assert reader.warnings("x", None) == []


# ---------------------------------------------------------------- who spoke

FORGED = [
    at("user  :info  : [%a %b %e %H:%M:%S %Y] ") + FLOOD,
    at("daemon:info  : %Y-%m-%dT%H:%M:%S,123456+00:00 ") + FLOOD,
    BTIME + "<14>[ 4711.000000] " + FLOOD,
    BTIME + "<30>[ 4711.000000] " + FLOOD,
    at("[%a %b %e %H:%M:%S %Y] app[1]: ") + FLOOD,
    at("%Y-%m-%dT%H:%M:%S,123456+00:00 app: ") + FLOOD,
    at("%Y-%m-%dT%H:%M:%S,123 ") + FLOOD,  # Python's logging
    at("%a %Y-%m-%d %H:%M:%S UTC web1 app[1]: ") + FLOOD,
    at("%a %Y-%m-%d %H:%M:%S UTC web1 app[1]: kernel: ") + FLOOD,
    "%d.123456 web1 app[1]: " % hostile.SECOND + FLOOD,
    "%d.123456 web1 TCP: " % hostile.SECOND + FLOOD[5:],  # written into the kernel's log
    BTIME + "[ 4711.000000] web1 app[1]: " + FLOOD,
    BTIME + "[ 4711.000000] web1 app[1]: kernel: " + FLOOD,
    json.dumps(dict(fields(FLOOD), _TRANSPORT="syslog")),
    json.dumps(dict(fields(FLOOD), SYSLOG_FACILITY="1")),
    json.dumps(dict(fields("x"), OTHER=FLOOD, _TRANSPORT="stdout")),
    pretty(dict(fields(FLOOD), _TRANSPORT="journal")),
    verbose(dict(fields(FLOOD), _TRANSPORT="journal")),
    verbose(dict(fields(FLOOD), SYSLOG_FACILITY="3")),
    BTIME + (DMESG_JSON % (UPTIME, json.dumps(FLOOD))).replace('"kern"', '"user"'),
    exported(dict(fields(FLOOD), SYSLOG_FACILITY="1")).decode(),
]


@pytest.mark.parametrize("content", FORGED)
def test_what_a_program_said_is_no_event_and_no_reason_to_warn(content, tmp_path):
    assert read_bytes(content + "\n", tmp_path) == ([], [])


@pytest.mark.parametrize("name", ["_TRANSPORT", "SYSLOG_FACILITY"])
@pytest.mark.parametrize("make", [json.dumps, pretty, verbose, lambda entry: exported(entry).decode()])
def test_an_entry_that_does_not_tell_who_spoke_is_counted(make, name, tmp_path):
    entry = {key: value for key, value in fields(FLOOD).items() if key != name}
    events, (warned,) = read_bytes(make(entry), tmp_path)
    assert events == [] and "1 without the journal's fields _TRANSPORT and SYSLOG_FACILITY" in warned


def test_texts_in_an_export_are_no_entries(tmp_path):
    forged = dict(fields("x\n\n" + exported(fields(FLOOD)).decode() + "\n" + LINES["short"].format(FLOOD)), _TRANSPORT="journal")
    content = exported(forged) + exported(fields(FLOOD))
    assert len(read_bytes(content, tmp_path)[0]) == 1
    twice = exported(forged).replace(b"_TRANSPORT=journal", b"_TRANSPORT=journal\n_TRANSPORT=kernel")
    assert read_bytes(twice, tmp_path)[0] == []


@pytest.mark.parametrize("damage", [b"\0\0\0", b"no field\n", b"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff", b"MESSAGE\n\1\0\0\0\0\0\0\0xx"])
def test_a_damaged_export_gives_what_comes_before(damage, tmp_path):
    events, warnings = read_bytes(exported(fields(FLOOD)) + damage + b"\n" + exported(fields(FLOOD)), tmp_path)
    assert len(events) == 1
    assert warnings == ["kernel log: %r is damaged; what came before was read" % str(tmp_path / "copy")]


# ---------------------------------------------------------------- when


def test_seconds_since_boot_need_a_boot(tmp_path):
    line = "[ 4711.000000] %s\n" % FLOOD
    assert read_bytes(line, tmp_path)[0] == []
    assert len(read_bytes(BTIME + line, tmp_path)[0]) == 1
    assert read_bytes("[    0.000000] x\n" + BTIME + line, tmp_path)[0] == [], "before the messages, not among them"
    later = "btime %d\n" % (BOOT + 86400)
    assert "1 without a time" in read_bytes(later + line, tmp_path)[1][0], "after the copy was made: another boot's"
    clock = "[    1.000000] rtc_cmos 00:00: setting system clock to 2026-11-20T03:05:15 UTC (%d)\n" % BOOT
    assert read_bytes(clock + line, tmp_path)[0] == [], "nobody knows whether it was right"


@pytest.mark.parametrize("between", ["[    5.000000] Linux version 6.1.0", "[ 4711.500000] PM: suspend exit"])
def test_a_boot_or_a_sleep_ends_what_is_known(between, tmp_path):
    line = "[%12.6f] %s\n"
    events, (warned,) = read_bytes(BTIME + line % (4711, FLOOD) + between + "\n" + line % (4712, FLOOD), tmp_path)
    assert [event[2] for event in events] == ["2026-11-20T04:23:45Z"]
    assert "1 without a time" in warned


def test_a_clock_takes_lines_that_are_a_little_out_of_order():
    clock = boot_clock.BootClock()
    clock.header(b"btime 1795143914")
    assert clock.moment(10.0, b"x") == 1795143924.0
    assert clock.moment(9.9, b"x") == 1795143923.9


def test_a_zone_by_name_is_this_hosts_or_unknown(tmp_path, monkeypatch):
    line = "Fri 2026-11-20 05:23:45 CET web1 kernel: %s\n" % FLOOD
    events, (warned,) = read_bytes(line, tmp_path)
    assert events == [] and "1 with times of another zone than this host's" in warned
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    assert read_bytes(line, tmp_path) == ([("syn_flood", 80, "2026-11-20T04:23:45Z")], [])


def test_a_copy_of_last_week_is_not_passed_over_in_silence(tmp_path):
    week = "[Fri Nov 13 04:23:45 2026] %s\n" % FLOOD
    events, (warned,) = read_bytes(week, tmp_path)
    assert events == [] and "is older than kernel_log_max_age, the last of 2026-11-13T04:23:45Z" in warned
    assert read_bytes(week, tmp_path, max_age=30 * 86400)[1] == []


def test_what_a_mail_program_broke_is_counted(tmp_path):
    for line in (LINES["short"], LINES["dmesg -T"]):
        for end in (" Sending cookies.", " cookies."):
            events, (warned,) = read_bytes(line.format(FLOOD[:-len(end)]) + end[1:] + "\n", tmp_path)
            assert events == [] and "1 that end in the middle of the message" in warned


def test_several_hosts_are_told_also_of_a_journal(tmp_path):
    lines = "".join(LINES["short-unix"].format(FLOOD).replace("web1", host) for host in ("web1", "web2"))
    assert "tells of several hosts" in read_bytes(lines, tmp_path)[1][0]


# ---------------------------------------------------------------- bounds


def test_a_log_daemons_file_is_read_once(tmp_path, monkeypatch):
    """Neither the kernel's lines nor what programs say like them make it cost more."""
    monkeypatch.setattr(log_file, "_once_more", None)
    lines = [LINES["short"].format(FLOOD), at("%b %d %H:%M:%S web1 app: ") + FLOOD + "\n", LINES["short"].format("x " + FLOOD)]
    assert read_bytes("".join(lines), tmp_path)[0] == [("syn_flood", 80, "2026-11-20T04:23:45Z")]


def test_what_is_kept_of_an_entry_is_bounded():
    held = entries.Entries()
    held.feed(b"{")
    for _number in range(1000):
        held.feed(b'"a": "%s",' % (b"x" * 1000))
    assert sum(map(len, held._object)) <= entries.LONGEST_ENTRY
    assert held.feed(b"}") == (None, True)
    assert max(map(len, log_copy.whole_lines([b"x" * 100000] * 20))) == 0


def test_an_export_too_large_is_read_from_its_beginning(tmp_path, monkeypatch):
    monkeypatch.setattr(log_file, "_MOST_PLAIN", 2000)
    events, warnings = read_bytes(exported(fields(FLOOD)) * 20, tmp_path)
    assert len(events) == 1
    assert "only the first 0 MiB" in warnings[0]


def test_no_line_is_a_copys_that_says_nothing():
    for line in (b"", b"x", b"[", b"[]", b"<6>", b"kern  :", b"Fri ", b"\x1b[32m["):
        assert copies.parse_copied(line) in (None, copies.Said(b"", lacks=copies.NO_TIME))
