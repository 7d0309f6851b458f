# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import last_quarter_limit
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.what_if import answer, ask, kernel_of

HOST = {"tcp_max_syn_backlog": 1024}
INTS = st.integers(-(2**31), 2**31 - 1)


def limits(**inputs: Any) -> Dict[str, Any]:
    kernel = kernel_of(inputs.pop("kernel_release", "6.1.176"))
    return answer(ask(kernel, inputs, HOST))["limits"]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"listen_backlog": 511, "somaxconn": 4096}, {"backlog": 511, "accept_queue": 512, "syn_queue": 512, "bound_by": "application"}),
        ({"listen_backlog": 511, "somaxconn": 128}, {"backlog": 128, "accept_queue": 129, "syn_queue": 129, "bound_by": "somaxconn"}),
        ({"listen_backlog": -1, "somaxconn": 128}, {"backlog": 128, "bound_by": "somaxconn"}),
        ({"listen_backlog": 128, "somaxconn": 128}, {"backlog": 128, "bound_by": "application"}),
        (
            {"listen_backlog": 500, "tcp_syncookies": 0, "tcp_max_syn_backlog": 128},
            {"syn_queue": 501, "new_peer_limit": 97, "on_full": "drop", "bound_by": "tcp_max_syn_backlog"},
        ),
        ({"listen_backlog": 500, "tcp_syncookies": 2}, {"syn_queue": 0, "on_full": "cookies", "bound_by": "syncookies"}),
        ({"kernel_release": "3.10.65", "listen_backlog": 500, "somaxconn": 4096, "tcp_syncookies": 2}, {"syn_queue": 512, "bound_by": "application"}),
        ({"kernel_release": "2.6.38", "listen_backlog": 4096, "somaxconn": 4096, "tcp_max_syn_backlog": 4096}, {"syn_queue": 8192}),
        (
            {"kernel_release": "2.6.38", "listen_backlog": 4096, "somaxconn": 4096, "tcp_max_syn_backlog": 512},
            {"syn_queue": 1024, "accept_queue": 4097, "bound_by": "tcp_max_syn_backlog"},
        ),
        ({"kernel_release": "5.4.286", "listen_backlog": 128}, {"syn_queue": 128, "accept_queue": 129}),
        ({"listen_backlog": "511", "somaxconn": "128"}, {"backlog": 128}),
    ],
)  # fmt: skip
def test_limits(inputs: Dict[str, Any], expected: Dict[str, Any]) -> None:
    result = limits(**inputs)
    assert {name: result[name] for name in expected} == expected


def test_nothing_given_takes_the_most_an_application_can_get() -> None:
    assert (limits()["backlog"], limits()["bound_by"]) == (4096, "somaxconn")
    assert limits(kernel_release="5.3.18")["backlog"] == 128


@given(INTS, st.integers(0, 2**31 - 1), INTS, st.integers(0, 255))
def test_what_binds_is_what_helps(listen_backlog: int, somaxconn: int, max_syn_backlog: int, cookies: int) -> None:
    """Raising the knob that is said to bind never shrinks the queue, and the knob is named in the explanation."""
    inputs = {
        "listen_backlog": listen_backlog,
        "somaxconn": somaxconn,
        "tcp_max_syn_backlog": max_syn_backlog,
        "tcp_syncookies": cookies,
    }
    before = answer(ask(kernel_of("6.1.176"), inputs, {}))
    assert before["recommended"] is None
    found = before["limits"]
    knob = found["bound_by"]
    half_open = min(found["syn_queue"], found["syn_queue"] if found["new_peer_limit"] is None else found["new_peer_limit"])
    if knob == "syncookies":
        assert cookies == 2 and half_open == 0
    elif knob == "tcp_max_syn_backlog":
        assert half_open == last_quarter_limit(max_syn_backlog) < found["syn_queue"]
    elif knob == "somaxconn":
        assert found["backlog"] == somaxconn
    else:
        assert found["backlog"] == listen_backlog
    assert {"application": "application", "syncookies": "tcp_syncookies"}.get(knob, knob) in before["explanation"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"listen_backlog": 2**32}, "listen_backlog: 4294967296 is not allowed; the allowed range is -2147483648 to 2147483647"),
        ({"listen_backlog": "many"}, "listen_backlog: 'many' is not allowed; expected a whole number"),
        ({"listen_backlog": True}, "listen_backlog: True is not allowed; expected a whole number"),
        ({"somaxconn": -1}, "somaxconn: -1 is not allowed; the allowed range is 0 to 2147483647"),
        ({"tcp_syncookies": 256}, "tcp_syncookies: 256 is not allowed; the allowed range is 0 to 255"),
        ({"connection_rate": float("nan")}, "connection_rate: nan is not allowed"),
        ({"connection_rate": -1}, "connection_rate: -1.0 is not allowed; the allowed range is 0 to 10000000"),
        ({"connection_rate": 1, "accept_stall": "x"}, "accept_stall: 'x' is not allowed; expected a number"),
        ({"accept_stall": -1}, "accept_stall: -1.0 is not allowed; the allowed range is 0 to 3600"),
    ],
)
def test_bad_input_is_named(inputs: Dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        limits(**inputs)
    assert str(caught.value).startswith(message)


def test_asking_for_exactly_somaxconn_takes_both_to_rise() -> None:
    told = answer(ask(kernel_of("6.1.176"), {"listen_backlog": 128, "somaxconn": 128}, HOST))["explanation"]
    assert "raise both" in told and "no sysctl helps" not in told


def test_a_load_beyond_one_listener_is_said_to_be() -> None:
    load = {"connection_rate": 1000000, "accept_stall": 10}
    result = answer(ask(kernel_of("2.6.32"), load, HOST))
    assert result["recommended"]["listeners"] > 150
    assert "One listener cannot carry it" in result["explanation"]


def test_millions_of_retries() -> None:
    assert limits(kernel_release="4.9.1", tcp_synack_retries=2000000)["half_open_lifetime"] > 2e8


@pytest.mark.parametrize("release", ["", "abc", "6", None, 6, 6.1, ["6.1"], "-1.2", "6.1.x", "6.1.192999999", "6.1abc", "٦.١"])
def test_malformed_releases(release: Any) -> None:
    with pytest.raises(InvalidOption, match="^kernel_release: .* is not allowed; expected a (release|text) such as"):
        kernel_of(release)


def test_an_unknown_rule() -> None:
    with pytest.raises(InvalidOption, match="^kernel_rule: 'backlog-1' is not allowed"):
        kernel_of("6.1.0", "backlog-1")


def test_sizing() -> None:
    result = answer(ask(kernel_of("6.1.176"), {"connection_rate": 5000, "handshake_time": 0.3, "accept_stall": 0.5}, HOST))
    assert result["recommended"] == {
        "listen_backlog": 4096, "listeners": 1, "somaxconn": 4096, "tcp_max_syn_backlog": 8192, "tcp_syncookies": 1,
    }  # fmt: skip
    assert "listen(4096)" in result["explanation"]
