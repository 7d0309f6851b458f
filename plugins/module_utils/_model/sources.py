# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Distinct sources and the networks most entries come from, in memory that does not grow with a flood.

Up to 262,144 entries (of one family) the addresses are kept as they are, 4 or 16 bytes each, and the
answers are exact. Beyond, each full buffer is folded into two summaries:

- a sample of the addresses whose hash ends in enough zero bits (Wegman's adaptive sampling, in
  Flajolet, "On adaptive sampling", 1990). Of more than 65,536 distinct sources it gives
  an estimate with a standard error of about half a per cent;
- counts of at most 65,536 networks (Misra and Gries, "Finding repeated elements", 1982, as the
  mergeable summary of Agarwal et al., 2012): a count may fall short, never by more
  than a 65,536th of all entries, and never exceeds the truth.
"""

from __future__ import annotations

import heapq
import ipaddress
import struct
from collections import Counter
from itertools import chain
from typing import Dict, Iterable, Iterator, List, Set, Tuple, Union

EXACT_ENTRIES = 262144
MAX_SAMPLE = 65536
MAX_NETWORKS = 65536
_PIECE = 65536  # entries folded at a time, which bounds the memory of the folding itself


class Sources:
    """The sources of half-open entries of one family."""

    def __init__(self, width: int, prefix: int) -> None:
        """`width`: bytes of an address (4 or 16); `prefix`: bytes of its network part."""
        self._width = width
        self._prefix = prefix
        self._address = struct.Struct("%ds" % width)
        self._network = struct.Struct("%ds%dx" % (prefix, width - prefix))
        self._raw = bytearray()
        self.exact = True
        self.shortfall = 0  # entries that a network's count may lack at most
        self._sample: Set[bytes] = set()
        self._depth = 0  # zero bits that the hash of a sampled address ends in
        self._networks: Dict[bytes, int] = {}

    def add(self, packed: bytes) -> None:
        """Take the sources of a batch, packed in network byte order one after the other."""
        self._raw += packed
        if len(self._raw) > EXACT_ENTRIES * self._width:
            self._fold()

    def distinct(self) -> int:
        """How many different sources there were; an estimate where not `exact`."""
        if self.exact:
            return len(set(_each(self._address, self._raw)))
        self._fold()
        return len(self._sample) << self._depth

    def networks(self, top: int) -> List[Tuple[str, int]]:
        """The `top` networks with most entries as (text, entries), most first, then by address."""
        if self.exact:
            counts: Dict[bytes, int] = Counter(_each(self._network, self._raw))
        else:
            self._fold()
            counts = self._networks
        best = heapq.nsmallest(top, counts.items(), key=lambda one: (-one[1], one[0]))
        return [(self._text(network), count) for network, count in best]

    def _text(self, network: bytes) -> str:
        packed = network + bytes(self._width - self._prefix)
        return "%s/%d" % (ipaddress.ip_address(packed), 8 * self._prefix)

    def _fold(self) -> None:
        raw, self._raw = memoryview(self._raw), bytearray()
        self.exact = False
        for start in range(0, len(raw), _PIECE * self._width):
            piece = raw[start:start + _PIECE * self._width]
            self._sample_more(_each(self._address, piece))
            self._count_more(_each(self._network, piece))

    def _sample_more(self, addresses: Iterable[bytes]) -> None:
        # hash() of bytes is keyed afresh in every process: nobody can choose sources to fool it.
        mask = (1 << self._depth) - 1
        self._sample.update(one for one in addresses if not hash(one) & mask)
        while len(self._sample) > MAX_SAMPLE:
            self._depth += 1
            mask = (1 << self._depth) - 1
            self._sample = {one for one in self._sample if not hash(one) & mask}

    def _count_more(self, networks: Iterable[bytes]) -> None:
        counts = Counter(self._networks)
        counts.update(networks)
        if len(counts) > MAX_NETWORKS:
            # Taking the same number from more than MAX_NETWORKS counts at once is what bounds the error.
            less = sorted(counts.values())[-MAX_NETWORKS - 1]
            self.shortfall += less
            self._networks = {network: count - less for network, count in counts.items() if count > less}
        else:
            self._networks = dict(counts)


def _each(form: struct.Struct, packed: Union[bytearray, memoryview]) -> Iterator[bytes]:
    return chain.from_iterable(form.iter_unpack(packed))
