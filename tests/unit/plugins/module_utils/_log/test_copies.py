# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each form of dmesg, journalctl and docker says, field by field."""

from __future__ import annotations

import calendar
import json

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._log import boot_clock, copies, entries, lines, times
from ansible_collections.linuxnet.tcp.plugins.module_utils._log.copies import Said
from ansible_collections.linuxnet.tcp.plugins.module_utils._log.times import Stamp

T = b"TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending cookies."
STAMP = Stamp(2026, 11, 20, 4, 23, 45)


@pytest.mark.parametrize(("line", "said"), [
    # dmesg
    (b"[ 4711.000000] " + T, Said(T, uptime=4711.0)), (b"[    0.500000] " + T, Said(T, uptime=0.5)),
    (b"[ 4711.000000 <    0.000050>] " + T, Said(T, uptime=4711.0)),
    (b"[ 4711.000000              ] " + T, Said(T, uptime=4711.0)), (b"[ 4711.000000][  T123] " + T, Said(T, uptime=4711.0)),
    (b"[ 4711.000000][  C0] " + T, Said(T, uptime=4711.0)),
    (b"[Fri Nov 20 04:23:45 2026] " + T, Said(T, STAMP)), (b"[Fri Jan  2 04:23:45 2026] " + T, Said(T, STAMP._replace(month=1, day=2))),
    (b"[Fri Dec 20 04:23:45 2026 <    0.000050>] " + T, Said(T, STAMP._replace(month=12))),
    (b"2026-11-20T04:23:45,123456+00:00 " + T, Said(T, STAMP._replace(offset=0))),
    (b"2026-11-20T04:23:45,123456+0130 " + T, Said(T, STAMP._replace(offset=5400))),
    (b"2026-11-20T04:23:45,123456-01:30 " + T, Said(T, STAMP._replace(offset=-5400))),
    (b"[Nov20 04:23] " + T, Said(T, lacks=copies.NO_SECONDS)), (b"[  +0.000005] " + T, Said(T, lacks=copies.NO_SECONDS)),
    (b"[<    0.000005>] " + T, Said(T, lacks=copies.NO_SECONDS)),
    # with who spoke
    (b"kern  :info  : [ 4711.000000] " + T, Said(T, uptime=4711.0)), (b"user  :info  : [ 4711.000000] " + T, copies.OTHERS),
    (b"kern  :info  : " + T, Said(T, lacks=copies.NO_TIME)),
    (b"<6>[ 4711.000000] " + T, Said(T, uptime=4711.0)), (b"<7>" + T, Said(T, lacks=copies.NO_TIME)), (b"<8>" + T, copies.OTHERS),
    (b"<14>[ 4711.000000] " + T, copies.OTHERS),
    (b"<0>" + T, Said(T, lacks=copies.NO_TIME)),
    # in colour
    (b"\x1b[32m[ 4711.000000] \x1b[0m\x1b[33mTCP: \x1b[0mx", Said(b"TCP: x", uptime=4711.0)),
    (b"\x1b[32m2026-11-20T04:23:45,123456+00:00 \x1b[0mx", Said(b"x", STAMP._replace(offset=0))),
    (b"\x1b[33m[ 4711.000000] " + T, None),
    # journalctl
    (b"[ 4711.000000] web1 kernel: " + T, Said(T, uptime=4711.0, host=b"web1")), (b"[ 4711.000000] kernel: " + T, Said(T, uptime=4711.0)),
    (b"[ 4711.000000] web1 app[1]: x", Said(b"web1 app[1]: x", uptime=4711.0)),
    (b"1795148625.123456 web1 kernel: " + T, Said(T, epoch=1795148625.123456, host=b"web1")),
    (b"1795148625.123456 kernel: " + T, Said(T, epoch=1795148625.123456)),
    (b"1795148625.123456 web1 app[1]: " + T, copies.OTHERS),
    (b"Fri 2026-11-20 04:23:45 UTC web1 kernel: " + T, Said(T, STAMP._replace(offset=0), host=b"web1")),
    (b"Fri 2026-11-20 04:23:45.123456 CET web1 kernel: " + T, Said(T, STAMP, b"CET", host=b"web1")),
    (b"Fri 2026-11-20 04:23:45 +01 web1 kernel: " + T, Said(T, STAMP._replace(offset=3600), host=b"web1")),
    (b"Fri 2026-11-20 04:23:45 GMT web1 kernel: x", Said(b"x", STAMP._replace(offset=0), host=b"web1")),
    (b"Fri 2026-11-20 04:23:45 UTC web1 app: " + T, copies.OTHERS),
    # none of these
    (T, None), (b"Nov 20 04:23:45 web1 kernel: " + T, None), (b"2026-11-20T04:23:45+0000 web1 kernel: " + T, None), (b"", None), (b"[4711] " + T, None),
    (b"12345678.123456 w kernel: x", None),
])  # fmt: skip
def test_what_a_line_says(line, said):
    assert copies.parse_copied(line) == said


@pytest.mark.parametrize(("line", "alike"), [
    (T, True), (b"anything possible SYN flooding on port 80. x", True), (b"Possible SYN flooding on port [::1]:80.", True),
    (b"Possible SYN flooding on port x", False),
    (b"TCP: drop open request from 192.0.2.1/5", True), (b"TCP: drop open request", False), (b"", False),
])  # fmt: skip
def test_a_line_that_may_hold_the_message(line, alike):
    assert copies.is_alike(line) is alike


@pytest.mark.parametrize(("text", "cut"), [
    (T[:-1], False), (b"TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending", True), (b"possible SYN flooding on port 80.", True),
    (b"TCPv6: Possible SYN flooding on port 80. Dropping request.  Check SNMP", True),
    (b"Possible SYN flooding on port 80. Sending cookies.  Check SNMP =", True), (b"Possible SYN flooding on port 80. ====", False), (b"x" + T, False),
    (b"", False),
])  # fmt: skip
def test_the_beginning_of_the_message(text, cut):
    assert copies.is_cut(text) is cut


def test_a_full_time_and_what_follows_it():
    assert copies.full_stamp(b"Fri 2026-11-20 04:23:45 Z x y") == (Said(b"", STAMP._replace(offset=0)), b"x y")
    assert copies.full_stamp(b"2026-11-20 04:23:45 Z x") == (None, b"2026-11-20 04:23:45 Z x")


# ---------------------------------------------------------------- entries


def fed(*given):
    """What entries say, in their order."""
    held = entries.Entries()
    told = [held.feed(one)[0] for one in given] + [held.end()]
    return [one for one in told if one is not None]


def entry(**changed):
    fields = {"_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "MESSAGE": T.decode(), "_HOSTNAME": "web1", "__REALTIME_TIMESTAMP": "1795148625123456"}
    fields.update(changed)
    return {name: value for name, value in fields.items() if value is not None}


@pytest.mark.parametrize(("changed", "said"), [
    ({}, Said(T, epoch=1795148625.123456, host=b"web1")), ({"_TRANSPORT": "syslog"}, copies.OTHERS), ({"SYSLOG_FACILITY": "1"}, copies.OTHERS),
    ({"_TRANSPORT": None}, Said(T, epoch=1795148625.123456, host=b"web1", lacks=copies.NO_AUTHOR)),
    ({"SYSLOG_FACILITY": None}, Said(T, epoch=1795148625.123456, host=b"web1", lacks=copies.NO_AUTHOR)),
    ({"__REALTIME_TIMESTAMP": None}, Said(T, host=b"web1", lacks=copies.NO_TIME)),
    ({"__REALTIME_TIMESTAMP": "soon"}, Said(T, host=b"web1", lacks=copies.NO_TIME)),
    ({"__REALTIME_TIMESTAMP": "1" * 17}, Said(T, epoch=int("1" * 17) / 1e6, host=b"web1")),
    ({"__REALTIME_TIMESTAMP": "1" * 18}, Said(T, host=b"web1", lacks=copies.NO_TIME)),
    ({"_TRANSPORT": None, "__REALTIME_TIMESTAMP": None}, Said(T, host=b"web1", lacks=copies.NO_AUTHOR)),
    ({"_HOSTNAME": None}, Said(T, epoch=1795148625.123456)),
])  # fmt: skip
def test_what_an_entry_of_a_journal_says(changed, said):
    assert fed(json.dumps(entry(**changed)).encode()) == [said]


def test_an_entry_with_two_messages_has_none():
    assert fed(json.dumps(entry(MESSAGE=[T.decode(), T.decode()])).encode()) == [Said(b"", epoch=1795148625.123456, host=b"web1")]


HEAD = b"Fri 2026-11-20 04:23:45.123456 UTC [s=0123456789abcdef;i=1;b=1;m=1;t=1;x=1]"


def test_an_entry_of_several_lines():
    own = [b"    %s=%s" % (name.encode(), value.encode()) for name, value in entry().items() if not name.startswith("__")]
    said = Said(T, STAMP._replace(offset=0), host=b"web1")
    assert fed(HEAD, *own) == [said]
    assert fed(HEAD, *own, HEAD, *own) == [said, said]
    assert fed(HEAD, *own, own[2]) == [said._replace(text=b"")], "a field that comes twice"
    assert fed(b"x", *own) == [] and fed(HEAD.replace(b"[s=", b"[t="), *own) == []
    assert fed(HEAD, own[0].replace(b"kernel", b"syslog"), *own[1:]) == [copies.OTHERS]


def test_lines_of_an_entry_are_told_from_others():
    held = entries.Entries()
    given = [b"{", b'\t"MESSAGE" : "x",', b"}", b"text", HEAD, b"    MESSAGE=x", b"", b'{"a": 1}', b'{"a": 1} x']
    assert [held.feed(one)[1] for one in given] == [True, True, True, False, True, True, False, True, False]


def dmesg(**fields):
    return json.dumps(dict({"fac": "kern", "pri": "info", "time": 4711.5, "msg": T.decode()}, **fields)).encode()


@pytest.mark.parametrize(("changed", "said"), [
    ({}, Said(T, uptime=4711.5)), ({"msg": T.decode() + "\n"}, Said(T, uptime=4711.5)), ({"fac": "user"}, copies.OTHERS),
    ({"time": None}, Said(T, lacks=copies.NO_TIME)),
    ({"time": 0.0}, Said(T, uptime=0.0)), ({"time": -0.5}, Said(T, lacks=copies.NO_TIME)), ({"time": 1e11}, Said(T, lacks=copies.NO_TIME)),
    ({"time": 5}, Said(T, lacks=copies.NO_TIME)),
    ({"pri": 0}, Said(T, uptime=4711.5)), ({"pri": 7}, Said(T, uptime=4711.5)), ({"pri": 8}, copies.OTHERS), ({"pri": -1}, copies.OTHERS),
])  # fmt: skip
def test_what_an_entry_of_dmesg_says(changed, said):
    assert fed(dmesg(**changed)) == [said]


def test_what_a_container_or_an_unknown_program_wrote_is_told_as_that():
    assert fed(json.dumps({"log": T.decode(), "stream": "stdout"}).encode()) == [Said(T, lacks=copies.CONTAINER)]
    assert fed(json.dumps({"log": "hello"}).encode()) == []
    unknown = json.dumps({"text": T.decode()}).encode()
    assert fed(unknown) == [Said(unknown, lacks=copies.UNKNOWN)]
    assert fed(unknown[:-1] + b",}") == [Said(unknown[:-1] + b",}", lacks=copies.UNKNOWN)]


def test_an_object_of_more_than_16384_bytes_is_none():
    line = json.dumps(entry(X="")).encode()
    for more, told in ((0, 1), (1, 0)):
        assert len(fed(line.replace(b'"X": "', b'"X": "' + b"x" * (16384 - len(line) + more)))) == told
    pretty = [b"{", b'\t"X" : "",', *(b"\t%s : %s," % (json.dumps(name).encode(), json.dumps(value).encode()) for name, value in entry().items())]
    pretty[-1:] = [pretty[-1][:-1], b"}"]
    held = sum(len(one.strip()) for one in pretty[1:-1])
    for more, told in ((0, 1), (3, 0)):
        pretty[1] = b'\t"X" : "%s",' % (b"x" * (16384 - held - 2 + more))
        assert len([one for one in fed(*pretty) if one.text == T]) == told


# ---------------------------------------------------------------- when


@pytest.mark.parametrize(
    "text",
    [
        b"PM: suspend entry (deep)",
        b"PM: hibernation: hibernation entry",
        b"PM: resume from x",
        b"PM: Syncing filesystems ...",
        b"Suspending console(s)",
    ],
)
def test_a_clock_that_stood_still_tells_nothing_any_more(text):
    clock = boot_clock.BootClock()
    clock.header(b"btime 1795147200")
    assert clock.moment(5.0, b"x") == 1795147205.0
    assert clock.moment(6.0, text) is None and clock.moment(7.0, b"x") is None


def test_a_clock_that_began_anew_tells_nothing_any_more():
    for back, told in ((4.0, 1795147204.0), (3.9, None)):
        clock = boot_clock.BootClock()
        clock.header(b"btime 1795147200")
        clock.moment(5.0, b"x")
        assert clock.moment(back, b"x") == told


def test_only_a_header_tells_when_it_began():
    clock = boot_clock.BootClock()
    for header in (b"btime 12345678", b"btime 123456789012", b"xbtime 1795147200", b"btime 1795147200 x"):
        clock.header(header)
    assert clock.moment(0.0, b"x") is None
    clock.header(b"btime 1795147200")
    assert clock.moment(1.0, b"x") is None, "behind the first message"


def test_a_line_that_names_its_facility_and_an_offset():
    assert lines.parse_line(b"<7>Nov 20 04:23:45 w kernel: x") is not None
    assert lines.parse_line(b"<8>Nov 20 04:23:45 w kernel: x") is None
    assert lines.parse_stamp(b"2026-11-20T04:23:45+01:30 x").offset == 5400
    assert lines.parse_stamp(b"2026-11-20T04:23:45-01:30 x").offset == -5400
    assert lines.parse_stamp(b"Dec 20 04:23:45 2026 x") == Stamp(2026, 12, 20, 4, 23, 45)
    assert times.utc_text(-0.5) == "1969-12-31T23:59:59Z"


def utc(*written):
    return [calendar.timegm((*written, 0, 0, 0))]


@pytest.mark.parametrize(("ahead", "year"), [(0, 2026), (60, 2026), (61, 2025)])
def test_a_time_may_be_a_minute_ahead(ahead, year):
    written = Stamp(None, 9, 30, 6, 54, 0)
    (this_year,) = utc(2026, 9, 30, 6, 54, 0)
    assert times.to_epoch(written, this_year - ahead, utc) == utc(year, 9, 30, 6, 54, 0)[0]


@pytest.mark.parametrize(("ahead", "hour"), [(60, 1), (61, 0)])
def test_of_an_hour_that_comes_twice_the_second_may_be_a_minute_ahead(ahead, hour):
    assert times.to_epoch(Stamp(2026, 9, 30, 6, 54, 0), 3600 - ahead, lambda *_written: [0, 3600]) == 3600 * hour
