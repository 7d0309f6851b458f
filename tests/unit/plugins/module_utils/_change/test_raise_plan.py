# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._change.raise_plan import (
    AT_LEAST,
    EXACT,
    NotRaised,
    ask_raise,
    expected_somaxconn,
    name_of,
    plan_raise,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenSocket
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.unix_listener import UnixListener

INTS = st.integers(-(2**31), 2**31 - 1)
COUNTS = st.integers(0, 2**31 - 1)
POLICIES = st.sampled_from([EXACT, AT_LEAST])


def listening(address="0.0.0.0", port=80, backlog=128, inode=1, device=None):
    family = "ipv6" if ":" in address else "ipv4"
    return ListenSocket(family, "tcp", address, port, device, False, inode, 0, 0, backlog, 0, None)


def asked(backlog=1000, port=80, address=None, policy=EXACT, inode=None):
    return ask_raise({"port": port, "backlog": backlog, "address": address, "policy": policy, "inode": inode})


def after(before, somaxconn, backlog, policy=EXACT):
    (step,) = plan_raise(asked(backlog, policy=policy), [listening(backlog=before)], somaxconn)
    return step.after, step.clamped


@pytest.mark.parametrize(
    ("before", "somaxconn", "backlog", "policy", "expected"),
    [
        (128, 4096, 1000, EXACT, (1000, False)),
        (1000, 4096, 128, EXACT, (128, False)),
        (1000, 4096, 128, AT_LEAST, (1000, False)),
        (128, 500, 1000, EXACT, (500, True)),
        (128, 500, 1000, AT_LEAST, (500, True)),
        (500, 500, 1000, EXACT, (500, True)),
        (128, 500, -1, EXACT, (500, False)),
        (800, 500, -1, EXACT, (500, False)),
        (800, 500, -1, AT_LEAST, (800, False)),
        (800, 500, 1000, EXACT, (800, True)),  # latched before somaxconn was lowered: listen() would shrink it
        (800, 500, 1000, AT_LEAST, (800, True)),
        (800, 500, 800, EXACT, (800, False)),
        (800, 500, 600, EXACT, (500, True)),
        (800, 500, 600, AT_LEAST, (800, False)),
        (128, 4096, 0, EXACT, (0, False)),
    ],
)
def test_the_backlog_that_follows(before, somaxconn, backlog, policy, expected):
    assert after(before, somaxconn, backlog, policy) == expected


@given(COUNTS, COUNTS, INTS, POLICIES)
def test_a_second_run_changes_nothing(before, somaxconn, backlog, policy):
    once, clamped = after(before, somaxconn, backlog, policy)
    assert after(once, somaxconn, backlog, policy) == (once, clamped)


@given(COUNTS, COUNTS, INTS, POLICIES)
def test_it_is_what_listen_can_do_or_what_was_there(before, somaxconn, backlog, policy):
    latched = somaxconn if backlog < 0 else min(backlog, somaxconn)
    got, clamped = after(before, somaxconn, backlog, policy)
    assert got in (before, latched)
    assert clamped == (0 <= got < backlog)
    if policy == AT_LEAST:
        assert got >= before
    if backlog >= 0:
        assert abs(got - backlog) <= abs(before - backlog) or policy == EXACT and got == latched < backlog < before


@given(COUNTS, st.integers(0, 4096), st.integers(0, 4096))
def test_at_least_is_reached_wherever_somaxconn_allows(before, somaxconn, backlog):
    got, clamped = after(before, somaxconn, backlog, AT_LEAST)
    assert clamped or got >= backlog
    assert not clamped or somaxconn < backlog


def test_which_sockets_are_meant():
    sockets = [
        listening(inode=1), listening("::", inode=2), listening("::", inode=3), listening(port=81, inode=4),
        listening("127.0.0.1", inode=5, device="lo"), listening(inode=1),
    ]  # fmt: skip

    def plan(**named):
        return [step.socket.inode for step in plan_raise(asked(**named), sockets, 4096)]

    assert plan() == [1, 5, 2, 3]
    assert plan(port=81) == [4]
    assert plan(address="0.0.0.0") == [1]
    assert plan(address="::") == plan(address="[::]") == plan(address="0:0:0:0:0:0:0:0") == [2, 3]
    assert plan(address="127.0.0.1") == [5]
    assert plan(inode=3) == plan(address="::", inode=3) == [3]


def test_members_of_a_group_change_each_for_itself():
    steps = plan_raise(asked(1000), [listening(inode=1), listening(inode=2, backlog=1000)], 4096)
    assert [(step.socket.inode, step.changed) for step in steps] == [(1, True), (2, False)]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("port", 0), ("port", 65536), ("port", -1), ("backlog", 2**31), ("backlog", -(2**31) - 1), ("policy", "most"),
        ("address", ""), ("address", "localhost"), ("address", "10.0.0.0/8"), ("address", "fe80::1%eth0"),
        ("address", "1.2.3"), ("address", "\x1b[2J"), ("address", "[::"),
    ],
)  # fmt: skip
def test_what_is_refused(option, value):
    with pytest.raises(InvalidOption) as caught:
        ask_raise(dict({"port": 80, "backlog": 1, "address": None, "policy": EXACT}, **{option: value}))
    assert str(caught.value).startswith(option + ": ")
    assert str(caught.value).isprintable()


def test_nothing_there_says_what_is():
    sockets = [listening("127.0.0.1"), listening("::1", inode=2), listening(port=443, inode=3)]
    with pytest.raises(NotRaised, match=r"^port: nothing listens on 8080 in network namespace x, but on 80, 443: .*nothing was"):
        plan_raise(asked(port=8080), sockets, 4096, "network namespace x")
    with pytest.raises(NotRaised, match=r"^address: nothing listens on 0.0.0.0 and port 80 in this .*127.0.0.1:80, \[::1\]:80"):
        plan_raise(asked(address="0.0.0.0"), sockets, 4096)
    with pytest.raises(NotRaised, match="nor on any other port"):
        plan_raise(asked(), [], 4096)
    for named in ({"inode": 9}, {"inode": 3}, {"inode": 1, "address": "::1"}):
        with pytest.raises(NotRaised, match=r"^inode: no socket with inode \d listens on port 80 in this .*nothing was"):
            plan_raise(asked(**named), sockets, 4096)


def test_many_others_are_not_all_named():
    with pytest.raises(NotRaised) as caught:
        plan_raise(asked(port=1), [listening(port=port, inode=port) for port in range(1000, 2000)], 4096)
    assert "1019, …" in str(caught.value) and "1020" not in str(caught.value)


def test_without_what_decides_nothing_is_planned():
    with pytest.raises(NotRaised, match="somaxconn cannot be read"):
        plan_raise(asked(), [listening()], None)
    with pytest.raises(NotRaised, match=r"backlog of 0.0.0.0:80 cannot be read: .*sock_diag"):
        plan_raise(asked(), [listening(backlog=None)], 4096)


def test_names():
    assert name_of(listening()) == "0.0.0.0:80"
    assert name_of(listening("::", device="eth0")) == "[::]:80 on eth0"


def test_a_check_may_reckon_with_another_somaxconn():
    assert expected_somaxconn({}) is None
    assert expected_somaxconn({"expected_somaxconn": 8192}) == 8192
    with pytest.raises(InvalidOption, match="^expected_somaxconn"):
        expected_somaxconn({"expected_somaxconn": -1})


# ---------------------------------------------------------------- UNIX sockets


def unix(path="/run/x.sock", inode=7, backlog=128):
    return UnixListener(path, path.encode(), "stream", inode, 0, backlog)


def of_path(path="/run/x.sock", inode=None, **more):
    return ask_raise(dict({"path": path, "backlog": 1000, "policy": EXACT, "inode": inode}, **more))


def test_a_unix_socket_is_meant_by_its_path():
    sockets = [unix(inode=9), unix("/run/y.sock", 8), unix(inode=7), listening()]
    assert [step.socket.inode for step in plan_raise(of_path(), sockets, 4096)] == [7, 9]
    assert [step.socket.inode for step in plan_raise(of_path(inode=9), sockets, 4096)] == [9]
    assert [step.socket.inode for step in plan_raise(asked(), sockets, 4096)] == [1], "and no port means one"
    assert name_of(unix()) == "/run/x.sock" and name_of(unix("")) == "a UNIX socket without a name"
    with pytest.raises(NotRaised, match="/run/z.sock"):
        plan_raise(of_path("/run/z.sock"), sockets, 4096)
    with pytest.raises(NotRaised, match=r"backlog of /run/x.sock cannot be read: .*modules unix_diag"):
        plan_raise(of_path(), [unix(backlog=None)], 4096)


@pytest.mark.parametrize("path", ["run/x", "", "x"])
def test_a_path_begins_with_a_slash_or_an_at(path):
    with pytest.raises(InvalidOption, match="^path: "):
        of_path(path)
    assert of_path("@x").path == "@x" and of_path("/x").port is None


@pytest.mark.parametrize(("other", "value"), [("port", 80), ("address", "::")])
def test_a_path_goes_with_no_port_or_address(other, value):
    with pytest.raises(InvalidOption, match="^%s: .* it cannot be combined with path" % other):
        of_path(**{other: value})


@pytest.mark.parametrize(("port", "backlog"), [(1, 2**31 - 1), (65535, -(2**31)), (80, 0)])
def test_the_least_and_the_most(port, backlog):
    assert (asked(backlog, port).port, asked(backlog, port).backlog) == (port, backlog)
    assert (expected_somaxconn({"expected_somaxconn": 0}), expected_somaxconn({"expected_somaxconn": 2**31 - 1})) == (0, 2**31 - 1)
    with pytest.raises(InvalidOption):
        expected_somaxconn({"expected_somaxconn": 2**31})
