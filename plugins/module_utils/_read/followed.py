# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Whether half-open entries go unanswered: those that are due to have their SYN-ACK sent again are looked at twice.

Between both looks each of them gets another SYN-ACK. A client that is there answers, and its entry is gone; the address
that somebody made up does not, and the entry stays. This tells a flood from clients with losses, each listener by
itself and whatever else goes on. Only entries that the kernel cannot have given up in between are followed.
"""

from __future__ import annotations

import socket
import struct
from itertools import chain
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Set

from .._model.attribution import Attribution
from .._model.half_open import YOUNG
from .._model.records import Followed, ListenKey, ListenSocket
from . import netlink, sock_diag, syn_recv

LONGEST = 3.0  # seconds between the looks
MAX_FOLLOWED = 16384  # of one family; of more entries a random part

_MARGIN = 300  # ms: timers run up to an eighth late, and the answer takes its time
GIVEN_UP_AFTER = 2  # retransmissions that even a queue under pressure lets an entry have
_IDENTITY = "20x40s%dx"  # both ports and addresses, and the interface
_LOCAL = struct.Struct("=H2x16s16xI")


class FirstLook(NamedTuple):
    """The entries that are followed, by family of their listener."""

    entries: Dict[int, Set[bytes]]


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
    latest = (min(due, 1000 * (first_timeout - YOUNG)), due)[:min(retries, GIVEN_UP_AFTER)]
    found: Dict[int, Set[bytes]] = {}
    for family in sock_diag.FAMILIES:
        chosen: Set[bytes] = set()
        depth = 0
        try:
            for run, length in _runs(family, ports, dump):
                retransmissions, expires = syn_recv.timers(run, length)
                for one, again, left in zip(_identities(run, length), retransmissions, expires):
                    if again < len(latest) and left <= latest[again]:
                        chosen.add(one)
                while len(chosen) > MAX_FOLLOWED:
                    depth += 1
                    mask = (1 << depth) - 1
                    chosen = {one for one in chosen if not hash(one) & mask}
        except (OSError, netlink.DumpInterrupted):
            pass  # what was seen was there
        found[family] = chosen
    return FirstLook(found)


def second_look(
    first: FirstLook,
    seconds: float,
    listeners: Sequence[ListenSocket],
    ports: Optional[Sequence[int]] = None,
    dump: sock_diag.Dump = netlink.dump,
) -> Dict[ListenKey, Followed]:
    """How many of the entries of each listener were followed, and how many are gone after so many seconds.

    Nothing of a family whose table cannot be read as a whole.
    """
    owner = Attribution(listeners).owner
    found: Dict[ListenKey, Followed] = {}
    for family, entries in first.entries.items():
        gone = set(entries)
        try:
            for run, length in _runs(family, ports, dump) if entries else ():
                gone.difference_update(_identities(run, length))
        except (OSError, netlink.DumpInterrupted):
            continue
        for one in entries:
            port, address, index = _LOCAL.unpack(one)
            width = 16 if family == socket.AF_INET6 else 4
            key = owner(syn_recv.named((port, address[:width], index), family))
            so_far = found.get(key, Followed(seconds, 0, 0))
            found[key] = Followed(seconds, so_far.entries + 1, so_far.gone + (one in gone))
    return found


def _runs(family: int, ports: Optional[Sequence[int]], dump: sock_diag.Dump) -> Iterable[netlink.Run]:
    return chain.from_iterable(dump(body) for body in syn_recv.requests(family, ports))


def _identities(run: memoryview, length: int) -> List[bytes]:
    return list(chain.from_iterable(struct.iter_unpack("=" + _IDENTITY % (length - 60), run)))
