# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import multiprocessing
from typing import Any, List

import pytest

pytest.importorskip("ansible.utils.display", reason="needs ansible-core")

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.plugin_utils import _progress
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._progress import Progress

HOSTS = ["web%d" % number for number in range(40)]


def shared() -> Any:
    return multiprocessing.get_context("fork").Array("d", 4)


def test_a_task_that_is_quick_says_nothing() -> None:
    one = Progress(shared(), "task", HOSTS, "Gathering")
    one.begins(100.0)
    assert [one.line(100.0 + seconds) for seconds in (0, 0.5, 5, 9.9)] == [None] * 4


def test_one_of_all_hosts_says_it_and_then_only_after_a_while() -> None:
    numbers = shared()
    hosts = [Progress(numbers, "task", HOSTS, "Gathering") for _host in HOSTS]
    for one in hosts:
        one.begins(100.0)
    for one in hosts[:12]:
        one.ends()
    assert [one.line(110.0) for one in hosts[12:15]] == ["Gathering: 12 of 40 hosts done after 10 s", None, None]
    assert hosts[20].line(119.9) is None
    assert hosts[20].line(120.0) == "Gathering: 12 of 40 hosts done after 20 s"


def test_how_long_it_takes_where_that_is_known() -> None:
    one = Progress(shared(), "task", ["web1"], "Watching", 30.0)
    one.begins(0.0)
    assert one.line(10.0) == "Watching web1: 10 s of 30 s"
    assert one.line(35.0) == "Watching web1: 35 s"


def test_another_task_and_another_batch_begin_anew() -> None:
    numbers = shared()
    first = Progress(numbers, "task", HOSTS[:20], "Gathering")
    first.begins(0.0)
    first.ends()
    second = Progress(numbers, "task", HOSTS[20:], "Gathering")
    second.begins(50.0)
    assert (first.line(60.0), second.line(60.0)) == (None, "Gathering: 0 of 20 hosts done after 10 s")
    first.ends()  # a late one of the first batch is not counted
    assert second.line(70.0) == "Gathering: 0 of 20 hosts done after 20 s"


@given(st.lists(st.tuples(st.integers(0, 39), st.floats(0, 3))))
def test_no_two_lines_within_ten_seconds(steps: List[Any]) -> None:
    numbers, now, told = shared(), 1000.0, [1000.0]
    hosts = [Progress(numbers, "task", HOSTS, "Gathering") for _host in HOSTS]
    for one in hosts:
        one.begins(now)
    for at, passed in steps:
        now += passed
        if hosts[at].line(now):
            told.append(now)
    assert all(later - earlier > 9.99 for earlier, later in zip(told, told[1:]))


def test_where_nobody_looks_nothing_is_shared() -> None:
    assert _progress._shared() is None  # standard error is pytest's


def test_what_is_no_number_of_seconds_is_left_out() -> None:
    assert [_progress._number(value) for value in (None, "x", "{{ later }}", -1, 0, "30", 5)] == [None] * 5 + [30.0, 5.0]
