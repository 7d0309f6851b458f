# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict on a watch: from which figure on each finding is made, how severe it is, and in which order they come."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings import of_watch


def listener(port: int = 80, **more: Any) -> Dict[str, Any]:
    """A row of ten seconds in which all went well."""
    row: Dict[str, Any] = {
        "network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": port, "device": None, "backlog": 99, "dropped": 0,
        "syns": {"arrived": 1000, "before_listener": 0, "answered": 1000, "repeated": 0, "dropped": 0, "unexplained": 0},
        "accept_queue": {"limit": 100, "peak": 3, "p50": 0, "p99": 2, "seconds_full": 0.0}, "syn_queue": {"peak": 7}, "syn_acks": 1000,
        "recommended_backlog": 256, "recommended_because": "Because.", "reuseport": None,
    }  # fmt: skip
    for name, value in more.items():
        if name == "lost":  # dropped SYNs, beside what the socket dropped
            row["syns"]["dropped"] = value
        elif name != "dropped" and name in (row["syns"] or ()):
            row["syns"][name] = value
        elif name in row["accept_queue"]:
            row["accept_queue"][name] = value
        else:
            row[name] = value
    return row


def judged(*rows: Dict[str, Any], layers: Any = (), seconds: float = 10.0, **space: Any) -> List[Dict[str, Any]]:
    spaces = [dict({"network_namespace": "host", "syns": 1000}, **space)]
    lost = [dict(zip(("layer", "reason", "where", "dropped"), one), network_namespace="host") for one in layers]
    return of_watch.findings({"seconds": seconds, "listeners": list(rows), "layers": lost, "namespaces": spaces})


def ids(*rows: Dict[str, Any], **more: Any) -> List[str]:
    return [one["id"] for one in judged(*rows, **more)]


# ---------------------------------------------------------------- the accept queue


@pytest.mark.parametrize("more, severity", [
    ({"peak": 49}, None), ({"peak": 50}, "info"), ({"peak": 99, "dropped": 5}, "info"), ({"peak": 100}, "warning"), ({"peak": 101, "dropped": 1}, "critical"),
    ({"peak": 50, "p50": 10}, "info"), ({"peak": 50, "p50": 11}, None), ({"peak": 100, "seconds_full": 2.0}, "warning"), ({"peak": 50, "p50": None}, None),
    ({"peak": 50, "limit": None}, None), ({"peak": 50, "limit": 0}, None), ({"peak": None}, None), ({"peak": 100, "seconds_full": 2.1}, None),
])  # fmt: skip
def test_a_burst_fills_half_of_the_queue_for_a_moment(more: Dict[str, Any], severity: Any) -> None:
    found = [one["severity"] for one in judged(listener(**more)) if one["id"] == "backlog-bursts"]
    assert found == [severity] * (severity is not None)


def test_what_is_said_of_bursts() -> None:
    (one, *_rest) = judged(listener(peak=80, p50=2))
    assert one["summary"].startswith(
        "Connections come in bursts: up to 80 waited (the queue admits 100), but half of all looks found 2 or fewer. A single"
    )
    assert one["evidence"] == {"peak": 80, "limit": 100, "p50": 2, "p99": 2, "seconds_full": 0.0, "dropped": 0, "recommended_backlog": 256}
    assert one["remedy"].startswith("A listen backlog of 256 would have been enough. Because. linuxnet")
    (one, *_rest) = judged(listener(peak=100, seconds_full=1.25))
    assert "fewer. It was full for 1.25 s. A single" in one["summary"]
    (one, *_rest) = judged(listener(peak=100, seconds_full=1.25, dropped=3))
    assert "fewer. It was full for 1.25 s, and 3 attempts were dropped. A single" in one["summary"]


@pytest.mark.parametrize("backlog, recommended, said", [
    (99, 100, "A listen backlog of 100 would have been enough."), (99, 99, "The backlog of 99 was enough for this."),
    (99, 98, "The backlog of 99 was enough for this."),
    (None, 99, "A listen backlog of 99 would have been enough."), (99, None, "Because."),
])  # fmt: skip
def test_what_is_to_be_done_about_bursts(backlog: Any, recommended: Any, said: str) -> None:
    (one, *_rest) = judged(listener(peak=60, backlog=backlog, recommended_backlog=recommended))
    assert one["remedy"].startswith(said)


@pytest.mark.parametrize("more, found", [
    ({"seconds_full": 2.0}, False), ({"seconds_full": 2.1}, True), ({"seconds_full": 2.1, "peak": 99}, False), ({"seconds_full": None}, False),
    ({"seconds_full": 2.1, "limit": None}, False), ({"seconds_full": 2.1, "limit": 0}, False), ({"seconds_full": 2.1, "peak": None}, False),
])  # fmt: skip
def test_a_queue_that_was_full_for_more_than_a_fifth_of_the_watch(more: Dict[str, Any], found: bool) -> None:
    assert ("accept-queue-overflow" in ids(listener(**dict({"peak": 100}, **more)))) is found


def test_what_is_said_of_a_full_queue() -> None:
    (one, *_rest) = judged(listener(peak=100, seconds_full=7.5, dropped=9))
    assert one["severity"] == "critical" and one["subject"] == "0.0.0.0:80"
    assert one["summary"] == "The accept queue was full for 7.5 of 10.0 seconds: the application does not accept as fast as clients come."
    assert one["evidence"] == {"peak": 100, "limit": 100, "seconds_full": 7.5, "dropped": 9}
    assert one["remedy"].startswith("A listen backlog of 256")
    (one, *_rest) = judged(listener(peak=100, seconds_full=7.5, recommended_backlog=None))
    assert one["remedy"] == "Because."


def test_the_longest_first_and_of_kinds_the_gravest() -> None:
    rows = [
        listener(1, peak=100, seconds_full=3.0),
        listener(2, peak=100, seconds_full=9.0),
        listener(3, peak=60),
        listener(4, peak=90),
        listener(5, peak=100),
    ]
    found = [(one["id"], one["subject"]) for one in judged(*rows)]
    assert found == [
        ("accept-queue-overflow", "0.0.0.0:2"), ("accept-queue-overflow", "0.0.0.0:1"), ("backlog-bursts", "0.0.0.0:5"), ("backlog-bursts", "0.0.0.0:4"),
        ("backlog-bursts", "0.0.0.0:3"), ("nothing-lost-here", "network namespace host"),
    ]  # fmt: skip


def test_members_of_a_group_are_told_once() -> None:
    assert ids(listener(peak=60), listener(peak=90)).count("backlog-bursts") == 1
    assert ids(listener(peak=60), listener(peak=90, network_namespace="blue")).count("backlog-bursts") == 2


# ---------------------------------------------------------------- the SYN queue and the way back


@pytest.mark.parametrize("more, found", [
    ({"lost": 1}, True), ({"lost": 0}, False), ({"lost": 5, "peak": 99}, True), ({"lost": 5, "peak": 100}, False), ({"lost": 5, "peak": None}, False),
    ({"lost": 5, "limit": None}, False), ({"syns": None}, False), ({"lost": None}, False),
])  # fmt: skip
def test_syns_dropped_while_the_accept_queue_has_room(more: Dict[str, Any], found: bool) -> None:
    assert ("syn-queue-full" in ids(listener(**more))) is found


def test_what_is_said_of_a_full_syn_queue() -> None:
    one, other, *_rest = judged(listener(1, lost=100), listener(2, lost=250))
    assert (one["subject"], other["subject"], one["severity"]) == ("0.0.0.0:2", "0.0.0.0:1", "critical"), "most first"
    assert one["summary"].startswith("The listener dropped 250 (25%) of 1000 SYNs while its accept queue had room")
    assert one["evidence"] == {"dropped": 250, "arrived": 1000, "syn_queue": 7}


@pytest.mark.parametrize("repeated, answered, unexplained, arrived, severity", [
    (7, 10, 0, 17, None), (8, 10, 0, 18, "warning"), (49, 1000, 0, 1049, None), (50, 1000, 0, 1050, "warning"), (0, 10, 7, 17, None),
    (0, 10, 8, 18, "critical"),
    (0, 951, 49, 1000, None), (0, 950, 50, 1000, "critical"), (50, 1000, 50, 1000, "warning"), (50, 1000, 51, 1000, "critical"),
    (51, 1000, 50, 1000, "warning"),
    (8, 160, 0, 168, "warning"), (8, 161, 0, 169, None),
])  # fmt: skip
def test_clients_that_repeat_syns(repeated: int, answered: int, unexplained: int, arrived: int, severity: Any) -> None:
    row = listener(repeated=repeated, answered=answered, unexplained=unexplained, arrived=arrived)
    assert [one["severity"] for one in judged(row) if one["id"] == "clients-repeat-syns"] == [severity] * (severity is not None)


def test_what_is_said_of_clients_that_repeat_syns() -> None:
    def first(**more: Any) -> Dict[str, Any]:
        return next(one for one in judged(listener(**more)) if one["id"] == "clients-repeat-syns")

    assert first(repeated=60)["summary"] == "Clients do not get the listener's answers: 60 SYNs came again after it had been answered."
    assert first(repeated=60, unexplained=60)["summary"].endswith("60 SYNs came again after it had been answered.")
    assert first(repeated=60, unexplained=61)["summary"].endswith(": 61 SYNs come in, and no answer left the host.")
    assert first(repeated=60)["evidence"] == {"repeated": 60, "answered": 1000, "unexplained": 0, "syn_acks": 1000}
    rows = [listener(1, repeated=60), listener(2, repeated=55, unexplained=10)]
    assert [one["subject"] for one in judged(*rows)][:2] == ["0.0.0.0:2", "0.0.0.0:1"], "both count"


# ---------------------------------------------------------------- layers


@pytest.mark.parametrize("layer, kind", [("softnet", "softnet-overflow"), ("reverse_path_filter", "reverse-path-filter")])
@pytest.mark.parametrize("dropped, syns, severity, share", [
    (9, 1000, "warning", 0.009), (10, 1000, "critical", 0.01), (1, 3, "critical", 0.3333), (2000, 1000, "critical", 1.0), (1, 0, "critical", 1.0),
    (1, None, "critical", 1.0),
])  # fmt: skip
def test_a_hundredth_of_the_syns_is_felt(layer: str, kind: str, dropped: int, syns: Any, severity: str, share: float) -> None:
    (one,) = [one for one in judged(listener(), layers=[(layer, "x", "cpu1", dropped)], syns=syns) if one["id"] == kind]
    assert (one["severity"], one["evidence"]["share"], one["evidence"]["dropped"]) == (severity, share, dropped)


def test_what_is_said_of_layers() -> None:
    (one,) = judged(layers=[("softnet", "dropped", "cpu0", 3), ("softnet", "dropped", "cpu2", 4)], softnet_squeezed=5)
    assert one["summary"].startswith("7 packets were lost on cpu0, cpu2 before") and one["evidence"]["squeezed"] == 5
    assert one["subject"] == "net.core.netdev_max_backlog"
    (one,) = judged(layers=[("reverse_path_filter", "x", "TcpExt", 1)])
    assert "dropped 1 packet: the answer" in one["summary"] and one["evidence"]["syns"] == 1000


def test_rows_of_another_namespace_are_none_of_this_one() -> None:
    told = {
        "seconds": 1,
        "layers": [{"layer": "softnet", "network_namespace": "blue", "dropped": 5, "where": "cpu0"}],
        "namespaces": [{"network_namespace": "host"}],
    }
    assert of_watch.findings(told) == []


def test_a_full_table_of_connections() -> None:
    rows = [("conntrack", "drop", "nf_conntrack", 40), ("conntrack", "insert_failed", "nf_conntrack", 7)]
    (one,) = judged(layers=rows, conntrack={"count": 99, "max": 100})
    assert (one["id"], one["severity"], one["subject"]) == ("conntrack-full", "critical", "network namespace host")
    assert one["summary"].startswith("40 packets were dropped because the table of tracked connections is full (limit: 100)")
    assert one["evidence"] == {"dropped": 40, "count": 99, "max": 100, "share": 0.04} and "for instance to 200 (" in one["remedy"]
    (one,) = judged(layers=rows[:1])
    assert "(limit: not known)" in one["summary"] and "for instance to 262144 (" in one["remedy"]
    assert judged(layers=rows[1:]) == []


def test_syns_that_a_firewall_drops() -> None:
    row, other = listener(1, before_listener=250), listener(2)
    lost = [("netfilter", "not counted by any other layer", "before TCP", 250)]
    (one,) = judged(row, other, layers=lost)
    assert (one["id"], one["severity"], one["subject"]) == ("syns-dropped-by-firewall", "warning", "0.0.0.0:1")
    assert one["summary"].startswith("250 (25%) of 1000 SYNs that arrived did not reach the listener")
    assert one["evidence"]["before_listener"] == 250 and one["evidence"]["layers"][0]["dropped"] == 250
    assert "syns-dropped-by-firewall" not in ids(row, other), "no firewall counts"
    assert [one["subject"] for one in judged(row, listener(2, before_listener=300), layers=lost)] == ["0.0.0.0:2", "0.0.0.0:1"]


# ---------------------------------------------------------------- nothing


def test_nothing_lost_here() -> None:
    (one,) = judged(listener(1, peak=5), listener(2, peak=9), seconds=10.4, syn_acks_sent_again=4, xdp_devices=["eth0"])
    assert (one["id"], one["severity"], one["subject"]) == ("nothing-lost-here", "info", "network namespace host")
    assert one["summary"] == (
        "Nothing is lost on this host: 2000 SYNs arrive in 10 s, each was answered, no layer dropped a packet, and at most 9 connections waited to be accepted."
    )
    assert one["evidence"] == {"arrived": 2000, "answered": 2000, "syn_acks_sent_again": 4, "xdp_devices": ["eth0"], "accept_peak": 9}


@pytest.mark.parametrize("rows, layers", [
    ([listener(arrived=0, answered=0)], []), ([listener(1), listener(2, syns=None)], []), ([listener()], [("device", "rx_dropped", "eth0", 1)]),
    ([listener(1), listener(2, answered=999)], []), ([], []),
])  # fmt: skip
def test_where_it_is_not_known_that_nothing_is_lost(rows: List[Dict[str, Any]], layers: Any) -> None:
    assert "nothing-lost-here" not in ids(*rows, layers=layers)


def test_syns_to_nobody_are_no_loss() -> None:
    assert ids(listener(), layers=[("no_listener", "NO_SOCKET", "other ports", 3)]) == ["nothing-lost-here"]


def test_a_group_counts_once() -> None:
    told = listener()["syns"]
    members = [dict(listener(peak=peak), syns=None, reuseport={"members": 2, "syns": told}) for peak in (1, 4)]
    (one,) = judged(*members)
    assert (one["evidence"]["arrived"], one["evidence"]["accept_peak"]) == (1000, 4)


def test_a_balance_that_lacks_an_account_is_none() -> None:
    row = listener(lost=5)
    del row["syns"]["repeated"]
    assert ids(row) == []
