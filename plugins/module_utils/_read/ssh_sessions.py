# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Where the ssh sessions on this host come from, whoever's they are: nobody who is at work here is to be dropped."""

from __future__ import annotations

import os
from typing import List, Set, Tuple

from . import established, netlink, session

_MOST_PORTS = 100


def sessions(proc: str = "/proc") -> List[str]:
    """The addresses that ssh sessions on this host come from, as far as processes tell and a connection shows.

    Any user's process may have put anything into its environment. So one counts only with a connection that is
    established, from that address and port to that port.
    """
    claims: Set[Tuple[str, int, int]] = set()
    for pid in filter(str.isdigit, os.listdir(proc)):
        words = session.words_of(session.read("{0}/{1}/environ".format(proc, pid), session.MOST_BYTES))
        address = session.address_of(words)
        if address is not None and words[1].isdigit() and words[3].isdigit():
            claims.add((address, int(words[3]), int(words[1])))
    if not claims:
        return []
    ports = sorted({port for _address_of, port, _remote in claims if 0 < port < 65536})[:_MOST_PORTS]
    try:
        there = {(str(address), port, remote) for address, port, remote in established.connections(ports)}
    except (OSError, netlink.DumpInterrupted):
        there = claims  # rather one too many
    return sorted({address for address, port, remote in claims if (address, port, remote) in there})
