# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which commands of firewalls there are, and which of iptables' tables and chains nf_tables has.

iptables-nft (1.8) makes the table ``filter`` and the base chain INPUT when the first rule is added, and leaves both
behind when the last is removed. ``linux/netfilter/nf_tables.h`` and ``nfnetlink.h`` name the numbers.
"""

from __future__ import annotations

import errno
import os
import struct
from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from . import netlink

NETLINK_NETFILTER = 12
NFNL_SUBSYS_NFTABLES = 10
NFGENMSG = struct.Struct("=BBH")  # family, version, resource id
FAMILIES = {"ipv4": 2, "ipv6": 10}  # NFPROTO_IPV4, NFPROTO_IPV6
NFPROTO_INET = 1
TABLE, INPUT, OURS = b"filter", b"INPUT", b"SYN_BACKLOG"
NFTA_TABLE_NAME = 1
NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME = 1, 3
_NFTA_TABLE_USE = 3
_NFTA_CHAIN_HOOK, _NFTA_CHAIN_POLICY, _NFTA_CHAIN_USE = 4, 5, 6
_NFT_MSG_NEWTABLE, _NFT_MSG_GETTABLE, _NFT_MSG_NEWCHAIN, _NFT_MSG_GETCHAIN = 0, 1, 3, 4
_NF_ACCEPT = 1
_COMMANDS = {"ipv4": "iptables", "ipv6": "ip6tables"}
_ALSO_IN = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # as Ansible looks for commands
WITHOUT = (errno.EPROTONOSUPPORT, errno.EOPNOTSUPP, errno.EINVAL)  # a kernel without nf_tables


class Base(NamedTuple):
    """What nf_tables has of iptables' table filter, for one family."""

    table: bool
    input: bool
    chains: int  # and other objects that the table holds
    idle: bool  # the chain INPUT has no rule and lets everything through
    ours: bool  # there is a chain of the name that ours has


def commands() -> Dict[str, str]:
    """The path of the iptables command of each family that has one."""
    found = {family: command(name) for family, name in _COMMANDS.items()}
    return {family: path for family, path in found.items() if path is not None}


def command(name: str) -> Optional[str]:
    """The absolute path of a command; None where there is none."""
    places = os.environ.get("PATH", "").split(os.pathsep)
    places += [place for place in _ALSO_IN if place not in places]
    return next(filter(_runs, [os.path.join(place, name) for place in places if place.startswith("/")]), None)


def bases(tries: int = 5) -> Optional[Dict[str, Base]]:
    """The filter table and INPUT chain of each family, absent without nf_tables. None where unreadable."""
    try:
        tables = {(family, one.get(NFTA_TABLE_NAME)): one for family, one in listed_tables()}
        listed = _listed(_NFT_MSG_GETCHAIN, _NFT_MSG_NEWCHAIN)
        chains = {
            (family, one.get(NFTA_CHAIN_NAME)): one
            for family, one in listed
            if one.get(NFTA_CHAIN_TABLE) == TABLE + b"\0"
        }
    except netlink.DumpInterrupted:
        return bases(tries - 1) if tries > 1 else None  # somebody loads rules this moment
    except OSError as error:
        return {family: Base(False, False, 0, False, False) for family in FAMILIES} if error.errno in WITHOUT else None
    found = {}
    for family, number in FAMILIES.items():
        table, chain = tables.get((number, TABLE + b"\0")), chains.get((number, INPUT + b"\0"))
        found[family] = Base(
            table is not None,
            chain is not None,
            _u32(table or {}, _NFTA_TABLE_USE),
            chain is not None
            and _NFTA_CHAIN_HOOK in chain
            and _u32(chain, _NFTA_CHAIN_USE) == 0
            and _u32(chain, _NFTA_CHAIN_POLICY) == _NF_ACCEPT,
            (number, OURS + b"\0") in chains,
        )
    return found


def listed_tables() -> Iterator[Tuple[int, Dict[int, bytes]]]:
    """Every table of nf_tables in this network namespace: its family, and its attributes.

    :raises OSError: they cannot be listed.
    :raises netlink.DumpInterrupted: they changed meanwhile.
    """
    return _listed(_NFT_MSG_GETTABLE, _NFT_MSG_NEWTABLE)


def _listed(request: int, answer: int) -> Iterator[Tuple[int, Dict[int, bytes]]]:
    kinds = [NFNL_SUBSYS_NFTABLES << 8 | kind for kind in (request, answer)]
    for run, length in netlink.dump(NFGENMSG.pack(0, 0, 0), NETLINK_NETFILTER, *kinds):
        for start in range(0, len(run), length):
            message = bytes(run[start : start + length])
            yield message[netlink.HEADER.size], dict(netlink.attributes(message[netlink.HEADER.size + NFGENMSG.size :]))


def _u32(parts: Dict[int, bytes], kind: int) -> int:
    value = parts.get(kind, b"")
    return struct.unpack("!I", value)[0] if len(value) == 4 else 0


def _runs(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)
