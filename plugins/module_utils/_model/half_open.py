# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Half-open entries of each listener and of all, in memory that a flood cannot make grow.

Up to 262,144 entries every address is kept as it is, 4 or 16 bytes each, and all answers are exact.
Beyond, what was kept is folded into summaries (see `sources`): one for all entries, and one for
each of the 16 listeners that hold most of them. Of the other listeners the sources are then no longer told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from heapq import nlargest
from typing import Dict, Iterable, List, Optional, Sequence, Tuple, Union

from . import attribution, records
from . import sources as model_sources

# Listeners told apart. Entries of sockets that are gone count for the address that the client wrote to,
# and a transparent proxy may have taken connections to any.
MAX_LISTENERS = 16384
MAX_ENTRIES = 262144  # whose addresses are kept
MAX_FOLDED = 16  # listeners with a summary of their own
OVERALL, OF_A_LISTENER = 65536, 4096  # what a summary keeps

YOUNG = 0.5  # seconds: the answer to an entry's SYN-ACK may still be on its way


def ages(retransmissions: Iterable[int], expires: Iterable[float], first: float) -> List[int]:
    """How long each entry has waited: 0 young, 1 longer, `n` + 1 until its SYN-ACK was sent again `n` times.

    `expires`: what is left until each SYN-ACK is sent again; `first`: how long that is from the start, in the same
    unit of which a second has 1,000. An entry is young while less than half a second of its first timeout is over.
    Those that wait on purpose (TCP_DEFER_ACCEPT) have longer timeouts and none sent again: they were answered, and
    count as young.
    """
    bound = first - 1000 * YOUNG
    return [again + 1 if again else left <= bound for again, left in zip(retransmissions, expires)]


_MAPPED = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96


def by_version(sources: Sequence[bytes]) -> Tuple[bytes, bytes]:
    """The packed addresses in one string for IPv4, IPv4-mapped ones included, and one for IPv6."""
    if not sources or len(sources[0]) == 4:
        return b"".join(sources), b""
    mapped = [source[12:] for source in sources if source.startswith(_MAPPED)]
    if len(mapped) == len(sources):
        return b"".join(mapped), b""
    return b"".join(mapped), b"".join(source for source in sources if not source.startswith(_MAPPED))


class _Listener:
    """What is kept of one listener's entries."""

    def __init__(self) -> None:
        self.fresh: Dict[int, List[bytes]] = defaultdict(list)  # sources of entries by age, still to be counted
        self.retransmissions: Counter = Counter()  # entries by how often their SYN-ACK was sent again
        self.young = 0
        self.kept: Optional[model_sources.Kept] = model_sources.Kept()  # None once its sources are no longer told
        self.summary: Optional[model_sources.Summary] = None

    @property
    def total(self) -> int:
        return sum(self.retransmissions.values())


class Tally:
    """What is kept of half-open entries while they are read.

    Append each entry's source to what `of` its local endpoint gives, and `settle` every few thousand entries.
    """

    def __init__(self, listen_sockets: Iterable[records.ListenSocket] = ()) -> None:
        self._owner = attribution.Attribution(listen_sockets).owner
        self._listeners: Dict[records.ListenKey, _Listener] = {}
        self._unfolded = 0
        self._fast_open: Dict[records.ListenKey, int] = {}
        self._others = model_sources.Kept()  # sources of listeners that are not followed any more
        self._summary: Optional[model_sources.Summary] = None

    @property
    def exact(self) -> bool:
        return self._summary is None

    @property
    def total(self) -> int:
        return sum(one.total for one in self._listeners.values())

    def of(self, local: records.ListenKey) -> Dict[int, List[bytes]]:
        """Lists by age (see `ages`) for the packed sources of entries with that local endpoint, 4 or 16 bytes each.

        Its listener's as `Attribution` names it. Past 16,384 listeners a new one counts for the wildcard.
        """
        owner = self._owner(local)
        if owner not in self._listeners and len(self._listeners) >= MAX_LISTENERS:
            owner = owner._replace(address=attribution.WILDCARD[owner.family])
        return self._listeners.setdefault(owner, _Listener()).fresh

    def fast_open(self, local: records.ListenKey, count: int) -> None:
        """Count connections with that local endpoint whose handshake TCP Fast Open did not wait for."""
        owner = self._owner(local)
        self._fast_open[owner] = self._fast_open.get(owner, 0) + count

    def settle(self) -> None:
        """Count what was appended since."""
        for listener in self._listeners.values():
            if not listener.fresh:
                continue
            kept = self._others if listener.kept is None else listener.kept
            for age, sources in listener.fresh.items():
                listener.retransmissions[max(age - 1, 0)] += len(sources)
                listener.young += len(sources) if age == 0 else 0
                kept.add(min(age, 2), *by_version(sources))
                self._unfolded += len(sources)
            listener.fresh.clear()
        if self._unfolded > MAX_ENTRIES:
            self._fold()

    def result(self, top: int) -> records.HalfOpenTally:
        """The record. `top`: networks and single addresses to name, and listeners to name them of; the largest."""
        if not self.exact:
            self._fold()
        alone = self.exact and top and len(self._listeners) == 1
        whole = None if alone else self._whole(top)  # first, since it takes most memory
        largest = nlargest(top, self._listeners.values(), key=lambda listener: listener.total)
        named = {id(listener) for listener in largest}
        by_listener = {
            key: self._of(listener, top if id(listener) in named else None) for key, listener in self._listeners.items()
        }
        whole = whole or next(iter(by_listener.values()))
        return records.HalfOpenTally(whole=whole, by_listener=by_listener, exact=self.exact, fast_open=self._fast_open)

    def _of(self, listener: _Listener, top: Optional[int]) -> records.HalfOpen:
        known = None if top is None else listener.kept if self.exact else listener.summary
        return _told(listener.retransmissions, listener.young, known, top or 0)

    def _whole(self, top: int) -> records.HalfOpen:
        retransmissions: Counter = Counter()
        everything = model_sources.Kept()
        for listener in self._listeners.values():
            retransmissions.update(listener.retransmissions)
            if self.exact and listener.kept is not None:
                everything.take(listener.kept)
        young = sum(listener.young for listener in self._listeners.values())
        return _told(retransmissions, young, self._summary or everything, top)

    def _fold(self) -> None:
        """Fold the addresses into summaries; keep one for each of the largest listeners."""
        if self._summary is None:
            self._summary = model_sources.Summary(OVERALL)
        self._summary.fold(self._others)
        self._others, self._unfolded = model_sources.Kept(), 0
        whole = [(listener, listener.kept) for listener in self._listeners.values() if listener.kept is not None]
        whole.sort(key=lambda pair: -pair[0].total)
        for place, (listener, kept) in enumerate(whole):
            self._summary.fold(kept)
            if place < MAX_FOLDED:
                listener.summary = listener.summary or model_sources.Summary(OF_A_LISTENER)
                listener.summary.fold(kept)
                listener.kept = model_sources.Kept()
            else:
                listener.summary = listener.kept = None


def _told(
    retransmissions: Counter, young: int, known: Union[model_sources.Kept, model_sources.Summary, None], top: int
) -> records.HalfOpen:
    last = max(retransmissions, default=-1)
    counts = tuple(retransmissions[number] for number in range(last + 1))
    if known is None:
        return records.HalfOpen(counts, young, None, [], [])
    distinct, peers = known.peers(top)
    return records.HalfOpen(counts, young, distinct, known.networks(top), peers)


def merge(tallies: Sequence[records.HalfOpenTally], top: int) -> records.HalfOpen:
    """All entries of several network namespaces as one.

    A source seen in two namespaces counts twice among the distinct ones, and a network or an address
    only with what the namespaces name it for among their own `top`.
    """
    if len(tallies) == 1:
        return tallies[0].whole
    wholes = [tally.whole for tally in tallies]
    networks: Dict[str, records.Network] = {}
    peers: Counter = Counter()
    counts: Counter = Counter()
    for whole in wholes:
        for one in whole.networks:
            networks[one.network] = one.plus(networks.get(one.network))
        peers.update(dict(whole.peers))
        counts.update(dict(enumerate(whole.retransmissions)))
    return records.HalfOpen(
        retransmissions=tuple(counts[number] for number in range(max(counts, default=-1) + 1)),
        young=sum(whole.young for whole in wholes),
        distinct_sources=sum(whole.distinct_sources or 0 for whole in wholes),
        networks=sorted(networks.values(), key=lambda one: -one.entries)[:top],
        peers=peers.most_common(top),
    )
