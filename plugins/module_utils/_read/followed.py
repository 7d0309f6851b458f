# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Whether half-open entries go unanswered: those that are due to have their SYN-ACK sent again are looked at twice.

Between both looks each of them gets another SYN-ACK. A client that is there answers, and its entry is gone; the address
that somebody made up does not, and the entry stays. This tells a flood from clients with losses, each listener by
itself and whatever else goes on. Only entries that the kernel cannot have given up in between are followed.

An entry that stays and whose SYN-ACK went out more often than the timer alone sends it was asked for again: the kernel
answers each repeated SYN of the same client (tcp_check_req). Clients with losses repeat theirs, after a second first.
"""

from __future__ import annotations

import socket
import struct
from typing import Dict, NamedTuple, Optional, Sequence, Tuple

from .._model import attribution, half_open, records
from . import netlink, sock_diag, syn_recv

LONGEST = 3.0  # seconds between the looks
MAX_FOLLOWED = 16384  # of one family; of more entries a random part

_MARGIN = 300  # ms: timers run up to an eighth late, and the answer takes its time
GIVEN_UP_AFTER = 2  # retransmissions that even a queue under pressure lets an entry have
_IDENTITY = 20, 40  # offset and size of both ports and addresses, and the interface
_LOCAL = struct.Struct("=H2x16s16xI")


class FirstLook(NamedTuple):
    """The entries that are followed, by family of their listener."""

    entries: Dict[int, Dict[bytes, Tuple[int, int]]]  # how often sent again, and milliseconds until the next time
    first_timeout: float


def first_look(
    seconds: float,
    ports: Optional[Sequence[int]] = None,
    first_timeout: float = 1.0,
    retries: int = 5,
    dump: sock_diag.Dump = netlink.dump,
) -> FirstLook:
    """The half-open entries, unanswered for half a second, that get another SYN-ACK within so many seconds.

    At most `LONGEST` of them: an entry whose SYN-ACK was sent again once is there for 4 s more, for as long again
    as it was before. `retries`: tcp_synack_retries. Empty where netlink refuses.
    """
    due = 1000 * min(seconds, LONGEST) - _MARGIN
    latest = (min(due, 1000 * (first_timeout - half_open.YOUNG)), due)[:min(retries, GIVEN_UP_AFTER)]
    found: Dict[int, Dict[bytes, Tuple[int, int]]] = {}
    for family in sock_diag.FAMILIES:
        chosen: Dict[bytes, Tuple[int, int]] = {}
        mask = 0  # of the hash's bits that are 0 in an entry that is followed
        try:
            for run, length in syn_recv.entries(family, ports, dump):
                retransmissions, expires = syn_recv.timers(run, length)
                for one, again, left in zip(_identities(run, length), retransmissions, expires):
                    if again < len(latest) and left <= latest[again] and not hash(one) & mask:
                        chosen[one] = (again, left)
                while len(chosen) > MAX_FOLLOWED:
                    mask = 2 * mask + 1
                    chosen = {one: timer for one, timer in chosen.items() if not hash(one) & mask}
        except (OSError, netlink.DumpInterrupted):
            pass  # what was seen was there
        found[family] = chosen
    return FirstLook(found, first_timeout)


def second_look(
    first: FirstLook,
    seconds: float,
    listeners: Sequence[records.ListenSocket],
    ports: Optional[Sequence[int]] = None,
    dump: sock_diag.Dump = netlink.dump,
) -> Dict[records.ListenKey, records.Followed]:
    """How many of the entries of each listener were followed, and what became of them after so many seconds.

    Nothing of a family whose table cannot be read as a whole.
    """
    owner = attribution.Attribution(listeners).owner
    found: Dict[records.ListenKey, records.Followed] = {}
    for family, entries in first.entries.items():
        still: Dict[bytes, int] = {}
        try:
            for run, length in syn_recv.entries(family, ports, dump) if entries else ():
                seen = dict(zip(_identities(run, length), syn_recv.timers(run, length)[0]))
                still.update((one, seen[one]) for one in seen.keys() & entries.keys())
        except (OSError, netlink.DumpInterrupted):
            continue
        for one, (again, left) in entries.items():
            port, address, index = _LOCAL.unpack(one)
            width = 16 if family == socket.AF_INET6 else 4
            key = owner(syn_recv.named((port, address[:width], index), family))
            most = again + _timeouts(again, left, 1000 * seconds + _MARGIN, 1000 * first.first_timeout)
            count, gone, asked_again = found.get(key, records.Followed(seconds, 0, 0, 0))[1:]
            gone += one not in still
            asked_again += still.get(one, 0) > most
            found[key] = records.Followed(seconds, count + 1, gone, asked_again)
    return found


def _timeouts(again: int, left: float, within: float, first_timeout: float) -> int:
    """How often an entry's timer fires, at most, within so many milliseconds; each timeout is twice the one before."""
    count = 0
    while left <= within:
        count += 1
        left += first_timeout * 2 ** (again + count)
    return count


def _identities(run: memoryview, length: int) -> Tuple[bytes, ...]:
    return syn_recv.each_bytes(run, length, *_IDENTITY)
