# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The addresses of this network namespace, as rtnetlink(7) lists them."""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import List, Tuple

from . import netlink

_NETLINK_ROUTE = 0
_RTM_NEWADDR, _RTM_GETADDR = 20, 22
_IFADDRMSG = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, interface
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_LENGTHS = {int(socket.AF_INET): 4, int(socket.AF_INET6): 16}


def own_addresses() -> Tuple[List[str], List[str]]:
    """Every address of every interface, the loopback's among them, each once, as ``192.0.2.1/24``, and warnings."""
    found: List[str] = []
    try:
        for run, length in netlink.dump(_IFADDRMSG.pack(0, 0, 0, 0, 0), _NETLINK_ROUTE, _RTM_GETADDR, _RTM_NEWADDR):
            for start in range(0, len(run), length):
                found += [one for one in _addresses(bytes(run[start : start + length])) if one not in found]
    except netlink.DumpInterrupted:
        return found, []  # what was listed is there; an address that came or went this moment may be missing
    except OSError as error:
        return found, ["the host's own addresses could not be read: {0}".format(error.strerror)]
    return found, []


def _addresses(message: bytes) -> List[str]:
    """IFA_LOCAL is ours; IFA_ADDRESS is ours too, but on a point-to-point interface the other end's."""
    family = message[netlink.HEADER.size]
    parts = dict(netlink.attributes(message[netlink.HEADER.size + _IFADDRMSG.size :]))
    packed = parts.get(_IFA_LOCAL, parts.get(_IFA_ADDRESS, b""))
    if len(packed) != _LENGTHS.get(family, -1):
        return []
    return ["{0}/{1}".format(ipaddress.ip_address(packed), message[netlink.HEADER.size + 1])]
