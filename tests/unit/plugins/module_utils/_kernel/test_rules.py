# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each rule holds from the release on that brought it, and not in the last one before."""

from __future__ import annotations

import math
from typing import Any, Optional

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel import (
    level,
    lifetime,
    limits,
    memory,
    overflow,
    peers,
    rules,
    sizing,
    sysctls,
)

parse = level.parse_level
INTS, BYTE = (-(2**31), 2**31 - 1), (0, 255)


@pytest.mark.parametrize("release, rule", [
    ("2.6.32", "power_of_two"), ("4.3.6", "power_of_two"), ("4.3.99999", "power_of_two"), ("4.4", "backlog"), ("6.12.9", "backlog"), ("6.12.10", "backlog+1"),
    ("6.13", "backlog+1"), ("7.0", "backlog+1"), ("6.6.71", "backlog"), ("6.6.72", "backlog+1"), ("6.1.124", "backlog"), ("6.1.125", "backlog+1"),
    ("5.15.176", "backlog"), ("5.15.177", "backlog+1"), ("5.10.233", "backlog"), ("5.10.234", "backlog+1"), ("5.4.289", "backlog"), ("5.4.290", "backlog+1"),
    ("4.19.325", "backlog"), ("6.11.11", "backlog"), ("6.8.300", "backlog"),
])  # fmt: skip
def test_when_the_syn_queue_counts_as_full(release: str, rule: str) -> None:
    assert rules.syn_queue_rule(parse(release)) == rule


@pytest.mark.parametrize(
    "release, settled", [("4.3.6", True), ("4.4", False), ("6.12.99", False), ("6.13", True), ("6.18.2", True), ("2.6.32", True)]
)
def test_a_vendors_backport_may_only_change_what_is_in_between(release: str, settled: bool) -> None:
    assert rules.rule_is_settled(parse(release)) is settled


@pytest.mark.parametrize("rule, last, first, before, since", [
    ("backlog_bits", "4.0.9", "4.1", 16, 32), ("max_syn_backlog_caps_queue", "4.3.6", "4.4", True, False), ("young_spared", "4.9.168", "4.10", True, False),
    ("young_spared", "3.16.80", "3.16.81", True, False), ("young_spared", "4.4.178", "4.4.179", True, False),
    ("young_spared", "4.9.168", "4.9.169", True, False),
    ("young_spared", "4.4.178", "4.10.1", True, False), ("first_synack_timeout", "3.0.101", "3.1", 3.0, 1.0), ("hash_entry_bytes", "4.3.6", "4.4", 8, 0),
    ("half_open_entry_bytes", "4.3.6", "4.4", 256, 344), ("half_open_entry_bytes", "3.12.74", "3.13", 128, 256),
])  # fmt: skip
def test_a_rule_changes_with_one_release(rule: str, last: str, first: str, before: Any, since: Any) -> None:
    decide = getattr(rules, rule)
    assert (decide(parse(last)), decide(parse(first))) == (before, since)
    assert isinstance(decide(parse(last)), type(before))


def test_branches_that_never_took_the_commit_spare_young_requests() -> None:
    assert all(rules.young_spared(parse(release)) for release in ("2.6.32", "3.10.108", "4.8.17", "4.1.500", "3.17.81"))
    assert not rules.young_spared(parse("5.10"))


@pytest.mark.parametrize(
    "release, value, forced",
    [("3.11.10", 2, False), ("3.12", 2, True), ("6.18", 2, True), ("6.18", 1, False), ("6.18", 3, False), ("6.18", 0, False)],
)
def test_cookies_for_every_syn(release: str, value: int, forced: bool) -> None:
    assert rules.forces_cookies(parse(release), value) is forced


def test_an_entry_of_an_old_kernel_is_larger_with_ipv6() -> None:
    assert rules.half_open_entry_bytes(parse("3.10"), "ipv6") == 192
    assert rules.half_open_entry_bytes(parse("4.4"), "ipv6") == 344


# ---------------------------------------------------------------- sysctls


@pytest.mark.parametrize("name, release, expected", [
    ("somaxconn", "4.0.9", (0, 65535)), ("somaxconn", "4.1", (0, 2**31 - 1)), ("somaxconn", "3.11", (0, 65535)), ("somaxconn", "3.10.64", INTS),
    ("somaxconn", "3.10.65", (0, 65535)), ("somaxconn", "3.4.64", INTS), ("somaxconn", "3.4.65", (0, 65535)), ("somaxconn", "3.9.65", INTS),
    ("somaxconn", "3.2.65", INTS),
    ("tcp_syncookies", "5.12.19", INTS), ("tcp_syncookies", "5.13", BYTE), ("tcp_synack_retries", "5.13", BYTE), ("tcp_abort_on_overflow", "5.13", BYTE),
    ("tcp_synack_retries", "5.10", BYTE), ("tcp_synack_retries", "5.11", INTS), ("netdev_max_backlog", "6.18", INTS), ("tcp_max_syn_backlog", "5.10", INTS),
])  # fmt: skip
def test_what_a_kernel_takes(name: str, release: str, expected: tuple) -> None:
    assert sysctls.valid_range(name, parse(release)) == expected


@pytest.mark.parametrize("name, release, value", [
    ("tcp_abort_on_overflow", "6.1", 0), ("netdev_max_backlog", "6.1", 1000), ("tcp_synack_retries", "2.6.32", 5), ("somaxconn", "5.3.18", 128),
    ("tcp_syncookies", "6.1", 1), ("anything", "6.1", None),
])  # fmt: skip
def test_what_a_kernel_starts_with(name: str, release: str, value: Optional[int]) -> None:
    assert sysctls.boot_default(name, parse(release)) == value


@pytest.mark.parametrize("name, last, first", [
    ("tcp_max_syn_backlog", "4.10.17", "4.11"), ("tcp_synack_retries", "4.5.7", "4.6"), ("tcp_syncookies", "4.5.7", "4.6"),
    ("tcp_abort_on_overflow", "4.14.336", "4.15"),
])  # fmt: skip
def test_since_when_a_namespace_has_its_own(name: str, last: str, first: str) -> None:
    assert sysctls.shown_in_namespace(name, parse(last)) is False
    assert sysctls.shown_in_namespace(name, parse(first)) is True
    assert sysctls.shown_in_namespace("somaxconn", parse("2.6.32")) is True


# ---------------------------------------------------------------- limits


def test_the_smallest_table_of_an_old_kernel_has_sixteen_slots() -> None:
    assert [limits.syn_queue_limit("power_of_two", backlog, 4096) for backlog in (0, 1, 7, 8, 15, 16, 31, 32)] == [16] * 5 + [32, 32, 64]
    assert limits.syn_queue_limit("power_of_two", 4096, 20) == 32, "tcp_max_syn_backlog caps it"
    assert limits.syn_queue_limit("power_of_two", 4096, -1) == 8192, "as an unsigned number"


def test_the_last_quarter_is_kept_for_known_peers() -> None:
    assert [limits.last_quarter_limit(value) for value in (0, 1, 3, 4, 5, 128, 4096, -8)] == [1, 2, 4, 4, 5, 97, 3073, 0]


def test_half_open_entries_of_unproven_peers() -> None:
    found = limits.queue_limits(parse("6.1"), "backlog", 100, 128, 0)
    assert (found.syn_queue, found.new_peer_limit, found.half_open, found.accept_queue, found.on_full) == (100, 97, 97, 101, "drop")
    found = limits.queue_limits(parse("6.1"), "backlog", 100, 128, 1)
    assert (found.syn_queue, found.new_peer_limit, found.half_open, found.on_full) == (100, None, 100, "cookies")
    assert limits.queue_limits(parse("6.1"), "backlog", 100, 128, 2).syn_queue == 0
    assert limits.queue_limits(parse("3.10"), "power_of_two", 100, 4096, 1, 10).syn_queue == 16


def test_a_full_accept_queue_lets_two_young_requests_in_up_to_4_9() -> None:
    old, new = parse("4.8"), parse("4.10")
    for backlog, entries in ((0, 0), (1, 1), (2, 2), (3, 2), (500, 2)):
        assert limits.half_open_while_accept_queue_full(old, limits.queue_limits(old, "backlog", backlog, 4096, 1)) == entries
        assert limits.half_open_while_accept_queue_full(new, limits.queue_limits(new, "backlog", backlog, 4096, 1)) == 0


def test_ipv6_peers_were_not_counted_up_to_2_6_37() -> None:
    for release, family, limit in (("2.6.37", "ipv6", None), ("2.6.38", "ipv6", 97), ("2.6.37", "ipv4", 97)):
        found = limits.queue_limits(parse(release), "power_of_two", 100, 128, 0)
        assert peers.limits_for_peers(parse(release), found, family).new_peer_limit == limit


def test_who_gets_established_where_the_syn_queue_admits_nobody() -> None:
    def made(backlog: int, cookies: int, rule: str = "backlog") -> int:
        return overflow.established_limit(limits.queue_limits(parse("6.1"), rule, backlog, 4096, cookies))

    assert (made(0, 0), made(0, 1), made(1, 0), made(0, 0, "backlog+1"), made(0, 2)) == (0, 1, 2, 1, 1)


def test_bytes_of_two_full_queues() -> None:
    for release, bytes_of_syns in (("6.1", 100 * 344), ("4.3", 128 * 8 + 128 * 256)):
        found = limits.queue_limits(parse(release), rules.syn_queue_rule(parse(release)), 100, 4096, 1)
        assert memory.full_queue_bytes(parse(release), found) == bytes_of_syns + 101 * 2560
    old = limits.queue_limits(parse("3.10"), "power_of_two", 100, 4096, 1)
    assert memory.full_queue_bytes(parse("3.10"), old, "ipv6") - memory.full_queue_bytes(parse("3.10"), old) == 128 * 64


def test_versions_are_told_with_three_numbers_and_compared_by_branch() -> None:
    assert (parse("6.1").text, parse("2.6.32.2").text, parse("2.6.32.0").text, parse("6.1.2.3").text) == ("6.1.0", "2.6.32.2", "2.6.32", "6.1.2")
    assert parse("2.7.32.2").fourth == 0 and parse("3.6.32.2").fourth == 0
    assert (parse("6.1.5").branch, parse("2.6.32.2").branch) == ((6, 1), (2, 6))
    with pytest.raises(ValueError) as caught:
        parse("y" * 81)
    assert "'%s' is" % ("y" * 80) in str(caught.value)


# ---------------------------------------------------------------- over time


def test_how_fast_a_queue_is_filled() -> None:
    """A sixteenth of its limit a second and an eighth later: eight first timeouts, where entries live as long."""
    for release, retries, seconds in (("6.1", 5, 8.0), ("6.1", 3, 8.0), ("6.1", 2, 7.0), ("6.1", 0, 1.0), ("3.0", 5, 24.0), ("3.0", 1, 9.0)):
        assert lifetime.spoofed_rate_to_fill(parse(release), retries, 900) == pytest.approx(900 / (seconds * 1.125))
    assert lifetime.spoofed_rate_to_fill(parse("6.1"), 5, 1) == pytest.approx(1 / 9.0)
    assert lifetime.spoofed_rate_to_fill(parse("6.1"), 5, -1) is None


@pytest.mark.parametrize("retries, seconds", [(4, 93), (5, 189), (6, 309), (7, 429), (255, 189 + 250 * 120)])
def test_timeouts_grow_up_to_two_minutes(retries: int, seconds: int) -> None:
    assert lifetime.half_open_lifetime(parse("3.0"), retries) == seconds
    assert lifetime.half_open_lifetime(parse("3.1"), 255) == 127 + 249 * 120


# ---------------------------------------------------------------- a backlog for a load


def test_four_standard_deviations_are_spared() -> None:
    for rate, seconds, entries in ((0, 1, 0), (100, 1, 140), (400, 0.25, 140), (10000, 1, 10400), (1, 1, 5), (2, 1, math.ceil(2 + 4 * math.sqrt(2)))):
        assert sizing.entries_needed(rate, seconds) == entries


@pytest.mark.parametrize("rate, handshake, stall, backlog", [
    (0, 0, 0, 128), (88, 1, 0, 128), (91, 1, 0, 256), (0, 9, 9, 128), (100, 0.1, 1, 256), (100, 1, 0.1, 256), (10000, 0, 1, 16384), (200, 1, 1, 512),
])  # fmt: skip
def test_the_backlog_is_a_power_of_two_that_carries_both(rate: float, handshake: float, stall: float, backlog: int) -> None:
    found = sizing.recommend(parse("6.1"), sizing.Load(rate, handshake, stall), 1, 1)
    assert found == {"listeners": 1, "listen_backlog": backlog, "somaxconn": backlog, "tcp_max_syn_backlog": 2 * backlog, "tcp_syncookies": 1}


def test_exactly_a_power_of_two_is_not_doubled() -> None:
    rate = 3847.8
    assert sizing.entries_needed(rate, 1) == 4096
    assert sizing.recommend(parse("6.1"), sizing.Load(rate, 1, 0), 0, 0)["listen_backlog"] == 4096
    assert sizing.recommend(parse("6.1"), sizing.Load(rate + 1, 1, 0), 0, 0)["listen_backlog"] == 8192


def test_where_a_backlog_has_sixteen_bits_several_listeners_share_the_port() -> None:
    load = sizing.Load(100000, 1, 0)
    assert [sizing.recommend(parse(release), load, 0, 0)[name] for release in ("4.0", "4.1") for name in ("listeners", "listen_backlog")] == [
        2,
        65535,
        1,
        131072,
    ]
    huge = sizing.recommend(parse("6.1"), sizing.Load(2.0**31, 1, 0), 0, 0)
    assert (huge["listeners"], huge["listen_backlog"], huge["tcp_max_syn_backlog"]) == (2, 2**31 - 1, 2**31 - 1)


def test_what_suffices_today_is_not_lowered() -> None:
    found = sizing.recommend(parse("6.1"), sizing.Load(1, 1, 1), 4096, 8192)
    assert (found["somaxconn"], found["tcp_max_syn_backlog"]) == (4096, 8192)
