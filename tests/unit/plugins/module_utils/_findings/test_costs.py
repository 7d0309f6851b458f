# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of the time that half-open connections stay, and of the memory that full queues take."""

from __future__ import annotations

import re

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.findings import findings
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._findings.test_findings import (
    host,
    listener,
    with_listener,
)
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._findings.test_settings import (
    LARGE,
    inside,
    only,
)

GIB = 1 << 30


def test_how_long_a_full_queue_stays_full():
    facts = with_listener(host(), syn_queue={"used": 512})
    (found,) = only(facts, "half-open-lifetime")
    assert (found["severity"], found["subject"]) == ("info", "0.0.0.0:80")
    assert found["evidence"] == {
        "tcp_synack_retries": 5, "half_open_lifetime": 63.0, "spoofed_syn_rate_to_fill": 56.9, "limit": 512,
    }  # fmt: skip
    assert "up to 63 s (tcp_synack_retries 5), and about 57 spoofed SYNs a second" in found["summary"]
    assert "`sysctl -w net.ipv4.tcp_synack_retries=2` frees a place after 7 s" in found["remedy"]
    last_quarter = {"used": 97, "new_peer_limit": 97, "on_full": "drop"}
    assert only(with_listener(host(), syn_queue=last_quarter), "half-open-lifetime")[0]["evidence"]["limit"] == 97
    assert "about 57 spoofed SYNs a second keep all 512 places taken." in found["summary"]
    (only_one,) = only(with_listener(host(), syn_queue={"used": 1, "limit": 1}), "half-open-lifetime")
    assert only_one["summary"].endswith("about 0.1 spoofed SYNs a second keep its only place taken.")
    for retries in (1, 2):
        few = with_listener(host(tcp_synack_retries=retries), syn_queue={"used": 512})
        assert "sysctl" not in only(few, "half-open-lifetime")[0]["remedy"]


def test_retries_are_lowered_where_they_are_kept():
    """Up to 4.5 the namespaces of a machine have one tcp_synack_retries, and no file for it of their own."""
    facts = inside()
    del facts["network_namespaces"][0]["sysctls"]["tcp_synack_retries"]
    (found,) = only(facts, "half-open-lifetime")
    assert "`sysctl -w net.ipv4.tcp_synack_retries=2`" in found["remedy"]
    facts["network_namespaces"][0]["sysctls"]["tcp_synack_retries"] = 4
    (found,) = only(facts, "half-open-lifetime")
    assert found["evidence"]["tcp_synack_retries"] == 4
    assert "`nsenter --net --target 812 sysctl -w net.ipv4.tcp_synack_retries=2`" in found["remedy"]


@pytest.mark.parametrize(
    "changes",
    [
        {"syn_queue": {"used": 511}},
        {"syn_queue": {"used": 512}, "accept_queue": {"used": 512}},  # the application does not accept
        {"syn_queue": {"used": None, "limit": None}},
    ],
)
def test_a_queue_that_is_not_full_of_unanswered_syns_has_no_lifetime(changes):
    assert only(with_listener(host(), **changes), "half-open-lifetime") == []


def with_memory(total, *listeners):
    facts = host()
    facts["memory"] = {"total_bytes": total}
    facts["listeners"] = [listener(bound_by="application", **one) for one in listeners]
    return facts


def test_queues_that_may_take_a_dangerous_share():
    (found,) = findings(with_memory(GIB, LARGE))
    assert (found["id"], found["severity"], found["subject"]) == ("memory-at-limits", "warning", "0.0.0.0:80")
    assert "would take 181.5 MiB of 1.0 GiB of memory (18%)" in found["summary"]
    assert "there: at most 32768, which keeps the memory below an eighth." in found["remedy"], "half of it is 9%"
    many = [dict(LARGE, port=port) for port in range(8)]
    (found,) = findings(with_memory(8 * GIB, *many))
    assert found["subject"] == "host" and "and 3 more would take" in found["summary"]
    assert len(found["evidence"]["listeners"]) == 5 and found["evidence"]["share"] == 0.1772


def test_what_is_enough_is_enough_beside_smaller_ones():
    """Halving the largest does not help where it is the many others that add up."""
    others = [{"backlog": 8192, "memory_bytes": 23789760, "port": port} for port in range(10)]
    facts = with_memory(9 * GIB // 5, *others, LARGE)
    (found,) = findings(facts)
    assert [one["backlog"] for one in found["evidence"]["listeners"]] == [65535, 8192, 8192, 8192, 8192], "worst first"
    enough = int(re.search(r"there: ([0-9]+)", found["remedy"]).group(1))
    assert 4096 <= enough <= 16384
    for one in facts["listeners"]:
        one["memory_bytes"] = one["memory_bytes"] * min(enough, one["backlog"]) // one["backlog"]
        one["backlog"] = min(enough, one["backlog"])
    assert findings(facts) == []


@pytest.mark.parametrize(
    "facts",
    [
        with_memory(2 * GIB, LARGE),
        with_memory(GIB, dict(LARGE, address="127.0.0.1"), dict(LARGE, address="::1")),
        with_memory(GIB // 2, *[{"backlog": 4096, "memory_bytes": 11897000, "port": port} for port in range(40)]),
        with_memory(None, LARGE),
        with_memory(0, LARGE),
        with_memory(GIB, {"backlog": 65535, "memory_bytes": None}),
    ],
)
def test_defaults_and_what_fits_are_no_danger(facts):
    assert findings(facts) == []


# ---------------------------------------------------------------- at the bounds


def full(limit, **sysctls):
    return only(with_listener(host(**sysctls), syn_queue={"used": limit, "limit": limit}), "half-open-lifetime")[0]


def test_the_rate_is_told_with_a_digit_behind_the_point_where_it_is_small():
    assert "about 10 spoofed" in full(90)["summary"] and "about 9.9 spoofed" in full(89)["summary"]
    assert "`sysctl -w net.ipv4.tcp_synack_retries=2` frees" in full(90, tcp_synack_retries=3)["remedy"]
    assert full(90, tcp_synack_retries=2)["remedy"] == "To fill a queue that is twice as large, a flood must be twice as fast; SYN cookies work at any rate."


def test_the_queue_that_takes_the_fastest_flood_comes_first():
    facts = host()
    facts["listeners"] = [listener(port=port, syn_queue={"used": limit, "limit": limit}) for port, limit in ((1, 20), (2, 30), (3, 10))]
    assert [one["subject"] for one in only(facts, "half-open-lifetime")] == ["0.0.0.0:2", "0.0.0.0:1", "0.0.0.0:3"]


def test_without_a_level_or_retries_no_lifetime_is_told():
    facts = with_listener(host(), syn_queue={"used": 512})
    facts["kernel"]["stable_level"] = None
    assert only(facts, "half-open-lifetime") == []
    facts = with_listener(host(), syn_queue={"used": 512})
    facts["sysctls"]["tcp_synack_retries"]["runtime"] = None
    assert only(facts, "half-open-lifetime") == []


def test_an_eighth_of_the_memory_is_not_too_much():
    assert findings(with_memory(8000, {"backlog": 4097, "memory_bytes": 1000})) == []
    (found,) = findings(with_memory(8000, {"backlog": 4097, "memory_bytes": 1001}))
    assert "would take 1001 bytes of 7.8 KiB of memory (13%)" in found["summary"] and found["evidence"]["share"] == 0.1251
    assert found["remedy"] == "Set a smaller backlog there: 4096 is enough for most pauses. net.core.somaxconn clamps what the next listen() asks for."
    assert findings(with_memory(8000, {"backlog": 4096, "memory_bytes": 5000})) == [], "a default is nobody's choice"


@pytest.mark.parametrize(
    "size, told",
    [
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1 << 20, "1.0 MiB"),
        ((1 << 20) - 1, "1024.0 KiB"),
        (1 << 30, "1.0 GiB"),
        ((1 << 30) - 1, "1024.0 MiB"),
    ],
)
def test_amounts_of_memory(size, told):
    (found,) = findings(with_memory(2 * size, {"backlog": 65535, "memory_bytes": size}))
    assert "would take %s of " % told in found["summary"]


@pytest.mark.parametrize("memory, most", [(8 * 500, 32768), (8 * 499, 16384), (8 * 250, 16384), (8 * 249, 8192), (8 * 125, 8192), (8 * 124, 4096)])
def test_the_largest_power_of_two_that_keeps_it_below_an_eighth(memory, most):
    (found,) = findings(with_memory(memory, {"backlog": 65536, "memory_bytes": 1000}))
    told = "at most %d, which" % most if most > 4096 else "%d is enough" % most
    assert "there: %s " % told in found["remedy"]


def test_five_listeners_are_named_and_the_rest_counted():
    def named(count):
        return findings(with_memory(8000, *({"backlog": 8192, "memory_bytes": 900 - port, "port": port} for port in range(1, count + 1))))[0]

    assert "0.0.0.0:4, 0.0.0.0:5 would take" in named(5)["summary"] and "0.0.0.0:5 and 1 more would take" in named(6)["summary"]
    assert named(6)["evidence"]["listeners"][0] == {"listener": "0.0.0.0:1", "backlog": 8192, "memory_bytes": 899}
    same = findings(with_memory(8000, {"backlog": 8192, "memory_bytes": 900}, {"backlog": 8192, "memory_bytes": 901}))[0]
    assert same["subject"] == "0.0.0.0:80", "members of one group"


def test_a_smaller_one_keeps_what_it_has():
    (found,) = findings(with_memory(12000, {"backlog": 65536, "memory_bytes": 1000}, {"backlog": 8192, "memory_bytes": 1000, "port": 81}))
    assert "there: at most 32768" in found["remedy"], "half of the one, and all of the other, are just an eighth"
