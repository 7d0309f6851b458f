# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._watch import balance
from ansible_collections.linuxnet.tcp.plugins.module_utils._watch.balance import Counted, Shared

NUMBERS = st.integers(0, 200000)
NOTHING = Shared(again=0, skipped=0, overflows=0, lost=0)


def test_the_flood_that_was_counted_by_hand() -> None:
    """backlog 128, cookies 0, tcp_max_syn_backlog 256, 100,000 SYNs, each counted on Linux 6.18."""
    told = balance.balance(Counted(100000, 387, 99871), Shared(258, 0, 0, 0))
    assert told.told() == {
        "arrived": 100000, "before_listener": 0, "answered": 129, "repeated": 0, "dropped": 99871, "unexplained": 0,
    }  # fmt: skip
    assert told.unsure == 0


def test_what_a_firewall_drops_is_before_the_listener() -> None:
    told = balance.balance(Counted(150, 100, 0), NOTHING._replace(lost=50))
    assert (told.before_listener, told.answered, told.unexplained, told.unsure) == (50, 100, 0, 0)


def test_third_packets_that_find_the_queue_full_are_no_syns() -> None:
    """200 SYNs, each answered; 70 third packets overflowed, and their SYN-ACKs were sent again."""
    told = balance.balance(Counted(200, 270, 70), Shared(70, 0, 70, 0))
    assert (told.answered, told.dropped, told.repeated, told.unexplained) == (200, 0, 0, 0)


def test_answers_that_do_not_leave_stay_unexplained() -> None:
    told = balance.balance(Counted(1000, 0, 0), NOTHING)
    assert told.unexplained == 1000


def test_syns_between_the_looks_are_nobodys_loss() -> None:
    told = balance.balance(Counted(1010, 400, 600, skew=20), NOTHING)
    assert (told.arrived, told.unexplained) == (1000, 0)


def test_without_a_count_of_losses_what_is_missing_was_lost_before() -> None:
    told = balance.balance(Counted(150, 100, 0), NOTHING._replace(lost=None))
    assert (told.before_listener, told.unexplained) == (50, 0)


@given(
    first=NUMBERS, repeated=NUMBERS, before=NUMBERS, dropped=NUMBERS, acks=NUMBERS, timers=NUMBERS,
    skipped=st.integers(0, 1000), other=st.integers(0, 1000), opened=st.integers(0, 1000), overflow=st.floats(0, 1),
)  # fmt: skip
def test_the_truth_lies_within_what_is_unsure(
    first: int, repeated: int, before: int, dropped: int, acks: int, timers: int, skipped: int, other: int, opened: int,
    overflow: float,
) -> None:
    """Whatever happened, each account is off by `unsure` at most, and nothing is left over."""
    truth = (before, first, repeated + skipped + opened, dropped)
    again = repeated + skipped
    counted = Counted(first + again + opened + before + dropped, first + repeated + timers, dropped + 2 * acks + again)
    shared = Shared(repeated + timers, skipped, acks + int(overflow * dropped), before + other, dropped + acks, opened)
    told = balance.balance(counted, shared)
    assert told.arrived == counted.syns and told.unexplained == 0
    assert sum(told[1:6]) == told.arrived
    for one, right in zip(told[1:5], truth):
        assert abs(one - right) <= told.unsure


@given(syns=NUMBERS, acks=NUMBERS, dropped=NUMBERS, skew=NUMBERS, shared=st.tuples(NUMBERS, NUMBERS, NUMBERS, st.none() | NUMBERS))
def test_arrived_is_the_sum_of_the_others(syns: int, acks: int, dropped: int, skew: int, shared: tuple) -> None:
    told = balance.balance(Counted(syns, acks, dropped, skew), Shared(*shared))
    assert told.arrived == told.before_listener + told.answered + told.repeated + told.dropped + told.unexplained
    assert all(one >= 0 for one in told[1:5]) and told.unsure >= 0
    assert told.arrived <= syns


def test_one_strained_listener_takes_what_is_shared() -> None:
    told = balance.balances([Counted(10, 10, 0), Counted(100000, 387, 99871)], Shared(258, 0, 0, 0))
    assert told[0] is not None and told[0].answered == 10
    assert told[1] is not None and told[1].answered == 129 and told[1].unexplained == 0


def test_two_strained_listeners_are_not_told_apart_where_something_is_shared() -> None:
    two = [Counted(1000, 300, 800), Counted(2000, 300, 1800)]
    assert balance.balances(two, Shared(200, 0, 0, 0)) == [None, None]
    told = balance.balances([Counted(1000, 200, 800), Counted(2000, 200, 1800)], NOTHING)
    assert [one and one.unexplained for one in told] == [0, 0]


def test_repeated_syns_are_dropped_by_the_socket_and_by_no_listener() -> None:
    """100 clients three times within a second, measured on Linux 6.18: 200 in the socket's drops, none in ListenDrops."""
    told = balance.balance(Counted(300, 100, 200), Shared(0, 200, 0, 0, drops=0))
    assert (told.answered, told.repeated, told.dropped, told.unexplained, told.unsure) == (100, 200, 0, 0, 0)


def test_others_that_are_strained_leave_nobody_alone() -> None:
    """Only one listener was asked for; what is shared may belong to one that was not."""
    asked, shared = [Counted(1000, 130, 935)], Shared(194, 0, 0, 0)
    assert balance.balances(asked, shared, Counted(2000, 258, 1871)) == [None]
    told = balance.balances(asked, shared._replace(again=65), Counted(20, 20, 0))[0]
    assert told is not None and (told.answered, told.dropped, told.unexplained) == (65, 935, 0)


def test_answers_that_a_device_drops_behind_the_tap_are_no_first_answers() -> None:
    """2,000 half-open, sent again into a queue that overflows (Linux 6.1.176): 1,469 left the tap and were not counted."""
    told = balance.balance(Counted(2000, 6000, 0), Shared(2531, 0, 0, 0))
    assert (told.answered, told.unexplained, told.uncounted) == (2000, 0, 1469)


@pytest.mark.parametrize(("skew_out", "uncounted"), [(0, 10), (4, 6), (10, 0), (11, 0)])
def test_answers_sent_again_while_the_counters_were_read_may_have_been_counted(skew_out: int, uncounted: int) -> None:
    told = balance.balance(Counted(100, 130, 0, skew_out=skew_out), Shared(20, 0, 0, 0))
    assert (told.answered, told.unexplained, told.uncounted) == (100, 0, uncounted)


def test_syns_of_connections_that_are_open_are_repeated_ones() -> None:
    told = balance.balance(Counted(50, 20, 10), Shared(0, 0, 0, 0, challenged=20, drops=10))
    assert (told.answered, told.repeated, told.dropped, told.unexplained, told.unsure) == (20, 20, 10, 0, 0)


SMALL = st.integers(0, 5000)
ONE = st.tuples(*6 * [SMALL])


@given(ones=st.lists(ONE, min_size=1, max_size=4), overflow=st.floats(0, 1), unseen=st.booleans())
def test_the_truth_lies_within_the_bounds(ones: list, overflow: float, unseen: bool) -> None:
    """Several listeners, and of each: first answers, SYNs repeated, lost before, dropped, third packets, timers."""
    counted = [
        Counted(first + repeated + before + dropped, first + repeated + timers, dropped + 2 * acks + repeated)
        for first, repeated, before, dropped, acks, timers in ones
    ]
    shared = Shared(
        again=sum(one[1] + one[5] for one in ones),
        skipped=0,
        overflows=sum(one[4] + int(overflow * one[3]) for one in ones),
        lost=None if unseen else sum(one[2] for one in ones),
        drops=sum(one[3] + one[4] for one in ones),
    )
    for it, (first, repeated, before, dropped, _acks, _timers) in zip(counted, ones):
        found = balance.bounds(it, shared)
        truth = {"arrived": it.syns, "before_listener": before, "answered": first, "repeated": repeated, "dropped": dropped}
        assert set(found) == set(truth)
        for name, right in truth.items():
            assert 0 <= found[name][0] <= right <= found[name][1] <= it.syns, (name, found)


@given(syns=NUMBERS, acks=NUMBERS, dropped=NUMBERS, skew=NUMBERS, shared=st.tuples(NUMBERS, NUMBERS, NUMBERS, st.none() | NUMBERS))
def test_bounds_are_in_order_whatever_was_counted(syns: int, acks: int, dropped: int, skew: int, shared: tuple) -> None:
    for least, most in balance.bounds(Counted(syns, acks, dropped, skew), Shared(*shared)).values():
        assert 0 <= least <= most <= syns


def test_bounds_of_each_account_exactly() -> None:
    found = balance.bounds(Counted(100, 50, 40, 7), Shared(again=10, skipped=5, overflows=4, lost=6, drops=30, challenged=3))
    assert found == {"arrived": (93, 100), "before_listener": (0, 6), "answered": (40, 50), "repeated": (0, 18), "dropped": (17, 30)}
    found = balance.bounds(Counted(100, 50, 40), Shared(again=60, skipped=0, overflows=0, lost=None))
    assert found == {"arrived": (100, 100), "before_listener": (0, 100), "answered": (0, 50), "repeated": (0, 50), "dropped": (0, 40)}
    found = balance.bounds(Counted(10, 8, 40), Shared(again=1, skipped=0, overflows=0, lost=-5))
    assert found == {"arrived": (10, 10), "before_listener": (0, 0), "answered": (7, 7), "repeated": (0, 0), "dropped": (10, 10)}


def test_a_balance_exactly() -> None:
    told = balance.balance(Counted(100, 60, 30), Shared(again=20, skipped=2, overflows=10, lost=15, drops=25, challenged=1))
    assert told == balance.Balance(arrived=100, before_listener=15, answered=40, repeated=6, dropped=25, unexplained=14, unsure=0, uncounted=0)
    told = balance.balance(Counted(100, 60, 30, 50), Shared(again=20, skipped=2, overflows=10, lost=15, drops=25))
    assert (told.arrived, told.repeated, told.unexplained) == (80, 0, 0), "as many as the books need without repetitions"
    told = balance.balance(Counted(100, 60, 30), Shared(again=20, skipped=2, overflows=10, lost=None))
    assert told == balance.Balance(arrived=100, before_listener=8, answered=40, repeated=22, dropped=30, unexplained=0, unsure=32)
    told = balance.balance(Counted(60, 40, 30), Shared(again=0, skipped=0, overflows=10, lost=0))
    assert told == balance.Balance(arrived=60, before_listener=0, answered=40, repeated=0, dropped=20, unexplained=0, unsure=0)
    told = balance.balance(Counted(50, 40, 30), Shared(again=4, skipped=0, overflows=5, lost=3))
    assert (told.answered, told.uncounted, told.dropped, told.unexplained) == (25, 11, 25, 0)


@pytest.mark.parametrize(("accounts", "furthest"), [
    ([(5, 0, 9), (5, 0, 9), (5, 0, 9)], 5), ([(5, 0, 9), (5, 5, 5), (5, 5, 5)], 0), ([(5, 2, 9), (5, 4, 6), (0, 0, 0)], 1),
    ([(1, 0, 9), (3, 0, 3), (2, 2, 2)], 3),
    ([(9, 0, 9), (0, 0, 4), (0, 0, 3)], 7), ([(0, 0, 0), (0, 0, 0)], 0), ([(2, 0, 8), (7, 6, 7), (4, 0, 4)], 5),
])  # fmt: skip
def test_how_far_an_account_may_be_off_while_their_sum_stays(accounts: list, furthest: int) -> None:
    assert balance._slack(accounts) == furthest


def test_books_that_balance_by_themselves() -> None:
    assert balance.settled(Counted(10, 10, 0)) and balance.settled(Counted(12, 10, 0, 2)) and not balance.settled(Counted(13, 10, 0, 2))
    assert not balance.settled(Counted(9, 10, 0)) and not balance.settled(Counted(10, 10, 1))
    assert balance.alone([Counted(10, 10, 0), Counted(10, 9, 0)]) == 1 and balance.alone([Counted(10, 10, 0)]) is None and balance.alone(
        [Counted(1, 0, 0)] * 2) is None


@pytest.mark.parametrize(("shared", "told"), [
    (NOTHING, True), (NOTHING._replace(lost=None), True), (NOTHING._replace(lost=1), False), (NOTHING._replace(again=1), False),
    (NOTHING._replace(skipped=1), False),
    (NOTHING._replace(challenged=1), False), (NOTHING._replace(overflows=1), True), (NOTHING._replace(drops=5), True),
])  # fmt: skip
def test_two_that_drop_are_told_apart_where_nothing_else_is_shared(shared: Shared, told: bool) -> None:
    found = balance.balances([Counted(30, 20, 10), Counted(9, 9, 0), Counted(50, 20, 30)], shared)
    assert found[1] is not None and found[1].answered == 9
    assert (found[0] is not None, found[2] is not None) == (told, told)
    if told and found[0] is not None:
        assert (found[0].answered, found[0].dropped, found[0].before_listener) == (20, 10, 0)


def test_where_losses_are_not_counted_no_more_is_dropped_than_is_left() -> None:
    told = balance.balance(Counted(70, 60, 45), Shared(again=20, skipped=0, overflows=30, lost=None))
    assert (told.answered, told.dropped, told.before_listener, told.repeated, told.unexplained) == (40, 30, 0, 0, 0)
