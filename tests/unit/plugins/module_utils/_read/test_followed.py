# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unanswered half-open entries looked at twice: which are followed, and which are gone."""

from __future__ import annotations

import errno
import socket
from unittest import mock

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import Followed, ListenKey, ListenSocket
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import followed
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._read.test_syn_recv import entry, kernel

V4, V6 = socket.AF_INET, socket.AF_INET6
SOCKETS = [
    ListenSocket("ipv4", "tcp", "0.0.0.0", 80, None, False, 1, 0, 0, 1, 0, None),
    ListenSocket("ipv6", "tcp", "::", 81, None, True, 2, 0, 0, 1, 0, None),
]


def one(number, again=0, left=400, port=80):
    return entry(V4, "10.0.0.1", port, "198.51.100.%d" % number, again, expires=left)


def six(number, again=0, left=400):
    return entry(V6, "::ffff:10.0.0.1", 81, "::ffff:198.51.100.%d" % number, again, expires=left)


@pytest.mark.parametrize(
    "again, left, seconds, retries, taken",
    [
        (0, 900, 2.0, 5, False),  # young: the answer may be on its way
        (0, 500, 2.0, 5, True),
        (0, 0, 2.0, 5, True),
        (0, 400, 1.0, 5, True),
        (0, 400, 0.5, 5, False),  # is not due within the window
        (1, 1700, 2.0, 5, True),
        (1, 1800, 2.0, 5, False),
        (1, 2000, 9.0, 5, True),  # never followed for longer than 3 s
        (2, 100, 2.0, 5, False),  # a full queue gives it up now
        (1, 100, 2.0, 1, False),
        (0, 100, 2.0, 1, True),
        (0, 100, 2.0, 0, False),
    ],
)
def test_entries_are_followed_that_cannot_end_but_by_an_answer(again, left, seconds, retries, taken):
    look = followed.first_look(seconds, retries=retries, dump=kernel(one(1, again, left)))
    assert sum(map(len, look.entries.values())) == taken


def test_who_answered_is_gone():
    before = kernel(b"".join(map(one, range(10))) + one(10, port=82), b"".join(map(six, range(5))))
    look = followed.first_look(2.0, dump=before)
    # The SYN-ACKs of those that stay were sent again; another entry of the same client is another one.
    stay = [one(number, 1, 1900) for number in range(3)] + [one(200)]
    after = kernel(b"".join(stay), six(4, 1, 1900))
    assert followed.second_look(look, 2.0, SOCKETS, dump=after) == {
        ListenKey("ipv4", "0.0.0.0", 80, None): Followed(2.0, 10, 7, 0),
        ListenKey("ipv4", "10.0.0.1", 82, None): Followed(2.0, 1, 1, 0),
        ListenKey("ipv6", "::", 81, None): Followed(2.0, 5, 4, 0),
    }


@pytest.mark.parametrize(
    "again, left, seconds, then, asked",
    [
        (0, 400, 1.0, 1, False),
        (0, 400, 1.0, 2, True),
        (0, 400, 2.0, 1, False),
        (0, 200, 2.0, 2, False),  # at 0.2 s and, were the machine slow in between, at 2.2 s
        (0, 400, 2.0, 2, True),
        (1, 1500, 2.0, 2, False),
        (1, 1500, 2.0, 4, True),
    ],
)
def test_who_asked_again_got_more_than_the_timer_sends(again, left, seconds, then, asked):
    look = followed.first_look(seconds, dump=kernel(one(1, again, left)))
    found = followed.second_look(look, seconds, SOCKETS, dump=kernel(one(1, then, 900)))
    assert list(found.values()) == [Followed(seconds, 1, 0, int(asked))]


def test_of_very_many_a_part_is_followed():
    with mock.patch.object(followed, "MAX_FOLLOWED", 64):
        look = followed.first_look(2.0, dump=kernel(*(one(number) for number in range(256))))
    assert 8 <= len(look.entries[V4]) <= 64  # 32 or more are to be expected


def test_a_table_that_cannot_be_read_as_a_whole_tells_nothing():
    def refuse(_body):
        raise OSError(errno.EPROTONOSUPPORT, "Protocol not supported")

    look = followed.first_look(2.0, dump=kernel(one(1)))
    assert followed.second_look(look, 2.0, SOCKETS, dump=refuse) == {}
    assert followed.second_look(look, 2.0, SOCKETS, dump=kernel(one(2), interrupted=1)) == {}
    assert not any(followed.first_look(2.0, dump=refuse).entries.values())


def test_nothing_to_follow_is_not_looked_for():
    def never(_body):
        raise AssertionError("asked")

    look = followed.first_look(2.0, dump=kernel())
    assert followed.second_look(look, 2.0, SOCKETS, dump=never) == {}
