# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import latch, queue_limits
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.rules import syn_queue_rule
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sizing import Load, entries_needed, recommend

LEVELS = st.sampled_from([Level(2, 6, 32), Level(3, 10), Level(4, 4), Level(5, 10, 234), Level(6, 18)])
LOADS = st.builds(Load, st.floats(0, 20000), st.floats(0, 2), st.floats(0, 2))


@given(LEVELS, LOADS, st.integers(0, 65535), st.integers(0, 2**31 - 1))
def test_what_is_recommended_carries_the_load(level: Level, load: Load, somaxconn: int, max_syn_backlog: int) -> None:
    advice = recommend(level, load, somaxconn, max_syn_backlog)
    assert advice["somaxconn"] >= somaxconn and advice["tcp_max_syn_backlog"] >= max_syn_backlog
    backlog = latch(advice["listen_backlog"], advice["somaxconn"])
    assert backlog == advice["listen_backlog"]
    for cookies in (0, 1):
        limits = queue_limits(level, syn_queue_rule(level), backlog, advice["tcp_max_syn_backlog"], cookies)
        assert limits.half_open >= min(load.connection_rate * load.handshake_time, 65535)
        assert limits.accept_queue >= min(load.connection_rate * load.accept_stall, 65536)


@given(st.floats(0, 1e6), st.floats(0, 100))
def test_needs_cover_the_mean(rate: float, seconds: float) -> None:
    assert entries_needed(rate, seconds) >= rate * seconds
