# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.what_if import answer, ask, kernel_of

NONE = {"tcp_max_syn_backlog": 1024}
NUMBERS = st.integers(0, 100000)


def asked(**inputs):
    return answer(ask(kernel_of("6.1.176"), {"kind": "unix", **inputs}, NONE))


@given(NUMBERS, NUMBERS)
def test_one_queue_and_one_sysctl(backlog, somaxconn):
    told = asked(listen_backlog=backlog, somaxconn=somaxconn)["limits"]
    assert told["backlog"] == min(backlog, somaxconn) and told["accept_queue"] == told["backlog"] + 1
    assert told["bound_by"] == ("application" if backlog < somaxconn else "somaxconn")
    assert told["syn_queue"] is told["on_full"] is None


@given(st.floats(0, 10**6), st.floats(0, 100))
def test_what_is_recommended_holds_what_waits(rate, stall):
    found = asked(somaxconn=128, connection_rate=rate, accept_stall=stall)["recommended"]
    assert found["listen_backlog"] >= min(rate * stall, 2**31 - 1)
    assert found["somaxconn"] >= found["listen_backlog"] >= 128


def test_in_words():
    assert asked(listen_backlog=511, somaxconn=128)["explanation"].startswith(
        "listen(511) is clamped by net.core.somaxconn and latches 128. 129 connections may wait for accept()."
    )
    assert asked()["recommended"] is None


def test_another_kind_is_refused():
    with pytest.raises(InvalidOption, match="kind: 'udp' is not allowed"):
        ask(kernel_of("6.1.176"), {"kind": "udp"}, NONE)
