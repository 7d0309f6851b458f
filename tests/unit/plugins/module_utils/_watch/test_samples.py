# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._watch import enough, samples


def seen(used: List[int], limit: int = 512, step: float = 0.01) -> samples.Samples:
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
