# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a process does not accept: what is certain wins, sleepers explain nothing, and any record has an answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import not_accepting as of

SECONDS = 0.2


def thread(tid=812, states="SS", ran=0.0, queued=None, wchan=None):
    return of.Thread(tid, "nginx", (states[0], states[1]), ran, queued, wchan)


def process(*threads, pid=812, **known):
    known.setdefault("all_threads", len(threads) or 1)
    return of.Process(pid, SECONDS, threads or (thread(pid),), **known)


def quota(throttled, periods=2, directory="/sys/fs/cgroup/a", version=2):
    return of.Group(directory, version, 10000, 100000, periods, throttled)


def cause(*processes):
    return of.why(processes)["cause"]


IDLE = process()
NUMBERS = st.none() | st.integers(0, 5)
THREADS = st.builds(
    of.Thread,
    tid=st.integers(1, 9),
    name=st.text(max_size=3),
    states=st.tuples(*[st.sampled_from("RSDTtZXIWPK?")] * 2),
    ran=st.floats(0, 1),
    queued=st.none() | st.floats(0, 1),
    wchan=st.none() | st.just("futex_wait"),
)
GROUPS = st.builds(
    of.Group, directory=st.just("/a"), version=st.sampled_from([1, 2]), quota=st.just(1), period=st.just(2),
    periods=st.integers(0, 4), throttled=st.integers(0, 4),
)  # fmt: skip
PROCESSES = st.builds(
    of.Process,
    pid=st.integers(1, 9),
    seconds=st.sampled_from([0.0, SECONDS, 1.0]),
    threads=st.lists(THREADS, max_size=4).map(tuple),
    all_threads=NUMBERS,
    open=NUMBERS,
    limit=NUMBERS,
    hard_limit=NUMBERS,
    tracer=NUMBERS,
    frozen=st.none() | st.builds(of.Frozen, st.none() | st.just("/a"), st.sampled_from([1, 2])),
    groups=st.lists(GROUPS, max_size=2).map(tuple),
)


@pytest.mark.parametrize(
    "seen, expected",
    [
        (IDLE, "unknown"),
        (process(thread(states="TT")), "stopped"),
        (process(thread(states="RT")), "stopped"),  # stopped between the looks
        (process(thread(states="TS")), "unknown"),  # it goes on
        (process(thread(states="tt"), tracer=9), "stopped"),
        (process(thread(states="TT"), thread(813, "SS")), "unknown"),  # only a thread of it is traced
        (process(thread(states="ZZ"), thread(813, "TT")), "stopped"),  # its main thread has ended
        (process(frozen=of.Frozen("/sys/fs/cgroup/a", 2)), "stopped"),
        (process(thread(states="DD"), frozen=of.Frozen("/sys/fs/cgroup/freezer/a", 1)), "stopped"),  # it shows as D
        (process(open=1024, limit=1024), "descriptors"),
        (process(open=1023, limit=1024), "unknown"),
        (process(thread(states="RR", ran=0.2), open=1024, limit=1024), "descriptors"),  # it tries again and again
        (process(thread(states="RR", ran=0.02), groups=(quota(2),)), "throttled"),
        (process(thread(states="RR", ran=0.0), groups=(quota(2),)), "throttled"),
        (process(thread(states="SS", ran=0.0), groups=(quota(2),)), "unknown"),  # others of the group used it up
        (process(thread(states="RR", ran=0.19), groups=(quota(1, 10),)), "busy"),
        (process(thread(states="DD")), "blocked"),
        (process(thread(states="DS")), "unknown"),  # a disk, as always
        (process(thread(), thread(813, "DD")), "blocked"),
        (process(thread(states="DD"), thread(813, "RR", 0.2)), "blocked"),
        (process(thread(states="RR", ran=0.2), thread(813, "DD")), "busy"),
        (process(thread(states="RR", ran=0.2)), "busy"),
        (process(thread(states="RS", ran=0.15)), "busy"),
        (process(thread(states="RR", ran=0.02)), "busy"),  # many want the CPU
        (process(thread(states="SR", ran=0.02, queued=0.15)), "busy"),
        (process(thread(states="SR", ran=0.02)), "unknown"),
        (process(thread(), thread(813, "RR", 0.2)), "busy"),
    ],
)
def test_causes(seen, expected):
    told = of.why([seen])
    assert (told["cause"], told["pid"], told["processes"]) == (expected, 812, 1)
    assert told["pids"] == ([] if expected == "unknown" else [812])


def test_what_shows_it():
    told = of.why([process(open=64, limit=64, hard_limit=128)])
    assert (told["open"], told["limit"], told["hard_limit"]) == (64, 64, 128)
    told = of.why([process(thread(states="RR", ran=0.02), groups=(quota(1, directory="/own"), quota(2, directory="/up")))])
    assert (told["cgroup"], told["quota_us"], told["period_us"]) == ("/up", 10000, 100000)
    assert (told["periods"], told["periods_throttled"]) == (2, 2)
    told = of.why([process(thread(), thread(813, "DD", wchan="folio_wait_bit"))])
    assert (told["tid"], told["wchan"], told["threads"]) == (813, "folio_wait_bit", 2)
    told = of.why([process(thread(wchan="futex_do_wait"))])
    assert (told["cause"], told["state"], told["wchan"]) == ("unknown", "S", "futex_do_wait")
    told = of.why([process(thread(), thread(813, "RR", 0.15, 0.05), thread(814))])
    assert (told["tid"], told["threads"], told["busy_threads"], told["every_thread"]) == (813, 3, 1, False)
    assert (told["ran"], told["waited"]) == (0.75, 0.25)


def test_every_thread_is_said_only_where_every_thread_was_looked_at():
    assert of.why([process(thread(states="RR", ran=0.2))])["every_thread"] is True
    assert of.why([process(thread(states="RR", ran=0.2), all_threads=300)])["every_thread"] is False


def test_nobody_to_look_at():
    told = of.why([])
    assert (told.pop("cause"), told.pop("processes"), told.pop("pids")) == ("unknown", 0, [])
    assert set(told.values()) == {None}


# ---------------------------------------------------------------- several processes

STOPPED = process(thread(states="TT"))
BUSY = process(thread(states="RR", ran=0.2), pid=900)


def test_the_master_sleeps_and_the_workers_tell():
    assert cause(IDLE, BUSY) == cause(BUSY, IDLE) == "busy"
    assert of.why([IDLE, BUSY])["pid"] == 900
    assert cause(IDLE, BUSY, BUSY, IDLE, IDLE) == "busy"


def test_workers_that_could_accept_are_not_explained_by_another():
    assert cause(IDLE, BUSY, IDLE, IDLE) == "unknown"


def test_what_most_of_them_have_is_the_cause():
    assert cause(STOPPED, BUSY, BUSY) == "busy"
    assert cause(BUSY, STOPPED) == "stopped"
    assert of.why([BUSY, STOPPED, STOPPED._replace(pid=813)])["pids"] == [812, 813]


# ---------------------------------------------------------------- whatever is seen


@given(st.lists(PROCESSES, max_size=6))
def test_any_record_has_an_answer(processes):
    told = of.why(processes)
    assert told["cause"] in (*of.CAUSES, of.UNKNOWN)
    assert told["processes"] == len(processes)
    assert (told["pid"] is None) == (not processes)
    assert set(told["pids"]) <= {one.pid for one in processes}
    assert (told["pids"][:1] == [told["pid"]]) == (told["cause"] != of.UNKNOWN)
    json.dumps(told, allow_nan=False)


@given(st.lists(PROCESSES, max_size=5), st.randoms())
def test_the_order_does_not_matter(processes, random):
    shuffled = list(processes)
    random.shuffle(shuffled)
    assert cause(*shuffled) == cause(*processes)


@given(PROCESSES)
def test_a_sleeping_master_changes_nothing(one):
    assert cause(one, IDLE) == cause(IDLE, one) == cause(one)


@given(PROCESSES)
def test_the_frozen_are_stopped_and_the_full_are_full(one):
    told = of.why([one._replace(frozen=of.Frozen("/a", 2))])
    assert (told["cause"], told["frozen"]) == ("stopped", True)
    assert cause(one._replace(open=7, limit=7)) in ("stopped", "descriptors")


@given(PROCESSES, st.floats(0, 1))
def test_who_runs_longer_is_not_less_busy(one, more):
    longer = one._replace(threads=tuple(each._replace(ran=each.ran + more) for each in one.threads))
    if cause(one) == "busy":
        assert cause(longer) in ("busy", "throttled")


@given(st.lists(PROCESSES.map(lambda one: one._replace(frozen=None, open=None, groups=())), max_size=4))
def test_who_sleeps_at_the_second_look_and_never_ran_explains_nothing(processes):
    asleep = [one._replace(threads=tuple(each._replace(states=("S", "S"), ran=0.0, queued=0.0) for each in one.threads)) for one in processes]
    assert cause(*asleep) == "unknown"


# ---------------------------------------------------------------- at the bounds


@pytest.mark.parametrize("ran, queued, states, expected", [
    (0.12, None, "SR", "busy"), (0.1199, None, "SR", "unknown"), (0.06, 0.06, "SS", "busy"), (0.06, 0.059, "SS", "unknown"), (0.0101, None, "RR", "busy"),
    (0.0099, None, "RR", "unknown"),
    (0.0099, None, "SR", "unknown"), (0.0, 0.12, "SS", "busy"),
])  # fmt: skip
def test_from_when_on_a_thread_is_busy(ran, queued, states, expected):
    assert cause(process(thread(states=states, ran=ran, queued=queued))) == expected


@pytest.mark.parametrize(
    "throttled, periods, expected",
    [(1, 2, "throttled"), (1, 3, "unknown"), (0, 0, "unknown"), (2, 3, "throttled"), (3, 5, "throttled"), (2, 5, "unknown")],
)
def test_half_of_the_periods_lost_is_throttled(throttled, periods, expected):
    assert cause(process(thread(states="RS"), groups=(quota(throttled, periods),))) == expected
    assert cause(process(thread(states="SS", ran=0.001), groups=(quota(throttled, periods),))) == expected


def test_a_process_of_no_time_or_no_threads_is_not_busy():
    assert of.why([of.Process(812, 0.0, (thread(states="RR", ran=0.0),))])["cause"] == "unknown"
    assert of.why([of.Process(812, 0.2, (thread(states="ZZ", ran=0.2),))])["cause"] == "unknown"
    assert cause(process(open=None, limit=5)) == cause(process(open=5, limit=None)) == "unknown"
    assert cause(process(open=6, limit=5)) == "descriptors"


def test_a_main_thread_that_is_blocked_comes_before_a_busy_one():
    busy = thread(900, "RR", 0.2)
    assert of.why([process(busy, thread(states="DD"))])["tid"] == 812
    assert cause(process(busy, thread(813, "DD"))) == "busy"
    assert of.why([process(thread(813, "DD"), thread(814, "DD"))])["tid"] == 813


def test_the_busiest_thread_is_told_and_for_how_long():
    told = of.why([process(thread(813, "RR", 0.1, 0.02), thread(814, "RR", 0.1, 0.09), thread(815, "RR", 0.5, 0.0))])
    assert (told["tid"], told["ran"], told["waited"], told["busy_threads"], told["every_thread"]) == (815, 1.0, 0.0, 3, True)
    told = of.why([process(thread(813, "RR", 0.1, 0.02), thread(814, "RR", 0.1, 0.09))])
    assert (told["tid"], told["ran"], told["waited"]) == (814, 0.5, 0.45)
    assert of.why([process(thread(states="RR", ran=0.1))])["waited"] is None
    assert of.why([process(thread(states="RR", ran=0.2), all_threads=None)])["every_thread"] is True


def test_more_than_half_that_sleep_leave_it_unexplained():
    assert [cause(*[BUSY] * busy, *[IDLE] * idle) for busy, idle in ((1, 1), (1, 2), (1, 3), (2, 3), (2, 4))] == [
        "busy",
        "busy",
        "unknown",
        "busy",
        "unknown",
    ]


def test_the_cause_of_most_and_of_equals_the_surest():
    assert of.why([BUSY, STOPPED, BUSY])["pids"] == [900, 900]
    assert of.why([BUSY, STOPPED])["cause"] == "stopped"
    told = of.why([process(thread(812, "Tt"), tracer=9), process(pid=813, frozen=of.Frozen("/a", 1))])
    assert (told["pid"], told["state"], told["tracer"], told["frozen"]) == (812, "t", 9, False)
    assert of.why([process(pid=813, frozen=of.Frozen("/a", 1))])["cgroup_version"] == 1
