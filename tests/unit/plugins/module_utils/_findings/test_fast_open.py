# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.findings import findings


def host(fast_open=None, others=(), **changed):
    rows = [
        {
            "network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": port, "backlog": 511,
            "accept_queue": {"used": 5, "limit": 512}, "syn_queue": {"used": 3, "limit": 512, "new_peer_limit": None, "on_full": "cookies"},
            "processes": [{"pid": 812, "name": "nginx"}], "drops": 0, "fast_open": queue, "remedy": "Raise the backlog.",
        }
        for port, queue in ((443, fast_open), *others)
    ]  # fmt: skip
    return dict({"kernel": {"stable_level": "6.18.44"}, "listeners": rows}, **changed)


def overflows(count, window=None, passive=100):
    counted = {"TCPFastOpenListenOverflow": count, "PassiveOpens": passive}
    return {"counters": counted, "counters_delta": None if window is None else dict(counted, seconds=2.0, TCPFastOpenListenOverflow=window)}


def told(facts):
    return [(one["id"], one["severity"], one["subject"]) for one in findings(facts)]


FULL = {"used": 5, "limit": 5}


def test_a_listener_whose_places_are_all_taken_is_told():
    (one,) = findings(host(FULL, **overflows(3, 3)))
    assert (one["id"], one["severity"], one["subject"]) == ("fast-open-queue-full", "warning", "0.0.0.0:443")
    assert one["summary"].startswith("5 unanswered connections take all places of TCP Fast Open (5)")
    assert one["evidence"]["fast_open"] == FULL
    assert "nginx (pid 812) sets with TCP_FASTOPEN" in one["remedy"]


@pytest.mark.parametrize(
    "queue",
    [None, {"used": 4, "limit": 5}, {"used": None, "limit": 5}, {"used": 5, "limit": None}, {"used": None, "limit": None}, {"used": 0, "limit": 0}, "x"],
)
def test_nothing_is_told_of_places_that_are_free_or_unknown(queue):
    assert findings(host(queue)) == []


@pytest.mark.parametrize(
    ("counted", "severity"),
    [
        (overflows(3, 3), "warning"),
        (overflows(3, 0), None),
        (overflows(3), "info"),
        (overflows(3, passive=100000), None),
        (overflows(0, 0), None),
    ],
)
def test_the_counter_tells_where_the_places_are_free_again(counted, severity):
    """Or where they are held by connections that were reset, which the kernel does not show."""
    expected = [] if severity is None else [("fast-open-queue-full", severity, "0.0.0.0:443")]
    assert told(host({"used": 0, "limit": 5}, **counted)) == expected


def test_where_several_take_it_nobody_is_blamed():
    free = {"used": 0, "limit": 5}
    (one,) = findings(host(free, others=[(80, free), (81, None)], **overflows(3, 3)))
    assert one["subject"] == "host" and one["evidence"]["limits"] == {"0.0.0.0:443": 5, "0.0.0.0:80": 5}


def test_a_full_accept_queue_comes_before_it():
    facts = host(FULL)
    facts["listeners"][0]["accept_queue"] = {"used": 512, "limit": 512}
    assert "fast-open-queue-full" not in {one[0] for one in told(facts)}
