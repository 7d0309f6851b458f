# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Distinct sources, and the networks and addresses most entries come from.

`Kept` has the addresses as they are, 4 or 16 bytes each, and exact answers. `Summary` has bounded memory
however many entries are folded into it:

- a sample of the addresses whose hash ends in enough zero bits (Wegman's adaptive sampling, in
  Flajolet, "On adaptive sampling", 1990). Of more distinct sources than its bound it gives
  an estimate with a standard error of 1.2 over the square root of the bound: half a per cent for 65,536;
- counts of at most as many networks and addresses (Misra and Gries, "Finding repeated elements", 1982, as the
  mergeable summary of Agarwal et al., 2012): a count may fall short, never by more
  than the bound's part of all entries (a 65,536th, say), and never exceeds the truth.

Where one IPv6 prefix from /48 to /63 holds nearly all of the unanswered entries, but no few /64 do, it is told in
place of the /64 that are part of it (see `prefixes`).
"""

from __future__ import annotations

import heapq
import ipaddress
import struct
from collections import Counter
from functools import partial
from itertools import chain, compress
from typing import (
    TYPE_CHECKING,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Set,
    Tuple,
    Union,
)

from . import records

if TYPE_CHECKING:
    from . import prefixes

_MUCH = 1 << 20  # bytes of addresses
_PIECE = 65536  # entries folded at a time, which bounds the memory of the folding itself
_AT_ONCE = 256  # addresses that are unpacked at a time
_MIDDLE = 7  # bytes of a /56, half-way from /48 to /64: one prefix has 256 of the next
_A_FEW = 1024  # addresses that show whether one /48 can have nearly all
_CLEARLY, _PERHAPS = 0.75, 0.5  # of them: should it have nearly all of the whole, fewer are no chance

Bytes = Union[bytes, bytearray, memoryview]
_Each = Callable[[Bytes], Iterator[bytes]]


class Packed(NamedTuple):
    """Addresses of one family, one after the other in network byte order, by how long their entries have waited."""

    young: bytearray
    waiting: bytearray  # neither of the others
    again: bytearray  # their SYN-ACK was sent again


class _Family(NamedTuple):
    width: int  # bytes of an address
    prefix: int  # bytes of its network part

    def addresses(self, packed: Bytes) -> Iterator[bytes]:
        return self._each("%ds" % self.width, packed)

    def networks(self, packed: Bytes) -> Iterator[bytes]:
        return self.shortened(packed, self.prefix)

    def middle(self, packed: Bytes) -> Iterator[bytes]:
        return self.shortened(packed, _MIDDLE)

    def shortened(self, packed: Bytes, prefix: int) -> Iterator[bytes]:
        """The first bytes of each address."""
        return self._each("%ds%dx" % (prefix, self.width - prefix), packed)

    def _each(self, form: str, packed: Bytes) -> Iterator[bytes]:
        """Many addresses at a time, which takes half the time of one by one."""
        view = memoryview(packed)
        rest = len(view) // self.width % _AT_ONCE
        end = len(view) - rest * self.width
        many = struct.iter_unpack(form * _AT_ONCE, view[:end])
        return chain(chain.from_iterable(many), struct.unpack(form * rest, view[end:]))

    def text(self, address: bytes) -> str:
        return "%d.%d.%d.%d" % tuple(address) if self.width == 4 else str(ipaddress.IPv6Address(address))

    def network_text(self, network: bytes) -> str:
        return "%s/%d" % (self.text(network + bytes(self.width - self.prefix)), 8 * self.prefix)


IPV4, IPV6 = _Family(4, 3), _Family(16, 8)
FAMILIES = (IPV4, IPV6)


class Kept:
    """Addresses as they are."""

    def __init__(self) -> None:
        self._of: Dict[_Family, List[Packed]] = {family: [] for family in FAMILIES}

    def add(self, age: int, ipv4: bytes, ipv6: bytes) -> None:
        """Copy these packed addresses. `age`: 0 for young entries, 1 for others, 2 where the SYN-ACK was sent again."""
        for family, packed in ((IPV4, ipv4), (IPV6, ipv6)):
            if packed:
                mine = self._of[family]
                if not mine:
                    mine.append(Packed(bytearray(), bytearray(), bytearray()))
                mine[0][age].extend(packed)

    def take(self, other: Kept) -> None:
        """Have what the other has as well, without copying it. To be read only from then on."""
        for family in FAMILIES:
            self._of[family] += other._of[family]

    def of(self, family: _Family) -> Iterator[Packed]:
        return iter(self._of[family])

    def peers(self, top: int) -> Tuple[int, List[Tuple[str, int]]]:
        """How many different addresses there are, and the `top` ones with most entries, most first."""
        distinct, best = 0, []
        for family in FAMILIES:
            different, largest = self._most(family, family.addresses, top)
            distinct += different
            best += [(family.text(address), count) for address, count in largest]
        return distinct, _first(best, top)

    def _most(self, family: _Family, each: _Each, top: int) -> Tuple[int, List[Tuple[bytes, int]]]:
        """How many different addresses or networks there are, and the `top` ones with most entries, most first."""
        distinct, parts = 0, []
        for counts in self._counts(family, each):
            distinct += len(counts)
            parts += _largest(counts, top)
            del counts  # before the next ones are counted
        return distinct, sorted(parts, key=_most_first)[:top]

    def _counts(self, family: _Family, each: _Each) -> Iterator[Dict[bytes, int]]:
        """Entries by address or network, where there are many in two parts: one after the other takes less memory."""
        if sum(self._sizes(family)) <= _MUCH:
            yield Counter(self._each(family, each))
            return
        odd = bytes([hash(one) & 1 for one in self._each(family, each)])
        yield Counter(compress(self._each(family, each), odd))
        yield Counter(compress(self._each(family, each), odd.translate(b"\1\0" + bytes(254))))

    def networks(self, top: int) -> List[records.Network]:
        """The `top` networks with most entries, most first."""
        found: List[records.Network] = []
        for family in FAMILIES:
            told = list(self._told(family, dict(self._most(family, family.networks, top)[1])))
            found += self._rolled_up(told, top) if family is IPV6 and told else told
        return sorted(found, key=lambda one: -one.entries)[:top]

    def _told(self, family: _Family, entries: Dict[bytes, int]) -> Iterator[records.Network]:
        """These networks by the age of their entries. The age that most have is what is left of the others."""
        sizes = self._sizes(family)
        by_age = [Counter(entries)] * 3
        most = sizes.index(max(sizes))
        for age in {0, 1, 2} - {most}:
            by_age[age] = Counter(filter(entries.__contains__, self._each(family, family.networks, (age,))))
            by_age[most] = by_age[most] - by_age[age]
        young, _waiting, again = by_age
        for network, count in entries.items():
            yield records.Network(family.network_text(network), count, count - young[network], again[network])

    def _rolled_up(self, told: List[records.Network], top: int) -> List[records.Network]:
        """These /64, or one shorter prefix and those that are not part of it."""
        from . import prefixes

        unanswered = sum(self._sizes(IPV6)[1:]) // IPV6.width
        largest = sorted((one.unanswered for one in told), reverse=True)
        if not prefixes.worth_a_look(largest, unanswered) or not self._perhaps_one():
            return told
        middle = self._counted(IPV6.middle, (1, 2))
        counts = partial(self._counted, IPV6.networks, (1, 2))
        prefix = prefixes.one_for_nearly_all(middle, counts, unanswered)
        if prefix is None:
            return told
        each, size = (IPV6.middle, _MIDDLE) if prefix.length <= 8 * _MIDDLE else (IPV6.networks, IPV6.prefix)
        by_age = [self._counted(each, (age,)) for age in range(3)]
        inside = {one for of_age in by_age for one in of_age if prefix.holds(one)}
        sums = [sum(map(of_age.__getitem__, inside)) for of_age in by_age]
        others = Counter(one for one in self._each(IPV6, IPV6.networks) if one[:size] not in inside)
        rest = self._told(IPV6, dict(_largest(others, top)))
        return [records.Network(str(prefix), sum(sums), sums[1] + sums[2], sums[2]), *rest]

    def _counted(self, each: _Each, ages: Iterable[int]) -> Counter:
        return Counter(self._each(IPV6, each, ages))

    def _perhaps_one(self) -> bool:
        return _one_site(chain.from_iterable((packed[1], packed[2]) for packed in self._of[IPV6]), _CLEARLY)

    def _sizes(self, family: _Family) -> List[int]:
        """Bytes of addresses, by age."""
        return [sum(len(packed[age]) for packed in self._of[family]) for age in range(3)]

    def _each(self, family: _Family, each: _Each, ages: Iterable[int] = (0, 1, 2)) -> Iterator[bytes]:
        """The addresses or networks of entries of these ages."""
        return chain.from_iterable(each(packed[age]) for packed in self._of[family] for age in ages)


class Summary:
    """What is left of addresses that were folded in. `bound`: addresses and networks that it keeps at most."""

    def __init__(self, bound: int) -> None:
        self._of = {family: _FamilySummary(family, bound) for family in FAMILIES}

    def fold(self, kept: Kept) -> None:
        """Take in what is kept there."""
        for family, mine in self._of.items():
            for packed in kept.of(family):
                mine.fold(packed)

    def peers(self, top: int) -> Tuple[int, List[Tuple[str, int]]]:
        """As `Kept.peers`, about."""
        best: List[Tuple[str, int]] = []
        for family, mine in self._of.items():
            best += _best(mine.addresses.counts, top, family.text)
        return sum(mine.distinct() for mine in self._of.values()), _first(best, top)

    def networks(self, top: int) -> List[records.Network]:
        """As `Kept.networks`, about."""
        found = [one for mine in self._of.values() for one in mine.best_networks(top)]
        return sorted(found, key=lambda one: -one.entries)[:top]


class _Layer:
    """Entries of the most frequent networks of one prefix length, and how many of them have waited."""

    def __init__(self, each: _Each, bound: int) -> None:
        self._each = each
        self.frequent = Frequent(bound)
        self.waiting: Dict[bytes, int] = {}
        self.again: Dict[bytes, int] = {}

    def fold(self, piece: memoryview, age: int) -> None:
        """Take in packed addresses of entries of one age."""
        self.frequent.add(self._each(piece))
        known = self.frequent.counts
        if age:
            aside = self.again if age == 2 else self.waiting
            for network, count in Counter(self._each(piece)).items():
                if network in known:
                    aside[network] = aside.get(network, 0) + count
        for counts in (self.waiting, self.again):
            for network in [one for one in counts if one not in known]:
                del counts[network]

    def of(self, network: bytes) -> Tuple[int, int, int]:
        """Entries, those that are unanswered, and those whose SYN-ACK was sent again."""
        count = self.frequent.counts[network]
        again = min(self.again.get(network, 0), count)
        return count, min(self.waiting.get(network, 0) + again, count), again

    def unanswered(self) -> Dict[bytes, int]:
        return {network: self.of(network)[1] for network in self.frequent.counts}


class _FamilySummary:
    def __init__(self, family: _Family, bound: int) -> None:
        self._family = family
        self._bound = bound
        self._sample: Set[bytes] = set()
        self._depth = 0  # zero bits that the hash of a sampled address ends in
        self._unanswered = 0
        self.addresses = Frequent(bound)
        self.all_networks = _Layer(family.networks, bound)
        self._middle = _Layer(family.middle, bound) if family is IPV6 else None

    def distinct(self) -> int:
        return len(self._sample) << self._depth

    def best_networks(self, top: int) -> List[records.Network]:
        prefix = self._one_for_nearly_all() if self._middle else None
        layer = self.all_networks
        best = {one: count for one, count in layer.frequent.counts.items() if prefix is None or not prefix.holds(one)}
        found = [
            records.Network(self._family.network_text(network), *layer.of(network))
            for network, _count in _largest(best, top)
        ]
        if prefix is not None and self._middle:
            wide = self._middle if prefix.length <= 8 * _MIDDLE else layer
            parts = [wide.of(one) for one in wide.frequent.counts if prefix.holds(one)]
            found.append(records.Network(str(prefix), *map(sum, zip(*parts))))
        return found

    def _one_for_nearly_all(self) -> Optional[prefixes.Prefix]:
        from . import prefixes

        longest = self.all_networks.unanswered()
        largest = sorted(longest.values(), reverse=True)
        if self._middle is None or not prefixes.worth_a_look(largest, self._unanswered):
            return None
        return prefixes.one_for_nearly_all(self._middle.unanswered(), lambda: longest, self._unanswered)

    def fold(self, packed: Packed) -> None:
        step = _PIECE * self._family.width
        for age, buffer in enumerate(packed):
            self._unanswered += len(buffer) // self._family.width if age else 0
            with memoryview(buffer) as view:
                for start in range(0, len(view), step):
                    self._fold_piece(view[start:start + step], age)

    def _fold_piece(self, piece: memoryview, age: int) -> None:
        with piece:
            self._sample_more(self._family.addresses(piece))
            self.addresses.add(self._family.addresses(piece))
            self.all_networks.fold(piece, age)
            # Of pieces that cannot be of one site it does without: its counts fall short then, and that is all.
            if self._middle and (len(piece) < _A_FEW * IPV6.width or _one_site((piece,), _PERHAPS)):
                self._middle.fold(piece, age)

    def _sample_more(self, addresses: Iterable[bytes]) -> None:
        # hash() of bytes is keyed afresh in every process: nobody can choose sources to fool it.
        mask = (1 << self._depth) - 1
        self._sample.update(one for one in addresses if not hash(one) & mask)
        while len(self._sample) > self._bound:
            self._depth += 1
            mask = (1 << self._depth) - 1
            self._sample = {one for one in self._sample if not hash(one) & mask}


def _one_site(packed: Iterable[Bytes], share: float) -> bool:
    """Whether one IPv6 /48 has this share of a few addresses, taken at equal distances."""
    whole = list(packed)
    step = max(sum(map(len, whole)) // IPV6.width // _A_FEW, 1) * IPV6.width
    few = Counter(bytes(one[at:at + 6]) for one in whole for at in range(0, len(one), step))
    return max(few.values(), default=0) >= share * sum(few.values())


class Frequent:
    """Counts of the most frequent things in a stream, `bound` of them at most."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self.shortfall = 0  # what a count may lack at most
        self.counts: Dict[bytes, int] = {}

    def add(self, things: Iterable[bytes]) -> None:
        counts = Counter(self.counts)
        counts.update(things)
        if len(counts) > self._bound:
            # Taking the same number from more than `bound` counts at once is what bounds the error.
            less = sorted(counts.values())[-self._bound - 1]
            self.shortfall += less
            self.counts = {thing: count - less for thing, count in counts.items() if count > less}
        else:
            self.counts = dict(counts)


def _best(counts: Mapping[bytes, int], top: int, text: Callable[[bytes], str]) -> List[Tuple[str, int]]:
    return [(text(one), count) for one, count in _largest(counts, top)]


def _largest(counts: Mapping[bytes, int], top: int) -> List[Tuple[bytes, int]]:
    """Most first; of equal ones those with the lowest address, so that the answer is always the same."""
    several = [(thing, count) for thing, count in counts.items() if count > 1]
    if len(several) >= top:
        return heapq.nsmallest(top, several, key=_most_first)
    once = [thing for thing, count in counts.items() if count == 1] if several else counts  # in a flood there are many
    return sorted(several, key=_most_first) + [(thing, 1) for thing in heapq.nsmallest(top - len(several), once)]


def _first(best: List[Tuple[str, int]], top: int) -> List[Tuple[str, int]]:
    return sorted(best, key=lambda one: -one[1])[:top]


def _most_first(one: Tuple[bytes, int]) -> Tuple[int, bytes]:
    return -one[1], one[0]
