# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import queue_limits
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.rules import (
    POWER_OF_TWO,
    syn_queue_rule,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.binding import KNOBS, bound_by

NOW = Level(6, 18, 0)
LEVELS = st.sampled_from([Level(2, 6, 32), Level(3, 10, 0), Level(3, 12, 0), Level(4, 4, 0), Level(6, 1, 125), NOW])
COUNTS = st.integers(0, 2**31 - 1)


def on(level: Level, backlog: int, somaxconn: int, max_syn: int, cookies: int, requested: int | None = None) -> str:
    return bound_by(level, syn_queue_rule(level), backlog, somaxconn, max_syn, cookies, requested)


@pytest.mark.parametrize(
    ("level", "backlog", "somaxconn", "max_syn", "cookies", "requested", "expected"),
    [
        (NOW, 511, 4096, 4096, 1, None, "application"),
        (NOW, 4096, 4096, 4096, 1, None, "somaxconn"),
        (NOW, 128, 128, 4096, 1, 128, "application"),  # sshd asks for exactly that
        (NOW, 128, 128, 4096, 1, 511, "somaxconn"),
        (NOW, 4096, 4096, 4096, 1, -1, "somaxconn"),
        (NOW, 511, 128, 4096, 1, 511, "somaxconn"),  # latched before somaxconn was lowered
        (NOW, 511, 4096, 128, 1, None, "application"),  # no knob from 4.4 on while cookies are on
        (NOW, 511, 4096, 128, 0, None, "tcp_max_syn_backlog"),
        (NOW, 128, 4096, 256, 0, None, "application"),  # 193 new peers, but 129 fill the queue
        (NOW, 511, 4096, 4096, 2, None, "syncookies"),
        (NOW, 511, 4096, 4096, 3, None, "application"),  # 3 acts as 1
        (Level(3, 11, 0), 511, 4096, 4096, 2, None, "application"),  # 2 acts as 1 before 3.12
        (Level(3, 10, 0), 4096, 4096, 128, 1, None, "tcp_max_syn_backlog"),
        (Level(3, 10, 0), 4096, 4096, 8192, 1, None, "somaxconn"),
        (Level(3, 10, 0), 250, 4096, 200, 1, None, "application"),  # both round up to 256
        (NOW, 128, -1, 4096, 1, None, "application"),  # a negative somaxconn clamps nothing
    ],
)
def test_the_knob_that_binds(level, backlog, somaxconn, max_syn, cookies, requested, expected) -> None:
    assert on(level, backlog, somaxconn, max_syn, cookies, requested) == expected


@given(LEVELS, COUNTS, COUNTS, st.integers(-(2**31), 2**31 - 1), st.integers(0, 3))
def test_there_is_always_one(level: Level, backlog: int, somaxconn: int, max_syn: int, cookies: int) -> None:
    assert on(level, backlog, somaxconn, max_syn, cookies) in KNOBS


@given(LEVELS, COUNTS, COUNTS, st.integers(0, 2**30), st.integers(0, 1))
def test_raising_tcp_max_syn_backlog_helps_exactly_where_it_binds(
    level: Level, backlog: int, somaxconn: int, max_syn: int, cookies: int
) -> None:
    rule = syn_queue_rule(level)
    assume(rule == POWER_OF_TWO or backlog < 2**30)
    now = queue_limits(level, rule, backlog, max_syn, cookies)
    raised = queue_limits(level, rule, backlog, 2**31 - 1, cookies)
    binds = on(level, backlog, somaxconn, max_syn, cookies) == "tcp_max_syn_backlog"
    assert binds == (raised.half_open > now.half_open)
