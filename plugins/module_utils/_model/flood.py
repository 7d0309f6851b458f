# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What fills a listener's SYN queue: a flood, honest clients, or clients whose packets get lost.

What separates them is whether clients answer. Four things tell, the surest first:

1. Entries that went unanswered for half a second were followed while they got another SYN-ACK. Of made-up
   addresses none answers; of real clients most do, even where every other packet is lost, or send their SYN again.
   This is about this listener alone, and neither other traffic nor the age of the flood blurs it.
2. Cookies. A full queue answers every further SYN with one, whoever sent it; a client that is there sends it back.
   Counted by network namespace, so only where no other listener's queue is full.
3. Nobody at all completed a handshake in the network namespace for a second while entries went unanswered.
4. Without a window, the entries' ages. The SYN-ACK of an entry is sent again after 1, 3, 7 seconds: of a flood's
   entries as many reach the next retransmission as the one before, of clients with losses a fraction. Only clear
   answers count.
5. A flood that sends the same SYNs over and over keeps its entries for as long as it likes: each repeated SYN
   is answered, and puts the timeout off. Then entries were answered more often than any client asks, or a full
   queue has taken nobody in for as long as the first timeout lasts.

An entry that is gone need not have been answered: a host that was not asked sends a reset, a router "host
unreachable". Both are counted, and what they explain is taken for no client.

A flood is named only once a third of the entries have gone unanswered for half a second: until then it looks like a
burst of honest clients in its first round trip. What healthy clients do beside it changes nothing: their entries
are young. A fresh flood beside so many healthy clients that they complete more handshakes in the window than the queue
has entries is called a burst for its first half second: without cookies nothing tells the two apart.

A full accept queue leaves answered entries in the SYN queue. They are no flood: the caller asks about no such
listener, and accept queues that overflowed meanwhile as often as entries stayed leave it undecided.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional, Tuple

from . import gathered, verdict

MOST_NETWORKS = 16  # that count as few: one can block them
_NEARLY_ALL, _HALF = 0.9, 0.5  # of the unanswered entries
_ENTRIES_OF_A_NETWORK = 4  # on average at least: with fewer it is chance that there are few networks
_AS_OTHERS = 0.8  # of the unanswered part of all entries; a network with a smaller part of its own answers
_OF_ITS_KIND = 10  # a network with less than this part of the largest one's entries is there by chance

_FEWEST = 8  # entries that say anything
_A_THIRD = 1 / 3
_FEW_GONE, _MANY_GONE = 0.1, 0.4  # of entries that were followed; where every other packet is lost, 0.5
_MANY_FOLLOWED = 24  # of fewer real clients on a bad line it can be chance that none was heard: some of them ask again
_MOST_ALIVE = 0.6  # of them are gone or asked again. A flood may repeat its SYNs, too, but then none is gone
_COOKIES = 32  # sent, before what came back says anything
_FEW_BACK, _MANY_BACK = 0.1, 0.5
_OLD = 0.7  # of all entries, and the part of them that survives from one retransmission to the next
_MOST_ASKED = 16  # SYN-ACKs that a client of any system asks for, and the timer adds, in the 63 s of an entry


class Entries(NamedTuple):
    """The half-open entries of one listener."""

    total: int
    young: int
    retransmissions: Tuple[int, ...]
    networks: Tuple[Tuple[str, int, int], ...]  # network, entries, and those of them that are unanswered
    followed: int
    gone: int
    asked_again: int = 0
    full: bool = False  # whether the queue had no room for another one

    @property
    def unanswered(self) -> int:
        return self.total - self.young


def entries_of(row: Mapping[str, Any]) -> Entries:
    """A row of the gathered ``half_open.listeners``, any part of which may be absent."""
    followed = gathered.part(row, "followed")
    networks = [
        (
            gathered.text(one, "network") or "",
            gathered.number(one.get("count")) or 0,
            gathered.number(one.get("unanswered")) or 0,
        )
        for one in gathered.rows(row, "sources")
    ]
    counts = row.get("retransmissions")
    return Entries(
        total=gathered.number(row.get("total")) or 0,
        young=gathered.number(row.get("young")) or 0,
        retransmissions=tuple(gathered.number(one) or 0 for one in counts) if isinstance(counts, (list, tuple)) else (),
        networks=tuple(networks),
        followed=gathered.number(followed.get("entries")) or 0,
        gone=gathered.number(followed.get("gone")) or 0,
        asked_again=gathered.number(followed.get("asked_again")) or 0,
    )


def judge(entries: Entries, window: verdict.Window, cookies_are_its: bool) -> verdict.Verdict:
    """What fills the SYN queue of a listener that is full or nearly so.

    ``cookies_are_its``: whether no other listener of the namespace is full, so that the cookies are of this one.
    """
    largest = max((count for _network, count, _unanswered in entries.networks), default=0)
    share = largest / entries.total if entries.total else 0.0
    undecided = verdict.Verdict(verdict.UNDECIDED, share=share)
    if entries.total < _FEWEST:
        return undecided
    old = entries.unanswered >= entries.total * _A_THIRD
    answers = _clients_answer(entries, window, old, cookies_are_its)
    if answers is None:
        turned_over = window.completed is not None and window.completed >= entries.total
        answers = True if turned_over and window.cookies_sent < _COOKIES and not old else None
    if answers is None:
        return undecided
    if answers:
        return verdict.Verdict(verdict.LOSSY_CLIENTS if old else verdict.HONEST_BURST, share=share)
    if not old or (window.overflows and window.overflows >= _staying(entries)):
        return undecided  # perhaps answered entries that found the accept queue full
    return _flood(entries, share)


def _staying(entries: Entries) -> int:
    return entries.followed - entries.gone if entries.followed >= _FEWEST else entries.unanswered


def _clients_answer(entries: Entries, window: verdict.Window, old: bool, cookies_are_its: bool) -> Optional[bool]:
    """Whether those answer that the entries are about; None where it cannot be told."""
    if entries.followed >= _FEWEST:
        alive = entries.gone + entries.asked_again >= _MOST_ALIVE * entries.followed
        if entries.gone <= _FEW_GONE * entries.followed:
            few = entries.followed < _MANY_FOLLOWED and entries.asked_again > _FEW_GONE * entries.followed
            return None if few or (entries.gone and alive) else False
        if entries.gone - window.refused > _FEW_GONE * entries.followed:
            many = alive or entries.gone >= _MANY_GONE * entries.followed
            return True if many and _at_least(window.completed, entries.gone) else None
        if entries.asked_again > _FEW_GONE * entries.followed:
            return None  # clients that gave up, or a flood that repeats its SYNs in the names of real hosts
    if cookies_are_its and window.cookies_sent >= _COOKIES:
        if window.cookies_back >= _MANY_BACK * window.cookies_sent and not old:
            return True
        if window.long_enough and window.cookies_back <= _FEW_BACK * window.cookies_sent:
            return False
    if window.long_enough and window.completed == 0 and entries.unanswered >= _FEWEST:
        return False
    return False if _none_falls_away(entries) or _none_leaves(entries) else None


def _at_least(completed: Optional[int], gone: int) -> bool:
    return completed is None or completed >= gone


def _none_falls_away(entries: Entries) -> bool:
    """Whether nearly all entries are old, and as many get a second and third SYN-ACK again as the one before."""
    never, once, twice = (entries.retransmissions + (0, 0, 0))[:3]
    again = sum(entries.retransmissions[1:])
    if again < 2 * _FEWEST or again < _OLD * entries.total:
        return False
    if again - once - twice >= once + twice:
        # A queue that is half full gives up entries that nobody asks for again when their third timeout is over.
        return False
    # Entries that come to each stage in a second: a stage lasts twice as long as the one before.
    waiting = max(never - entries.young, 0) / 0.5
    return once / 2 + twice / 4 >= _OLD * (waiting + once / 2)


def _none_leaves(entries: Entries) -> bool:
    """Whether what is there was asked for too often for a client, or nobody left a full queue in its last second."""
    if sum(entries.retransmissions[_MOST_ASKED + 1:]) >= _OLD * entries.total:
        return True
    return entries.full and not any(entries.retransmissions[:2]) and entries.total >= 2 * _FEWEST


def _flood(entries: Entries, share: float) -> verdict.Verdict:
    """From few networks, if few hold nearly all unanswered entries and each a good many."""
    by_unanswered = sorted(entries.networks, key=lambda one: (-one[2], -one[1], one[0]))[:MOST_NETWORKS]
    least = max(2, max((one[2] for one in by_unanswered), default=0) / _OF_ITS_KIND)
    # Where most entries of a network are young, it is one of clients that answer. But right after the kernel gave up
    # all of a flood's entries at once, those of every network are young.
    as_others = min(_HALF, _AS_OTHERS * entries.unanswered / entries.total)
    chosen = [one for one in by_unanswered if one[2] >= least and one[2] >= as_others * one[1]]
    covered = sum(unanswered for _network, _count, unanswered in chosen)
    held = sum(count for _network, count, _unanswered in chosen) / entries.total
    names = tuple(network for network, _count, _unanswered in chosen)
    if covered < max(_HALF * entries.unanswered, _ENTRIES_OF_A_NETWORK * len(chosen), 1):
        return verdict.Verdict(verdict.EVERYWHERE, share=share)
    if covered < _NEARLY_ALL * entries.unanswered:
        return verdict.Verdict(verdict.EVERYWHERE, share=share, leading=names, leading_share=held)
    return verdict.Verdict(verdict.FEW_NETWORKS, names, held)
