# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict on what fills a SYN queue, on numbers of real floods, bursts and lossy lines (Linux 6.18, backlog 64 or 128)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.flood import MOST_NETWORKS, Entries, entries_of, judge
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.verdict import (
    EVERYWHERE,
    FEW_NETWORKS,
    FLOODS,
    HONEST_BURST,
    LOSSY_CLIENTS,
    UNDECIDED,
    Window,
    in_doubt,
    window_of,
)

NONE = Window(0.0, None, 0, 0, 0)


def entries(total, young, retransmissions, networks=(), followed=0, gone=0, asked_again=0, full=False):
    return Entries(total, young, retransmissions, networks, followed, gone, asked_again, full)


def spread(total, networks):
    """As many entries in each network, all of them unanswered."""
    each = total // networks
    return tuple(("100.64.%d.0/24" % number, each, each) for number in range(networks))


def window(seconds=2.0, completed=0, sent=0, back=0, overflows=0, refused=0):
    return Window(seconds, completed, sent, back, overflows, refused)


ONE_24 = (("100.64.0.0/24", 129, 129),)
SCATTERED = tuple(("11.0.%d.0/24" % number, 1, 1) for number in range(64))


@pytest.mark.parametrize(
    "what, counted, kind",
    [
        # spoofed from everywhere, 2,000 a second: the first half second, a second, three seconds later
        (entries(129, 129, (129,), SCATTERED), window(0.4, 0, 699), UNDECIDED),
        (entries(129, 0, (0, 129), SCATTERED), window(1.0, 0, 2000), EVERYWHERE),
        (entries(129, 0, (0, 0, 129), SCATTERED, 129, 0), window(2.0, 0, 4000), EVERYWHERE),
        (entries(129, 0, (0, 129), SCATTERED), NONE, EVERYWHERE),
        (entries(129, 0, (129,), SCATTERED), NONE, UNDECIDED),
        # the same without cookies, which count nothing here, and in the last quarter
        (entries(129, 129, (129,), SCATTERED), window(0.4), UNDECIDED),
        (entries(129, 0, (0, 129), SCATTERED), window(1.0), EVERYWHERE),
        (entries(97, 0, (0, 64, 33), SCATTERED, 64, 0), window(2.0), EVERYWHERE),
        # from one /24, and from eight
        (entries(129, 0, (0, 129), ONE_24), window(1.0, 0, 1997), FEW_NETWORKS),
        (entries(129, 0, (0, 129), ONE_24), NONE, FEW_NETWORKS),
        (entries(128, 0, (0, 128), spread(128, 8)), NONE, FEW_NETWORKS),
        # barely below the limit, 14 a second: no window, and with one
        (entries(123, 7, (15, 28, 60, 20), ONE_24), NONE, FEW_NETWORKS),
        (entries(115, 7, (14, 29, 56, 16), ONE_24, 32, 0), window(2.0), FEW_NETWORKS),
        # as few as tell anything, all of them asked for again
        (entries(16, 0, (0, 9, 0, 7), SCATTERED), NONE, EVERYWHERE),
        # beside healthy clients, 20 or 200 a second, with cookies and without
        (entries(129, 0, (0, 129), SCATTERED, 84, 0), window(1.0, 200, 1204, 200), EVERYWHERE),
        (entries(129, 0, (0, 129), SCATTERED), window(1.0, 200, 2204, 198), EVERYWHERE),
        (entries(104, 15, (31, 60, 13), ONE_24, 19, 0), window(2.0, 400), FEW_NETWORKS),
        (entries(129, 0, (0, 129), ONE_24, 129, 0), window(1.0, 1000, 1352, 320), FEW_NETWORKS),
        # beside clients with losses
        (entries(129, 3, (3, 124, 0, 2), ONE_24, 108, 0), window(1.0, 90, 1133, 88), FEW_NETWORKS),
        # bursts of honest clients, round trips of 200 and 400 ms
        (entries(129, 129, (129,)), window(1.0, 600, 471, 471), HONEST_BURST),
        (entries(129, 129, (129,)), window(1.0, 129), HONEST_BURST),
        (entries(46, 46, (46,)), window(2.0, 2000, 1146, 1091), HONEST_BURST),
        (entries(65, 65, (65,)), window(2.0, 586, 470, 945, 489), HONEST_BURST),
        (entries(129, 129, (129,)), window(0.4, 0, 471, 0), UNDECIDED),
        (entries(129, 129, (129,)), NONE, UNDECIDED),
        # clients behind lines that lose 20, 30 and 50 of 100 packets
        (entries(36, 22, (35, 1), SCATTERED, 12, 11), window(1.0, 536, 408, 421), LOSSY_CLIENTS),
        (entries(41, 16, (29, 7, 2, 2, 1), SCATTERED, 26, 25), window(2.0, 493, 376, 273), LOSSY_CLIENTS),
        (entries(65, 38, (57, 7, 0, 1), SCATTERED, 32, 29), window(1.0, 230, 188, 132), LOSSY_CLIENTS),
        (entries(54, 10, (27, 7, 8, 7, 5), SCATTERED, 26, 16), window(2.0, 289, 385, 195), LOSSY_CLIENTS),
        (entries(53, 11, (21, 11, 7, 7, 7), SCATTERED, 22, 17), window(2.0, 74), LOSSY_CLIENTS),
        (entries(54, 10, (27, 7, 8, 7, 5), SCATTERED), NONE, UNDECIDED),
        (entries(59, 15, (27, 31, 1), SCATTERED), NONE, UNDECIDED),
        (entries(126, 20, (27, 24, 8, 67), SCATTERED), NONE, UNDECIDED),
        (entries(128, 26, (36, 18, 2, 72), SCATTERED), NONE, UNDECIDED),
        (entries(129, 10, (20, 5, 8, 18, 15, 10, 12, 12, 29), SCATTERED), NONE, UNDECIDED),
        # and 80 of 100: few answers arrive, but they ask again and again
        (entries(128, 14, (25, 11, 18, 17, 12, 45), SCATTERED, 22, 6, 12), window(1.0, 28), LOSSY_CLIENTS),
        (entries(128, 5, (11, 3, 19, 8, 19, 14, 54), SCATTERED, 17, 6, 8), window(2.0, 295, 1450, 262), LOSSY_CLIENTS),
        # a flood that repeats its SYNs looks so, too, but nobody answers
        (entries(129, 0, (0, 0, 129), ONE_24, 129, 0, 129), window(2.0, 90), FEW_NETWORKS),
        # the same 1 and 5 times a second: their entries stay, and nobody gets in
        (entries(129, 0, (0, 0, 0, 120, 9), SCATTERED, 124, 0, 124), window(completed=200), EVERYWHERE),
        (entries(129, 0, (0,) * 6 + (129,), SCATTERED, full=True), window(completed=200), EVERYWHERE),
        (entries(129, 0, (0,) * 6 + (129,), SCATTERED), window(completed=200), UNDECIDED),
        (entries(129, 0, (0,) * 17 + (129,), SCATTERED), NONE, EVERYWHERE),
        (entries(129, 0, (0,) * 200 + (129,), ONE_24), window(completed=200), FEW_NETWORKS),
        # some of its sources are hosts that send a reset, or are behind routers that find none, after 1.5 s
        (entries(129, 0, (0, 44, 30, 0, 54, 1), SCATTERED, 74, 44), window(2.0, 200, refused=44), EVERYWHERE),
        (entries(129, 25, (25, 5, 0, 7, 7, 0, 23, 59, 3), SCATTERED, 37, 25, 7), window(2.0, 200, refused=55), UNDECIDED),
        (entries(129, 2, (4, 60, 43, 22), SCATTERED, 72, 35), window(2.0, 200, 4162, 188, refused=37), EVERYWHERE),
        (entries(129, 3, (14, 6, 8, 3, 0, 11, 1, 0, 21, 59, 6), SCATTERED, 11, 8, 2), window(2.0, 200, 3920, 189, refused=22), UNDECIDED),
        # clients with losses that give up after 8 and 3 seconds
        (entries(128, 6, (22, 2, 20, 9, 15, 7, 12, 19, 22), SCATTERED, 16, 9, 6), window(2.0, 305, 1372, 256, refused=1), LOSSY_CLIENTS),
        (entries(129, 6, (14, 3, 17, 13, 15, 14, 13, 9, 31), ONE_24, 8, 3, 4), window(2.0, 321, 1497, 290, refused=9), UNDECIDED),
        (entries(129, 3, (15, 15, 19, 12, 27, 41), ONE_24, 16, 8, 4), window(2.0, 16, refused=14), UNDECIDED),
        # answered entries that found the accept queue full: while it was, and just after
        (entries(51, 0, (0, 51), SCATTERED, 51, 0), window(2.0, 0, overflows=1242), UNDECIDED),
        (entries(51, 0, (0, 0, 51), SCATTERED), Window(0.0, None, 0, 0, 1400), UNDECIDED),
        (entries(51, 0, (0, 0, 51), SCATTERED), window(0.2, 120, 102, 42), EVERYWHERE),
        (entries(51, 0, (0, 0, 51), SCATTERED), window(0.2, 120, 102, 42, overflows=60), UNDECIDED),
        # entries that something else than an answer took away: nobody completed anything
        (entries(129, 30, (60, 69), SCATTERED, 40, 30), window(2.0, 0), UNDECIDED),
        # too few to tell
        (entries(6, 0, (0, 6), (("100.64.0.0/24", 6, 6),)), window(2.0), UNDECIDED),
        (entries(0, 0, ()), window(2.0), UNDECIDED),
    ],
)
def test_what_was_measured_is_judged_right(what, counted, kind):
    assert judge(what, counted, True).kind == kind


def test_cookies_of_another_listener_say_nothing():
    fresh = entries(129, 129, (129,), SCATTERED)
    assert judge(fresh, window(1.0, 100, 400, 390), True).kind == HONEST_BURST
    assert judge(fresh, window(1.0, 100, 400, 390), False).kind == UNDECIDED


def test_the_networks_of_a_flood_are_all_that_must_be_blocked():
    # Of eight networks, seven hold nine tenths; the eighth is one of them all the same.
    measured = (22, 20, 18, 17, 15, 14, 13, 10)
    networks = tuple(("100.64.%d.0/24" % number, count, count) for number, count in enumerate(measured))
    healthy = (("10.80.0.0/24", 30, 1),)
    verdict = judge(entries(159, 29, (29, 130), networks + healthy, 60, 0), window(), True)
    assert verdict.kind == FEW_NETWORKS
    assert verdict.networks == tuple(name for name, _count, _unanswered in networks)
    assert verdict.share == pytest.approx(129 / 159)


def test_a_crowd_of_healthy_clients_from_one_network_is_not_the_culprit():
    networks = (("10.80.0.0/24", 80, 0), ("100.64.0.0/24", 49, 49))
    verdict = judge(entries(129, 80, (80, 49), networks, 40, 0), window(completed=900), True)
    assert verdict.networks == ("100.64.0.0/24",)


@pytest.mark.parametrize(
    "networks, kind",
    [(spread(128, 1), FEW_NETWORKS), (spread(128, 16), FEW_NETWORKS), (spread(128, 32), EVERYWHERE), ((), EVERYWHERE)],
)
def test_few_networks_are_few(networks, kind):
    assert judge(entries(128, 0, (0, 128), networks), window(), True).kind == kind


def test_the_others_of_a_flood_are_no_networks_to_block():
    # Measured: 70 % from one /24, of an instant when 86 % of the entries were its own.
    mixed = (("198.51.100.0/24", 111, 111),) + tuple(("11.0.%d.0/24" % number, 1, 1) for number in range(18))
    verdict = judge(entries(129, 0, (0, 65, 0, 64), mixed, 65, 0), window(), True)
    assert (verdict.kind, verdict.networks, verdict.leading) == (EVERYWHERE, (), ("198.51.100.0/24",))
    assert (verdict.share, verdict.leading_share) == (111 / 129, 111 / 129)


def test_networks_that_hold_half_of_a_flood_lead_it():
    verdict = judge(entries(140, 0, (0, 140), spread(140, 20), 129, 0), window(), True)
    assert (verdict.kind, len(verdict.leading)) == (EVERYWHERE, MOST_NETWORKS)
    assert verdict.leading_share == pytest.approx(0.8)
    assert judge(entries(160, 0, (0, 160), spread(160, 40), 129, 0), window(), True).leading == ()


def test_a_network_whose_clients_answer_is_not_blocked():
    networks = (("100.64.0.0/24", 100, 100), ("10.80.0.0/24", 60, 20))
    verdict = judge(entries(160, 40, (40, 120), networks, 100, 0), window(completed=300), True)
    assert "10.80.0.0/24" not in verdict.networks + verdict.leading


def test_chance_makes_no_network_a_culprit():
    # A small queue has few networks in it whoever they are of.
    networks = tuple(("11.0.%d.0/24" % number, 1, 1) for number in range(16))
    assert judge(entries(16, 0, (0, 16), networks), window(), True).kind == EVERYWHERE


COUNTS = st.integers(0, 400)
ENTRIES = st.builds(
    lambda young, rest, networks, followed, gone, asked: entries(
        sum(rest) + young,
        young,
        (young + rest[0],) + tuple(rest[1:]),
        tuple(networks),
        followed,
        min(gone, followed),
        min(asked, followed - min(gone, followed)),
    ),
    COUNTS,
    st.lists(COUNTS, min_size=1, max_size=6),
    st.lists(
        st.tuples(st.integers(0, 255).map("100.64.{}.0/24".format), COUNTS, COUNTS).map(
            lambda one: (one[0], one[1], min(one[1:]))
        ),
        max_size=30,
        unique_by=lambda one: one[0],
    ),
    COUNTS,
    COUNTS,
    COUNTS,
)
WINDOWS = st.builds(Window, st.sampled_from([0.4, 2.0]), st.none() | COUNTS, COUNTS, COUNTS, COUNTS, COUNTS) | st.builds(
    Window, st.just(0.0), st.none(), st.just(0), st.just(0), COUNTS, st.just(0)
)


def test_few_clients_on_a_bad_line_may_by_chance_all_stay_unheard() -> None:
    networks, window = (("198.51.100.0/24", 128, 110),), Window(2.0, 300, 900, 180, 0, 0)
    followed = [
        judge(entries(128, 18, (30, 20, 78), networks, count, 0, asked), window, True).kind
        for count, asked in ((9, 3), (9, 0), (100, 40))
    ]
    assert followed == [UNDECIDED, FEW_NETWORKS, FEW_NETWORKS]  # none asks again where nobody is; all do in a flood that repeats its SYNs


@given(ENTRIES, WINDOWS, st.booleans())
def test_whatever_the_numbers(what, counted, alone):
    verdict = judge(what, counted, alone)
    assert verdict.share >= 0
    assert set(verdict.networks) <= {one[0] for one in what.networks}
    assert len(verdict.networks) <= MOST_NETWORKS
    assert bool(verdict.networks) == (verdict.kind == FEW_NETWORKS)
    assert set(verdict.leading) <= {one[0] for one in what.networks}
    assert verdict.kind == EVERYWHERE or not verdict.leading
    if verdict.kind in FLOODS:
        # Never of entries that are young, nor of clients that were seen to answer.
        assert what.unanswered >= what.total / 3
        assert what.followed < 8 or what.gone - counted.refused <= 0.1 * what.followed
    if verdict.kind == LOSSY_CLIENTS:
        assert what.gone >= 0.4 * what.followed > 0 or what.gone + what.asked_again >= 0.6 * what.followed > 0
        assert what.gone - counted.refused > 0.1 * what.followed
    if verdict.kind == HONEST_BURST:
        assert what.unanswered < what.total / 3
    if verdict.kind in (LOSSY_CLIENTS, HONEST_BURST):
        assert counted.seconds or what.followed


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["network", "count", "entries"]), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["total", "young", "retransmissions", "sources", "followed"]), JUNK))
def test_a_row_of_anything_is_judged(row):
    assert judge(entries_of(row), NONE, True).kind


def test_rows_and_counters_are_read():
    row = {
        "total": 129, "young": 12, "retransmissions": [29, 41, 59], "followed": {"seconds": 2.0, "entries": 90, "gone": 1},
        "sources": [{"network": "198.51.100.0/24", "count": 119, "share": 0.92, "unanswered": 117, "retransmitted": 100}],
    }  # fmt: skip
    assert entries_of(row) == entries(129, 12, (29, 41, 59), (("198.51.100.0/24", 119, 117),), 90, 1)
    moved = {"seconds": 2.0, "PassiveOpens": 3, "SyncookiesSent": 5, "SyncookiesRecv": 4, "ListenOverflows": 6}
    assert window_of(moved, 2.0, {}) == Window(2.0, 3, 5, 4, 6)
    # What takes entries away: resets, and drops at a listener that nothing else explains.
    moved = {"EmbryonicRsts": 3, "ListenDrops": 20, "ListenOverflows": 4, "TCPReqQFullDrop": 6}
    assert window_of(moved, 2.0, {}).refused == 13
    assert window_of(moved, 2.0, {}, last_quarter=True).refused == 3
    cookies = {"ListenDrops": 105, "SyncookiesSent": 100}  # Linux 4.8
    assert window_of(cookies, 2.0, {}).refused == 5
    assert window_of({"ListenDrops": 5, "SyncookiesSent": 100}, 2.0, {}).refused == 5
    # Since boot, only more than a few of very many make careful.
    assert window_of({}, 0.0, {"ListenOverflows": 6, "PassiveOpens": 100}).overflows == 6
    assert window_of({}, 0.0, {"ListenOverflows": 6, "PassiveOpens": 10**6}).overflows == 0


@pytest.mark.parametrize(
    "told, doubt",
    [
        ([], False),
        ([("syn-queue-full", "warning")], True),
        ([("syn-queue-full", "info"), ("syn-flood-everywhere", "critical")], False),
        ([("honest-burst", "warning"), ("last-quarter-drops", "critical")], True),
    ],
)
def test_what_leaves_it_in_doubt(told, doubt):
    assert in_doubt([{"id": identifier, "severity": severity} for identifier, severity in told]) is doubt


# ---------------------------------------------------------------- at the bounds


@pytest.mark.parametrize(("sent", "decided"), [(31, False), (32, True)])
def test_so_many_cookies_say_something(sent, decided):
    found = judge(entries(40, 0, (40,), SCATTERED), window(2.0, 500, sent, 0), True)
    assert (found.kind in FLOODS) == decided


@pytest.mark.parametrize(("overflows", "kind"), [(20, UNDECIDED), (19, EVERYWHERE)])
def test_accept_queues_that_overflowed_as_often_as_entries_stayed_leave_it_open(overflows, kind):
    found = judge(entries(129, 0, (0, 129), SCATTERED, 20, 0), window(2.0, 0, 0, 0, overflows), True)
    assert found.kind == kind


@pytest.mark.parametrize(("overflows", "kind"), [(129, UNDECIDED), (128, EVERYWHERE)])
def test_where_none_was_followed_all_unanswered_ones_count(overflows, kind):
    assert judge(entries(129, 0, (0, 129), SCATTERED), window(2.0, 0, 0, 0, overflows), True).kind == kind


@pytest.mark.parametrize(("again", "decided"), [(16, False), (17, True)])
def test_entries_that_were_asked_for_more_often_than_any_client_asks(again, decided):
    counted = (0,) * again + (40,)
    assert (judge(entries(40, 0, counted, SCATTERED), NONE, True).kind in FLOODS) == decided


@pytest.mark.parametrize(("total", "decided"), [(7, False), (8, True)])
def test_so_few_entries_say_nothing(total, decided):
    assert (judge(entries(total, 0, (0, total), SCATTERED), window(2.0), True).kind in FLOODS) == decided


@pytest.mark.parametrize(("back", "kind"), [(10, EVERYWHERE), (11, UNDECIDED)])
def test_hardly_any_cookie_comes_back_from_a_flood(back, kind):
    assert judge(entries(40, 0, (40,), SCATTERED), window(2.0, 500, 100, back), True).kind == kind


@pytest.mark.parametrize(("back", "kind"), [(50, HONEST_BURST), (49, UNDECIDED)])
def test_half_of_the_cookies_come_back_from_clients(back, kind):
    assert judge(entries(40, 40, (40,), SCATTERED), window(2.0, 10, 100, back), True).kind == kind


@pytest.mark.parametrize(("young", "kind"), [(20, LOSSY_CLIENTS), (21, HONEST_BURST)])
def test_a_third_that_waited_half_a_second_is_no_first_round_trip(young, kind):
    found = judge(entries(30, young, (young, 30 - young), SCATTERED, 9, 9), window(completed=30), True)
    assert (found.kind, found.share) == (kind, 1 / 30)


BUSY = window(completed=500)


@pytest.mark.parametrize(
    ("followed", "gone", "asked", "kind"),
    [
        # eight that were followed say something
        (8, 8, 0, LOSSY_CLIENTS), (7, 7, 0, UNDECIDED), (8, 0, 0, EVERYWHERE), (7, 0, 0, UNDECIDED),
        # a tenth that is gone is no client's answer
        (100, 10, 0, EVERYWHERE), (100, 11, 0, UNDECIDED),
        # two fifths are; where most are gone or asked again, fewer
        (100, 40, 0, LOSSY_CLIENTS), (100, 39, 0, UNDECIDED), (100, 20, 40, LOSSY_CLIENTS), (100, 20, 39, UNDECIDED), (100, 11, 49, LOSSY_CLIENTS),
        # of few clients on a bad line it can be chance that none was heard
        (23, 0, 3, UNDECIDED), (23, 0, 2, EVERYWHERE), (24, 0, 3, EVERYWHERE), (20, 0, 2, EVERYWHERE),
        # all of them ask again: a flood that repeats its SYNs, or clients where some are gone
        (100, 0, 60, EVERYWHERE), (100, 10, 50, UNDECIDED), (100, 10, 49, EVERYWHERE), (100, 1, 59, UNDECIDED), (100, 1, 58, EVERYWHERE),
    ],
)  # fmt: skip
def test_how_many_of_those_that_were_followed_answer(followed, gone, asked, kind):
    assert judge(entries(150, 20, (60, 20, 70), SCATTERED, followed, gone, asked), BUSY, True).kind == kind


@pytest.mark.parametrize(
    ("refused", "asked", "completed", "kind"),
    [
        (29, 0, 500, LOSSY_CLIENTS), (30, 0, 500, UNDECIDED), (30, 11, 500, UNDECIDED), (30, 11, 0, UNDECIDED), (30, 10, 0, EVERYWHERE),
        (0, 0, 40, LOSSY_CLIENTS), (0, 0, 39, UNDECIDED), (0, 0, None, LOSSY_CLIENTS),
    ],
)  # fmt: skip
def test_what_resets_and_routers_took_away_was_no_client(refused, asked, completed, kind):
    what = entries(150, 20, (60, 20, 70), SCATTERED, 100, 40, asked)
    assert judge(what, Window(2.0, completed, 0, 0, 0, refused), True).kind == kind


@pytest.mark.parametrize(
    ("total", "young", "counted", "kind"),
    [
        (24, 16, window(1.0), EVERYWHERE), (21, 14, window(1.0), UNDECIDED), (24, 16, window(0.99), UNDECIDED), (24, 16, window(1.0, 1), UNDECIDED),
        (24, 16, window(1.0, None), UNDECIDED),
        # new connections take the place of all entries
        (30, 30, window(1.0, 30), HONEST_BURST), (30, 30, window(1.0, 29), UNDECIDED), (30, 30, window(1.0, 30, 31), HONEST_BURST),
        (30, 30, window(1.0, 30, 32), UNDECIDED),
        (30, 20, window(1.0, 30), UNDECIDED), (30, 21, window(1.0, 30), HONEST_BURST), (30, 30, NONE, UNDECIDED),
        # cookies that come back are of clients only where no entry is old, and only a second says that none came back
        (30, 20, window(1.0, 10, 100, 50), UNDECIDED), (30, 0, window(1.0, 10, 100, 10), EVERYWHERE), (30, 0, window(0.9, 10, 100, 10), UNDECIDED),
    ],
)  # fmt: skip
def test_what_the_network_namespace_counted(total, young, counted, kind):
    assert judge(entries(total, young, (total,), SCATTERED), counted, True).kind == kind


@pytest.mark.parametrize(
    ("young", "retransmissions", "flood"),
    [
        (0, (0, 16), True), (0, (0, 15), False), (30, (30, 70), True), (31, (31, 69), False),
        # half of them past their third timeout: a queue that is half full keeps only those that ask again
        (0, (0, 10, 10, 20), False), (0, (0, 10, 11, 19), True), (0, (0, 0, 0, 40), False),
        # as many reach a stage as the one before, which lasts half as long
        (12, (20, 80), True), (11, (20, 80), False), (1, (16, 0, 84), True), (0, (16, 0, 84), False), (30, (20, 80), True),
        # asked for more often than any client asks
        (30, (30,) + (0,) * 16 + (70,), True), (31, (31,) + (0,) * 16 + (69,), False), (30, (30,) + (0,) * 15 + (70,), False), (0, (0,) * 17 + (10, 30), True),
    ],
)  # fmt: skip
def test_ages_alone_tell_a_flood(young, retransmissions, flood):
    what = entries(sum(retransmissions), young, retransmissions, SCATTERED)
    assert judge(what, NONE, True).kind == (EVERYWHERE if flood else UNDECIDED)


@pytest.mark.parametrize(
    ("retransmissions", "full", "flood"),
    [((0, 0, 0, 16), True, True), ((0, 0, 0, 15), True, False), ((0, 0, 0, 16), False, False), ((0, 1, 0, 15), True, False), ((1, 0, 0, 15), True, False)],
)
def test_a_full_queue_that_nobody_leaves(retransmissions, full, flood):
    what = entries(sum(retransmissions), 0, retransmissions, SCATTERED, full=full)
    assert judge(what, NONE, True).kind == (EVERYWHERE if flood else UNDECIDED)


@pytest.mark.parametrize(
    ("networks", "kind", "named"),
    [
        ((("a", 100, 100), ("b", 10, 10)), FEW_NETWORKS, ("a", "b")), ((("a", 100, 100), ("b", 9, 9)), FEW_NETWORKS, ("a",)),
        ((("a", 90, 90), ("b", 20, 10)), FEW_NETWORKS, ("a", "b")), ((("a", 90, 90), ("b", 20, 9)), FEW_NETWORKS, ("a",)),
        ((("a", 4, 4), ("b", 4, 4), ("c", 4, 4), ("d", 4, 4)), FEW_NETWORKS, ("a", "b", "c", "d")),
        ((("a", 4, 4), ("b", 4, 4), ("c", 4, 4), ("d", 3, 3)), EVERYWHERE, ()),
        ((("d", 20, 20), ("c", 30, 20), ("b", 20, 20), ("a", 25, 25)), FEW_NETWORKS, ("a", "c", "b", "d")),
        ((("a", 8, 8), ("b", 1, 1)), EVERYWHERE, ("a",)), ((("a", 20, 20), ("b", 2, 2)), FEW_NETWORKS, ("a", "b")),
    ],
)  # fmt: skip
def test_which_networks_are_to_be_blocked(networks, kind, named):
    total, unanswered = sum(one[1] for one in networks), sum(one[2] for one in networks)
    found = judge(entries(total, total - unanswered, (0, total), networks, 129, 0), window(), True)
    assert (found.kind, found.networks or found.leading) == (kind, named)
    held = sum(count for name, count, _unanswered in networks if name in named) / total
    assert (found.share if found.networks else found.leading_share) == pytest.approx(held)


@pytest.mark.parametrize(
    ("networks", "kind", "named"),
    [
        # measured: two networks, a thousand SYNs a second, of whose entries the kernel had given up half within the last half second
        ((("a", 261, 118), ("b", 251, 119)), FEW_NETWORKS, ("b", "a")),
        ((("a", 262, 177), ("b", 250, 60)), EVERYWHERE, ("a",)),  # b's are much younger than a's: its clients answer
        ((("a", 80, 40), ("b", 20, 8)), FEW_NETWORKS, ("a", "b")), ((("a", 80, 41), ("b", 20, 7)), EVERYWHERE, ("a",)),
    ],
)  # fmt: skip
def test_where_all_entries_are_young_a_network_is_held_against_the_others(networks, kind, named):
    total, unanswered = sum(one[1] for one in networks), sum(one[2] for one in networks)
    found = judge(entries(total, total - unanswered, (total - unanswered, unanswered), networks, 129, 0), window(), True)
    assert (found.kind, found.networks or found.leading) == (kind, named)


@pytest.mark.parametrize(("mine", "kind", "leading"), [(90, FEW_NETWORKS, False), (89, EVERYWHERE, True), (50, EVERYWHERE, True), (49, EVERYWHERE, False)])
def test_nine_tenths_are_nearly_all_and_half_of_them_leads(mine, kind, leading):
    found = judge(entries(100, 0, (0, 100), (("198.51.100.0/24", mine, mine),), 100, 0), window(), True)
    assert (found.kind, bool(found.leading), found.share) == (kind, leading, mine / 100)


def test_a_row_that_lacks_everything():
    assert entries_of({}) == entries(0, 0, ())
    assert entries_of({"total": None, "retransmissions": [None, 3], "sources": [{}]}) == entries(0, 0, (0, 3), (("", 0, 0),))
    assert entries_of({"followed": {"asked_again": 4}}) == entries(0, 0, (), (), 0, 0, 4)


def test_what_took_entries_away():
    def refused(**moved):
        return window_of(moved, 2.0, {}).refused

    assert refused(ListenDrops=3, ListenOverflows=5) == 0
    assert refused(ListenDrops=100, SyncookiesSent=100) == 0
    assert refused(ListenDrops=99, SyncookiesSent=100) == 99
    assert window_of({"PassiveOpens": None}, 2.0, {}).completed is None
    assert window_of({"PassiveOpens": 9, "SyncookiesSent": 5}, 0, {}) == NONE
