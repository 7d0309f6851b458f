# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two looks at a process, read from files as the kernel writes them."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import standstill

TICK = 1 / os.sysconf("SC_CLK_TCK")


def stat(tid: int, name: str = "nginx", state: str = "S", ticks: int = 0, started: int = 77) -> str:
    return "%d (%s) %s 1 1 1 0 -1 0 0 0 0 0 %d 5 0 0 20 0 1 0 %d 0 0\n" % (tid, name, state, ticks, started)


class Proc:
    """A /proc with one process, 812."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.write("self/mountinfo", "")
        self.write("812/status", "Name:\tnginx\nTracerPid:\t0\nFDSize:\t64\nThreads:\t1\n")
        self.write("812/limits", "Limit  Soft Limit  Hard Limit  Units\nMax open files            3                    4                    files\n")
        self.write("812/cgroup", "0::/\n")
        self.write("812/fd/0", "")
        self.thread(812)

    def write(self, path: str, content: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(content)

    def thread(self, tid: int, wchan: str = "0", schedstat: str | None = None, **named) -> None:
        self.write("812/task/%d/stat" % tid, stat(tid, **named))
        self.write("812/task/%d/wchan" % tid, wchan)
        if schedstat is not None:
            self.write("812/task/%d/schedstat" % tid, schedstat)

    def look(self, meanwhile=lambda: None):
        return standstill.look([812], str(self.root), sleep=lambda _seconds: meanwhile())

    def seen(self, meanwhile=lambda: None):
        found, warnings = self.look(meanwhile)
        assert warnings == []
        return found[812]


@pytest.fixture
def proc(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Proc:
    monkeypatch.setattr(standstill, "_size", lambda _directory: 0)  # as before Linux 6.2
    return Proc(tmp_path)


def test_a_process_that_sleeps(proc: Proc) -> None:
    seen = proc.seen()
    (thread,) = seen.threads
    assert (thread.tid, thread.name, thread.states, thread.ran, thread.queued, thread.wchan) == (812, "nginx", ("S", "S"), 0, None, None)
    assert (seen.all_threads, seen.open, seen.limit, seen.hard_limit, seen.tracer) == (1, 1, 3, 4, None)
    assert (seen.frozen, seen.groups) == (None, ())


def test_what_it_ran_meanwhile(proc: Proc) -> None:
    seen = proc.seen(lambda: proc.thread(812, state="R", ticks=7))
    assert seen.threads[0].states == ("S", "R")
    assert seen.threads[0].ran == pytest.approx(7 * TICK)


@pytest.mark.parametrize("later, ran, queued", [("300000000 500000000 9\n", 0.2, 0.3), ("0 0 0\n", 0.0, None), ("x\n", 0.0, None)])
def test_the_kernels_finer_count(proc: Proc, later: str, ran: float, queued: float | None) -> None:
    proc.thread(812, schedstat="100000000 200000000 3\n" if queued else later)
    thread = proc.seen(lambda: proc.thread(812, schedstat=later)).threads[0]
    assert thread.ran == pytest.approx(ran)
    assert thread.queued == (pytest.approx(queued) if queued else None)


def test_a_thread_number_that_another_one_has_by_now(proc: Proc) -> None:
    proc.thread(813)
    seen = proc.seen(lambda: proc.thread(813, started=99))
    assert [thread.tid for thread in seen.threads] == [812]


def test_the_main_thread_comes_first_and_blocked_ones_tell_where(proc: Proc) -> None:
    proc.thread(7, wchan="folio_wait_bit", state="D")
    proc.thread(813, wchan="futex_do_wait")
    seen = proc.seen()
    assert [(thread.tid, thread.wchan) for thread in seen.threads] == [(812, None), (7, "folio_wait_bit"), (813, None)]


def test_a_hostile_name(proc: Proc) -> None:
    proc.thread(812, name="a) D 1 1 (\n{{ x }}\x1b", state="T")
    thread = proc.seen().threads[0]
    assert (thread.name, thread.states) == (r"a) D 1 1 (\n{ { x }}\x1b", ("T", "T"))


def test_only_descriptors_below_the_limit_count(proc: Proc) -> None:
    for number in (1, 2, 3, 900):  # the limit was lowered meanwhile
        proc.write("812/fd/%d" % number, "")
    assert proc.seen().open == 3


def test_no_limit(proc: Proc) -> None:
    proc.write("812/limits", "Max open files            unlimited            unlimited            files\n")
    assert (proc.seen().open, proc.seen().limit) == (None, None)


def test_many_descriptors_are_not_counted_one_by_one(proc: Proc, monkeypatch: pytest.MonkeyPatch) -> None:
    proc.write("812/limits", "Max open files            1048576              1048576              files\n")
    monkeypatch.setattr(standstill, "_size", lambda _directory: 300000)
    monkeypatch.setattr(standstill.os, "scandir", None)
    assert proc.seen().open == 300000


def test_nor_are_they_where_their_number_is_not_told(proc: Proc) -> None:
    proc.write("812/limits", "Max open files            1048576              1048576              files\n")
    assert proc.seen().open == 1  # a table of 64 slots cannot have reached it
    proc.write("812/status", "FDSize:\t1048576\n")
    found, warnings = proc.look()
    assert (found[812].open, warnings) == (None, ["pid 812: its open descriptors could not be counted"])


def test_more_threads_than_are_looked_at(proc: Proc) -> None:
    for tid in range(1000, 1300):
        proc.thread(tid)
    proc.write("812/status", "Threads:\t301\n")
    seen = proc.seen()
    assert (len(seen.threads), seen.threads[0].tid, seen.all_threads) == (256, 812, 301)


def test_a_debugger(proc: Proc) -> None:
    proc.write("812/status", "Name:\ta\\nTracerPid:\t5\nTracerPid:\t99\n")
    assert proc.seen().tracer == 99


def test_more_processes_than_are_looked_at(proc: Proc) -> None:
    found, warnings = standstill.look(range(1000, 1070), str(proc.root), sleep=lambda _seconds: None)
    assert found == {}
    assert warnings[0].startswith("70 processes hold listeners")
    assert warnings[1:] == ["pid 1000 and 63 more: why it does not accept could not be read: No such file or directory"]


def test_nobody_waits_for_nothing() -> None:
    def sleep(_seconds: float) -> None:
        raise AssertionError

    assert standstill.look([], sleep=sleep) == ({}, [])


def test_it_waits_for_two_periods_of_the_longest_quota_but_no_longer_than_a_second(proc: Proc) -> None:
    waited = []
    root = proc.root / "cgroup"
    proc.write("self/mountinfo", "1 2 3:4 / %s rw - cgroup2 cgroup2 rw\n" % root)
    proc.write("812/cgroup", "0::/a\n")
    proc.write("cgroup/a/cpu.stat", "nr_periods 7\nnr_throttled 3\n")
    for period in ("20000", "200000", "1000000"):
        proc.write("cgroup/a/cpu.max", "5000 %s\n" % period)
        found, _warnings = standstill.look([812], str(proc.root), sleep=waited.append)
        assert [group.directory for group in found[812].groups] == [str(root / "a")]
    assert waited == [0.2, pytest.approx(0.44), 1.0]
