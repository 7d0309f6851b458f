# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import parse_level
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.lifetime import (
    half_open_lifetime,
    spoofed_rate_to_fill,
)

NEW, OLD = parse_level("6.1.176"), parse_level("3.0.101")


@pytest.mark.parametrize(("retries", "seconds"), [(0, 1), (1, 3), (2, 7), (3, 15), (5, 63), (6, 127), (7, 247), (8, 367)])
def test_lifetimes(retries: int, seconds: int) -> None:
    assert half_open_lifetime(NEW, retries) == seconds


def test_the_first_timeout_was_three_seconds() -> None:
    assert half_open_lifetime(OLD, 5) == 189


def test_a_negative_number_of_retries_is_none() -> None:
    assert half_open_lifetime(OLD, -1) == half_open_lifetime(OLD, 0)


@given(st.integers(1, 2**31), st.integers(0, 255))
def test_a_larger_queue_takes_a_higher_rate(limit: int, retries: int) -> None:
    rate = spoofed_rate_to_fill(NEW, retries, limit)
    assert rate is not None
    assert spoofed_rate_to_fill(NEW, retries, limit + 1) > rate
    assert rate >= limit / half_open_lifetime(NEW, retries) / 1.2


def test_nothing_queued_cannot_be_filled() -> None:
    assert spoofed_rate_to_fill(NEW, 5, 0) is None


def test_a_measured_rate() -> None:
    """6.18, limit 129, never-answered SYNs for 40 seconds: at most 124 half-open at 12 a second, full at 14."""
    rate = spoofed_rate_to_fill(NEW, 5, 129)
    assert rate is not None and 12 < rate < 15
