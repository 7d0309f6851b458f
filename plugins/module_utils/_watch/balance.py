# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The balance of SYNs: each that arrived was lost on the way, answered, a repetition, or dropped by its listener.

What is counted is not always one of these. A device tap counts SYNs in, and SYN-ACKs out, of one listener. The kernel
counts for a whole network namespace how many SYN-ACKs were sent again, which is by a timer or because the client sent
its SYN again, and how many connection attempts overflowed the accept queue, at the SYN or at the third packet of
the handshake. A listening socket counts what it drops, repeated SYNs among it. How many TCP segments got lost
between the tap and TCP is the difference of both counts. So each share is
known within bounds, and the arrivals are their sum. Where the bounds leave a choice, the shares are what
explains the arrivals with the fewest repetitions, and `unsure` tells how many SYNs may be in another account.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple


class Counted(NamedTuple):
    """What was counted of one listener (or one SO_REUSEPORT group) over the watch."""

    syns: int  # at the device tap
    syn_acks: int  # at the device tap, on their way out
    dropped: int  # at the listener: SYNs, third packets of a handshake that found the accept queue full, repeated SYNs
    skew: int = 0  # SYNs that arrived while the counters were read, which may lie in the window or not
    skew_out: int = 0  # SYN-ACKs that left then, which the kernel may have counted as sent again or not


class Shared(NamedTuple):
    """What the network namespace counted, of which a listener's part is not told."""

    again: int  # SYN-ACKs sent again
    skipped: int  # repeated SYNs that were not answered, for the client had just been answered
    overflows: int  # attempts that found the accept queue full
    lost: Optional[int]  # TCP segments that the tap saw and TCP did not; None where that was not counted
    drops: Optional[int] = None  # ListenDrops, which repeated SYNs are not in; None for one of several listeners
    challenged: int = 0  # SYNs of connections that are open: answered with an ACK, and no matter of the listener's


class Balance(NamedTuple):
    """Each SYN in one account."""

    arrived: int
    before_listener: int
    answered: int
    repeated: int
    dropped: int
    unexplained: int
    unsure: int  # SYNs that may belong to another account than the one they are in
    uncounted: int = 0  # SYN-ACKs that left and are no first answers, and surely not counted as sent again

    def told(self) -> Dict[str, int]:
        """The accounts, as the module returns them: arrived is the sum of the others."""
        named = dict(self._asdict())
        del named["unsure"], named["uncounted"]
        return named


def balance(it: Counted, shared: Shared) -> Balance:
    """The balance of a listener to which all belongs that its network namespace counted."""
    first = max(0, it.syn_acks - shared.again)
    most_dropped = it.dropped if shared.drops is None else min(it.dropped, shared.drops)
    least_dropped = max(0, most_dropped - shared.overflows)
    most_repeated = min(shared.again, it.syn_acks) + shared.skipped  # an answer that did not leave answers nobody
    if shared.drops is not None:
        most_repeated = min(most_repeated, it.dropped - most_dropped)
    most_repeated += shared.challenged
    # A SYN-ACK that its device drops behind the tap is not counted as sent again
    uncounted = max(0, first - max(0, it.syns - least_dropped))
    first -= uncounted
    # Of the SYNs that came while the counters were read, as many as the books need without repetitions
    arrived = min(it.syns, max(it.syns - it.skew, first + most_dropped + max(0, shared.lost or 0)))
    left = arrived - first
    most_lost = max(0, left) if shared.lost is None else max(0, shared.lost)
    # Drops and losses are counted themselves; repetitions are only ever inferred
    lost = 0 if shared.lost is None else max(0, min(most_lost, left - least_dropped))
    dropped = max(least_dropped, min(most_dropped, left - lost))
    repeated = max(0, min(most_repeated, left - lost - dropped))
    if shared.lost is None:
        lost = max(0, left - dropped - repeated)
    unsure = _slack([(lost, 0, most_lost), (dropped, least_dropped, most_dropped), (repeated, 0, most_repeated)])
    uncounted = max(0, uncounted - it.skew_out)
    return Balance(arrived, lost, first, repeated, dropped, left - lost - dropped - repeated, unsure, uncounted)


def _slack(accounts: Sequence[Tuple[int, int, int]]) -> int:
    """How far one account may be off while their sum stays; each as (figure, least, most)."""
    furthest = 0
    for place, (figure, least, most) in enumerate(accounts):
        others = [one for other, one in enumerate(accounts) if other != place]
        more = min(most - figure, sum(one[0] - one[1] for one in others))
        fewer = min(figure - least, sum(one[2] - one[0] for one in others))
        furthest = max(furthest, more, fewer)
    return furthest


def settled(it: Counted) -> bool:
    """Whether the books of a listener balance by themselves: each SYN was answered, once, and none was dropped."""
    return it.dropped == 0 and it.syn_acks <= it.syns <= it.syn_acks + it.skew


def alone(listeners: Sequence[Counted]) -> Optional[int]:
    """The one listener that all of what is shared belongs to; None where it may belong to several.

    It is the only one whose books do not balance by themselves.
    """
    strained = [place for place, it in enumerate(listeners) if not settled(it)]
    return strained[0] if len(strained) == 1 else None


def balances(
    listeners: Sequence[Counted], shared: Shared, others: Optional[Counted] = None
) -> List[Optional[Balance]]:
    """The balance of each listener of a network namespace; None where it cannot be told from others'.

    ``others``: what was counted of all the listeners that are not told, taken together.
    """
    mine = alone([*listeners, *([] if others is None else [others])])
    nothing = Shared(0, 0, 0, 0)
    clean = shared.again == shared.skipped == shared.challenged == 0 and shared.lost in (0, None)
    found: List[Optional[Balance]] = []
    for place, it in enumerate(listeners):
        if place == mine:
            found.append(balance(it, shared))
        elif settled(it):
            found.append(balance(it, nothing))
        elif clean:
            found.append(balance(it, shared._replace(lost=0, drops=None)))
        else:
            found.append(None)
    return found


Bounds = Dict[str, Tuple[int, int]]


def bounds(it: Counted, shared: Shared) -> Bounds:
    """Each account of a listener as (least, most), where what the namespace counted may be its own or another's.

    At the socket a third packet of a handshake that found the accept queue full counts twice, a repeated SYN once.
    """
    again = min(shared.again, it.syn_acks)
    most_repeated = again + shared.skipped
    found = {
        "before_listener": (0, it.syns if shared.lost is None else max(0, shared.lost)),
        "answered": (max(0, it.syn_acks - again), it.syn_acks),
        "repeated": (0, most_repeated + shared.challenged),
        "dropped": (
            max(0, it.dropped - 2 * shared.overflows - most_repeated),
            it.dropped if shared.drops is None else min(it.dropped, shared.drops),
        ),
    }
    # No account has more than what the others leave of the arrivals
    least = sum(one[0] for one in found.values())
    told = {"arrived": (max(0, it.syns - it.skew), it.syns)}
    for name, (low, high) in found.items():
        told[name] = (min(low, it.syns), max(min(low, it.syns), min(high, it.syns - least + low)))
    return told
