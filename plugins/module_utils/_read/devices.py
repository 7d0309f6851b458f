# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The network devices of a network namespace: which are ports of another, what they lost, and whether XDP is at work.

Over rtnetlink, since /sys/class/net shows the namespace in which it was mounted.
"""

from __future__ import annotations

import struct
from typing import Dict, List, NamedTuple, Optional, Tuple

from .._model import text as model_text
from . import netlink

_NETLINK_ROUTE = 0
_RTM_NEWLINK, _RTM_GETLINK = 16, 18
_IFINFOMSG = struct.Struct("=BxHiII")  # family, type, index, flags, change
_IFNAME, _LINKINFO, _STATS64, _XDP = 3, 18, 23, 43
_SLAVE_KIND = 4  # within _LINKINFO
_XDP_ATTACHED = 2  # within _XDP
#: struct rtnl_link_stats64: where each stands
_LOST = {"rx_dropped": 6, "rx_fifo_errors": 14, "rx_missed_errors": 15}
_PORTS_OF = ("bond", "bridge", "team", "openvswitch")  # masters that hand a packet on as their own


class Device(NamedTuple):
    """One network device."""

    number: int  # its interface index
    name: str
    port: bool  # what arrives there is handed on to a bridge or a bond, and seen once more
    xdp: bool
    lost: Dict[str, int]


def devices() -> Tuple[List[Device], List[str]]:
    """The devices of the calling thread's network namespace, and warnings."""
    found: List[Device] = []
    try:
        for run, length in netlink.dump(_IFINFOMSG.pack(0, 0, 0, 0, 0), _NETLINK_ROUTE, _RTM_GETLINK, _RTM_NEWLINK):
            for start in range(0, len(run), length):
                found.append(_device(bytes(run[start : start + length])))
    except netlink.DumpInterrupted:
        return found, []
    except OSError as error:
        return found, ["the network devices could not be read: {0}".format(error.strerror)]
    return found, []


def _device(message: bytes) -> Device:
    start = netlink.HEADER.size
    _family, _type, index, _flags, _change = _IFINFOMSG.unpack_from(message, start)
    told = dict(netlink.attributes(message[start + _IFINFOMSG.size :]))
    master = dict(netlink.attributes(told.get(_LINKINFO, b""))).get(_SLAVE_KIND, b"")
    attached = dict(netlink.attributes(told.get(_XDP, b""))).get(_XDP_ATTACHED, b"\0")
    stats = told.get(_STATS64, b"")
    name = told.get(_IFNAME, b"?").rstrip(b"\0").decode("utf-8", "replace")
    return Device(
        number=index,
        name=model_text.printable(name),
        port=master.rstrip(b"\0").decode("ascii", "replace") in _PORTS_OF,
        xdp=attached[:1] not in (b"", b"\0"),
        lost={
            reason: value
            for reason, value in ((one, _stat(stats, at)) for one, at in _LOST.items())
            if value is not None
        },
    )


def _stat(stats: bytes, at: int) -> Optional[int]:
    return struct.unpack_from("=Q", stats, 8 * at)[0] if len(stats) >= 8 * at + 8 else None
