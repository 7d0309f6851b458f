# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Removing our own table; and the empty table and base chain that iptables-nft left behind, never with a rule."""

from __future__ import annotations

import errno
import os
import socket
import struct
from typing import List

from .._model import nft_table
from .._read import firewall, netlink

_BATCH_BEGIN, _BATCH_END = 16, 17  # NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END
_DELTABLE, _DELCHAIN = 2, 5
_NLM_F_ACK, _NLM_F_NONREC = 0x004, 0x100
_SECONDS = 5.0
_IN_USE = (errno.EBUSY, errno.ENOENT)


def remove_idle(family: str, table: bool, chain: bool) -> bool:
    """Remove the base chain INPUT, the table filter, or both; whether that was done.

    With NLM_F_NONREC the kernel refuses (EBUSY) what holds anything, so that no rule, chain or set of anybody's goes
    with it. All of it is done, or nothing.

    :raises OSError: the kernel refuses for another reason.
    """
    number = firewall.FAMILIES[family]
    steps = []
    if chain:
        named = netlink.attribute(firewall.NFTA_CHAIN_TABLE, firewall.TABLE + b"\0") + netlink.attribute(
            firewall.NFTA_CHAIN_NAME, firewall.INPUT + b"\0"
        )
        steps.append(_message(firewall.NFNL_SUBSYS_NFTABLES << 8 | _DELCHAIN, number, named))
    if table:
        steps.append(
            _message(
                firewall.NFNL_SUBSYS_NFTABLES << 8 | _DELTABLE,
                number,
                netlink.attribute(firewall.NFTA_TABLE_NAME, firewall.TABLE + b"\0"),
            )
        )
    try:
        _send(steps)
    except OSError as error:
        if error.errno in _IN_USE:
            return False
        raise
    return bool(steps)


def remove_our_table() -> bool:
    """Remove the table of a mitigation with all that is in it; whether there was one.

    :raises OSError: the kernel refuses.
    """
    named = netlink.attribute(firewall.NFTA_TABLE_NAME, nft_table.TABLE.encode() + b"\0")
    kind = firewall.NFNL_SUBSYS_NFTABLES << 8 | _DELTABLE
    try:
        _send([_message(kind, firewall.NFPROTO_INET, named, with_all=True)])
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise
    return True


def _send(steps: List[bytes]) -> None:
    """One batch; raises the first error that the kernel answers with."""
    begin, end = (_message(kind, 0, b"", firewall.NFNL_SUBSYS_NFTABLES) for kind in (_BATCH_BEGIN, _BATCH_END))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, firewall.NETLINK_NETFILTER) as sock:
        sock.bind((0, 0))
        sock.settimeout(_SECONDS)
        sock.sendto(b"".join((begin, *steps, end)), (0, 0))
        for _step in steps:  # each is acknowledged
            answer, sender = sock.recvfrom(65536)
            kind = netlink.HEADER.unpack_from(answer)[1]
            status = (
                struct.unpack_from("=i", answer, netlink.HEADER.size)[0]
                if kind == netlink.NLMSG_ERROR and sender[0] == 0
                else 0
            )
            if status < 0:
                raise OSError(-status, "nf_tables: " + os.strerror(-status))


def _message(kind: int, family: int, body: bytes, resource: int = 0, with_all: bool = False) -> bytes:
    acknowledged = 0 if kind in (_BATCH_BEGIN, _BATCH_END) else _NLM_F_ACK | (0 if with_all else _NLM_F_NONREC)
    return netlink.message(
        kind, netlink.NLM_F_REQUEST | acknowledged, firewall.NFGENMSG.pack(family, 0, socket.htons(resource)) + body
    )
