# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level, parse_level
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import (
    last_quarter_limit,
    latch,
    queue_limits,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.rules import RULES, syn_queue_rule

INTS = st.integers(-(2**31), 2**31 - 1)
LEVELS = st.builds(Level, st.integers(3, 7), st.integers(0, 20), st.integers(0, 300))


@given(INTS, st.integers(0, 2**31 - 1))
def test_listen_latches_the_request_or_somaxconn(requested: int, somaxconn: int) -> None:
    backlog = latch(requested, somaxconn)
    assert backlog == (requested if 0 <= requested <= somaxconn else somaxconn)


@given(INTS)
def test_a_negative_somaxconn_clamps_no_sane_backlog(requested: int) -> None:
    assert latch(abs(requested), -1) == abs(requested)


@given(LEVELS, st.integers(0, 2**31 - 1), INTS, st.integers(0, 3))
def test_limits_grow_with_the_backlog(level: Level, backlog: int, max_syn_backlog: int, cookies: int) -> None:
    rule = syn_queue_rule(level)
    smaller = queue_limits(level, rule, backlog // 2, max_syn_backlog, cookies)
    larger = queue_limits(level, rule, backlog, max_syn_backlog, cookies)
    assert larger.syn_queue >= smaller.syn_queue
    assert larger.half_open <= larger.syn_queue
    assert larger.on_full == ("cookies" if cookies else "drop")
    assert (larger.new_peer_limit is None) == bool(cookies)


@given(st.integers(0, 2**20), INTS)
def test_old_kernels_admit_a_power_of_two_of_at_least_16(backlog: int, at_listen: int) -> None:
    size = queue_limits(Level(2, 6, 38), "power_of_two", backlog, 0, 1, at_listen).syn_queue
    assert size >= 16 and size & (size - 1) == 0
    if at_listen >= 0:
        assert size <= max(2 * min(backlog, at_listen), 16)


@given(st.integers(0, 2**20))
def test_rules_differ_by_one(backlog: int) -> None:
    level = Level(6, 1, 1)
    limits = {rule: queue_limits(level, rule, backlog, 128, 1).syn_queue for rule in RULES}
    assert limits["backlog+1"] == limits["backlog"] + 1 == backlog + 1


@given(INTS, st.integers(0, 5000))
def test_the_last_quarter_limit_is_where_the_kernel_begins_to_drop(max_syn_backlog: int, queued: int) -> None:
    drops = max_syn_backlog - queued < max_syn_backlog >> 2
    assert drops == (queued >= last_quarter_limit(max_syn_backlog))


def test_sixteen_bits_up_to_4_0() -> None:
    def accepts(level: str, backlog: int) -> int:
        return queue_limits(parse_level(level), "power_of_two", backlog, 4096, 1).accept_queue

    assert accepts("4.0.9", 65536) == 1
    assert accepts("4.0.9", 70000) == 70000 - 65536 + 1
    assert accepts("4.1", 65536) == 65537


def test_a_blog_post_of_2011() -> None:
    """On 2.6.38 a backlog of 4096 makes 8192 slots, and 511 makes 512, which is why nginx, redis and Apache chose it."""
    level = parse_level("2.6.38")
    assert queue_limits(level, "power_of_two", 4096, 4096, 1).syn_queue == 8192
    assert queue_limits(level, "power_of_two", 511, 4096, 1).syn_queue == 512
