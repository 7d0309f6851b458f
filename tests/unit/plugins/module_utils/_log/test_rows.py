# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._log.messages import parse_message, repeated
from ansible_collections.linuxnet.tcp.plugins.module_utils._log.rows import rows_of

FLOOD = "TCP: request_sock_TCP: Possible SYN flooding on port %s:%d. Sending cookies."
EVENTS = (
    st.builds(lambda port: parse_message((FLOOD % ("0.0.0.0", port)).encode()), st.integers(80, 83))
    | st.builds(
        lambda last, port: parse_message(b"TCP: drop open request from 192.0.2.%d/%d" % (last, port)),
        st.integers(1, 3), st.integers(1024, 1026),
    )
    | st.builds(lambda count: parse_message(b"net_ratelimit: %d callbacks suppressed" % count), st.integers(0, 9))
)  # fmt: skip
LOGS = st.lists(st.tuples(st.integers(0, 50).map(float), EVENTS), max_size=40)
MANY = 1000


def messages(event):
    """How many of the kernel's messages an event stands for."""
    return event["count"] if event["kind"] == "suppressed" else event["count"] or 1


@given(LOGS)
def test_no_event_is_lost_or_counted_twice(log):
    rows = rows_of(log, MANY).result()
    for kind in ("syn_flood", "open_request_dropped", "suppressed"):
        counted = sum(event["count"] for _first, _last, event in rows if event["kind"] == kind)
        assert counted == sum(messages(event) for _seconds, event in log if event["kind"] == kind)
    assert min((first for first, _last, _event in rows), default=None) == min((at for at, _event in log), default=None)
    assert all(first <= last for first, last, _event in rows)


@given(LOGS, st.randoms())
def test_the_order_in_which_they_come_does_not_matter(log, random):
    shuffled = list(log)
    random.shuffle(shuffled)
    rows, others = rows_of(log, MANY).result(), rows_of(shuffled, MANY).result()
    several = [{name for name in event if name != "peer_port"} for _first, _last, event in rows]
    assert several == [{name for name in event if name != "peer_port"} for _first, _last, event in others]
    assert [(first, last, event["count"]) for first, last, event in rows] == [
        (first, last, event["count"]) for first, last, event in others
    ]


@given(LOGS)
def test_the_row_whose_last_event_is_newest_comes_last(log):
    last = [last for _first, last, _event in rows_of(log, MANY).result()]
    assert last == sorted(last)


def test_a_client_that_asks_from_several_ports_is_one_row():
    once = parse_message(b"TCP: drop open request from 192.0.2.1/1024")
    again = parse_message(b"TCP: drop open request from 192.0.2.1/1025")
    ((_first, _last, alone),) = rows_of([(1.0, once), (2.0, once)], MANY).result()
    assert (alone["peer_address"], alone["peer_port"], alone["count"]) == ("192.0.2.1", 1024, 2)
    ((_first, _last, several),) = rows_of([(1.0, once), (2.0, again), (3.0, once)], MANY).result()
    assert (several["peer_address"], several["peer_port"], several["count"]) == ("192.0.2.1", None, 3)


def test_what_a_log_daemon_left_out_is_added_up():
    flood = parse_message((FLOOD % ("0.0.0.0", 80)).encode())
    rows = rows_of([(1.0, flood), (2.0, repeated(flood, 5)), (3.0, repeated(flood, 2))], MANY).result()
    assert [(event["kind"], event["count"]) for _first, _last, event in rows] == [("syn_flood", 1), ("suppressed", 7)]


@given(LOGS, st.integers(1, 3))
def test_of_more_rows_than_are_kept_the_newest_stay(log, most):
    rows = rows_of(log, most)
    kept, every = rows.result(), rows_of(log, MANY).result()
    assert len(kept) == min(most, len(every))
    assert bool(rows.left_out) == (len(every) > most)
