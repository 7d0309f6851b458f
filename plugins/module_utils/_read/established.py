# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Who has connections that are established, as sock_diag(7) lists them."""

from __future__ import annotations

import ipaddress
import socket
from collections import Counter
from typing import Dict, Iterable, Iterator, List, Sequence, Tuple

from .._model import networks as model_networks
from . import netlink, sock_diag

_ESTABLISHED = 1
_MOST = 1000  # peers that are kept


def peers(ports: Sequence[int], within: Iterable[model_networks.Network]) -> Tuple[List[Dict[str, object]], List[str]]:
    """Of these networks who is connected to these ports, as ``address``, ``port`` and ``count``; and warnings."""
    wanted, counts = list(within), Counter()  # type: Tuple[List[model_networks.Network], Counter[Tuple[str, int]]]
    try:
        for address, port, _remote in connections(ports):
            if any(one.version == address.version and address in one for one in wanted) and len(counts) < _MOST:
                counts[str(address), port] += 1
    except netlink.DumpInterrupted:
        pass  # what was listed is there
    except OSError as error:
        return [], ["The connections of clients cannot be read: {0}".format(error.strerror)]
    return [{"address": who, "port": port, "count": count} for (who, port), count in sorted(counts.items())], []


def connections(ports: Sequence[int]) -> Iterator[Tuple[model_networks.Address, int, int]]:
    """The peer's address, the local port and the peer's port of each connection to these ports.

    :raises OSError: the kernel refuses.
    """
    for family in sock_diag.FAMILIES:
        body = sock_diag.request(family, _ESTABLISHED) + sock_diag.port_filter([(port, port) for port in ports])
        for run, length in netlink.dump(body):
            for start in range(0, len(run), length):
                message = bytes(run[start : start + length])
                parts = sock_diag.MESSAGE.unpack_from(message, netlink.HEADER.size)
                packed = parts[7][: 16 if family == socket.AF_INET6 else 4]
                address = ipaddress.ip_address(packed)
                mapped = getattr(address, "ipv4_mapped", None)
                yield mapped or address, socket.ntohs(parts[4]), socket.ntohs(parts[5])
