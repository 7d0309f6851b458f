# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which listener took a half-open entry."""

from __future__ import annotations

from typing import Dict, Iterable, Mapping, Optional, Tuple

from . import records

WILDCARD = {"ipv4": "0.0.0.0", "ipv6": "::"}
_MAPPED = "::ffff:"
_MAPPED_WILDCARD = "::ffff:0.0.0.0"


class Attribution:
    """The listeners of a network namespace, as half-open entries are given to them.

    An entry carries the family and the device of its listener, and the address that the client wrote
    to. So: the listener bound to the entry's device before one bound to none (an entry of a VRF or of
    a link-local client has a device that its listener lacks), and the exact address before
    the wildcard. IPv4 clients of a dual-stack listener come as "ipv6" with a local
    address in ::ffff:0:0/96. Members of an SO_REUSEPORT group share a key: the kernel does not
    tell which of them an entry waits for.
    """

    def __init__(self, listen_sockets: Iterable[records.ListenSocket]) -> None:
        self._listening: Dict[
            records.ListenKey, bool
        ] = {}  # value: whether it takes IPv4 too, where it is the IPv6 wildcard
        for one in listen_sockets:
            key = records.ListenKey(one.family, one.address, one.port, one.device)
            self._listening[key] = self._listening.get(key, False) or one.dual_stack is not False

    def owner(self, local: records.ListenKey) -> records.ListenKey:
        """The listener of entries with this local endpoint; the endpoint itself where that listener is gone.

        ``local.family`` is the family of the dump or the table that the entry came from, so of its listener.
        """
        return _owner(local, self._listening) or local


def _owner(local: records.ListenKey, listening: Mapping[records.ListenKey, bool]) -> Optional[records.ListenKey]:
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


def _addresses(local: records.ListenKey, mapped: bool) -> Tuple[str, ...]:
    """The addresses whose listeners may take a connection to this one, best first."""
    wildcard = WILDCARD[local.family]
    return (local.address, _MAPPED_WILDCARD, wildcard) if mapped else (local.address, wildcard)
