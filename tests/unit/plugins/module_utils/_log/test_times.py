# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A year that was not written, a zone that was not, and dates that do not exist."""

from __future__ import annotations

import calendar
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._log.times import Stamp, to_epoch, utc_text


def utc(*written):
    return [calendar.timegm(written + (0, 0, 0))]


def moment(text):
    return calendar.timegm(datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").timetuple())


@pytest.mark.parametrize(
    "stamp, latest, expected",
    [
        (Stamp(None, 9, 30, 6, 54, 0), "2026-11-20 00:00:00", "2026-09-30 06:54:00"),
        (Stamp(None, 12, 31, 23, 59, 59), "2026-01-01 00:00:05", "2025-12-31 23:59:59"),
        (Stamp(None, 1, 1, 0, 0, 3), "2026-12-31 23:59:59", "2027-01-01 00:00:03"),  # clocks disagree by seconds
        (Stamp(None, 11, 20, 6, 0, 0), "2026-11-20 04:00:00", "2025-11-20 06:00:00"),
        (Stamp(None, 2, 29, 12, 0, 0), "2027-05-01 00:00:00", "2024-02-29 12:00:00"),
        (Stamp(None, 2, 29, 12, 0, 0), "2103-05-01 00:00:00", "2096-02-29 12:00:00"),
        (Stamp(2019, 9, 30, 6, 54, 0), "2026-11-20 00:00:00", "2019-09-30 06:54:00"),
        (Stamp(2026, 9, 30, 6, 54, 0, 7200), "2026-11-20 00:00:00", "2026-09-30 04:54:00"),
        (Stamp(2026, 12, 31, 23, 59, 60, 0), "2027-11-20 00:00:00", "2026-12-31 23:59:59"),
    ],
)
def test_the_year_is_the_last_possible_one(stamp, latest, expected):
    assert to_epoch(stamp, moment(latest), utc) == moment(expected)


@pytest.mark.parametrize(
    "stamp",
    [Stamp(2026, 2, 30, 0, 0, 0), Stamp(None, 2, 30, 0, 0, 0), Stamp(2026, 1, 1, 25, 0, 0), Stamp(0, 1, 1, 0, 0, 0)],
)
def test_dates_that_do_not_exist(stamp):
    assert to_epoch(stamp, moment("2026-11-20 00:00:00"), utc) is None


def test_an_hour_that_comes_twice_is_the_one_that_has_been():
    first, second = moment("2026-10-25 00:30:00"), moment("2026-10-25 01:30:00")
    stamp = Stamp(None, 10, 25, 2, 30, 0)

    def local(*_written):
        return [first, second]

    assert to_epoch(stamp, second + 600, local) == second
    assert to_epoch(stamp, first + 600, local) == first
    assert to_epoch(stamp._replace(year=2026), first + 600, local) == first


@given(st.datetimes(datetime.datetime(1980, 1, 1), datetime.datetime(2105, 1, 1)), st.integers(0, 300 * 86400))
def test_without_a_year_nothing_lies_ahead_and_what_is_recent_is_exact(written, age):
    written = written.replace(microsecond=0)
    seconds = calendar.timegm(written.timetuple())
    stamp = Stamp(None, written.month, written.day, written.hour, written.minute, written.second)
    found = to_epoch(stamp, seconds + age, utc)
    if (written.month, written.day) == (2, 29):
        assert found <= seconds + age + 60
    else:
        assert found == seconds


@pytest.mark.parametrize(
    "seconds, text",
    [(0, "1970-01-01T00:00:00Z"), (1795148625.999, "2026-11-20T04:23:45Z"), (253402300799, "9999-12-31T23:59:59Z")],
)
def test_utc_text(seconds, text):
    assert utc_text(seconds) == text
