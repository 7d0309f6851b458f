# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small decisions of the model, each from one figure to the next."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.identity import identify
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import (
    attribution,
    binding,
    counters,
    errors,
    gathered,
    networks,
    queues,
    raised_record,
    records,
    text,
    unix_listener,
    what_if,
    what_if_unix,
)

NEW, OLD = Level(6, 18), Level(3, 10)


# ---------------------------------------------------------------- which knob binds


@pytest.mark.parametrize(("backlog", "somaxconn", "requested", "knob"), [
    (511, 512, None, "application"), (512, 512, None, "somaxconn"), (512, 512, 512, "application"), (512, 512, 513, "somaxconn"), (512, 512, -1, "somaxconn"),
    (513, 512, 513, "somaxconn"),
    (5, -1, None, "application"),
])  # fmt: skip
def test_the_application_or_somaxconn(backlog: int, somaxconn: int, requested: Any, knob: str) -> None:
    assert binding.bound_by(NEW, "backlog+1", backlog, somaxconn, 4096, 1, requested) == knob


@pytest.mark.parametrize(("max_syn", "cookies", "knob"), [
    (128, 0, "tcp_max_syn_backlog"), (128, 1, "application"), (682, 0, "application"), (681, 0, "application"), (680, 0, "tcp_max_syn_backlog"),
    (128, 2, "syncookies"),
])  # fmt: skip
def test_the_last_quarter_or_cookies(max_syn: int, cookies: int, knob: str) -> None:
    assert binding.bound_by(NEW, "backlog+1", 511, 4096, max_syn, cookies) == knob


@pytest.mark.parametrize(("max_syn", "knob"), [(255, "tcp_max_syn_backlog"), (256, "application"), (511, "application")])
def test_the_table_of_an_old_kernel(max_syn: int, knob: str) -> None:
    assert binding.bound_by(OLD, "power_of_two", 511, 4096, max_syn, 1) == knob
    assert binding.bound_by(NEW, "backlog", 511, 4096, max_syn, 1) == "application"


@pytest.mark.parametrize(
    ("backlog", "somaxconn", "requested", "knob"),
    [(127, 128, None, "application"), (128, 128, None, "somaxconn"), (128, 128, 127, "application"), (129, 128, 5, "somaxconn")],
)
def test_a_unix_socket_has_two_knobs(backlog: int, somaxconn: int, requested: Any, knob: str) -> None:
    assert unix_listener.bound_by(backlog, somaxconn, requested) == knob
    assert (unix_listener.limit(backlog), unix_listener.limit(None)) == (backlog + 1, None)


# ---------------------------------------------------------------- what would follow


def answered(release: str = "6.18.2", **inputs: Any) -> Any:
    return what_if.answer(what_if.ask(identify(release), dict({"tcp_max_syn_backlog": 1024}, **inputs), {}))


def test_limits_that_would_follow() -> None:
    told = answered(listen_backlog=511)
    assert told["limits"] == {
        "backlog": 511, "accept_queue": 512, "syn_queue": 512, "new_peer_limit": None, "on_full": "cookies", "bound_by": "application",
        "half_open_lifetime": 63.0,
        "spoofed_syn_rate_to_fill": 56.9, "memory_bytes": 512 * 344 + 512 * 2560,
    }  # fmt: skip
    assert told["recommended"] is None
    assert told["explanation"] == (
        "listen(511) latches a backlog of 511. On Linux 6.18.2 (backlog+1, release) the SYN queue then admits 512 half-open connections, the accept "
        "queue 512 that wait "
        "for accept(). The application's own backlog binds: raise it where the application sets it, no sysctl helps. A SYN beyond the limit is "
        "answered with a cookie. "
        "While the accept queue is full, every SYN is dropped, cookies or not. tcp_max_syn_backlog has no effect while tcp_syncookies is not 0."
    )


@pytest.mark.parametrize(("inputs", "said"), [
    ({}, "An application that asks for the most latches net.core.somaxconn, 4096."), ({"listen_backlog": -1}, "listen(-1) means somaxconn: it latches 4096."),
    ({"listen_backlog": 5000}, "listen(5000) is clamped by net.core.somaxconn and latches 4096."), ({"listen_backlog": 0}, "listen(0) latches a backlog of 0."),
    ({"listen_backlog": 4096}, "The application asks for exactly net.core.somaxconn=4096: to admit more, raise both"),
    ({"listen_backlog": 5000}, "net.core.somaxconn=4096 binds: raise it, then"),
    ({"tcp_syncookies": 2}, "tcp_syncookies=2 answers every SYN with a cookie"), ({"tcp_syncookies": 0}, "net.ipv4.tcp_max_syn_backlog=1024 binds: raise it."),
    ({"tcp_syncookies": 0}, "A SYN beyond the limit is dropped, and the client tries again"), ({"release": "4.8.17"}, "only 2 SYNs at a time are let in"),
    ({"release": "4.8.17", "listen_backlog": 0}, "every SYN is dropped, cookies or not"),
    ({"release": "4.8.17", "listen_backlog": 1}, "only 1 SYNs at a time are let in"),
])  # fmt: skip
def test_what_is_explained(inputs: Any, said: str) -> None:
    assert said in answered(**dict({"somaxconn": 4096}, **inputs))["explanation"]


def test_where_tcp_max_syn_backlog_has_an_effect() -> None:
    assert "has no effect" not in answered(tcp_syncookies=0)["explanation"] + answered("3.10.5")["explanation"]


def test_a_load_and_what_carries_it() -> None:
    told = answered(connection_rate=1000)
    assert told["recommended"] == {"listeners": 1, "listen_backlog": 2048, "somaxconn": 4096, "tcp_max_syn_backlog": 4096, "tcp_syncookies": 1}, (
        "half a second, and one"
    )
    assert (
        "For this load let the application call listen(2048), with somaxconn 4096, tcp_max_syn_backlog 4096 and tcp_syncookies 1."
        in told["explanation"]
    )
    assert "SO_REUSEPORT" not in told["explanation"]
    wide = answered("4.0.9", connection_rate=100000)["explanation"]
    assert "this kernel's widest backlog is 65535, so open 2 sockets with SO_REUSEPORT" in wide
    assert answered(connection_rate=0)["recommended"]["listen_backlog"] == 128
    assert answered(connection_rate=1000, handshake_time=0, accept_stall=0)["recommended"]["listen_backlog"] == 128
    assert answered(connection_rate=1000, handshake_time=4)["recommended"]["listen_backlog"] == 8192


@pytest.mark.parametrize(("name", "fine", "wrong"), [
    ("connection_rate", 0, -1), ("connection_rate", 10000000, 10000001), ("handshake_time", 3600, 3601), ("handshake_time", 0, -0.1),
    ("accept_stall", 3600, 3601),
    ("listen_backlog", 2**31 - 1, 2**31), ("listen_backlog", -(2**31), -(2**31) - 1), ("tcp_syncookies", 255, 256), ("somaxconn", 0, -1),
    ("tcp_synack_retries", "5", "x"), ("listen_backlog", "7", True),
    ("connection_rate", "1.5", "fast"), ("kind", "unix", "sctp"), ("accept_stall", 0, float("nan")),
])  # fmt: skip
def test_what_may_be_asked(name: str, fine: Any, wrong: Any) -> None:
    assert answered(**{name: fine})
    with pytest.raises(errors.InvalidOption, match="^%s: " % name):
        answered(**{name: wrong})


def test_what_is_not_told_comes_from_the_host_or_the_kernel() -> None:
    asked = what_if.ask(identify("5.3"), {}, {"somaxconn": 7, "tcp_max_syn_backlog": 9})
    assert (asked.somaxconn, asked.tcp_max_syn_backlog, asked.tcp_syncookies, asked.tcp_synack_retries, asked.load, asked.kind) == (
        7,
        9,
        1,
        5,
        None,
        "tcp",
    )
    with pytest.raises(errors.InvalidOption, match="tcp_max_syn_backlog: None is not allowed; a value is needed"):
        what_if.ask(identify("5.3"), {}, {})
    with pytest.raises(errors.InvalidOption, match="kernel_release: 6.1 is not allowed; expected a text"):
        what_if.kernel_of(6.1)
    assert what_if.kernel_of("6.1", "backlog").rule == "backlog"


def test_a_unix_socket_that_would_be() -> None:
    told = what_if_unix.answer(NEW, 500, 128, None, 0.0)
    assert (
        told["limits"]["backlog"] == 128
        and told["limits"]["accept_queue"] == 129
        and told["limits"]["bound_by"] == "somaxconn"
        and told["recommended"] is None
    )
    assert told["explanation"] == (
        "listen(500) is clamped by net.core.somaxconn and latches 128. 129 connections may wait for accept(). The next connect() fails with error 11 "
        "(EAGAIN) where it "
        "does not block, and nothing counts that. net.core.somaxconn=128 binds: raise it, then let the application call listen() again (a restart)."
    )
    assert what_if_unix.answer(NEW, 100, 128, None, 0.0)["explanation"].startswith("listen(100) latches a backlog of 100. 101 connections may wait")
    for most in (None, -1):
        assert what_if_unix.answer(NEW, most, 128, None, 0.0)["explanation"].startswith(
            "An application that asks for the most latches net.core.somaxconn, 128."
        )
    assert (
        what_if_unix.answer(NEW, 0, 128, None, 0.0)["limits"]["bound_by"] == "application"
        and "own backlog binds" in what_if_unix.answer(NEW, 0, 128, None, 0.0)["explanation"]
    )


@pytest.mark.parametrize(
    ("rate", "stall", "backlog"),
    [(0, 1, 128), (102.4, 1, 128), (103, 1, 256), (1000, 0.5, 1024), (819.2, 1, 1024), (820, 1, 2048), (1e12, 1, 2**31 - 1)],
)
def test_a_backlog_of_a_unix_socket_with_a_quarter_to_spare(rate: float, stall: float, backlog: int) -> None:
    assert what_if_unix.answer(NEW, 5, 200, rate, stall)["recommended"] == {"listen_backlog": backlog, "somaxconn": max(backlog, 200)}
    assert what_if_unix.answer(Level(4, 0), 5, 200, rate, stall)["recommended"]["listen_backlog"] == min(backlog, 65535)


# ---------------------------------------------------------------- records and shapes


def test_a_note_of_what_was_raised() -> None:
    row = {"network_namespace": 5, "inode": 7, "time": "2026-01-01T00:00:00Z", "before": 1, "drops": 0}
    one = raised_record.Raised(5, 7, "2026-01-01T00:00:00Z", 1, 0)

    def parsed(*rows: Any, boot: str = "b") -> Any:
        return raised_record.parse({"boot_id": "b", "raised": list(rows)}, boot)

    assert (
        parsed(row) == [one]
        and parsed(row, boot="c") == []
        and raised_record.parse([], "b") == []
        and raised_record.parse({"boot_id": "b", "raised": {}}, "b") == []
    )
    for name in ("network_namespace", "inode"):
        assert [len(parsed(dict(row, **{name: value}))) for value in (0, -1, 2**63 - 1, 2**63, True, None, "7")] == [1, 0, 1, 0, 0, 0, 0]
    assert parsed(dict(row, before=None, drops=-1)) == [one._replace(before=None, drops=None)]
    assert parsed(dict(row, time="2026")) == parsed(dict(row, time=5)) == parsed(None, "x") == []
    assert len(parsed(*[row] * 1001)) == 1000
    many = [one._replace(inode=number) for number in range(1000)]
    kept = raised_record.record(many, [one._replace(inode=0, drops=9), one._replace(inode=2000)], "b")
    assert (kept["schema"], kept["boot_id"], len(kept["raised"])) == (1, "b", 1000)
    assert [each["inode"] for each in kept["raised"]][-3:] == [999, 0, 2000] and kept["raised"][0]["inode"] == 2 and kept["raised"][-2]["drops"] == 9


def test_an_option_that_is_refused_is_shown_short() -> None:
    assert str(errors.InvalidOption("x", "a" * 98, "no")) == "x: '%s' is not allowed; no" % ("a" * 98)
    assert str(errors.InvalidOption("x", "a" * 99, "no")) == "x: '%s... is not allowed; no" % ("a" * 96)
    for value in (1, 5):
        errors.require_range("x", value, 1, 5)
    for value in (0.9, 5.1, float("nan")):
        with pytest.raises(errors.InvalidOption, match="the allowed range is 1 to 5"):
            errors.require_range("x", value, 1, 5)


def test_numbers_and_words() -> None:
    assert [gathered.number(value) for value in (-(2**63), -(2**63) - 1, 2**64 - 1, 2**64, True, 1.0, None)] == [
        -(2**63),
        None,
        2**64 - 1,
        None,
        None,
        None,
        None,
    ]
    assert text.printable("x" * 4096) == "x" * 4096 and text.printable("x" * 4097) == "x" * 4095 + "…"
    assert text.printable("x" * 11, 10) == "x" * 9 + "…" and text.printable("x" * 10, 10) == "x" * 10
    assert [text.plural(count, "entry", "reach") for count in (0, 1, 2, None)] == [
        "0 entries reach",
        "1 entry reaches",
        "2 entries reach",
        "None entries reach",
    ]
    assert (text.plural(2, "address"), text.plural(1, "address"), text.plural(2, "day"), text.plural(1, "SYN", "come")) == (
        "2 addresses",
        "1 address",
        "2 days",
        "1 SYN comes",
    )
    assert [text.agreeing(1, verb) for verb in ("are", "have", "were", "reach", "fill")] == ["is", "has", "was", "reaches", "fills"]
    assert (
        gathered.endpoint({"address": "::1", "port": 5, "device": "eth0"}) == "[::1]%eth0:5"
        and gathered.subject_of({"path": "/x", "network_namespace": "blue"}) == "/x in network namespace blue"
    )


@pytest.mark.parametrize(("used", "limit", "near", "full", "over"), [
    (79, 100, False, False, False), (80, 100, True, False, False), (99, 100, True, False, False), (100, 100, True, True, False), (101, 100, True, True, True),
    (0, 100, False, False, False),
    (1, 0, False, False, True), (0, 0, False, False, False), (None, 5, False, False, False), (5, None, False, False, False),
])  # fmt: skip
def test_how_full_a_queue_is(used: Any, limit: Any, near: bool, full: bool, over: bool) -> None:
    queue = queues.Queue(used, limit)
    assert (queue.near, queue.full, queue.over, queue.known) == (near, full, over, None not in (used, limit))
    assert queue.fill == (used / limit if used and limit else 0.0)


def test_the_fullest_of_three() -> None:
    found = queues.queues_of({"accept_queue": {"used": 1, "limit": 10}, "syn_queue": {"used": 3, "limit": 10, "new_peer_limit": 5}})
    assert found.fill == 0.6 and queues.fast_open_of({}) is None and queues.fast_open_of({"fast_open": {"used": 1, "limit": 2}}) == (1, 2)
    assert queues.queues_of({"syn_queue": {"limit": 9}, "reuseport": {"half_open": 9, "members": 0}}).syn.used is None
    assert queues.queues_of({"syn_queue": {"used": 4, "limit": 9}, "reuseport": {"half_open": 9, "members": 3}}).syn.used == 4


@pytest.mark.parametrize(
    ("step", "seconds", "counted"),
    [(50_000_000, 1.0, 50_000_000), (50_000_001, 1.0, 3), (50_000_000, 0.1, 50_000_000), (100_000_000, 2.0, 100_000_000), (100_000_001, 2.0, 3)],
)
def test_a_step_that_no_second_explains_is_a_counter_that_began_anew(step: int, seconds: float, counted: int) -> None:
    for width in (32, 64):
        before = (1 << width) + 3 - step
        assert counters.delta({"ListenDrops": before}, {"ListenDrops": 3}, seconds)["ListenDrops"] == counted


def test_counters_of_either_file() -> None:
    assert (
        counters.never_full({"TCPReqQFullDoCookies": 0, "TCPReqQFullDrop": 0})
        and not counters.never_full({"TCPReqQFullDoCookies": 0})
        and not counters.never_full({})
    )
    assert counters.delta({}, {}, 1.23456) == {"seconds": 1.235}
    assert (counters.notable(0, {}), counters.notable(-1, {}), counters.notable(1, {}), counters.drops_matter(None, {}, None)) == (
        False,
        False,
        True,
        False,
    )


@pytest.mark.parametrize(("told", "dropped"), [
    ("192.0.2.0/24", True), ("192.0.2.0/23", False), ("192.0.2.7", True), ("2001:db8::/48", True), ("2001:db8::/47", False), ("2001:db8::/64", True),
])  # fmt: skip
def test_no_network_larger_than_that_is_dropped(told: str, dropped: bool) -> None:
    network = networks.parse_network(told)
    assert network is not None and networks.may_be_dropped(network) is dropped


def test_whose_an_entry_is() -> None:
    def sock(address: str, device: Any = None, dual: Any = None) -> records.ListenSocket:
        return records.ListenSocket("ipv6" if ":" in address else "ipv4", "tcp", address, 80, device, dual, 1, 0, 0, 1, 0, None)

    def owner(local: str, *socks: records.ListenSocket, device: Any = None) -> Any:
        key = records.ListenKey("ipv6" if ":" in local else "ipv4", local, 80, device)
        found = attribution.Attribution(socks).owner(key)
        return found.address, found.device

    assert owner("10.0.0.1", sock("0.0.0.0"), sock("10.0.0.1")) == ("10.0.0.1", None)
    assert owner("10.0.0.1", sock("0.0.0.0", "eth0"), sock("10.0.0.1"), device="eth0") == ("0.0.0.0", "eth0")
    assert owner("::ffff:10.0.0.1", sock("::", dual=True)) == owner("::ffff:10.0.0.1", sock("::")) == ("::", None)
    assert owner("::ffff:10.0.0.1", sock("::", dual=False)) == ("::ffff:10.0.0.1", None), "it takes no IPv4"
    assert owner("::ffff:10.0.0.1", sock("::", dual=False), sock("::", dual=True)) == ("::", None), "a member of the group does"
    assert owner("::ffff:10.0.0.1", sock("::", dual=True), sock("::ffff:0.0.0.0")) == ("::ffff:0.0.0.0", None)
    assert owner("2001:db8::1", sock("::", dual=False)) == ("::", None) and owner("2001:db8::1") == ("2001:db8::1", None)
