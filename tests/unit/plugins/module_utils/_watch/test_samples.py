# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._watch import enough, samples


def seen(used: List[int], limit: Any = 512, step: float = 0.01) -> samples.Samples:
    found = samples.Samples(limit)
    for one in used:
        found.add(one, step)
    return found


@given(st.lists(st.integers(0, 600), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_nearest_rank(used: List[int], share: int) -> None:
    assert seen(used).percentile(share) == sorted(used)[-(-share * len(used) // 100) - 1]


@given(st.lists(st.integers(0, 70000), min_size=1))
def test_every_look_is_in_one_step_of_the_histogram(used: List[int]) -> None:
    steps = seen(used).histogram()
    lower = -1
    for step in steps:
        assert step["samples"] == sum(lower < one <= step["upto"] for one in used)
        lower = step["upto"]
    assert max(used) <= lower and sum(step["samples"] for step in steps) == len(used)
    assert [step["upto"] for step in steps] == [0] + [1 << power for power in range(len(steps) - 1)]


@given(st.lists(st.integers(0, 8), min_size=1))
def test_the_time_full_never_exceeds_the_watch(used: List[int]) -> None:
    found = seen(used, limit=6, step=1.0)
    assert found.seconds_full <= len(used) - 1
    assert (found.seconds_full > 0) == any(one >= 6 for one in used[:-1])


def test_time_full_counts_from_the_look_that_found_it_full() -> None:
    assert seen([0, 5, 6, 6, 3, 0], limit=6, step=0.5).seconds_full == 1.0


def test_nothing_was_seen() -> None:
    told = samples.Samples(None).told()
    assert (told["peak"], told["p50"], told["seconds_full"], told["histogram"]) == (None, None, None, [])


def test_the_worst_stretch_of_drops() -> None:
    found = samples.Samples(4)
    for used, lost in [(0, 0), (4, 3), (4, 7), (1, 2), (0, 0), (4, 5), (0, 0)]:
        found.add(used, 0.01, lost)
    assert found.at_worst_lost == 12


# ---------------------------------------------------------------- the backlog that would have been enough


def test_a_burst_that_fits_asks_for_nothing() -> None:
    told = enough.enough(seen([0, 40, 12, 0]), 511, 100.0, 0.01)
    assert told.backlog == 511 and "is enough" in told.reason


def test_a_narrow_fit_asks_for_room() -> None:
    assert enough.enough(seen([0, 500, 12, 0]), 511, 100.0, 0.01).backlog == 1024


def test_an_overflow_asks_for_what_was_lost_as_well() -> None:
    accept = samples.Samples(512)
    for used, lost in [(0, 0), (512, 0), (512, 900), (100, 50), (0, 0)]:
        accept.add(used, 0.01, lost)
    told = enough.enough(accept, 511, 1000.0, 0.01)
    assert told.backlog == 2048 and "950" in told.reason


def test_no_backlog_for_an_application_that_hangs() -> None:
    told = enough.enough(seen([0, 300] + [512] * 200), 511, 0.0, 0.01)
    assert told.backlog is None and "accepted none" in told.reason


def test_no_backlog_for_one_that_hangs_and_is_not_full_yet() -> None:
    assert enough.enough(seen([0, 3, 9, 12, 12]), 511, 2.0, 0.01, taken=0).backlog is None


def test_nothing_seen_nothing_said() -> None:
    assert enough.enough(samples.Samples(None), None, None, 0.01).backlog is None


@given(
    st.lists(st.tuples(st.integers(0, 129), st.integers(0, 5000)), min_size=1),
    st.floats(0, 1e6),
)
def test_a_recommendation_holds_what_was_seen_and_lost(looks: List[tuple], rate: float) -> None:
    accept = samples.Samples(129)
    accept.add(0, 0.01)
    for used, lost in looks:
        accept.add(used, 0.01, lost)
    told = enough.enough(accept, 128, rate, 0.01)
    if told.backlog is None:
        assert not enough.accepts(accept)
    else:
        assert told.backlog >= 128 and told.backlog >= (accept.peak or 0)
        if accept.peak == 129:
            assert told.backlog >= 129 + accept.at_worst_lost and told.backlog > 128


@pytest.mark.parametrize("taken", [1, 1000])
def test_one_that_took_connections_accepts(taken: int) -> None:
    assert enough.accepts(seen([512] * 500), taken)


# ---------------------------------------------------------------- from figure to figure


def test_a_stretch_of_drops_ends_with_a_look_at_either_end_of_which_it_is_not_full() -> None:
    found = samples.Samples(4)
    for used, lost in [(4, 99), (4, 1), (3, 2), (3, 50), (5, 4), (0, 8)]:
        found.add(used, 0.5, lost)
    assert (found.at_worst_lost, found.seconds_full, found.falls) == (12, 1.5, 2), "what was lost before the first look is not told"
    assert (found.first, found.last, found.peak, found.count) == (4, 0, 5, 6)


def test_a_queue_without_a_limit_is_never_full() -> None:
    found = seen([0, 500, 3], limit=None)
    assert (found.seconds_full, found.told()["seconds_full"], found.falls, found.at_worst_lost) == (0.0, None, 1, 0)


def test_what_is_told_of_a_queue() -> None:
    told = seen([0, 1, 2, 3, 4, 5, 8, 9], limit=9, step=0.00049).told()
    assert told == {
        "limit": 9, "samples": 8, "peak": 9, "p50": 3, "p95": 9, "p99": 9, "seconds_full": 0.0,
        "histogram": [
            {"upto": 0, "samples": 1}, {"upto": 1, "samples": 1}, {"upto": 2, "samples": 1}, {"upto": 4, "samples": 2},
            {"upto": 8, "samples": 2}, {"upto": 16, "samples": 1},
        ],
    }  # fmt: skip
    hundred = seen(list(range(1, 101)), limit=3, step=0.0126).told()
    assert (hundred["p50"], hundred["p95"], hundred["p99"], hundred["seconds_full"]) == (50, 95, 99, 1.222)


def advice(used: List[int], backlog: int = 99, **more: Any) -> enough.Enough:
    """Of a queue with a limit of 100; it empties in the end."""
    return enough.enough(seen([0, *used, 0], limit=100), backlog, more.pop("rate", None), more.pop("gap", 0.01), **more)


@pytest.mark.parametrize(("peak", "rate", "backlog"), [
    (79, None, 99), (80, None, 128), (60, 1900.0, 99), (60, 4000.0, 128), (40, 1e9, 99), (50, 1e9, 128), (79, 2000.0, 99), (79, 2100.0, 128), (99, None, 128),
    (0, 1e9, 99), (60, 0.0, 99),
])  # fmt: skip
def test_a_quarter_to_spare_or_what_comes_between_two_looks(peak: int, rate: Any, backlog: int) -> None:
    assert advice([peak], rate=rate).backlog == backlog


def test_what_is_said_where_it_was_enough_or_not() -> None:
    assert advice([1]).reason == "The backlog of 99 is enough: at most 1 connection waited at a time."
    assert advice([5]).reason == "The backlog of 99 is enough: at most 5 connections waited at a time."
    assert advice([90]).reason == "At most 90 connections waited; the queue admits 100. With some reserve, 113 places are needed."


@pytest.mark.parametrize(("peak", "overflowed", "backlog", "wanted", "lost"), [
    (100, 0, 99, 128, 0), (100, 3, 99, 256, 3), (50, 1, 99, 128, 1), (50, 3, 99, 256, 3), (150, 0, 99, 256, 0), (100, 0, 127, 128, 0), (100, 0, 128, 256, 0),
    (100, 0, 5000, 8192, 0), (99, 0, 99, 128, None),
])  # fmt: skip
def test_a_queue_that_was_full_needs_more_than_it_has(peak: int, overflowed: int, backlog: int, wanted: int, lost: Any) -> None:
    found = advice([peak], backlog, overflowed=overflowed)
    assert found.backlog == wanted
    dropped = "1 connection was" if lost == 1 else "%s connections were" % lost
    assert ("was full with %d connections, and up to %s dropped" % (max(peak, 100), dropped) in found.reason) == (lost is not None)


def test_what_was_lost_in_the_worst_stretch_comes_before_what_overflowed() -> None:
    accept = samples.Samples(100)
    for used, lost in [(0, 0), (100, 20), (0, 30)]:
        accept.add(used, 0.01, lost)
    assert enough.enough(accept, 99, None, 0.01, None, 500).backlog == 256
    assert (
        "up to 50 connections were dropped at one time. The sum of both plus a quarter is 188"
        in enough.enough(accept, 99, None, 0.01).reason
    )


def test_the_widest_backlog_there_is() -> None:
    accept = samples.Samples(2**31)
    accept.add(2**31, 0.01)
    accept.add(0, 0.01)
    assert enough.enough(accept, 2**31 - 1, None, 0.01).backlog == 2**31 - 1


@pytest.mark.parametrize(("used", "step", "taken", "accepts"), [
    ([100, 100], 0.99, None, True), ([100, 100], 1.0, None, False), ([100, 100], 1.0, 1, True), ([100, 100], 0.99, 0, True), ([100, 100, 99], 1.0, None, True),
    ([5, 5], 9.0, 0, False),
    ([5, 5], 9.0, None, True), ([0, 0], 9.0, 0, True), ([99, 99], 9.0, None, True), ([], 1.0, 0, True),
])  # fmt: skip
def test_whether_the_application_accepts(used: List[int], step: float, taken: Any, accepts: bool) -> None:
    found = seen(used, limit=100, step=step)
    assert enough.accepts(found, taken) is accepts
    if used and not accepts:
        assert enough.enough(found, 99, None, 0.01, taken).reason.startswith(
            "No backlog is enough: %d connections waited and the application" % used[-1]
        )


def test_what_cannot_be_seen_is_not_judged() -> None:
    for accept, backlog in ((samples.Samples(100), 99), (seen([1, 0], limit=None), 99), (seen([1, 0]), None)):
        told = enough.enough(accept, backlog, None, 0.01)
        assert told.backlog is None and told.reason.startswith("The accept queue could not be seen")


@pytest.mark.parametrize(
    ("peak", "backlog", "wanted"), [(100, 99, 256), (100, 63, 128), (100, 64, 256), (101, 99, 256), (99, 99, 128), (3, 99, 99), (100, None, None)]
)
def test_a_unix_socket_at_its_limit(peak: int, backlog: Any, wanted: Any) -> None:
    found = enough.enough_for_unix(seen([0, peak, 0], limit=100), backlog, 0.01)
    assert found.backlog == wanted
    assert ("How many more were refused" in found.reason) == (peak >= 100 and backlog is not None)
