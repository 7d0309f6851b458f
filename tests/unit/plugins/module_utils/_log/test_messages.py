# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every wording of the three messages since 2.6.32, and what must not be taken for one."""

from __future__ import annotations

import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._log import messages as kernel_log
from ansible_collections.linuxnet.tcp.plugins.module_utils._log import prefilter

FIELDS = ("time", "kind", "address", "port", "action", "peer_address", "peer_port", "count")


def event(kind, **known):
    return dict(dict.fromkeys(FIELDS), kind=kind, **known)


def flood(port, action, address=None):
    return event("syn_flood", port=port, action=action, address=address)


FLOODS = [
    # 2.6.32 to 2.6.35
    ("possible SYN flooding on port 80. Sending cookies.", flood(80, "cookies")),
    ("TCPv6: Possible SYN flooding on port 80. Sending cookies.", flood(80, "cookies")),
    ("TCPv6: Possible SYN flooding on port 80. Dropping request.", flood(80, "drop")),
    # 2.6.36 to 3.0
    ("TCP: Possible SYN flooding on port 80. Sending cookies.", flood(80, "cookies")),
    ("TCP: Possible SYN flooding on port 65535. Dropping request.", flood(65535, "drop")),
    # 3.1 to 3.3
    ("TCP: Possible SYN flooding on port 80. Sending cookies.  Check SNMP counters.", flood(80, "cookies")),
    ("TCPv6: Possible SYN flooding on port 1. Dropping request.  Check SNMP counters.", flood(1, "drop")),
    # 3.4 to 3.16
    ("TCP: TCP: Possible SYN flooding on port 80. Dropping request.  Check SNMP counters.", flood(80, "drop")),
    ("TCP: TCPv6: Possible SYN flooding on port 443. Sending cookies.  Check SNMP counters.", flood(443, "cookies")),
    # 3.17 to 6.1
    (
        "TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies.  Check SNMP counters.",
        flood(80, "cookies"),
    ),
    (
        "TCP: request_sock_TCPv6: Possible SYN flooding on port 80. Dropping request.  Check SNMP counters.",
        flood(80, "drop"),
    ),
    (
        "TCP: request_sock_subflow: Possible SYN flooding on port 80. Sending cookies.  Check SNMP counters.",
        flood(80, "cookies"),
    ),
    (
        "TCP: request_sock_subflow_v4: Possible SYN flooding on port 80. Sending cookies.  Check SNMP counters.",
        flood(80, "cookies"),
    ),
    # 6.2 and later
    (
        "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending cookies.",
        flood(80, "cookies", "0.0.0.0"),
    ),
    (
        "TCP: request_sock_TCP: Possible SYN flooding on port 192.0.2.7:80. Dropping request.",
        flood(80, "drop", "192.0.2.7"),
    ),
    ("TCP: request_sock_TCP: Possible SYN flooding on port [::]:80. Sending cookies.", flood(80, "cookies", "::")),
    (
        "TCP: request_sock_TCPv6: Possible SYN flooding on port [2001:DB8:0::7]:8080. Dropping request.",
        flood(8080, "drop", "2001:db8::7"),
    ),
    (
        "TCP: request_sock_TCPv6: Possible SYN flooding on port [::ffff:192.0.2.7]:80. Sending cookies.",
        flood(80, "cookies", "::ffff:192.0.2.7"),
    ),
    (
        "TCP: request_sock_subflow_v6: Possible SYN flooding on port [::]:20002. Sending cookies.",
        flood(20002, "cookies", "::"),
    ),
    # a log shipper that folds spaces
    (
        "TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies. Check SNMP counters.",
        flood(80, "cookies"),
    ),
]

DROPS = [
    (
        "TCP: drop open request from 192.0.2.7/40123",
        event("open_request_dropped", peer_address="192.0.2.7", peer_port=40123),
    ),
    (
        "TCP: drop open request from 2001:0db8:0000:0000:0000:0000:0000:0007/0",
        event("open_request_dropped", peer_address="2001:db8::7", peer_port=0),
    ),
    (
        "TCP: drop open request from 0000:0000:0000:0000:0000:ffff:c000:0207/1",
        event("open_request_dropped", peer_address="192.0.2.7", peer_port=1),
    ),
]

SUPPRESSIONS = [
    ("printk: 228 messages suppressed.", event("suppressed", count=228)),
    ("__ratelimit: 42 callbacks suppressed", event("suppressed", count=42)),
    ("net_ratelimit: 42 callbacks suppressed", event("suppressed", count=42)),
]


@pytest.mark.parametrize("text, expected", FLOODS + DROPS + SUPPRESSIONS)
def test_every_wording_gives_its_event(text, expected):
    assert prefilter.may_matter(text.encode())
    assert kernel_log.parse_message(text.encode()) == expected


@pytest.mark.parametrize("text", [text for text, _event in FLOODS + DROPS + SUPPRESSIONS])
def test_anything_around_or_less_of_a_message_is_another_message(text):
    whole = text.encode()
    for other in (
        b"x" + whole,
        whole + b"x",
        b" " + whole,
        whole + b" ",
        whole + b"\n",
        whole[1:],
        b"kernel: " + whole,
    ):
        known = kernel_log.parse_message(other)
        assert known is None or other in [wording.encode() for wording, _event in FLOODS]
    assert kernel_log.parse_message(whole[: len(whole) // 2]) is None


@pytest.mark.parametrize(
    "text",
    [
        "TCP: Possible SYN flooding on port 0. Sending cookies.",
        "TCP: Possible SYN flooding on port 65536. Sending cookies.",
        "TCP: Possible SYN flooding on port 080. Sending cookies.",
        "TCP: Possible SYN flooding on port -1. Sending cookies.",
        "TCP: Possible SYN flooding on port 80.",
        "TCP: Possible SYN flooding on port 80. Sending cookies",
        "TCP: Possible SYN flooding on port 80. Sending biscuits.",
        "TCP: Possible SYN flooding on port {{ 80 }}. Sending cookies.",
        "TCP: request_sock_TCP: Possible SYN flooding on port 256.0.0.1:80. Sending cookies.",
        "TCP: request_sock_TCP: Possible SYN flooding on port 01.2.3.4:80. Sending cookies.",
        "TCP: request_sock_TCP: Possible SYN flooding on port [192.0.2.7]:80. Sending cookies.",
        "TCP: request_sock_TCP: Possible SYN flooding on port [:::]:80. Sending cookies.",
        "TCP: request_sock_TCP: Possible SYN flooding on port 2001:db8::7:80. Sending cookies.",
        "TCP: drop open request from 192.0.2.7/65536",
        "TCP: drop open request from 192.0.2/1",
        "TCP: drop open request from u.x.y.z/vvvv",
        "TCP: drop open request from",
        "drop open request from 192.0.2.7/1",
        "NET: 5 messages suppressed.",
        "show_signal_msg: 23 callbacks suppressed",
        "systemd: 27 output lines suppressed due to ratelimiting",
    ],
)
def test_look_alikes_are_not_taken(text):
    assert kernel_log.parse_message(text.encode()) is None


@pytest.mark.parametrize(
    "text, expected",
    [
        ("last message repeated 3 times", (3, None)),
        ("last message repeated 1 time", (1, None)),
        (
            "Last message 'TCP: request_sock_TC' repeated 5 times, suppressed by syslog-ng on web1",
            (5, None),
        ),
        (
            "message repeated 7 times: [ TCP: drop open request from 192.0.2.7/1]",
            (7, b"TCP: drop open request from 192.0.2.7/1"),
        ),
        ("message repeated 7 times", None),
        ("last message repeated -3 times", None),
        ("the last message repeated 3 times", None),
    ],
)
def test_repeats_that_log_daemons_note(text, expected):
    assert kernel_log.parse_repeat(text.encode()) == expected


def test_a_repeat_keeps_what_was_repeated():
    again = kernel_log.repeated(flood(80, "drop"), 9)
    assert again == event("suppressed", port=80, action="drop", count=9)


@given(st.binary(max_size=300))
def test_random_bytes_are_no_event(data):
    assert kernel_log.parse_message(data) is None
    assert kernel_log.parse_repeat(data) is None


PIECES = [
    b"TCP: ", b"TCPv6: ", b"request_sock_TCP: ", b"Possible SYN flooding on port ", b"possible SYN flooding on port ",
    b"80", b"0.0.0.0:", b"[::]:", b". ", b"Sending cookies", b"Dropping request", b".", b"  Check SNMP counters.",
    b"drop open request from ", b"192.0.2.7", b"/", b"net_ratelimit: ", b"7", b" callbacks suppressed", b"\x1b[2J",
    b"\n", b"\0", b"{{ x }}", b"\xff", b"[", b"]",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_no_look_alike_puts_anything_but_clean_values_out(data):
    found = kernel_log.parse_message(data)
    if found is None:
        return
    assert tuple(found) == FIELDS
    assert found["kind"] in ("syn_flood", "open_request_dropped", "suppressed")
    assert found["action"] in (None, "cookies", "drop")
    for name in ("address", "peer_address"):
        assert found[name] is None or re.fullmatch(r"[0-9a-f:.]{2,45}", found[name])
    for name in ("port", "peer_port", "count"):
        assert found[name] is None or isinstance(found[name], int)


def test_no_pattern_repeats_without_bound_or_inside_a_repetition():
    """What makes matching linear: every repetition is bounded, and none stands within another."""
    patterns = [value.decode() for _name, value in inspect.getmembers(kernel_log) if isinstance(value, bytes)]
    assert len(patterns) == 5
    for pattern in patterns:
        bare = re.sub(r"\\.|\[(?:\\.|[^\]])*\]", "c", pattern)  # escapes and character classes are one character
        assert not re.search(r"[*+]|\{\d+,\}", bare), pattern
        assert not re.search(r"\}[^()]*\)(?:[{*+])", bare), pattern


@given(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
    st.integers(1, 65535),
    st.sampled_from(["Sending cookies", "Dropping request"]),
)
def test_any_listener_the_kernel_can_print_comes_back(v4, v6, port, action):
    for written, expected in ((str(v4), v4), ("[%s]" % v6, v6)):
        text = "TCP: request_sock_TCP: Possible SYN flooding on port %s:%d. %s." % (written, port, action)
        found = kernel_log.parse_message(text.encode())
        assert (type(expected)(found["address"]), found["port"]) == (expected, port)
