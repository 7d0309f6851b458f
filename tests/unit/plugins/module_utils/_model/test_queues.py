# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.queues import Queue, queues_of

COUNT = st.one_of(st.none(), st.integers(0, 10))


@given(COUNT, COUNT)
def test_full_is_near_and_over_is_more_than_full(used: Optional[int], limit: Optional[int]) -> None:
    queue = Queue(used, limit)
    assert not queue.full or queue.near
    assert queue.full == bool(queue.known and limit and used >= limit)
    assert queue.over == bool(queue.known and used > limit)
    assert queue.known or not (queue.near or queue.over)


@pytest.mark.parametrize(
    ("syn", "group", "expected"),
    [
        ({"used": 3, "limit": 10, "new_peer_limit": None}, None, (3, 10, None)),
        ({"used": 3, "limit": 10, "new_peer_limit": 7}, None, (3, 10, 7)),
        ({"used": 3, "limit": 10, "new_peer_limit": 10}, None, (3, 10, None)),  # the SYN queue's own comes first
        ({"used": 3, "limit": None, "new_peer_limit": 7}, None, (3, None, 7)),
        ({"used": None, "limit": 10}, {"members": 4, "half_open": 23}, (5, 10, None)),
        ({"used": None, "limit": 10}, {"members": 4, "half_open": None}, (None, 10, None)),
        (None, None, (None, None, None)),
    ],
)
def test_the_queues_of_a_row(syn: Any, group: Any, expected: tuple) -> None:
    queues = queues_of({"syn_queue": syn, "reuseport": group, "accept_queue": {"used": 1, "limit": True}})
    assert (queues.syn.used, queues.syn.limit, queues.new_peers.limit) == expected
    assert queues.accept == (1, None)
