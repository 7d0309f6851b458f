# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Counting half-open entries as they stream by, and finding the listener that each belongs to.

However many entries a flood leaves, the memory this takes is bounded: see `sources`.
"""

from __future__ import annotations

from typing import Dict, Iterable, Mapping, Optional, Sequence, Tuple

from .records import HalfOpenTally, ListenKey, ListenSocket
from .sources import Sources

WILDCARD = {"ipv4": "0.0.0.0", "ipv6": "::"}
_MAPPED = "::ffff:"
_MAPPED_WILDCARD = "::ffff:0.0.0.0"

# Local endpoints told apart. A transparent proxy may take connections to any address.
MAX_LOCALS = 16384


class Tally:
    """What is kept of half-open entries while they are read. Feed it with `add`, batch by batch."""

    def __init__(self) -> None:
        self.total = 0
        self.retransmitted = 0
        self.locals: Dict[ListenKey, int] = {}  # by local endpoint, not yet by listener
        self._ipv4 = Sources(4, 3)
        self._ipv6 = Sources(16, 8)

    def add(self, local_counts: Mapping[ListenKey, int], retransmitted: int, ipv4: bytes, ipv6: bytes) -> None:
        """Count a batch of entries.

        `local_counts`: entries by local endpoint, where `family` is that of the dump they came
        from, so of their listener. `retransmitted`: how many of them had their SYN-ACK sent
        again. `ipv4`, `ipv6`: the sources, packed in network byte order one after the other,
        IPv4-mapped addresses among `ipv4`.

        Past 16,384 local endpoints a new one counts for the wildcard address of its family.
        """
        for local, count in local_counts.items():
            if local not in self.locals and len(self.locals) >= MAX_LOCALS:
                local = local._replace(address=WILDCARD[local.family])
            self.locals[local] = self.locals.get(local, 0) + count
            self.total += count
        self.retransmitted += retransmitted
        self._ipv4.add(ipv4)
        self._ipv6.add(ipv6)

    def result(self, listen_sockets: Iterable[ListenSocket], top: int) -> HalfOpenTally:
        """The record, with the entries given to these listeners and the `top` networks with most entries."""
        networks = self._ipv4.networks(top) + self._ipv6.networks(top)
        networks.sort(key=lambda one: -one[1])
        return HalfOpenTally(
            total=self.total,
            retransmitted=self.retransmitted,
            by_listener=attribute(listen_sockets, self.locals),
            distinct_sources=self._ipv4.distinct() + self._ipv6.distinct(),
            networks=networks[:top],
            exact=self._ipv4.exact and self._ipv6.exact,
        )


def attribute(listen_sockets: Iterable[ListenSocket], local_counts: Mapping[ListenKey, int]) -> Dict[ListenKey, int]:
    """Give half-open entries, counted by local endpoint, to the listener that took them.

    An entry carries the family and the device of its listener, and the address that the client wrote
    to. So: the listener bound to the entry's device before one bound to none (an entry of a VRF or of
    a link-local client has a device that its listener lacks), and the exact address before
    the wildcard. IPv4 clients of a dual-stack listener come as "ipv6" with a local
    address in ::ffff:0:0/96. Members of an SO_REUSEPORT group share a key: the kernel does not
    tell which of them an entry waits for. Entries whose listener is gone keep their own endpoint.
    """
    listening: Dict[ListenKey, bool] = {}  # value: whether it takes IPv4 too, where it is the IPv6 wildcard
    for one in listen_sockets:
        key = ListenKey(one.family, one.address, one.port, one.device)
        listening[key] = listening.get(key, False) or one.dual_stack is not False
    found: Dict[ListenKey, int] = {}
    for local, count in local_counts.items():
        key = _owner(local, listening) or local
        found[key] = found.get(key, 0) + count
    return found


def _owner(local: ListenKey, listening: Mapping[ListenKey, bool]) -> Optional[ListenKey]:
    mapped = local.family == "ipv6" and local.address.startswith(_MAPPED)
    for device in (local.device, None):
        for address in _addresses(local, mapped):
            key = local._replace(address=address, device=device)
            takes_ipv4 = listening.get(key)
            if takes_ipv4 is None:
                continue
            if mapped and address == WILDCARD["ipv6"] and not takes_ipv4:
                continue
            return key
    return None


def _addresses(local: ListenKey, mapped: bool) -> Tuple[str, ...]:
    """The addresses whose listeners may take a connection to this one, best first."""
    wildcard = WILDCARD[local.family]
    return (local.address, _MAPPED_WILDCARD, wildcard) if mapped else (local.address, wildcard)


def merge(tallies: Sequence[HalfOpenTally], top: int) -> HalfOpenTally:
    """The tallies of several network namespaces as one.

    A source seen in two namespaces counts twice among the distinct ones, and a network
    only with what the namespaces name it for among their own `top`.
    """
    by_listener: Dict[ListenKey, int] = {}
    networks: Dict[str, int] = {}
    for tally in tallies:
        for key, count in tally.by_listener.items():
            by_listener[key] = by_listener.get(key, 0) + count
        for network, count in tally.networks:
            networks[network] = networks.get(network, 0) + count
    return HalfOpenTally(
        total=sum(tally.total for tally in tallies),
        retransmitted=sum(tally.retransmitted for tally in tallies),
        by_listener=by_listener,
        distinct_sources=sum(tally.distinct_sources for tally in tallies),
        networks=sorted(networks.items(), key=lambda one: -one[1])[:top],
        exact=all(tally.exact for tally in tallies),
    )
