# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What nft lists of our table: the networks that are dropped, for how long still, and how often so far."""

from __future__ import annotations

from typing import Optional

from .._model import nft_table
from . import firewall, firewall_commands, netlink


def has_our_table() -> bool:
    """Whether nf_tables has the table of a mitigation; so also where that cannot be read."""
    try:
        listed = list(firewall.listed(firewall.NFT_MSG_GETTABLE, firewall.NFT_MSG_NEWTABLE))
    except netlink.DumpInterrupted:
        return True
    except OSError as error:
        return error.errno not in firewall.WITHOUT
    ours = nft_table.TABLE.encode() + b"\0"
    return any(family == firewall.NFPROTO_INET and one.get(firewall.NFTA_TABLE_NAME) == ours for family, one in listed)


def table(command: str) -> Optional[nft_table.Table]:
    """Our table as it is now; None where there is none.

    :raises firewall_commands.NoAnswer: it is there, and nft does not tell what it holds.
    """
    if not has_our_table():
        return None
    done = firewall_commands.run(command, "-j", "list", "table", nft_table.FAMILY, nft_table.TABLE)
    if done.status != 0:
        if not has_our_table():
            return None  # gone since
        raise firewall_commands.NoAnswer("nft does not list the table {0}".format(nft_table.TABLE))
    try:
        return nft_table.parse_listing(done.output)
    except ValueError as error:
        raise firewall_commands.NoAnswer("nft -j list table: {0}".format(error)) from error
