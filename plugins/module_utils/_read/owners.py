# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Who the listeners belong to: processes that hold them, and their systemd unit."""

from __future__ import annotations

from typing import Dict, List, Sequence, Tuple

from .._model.records import ListenSocket, Owner
from .cgroups import units_of_cgroups
from .processes import owners


def owners_of(sockets: Sequence[ListenSocket]) -> Tuple[Dict[int, Owner], List[str]]:
    """Owners by socket inode.

    The unit is that of the holding processes; where none is visible, the cgroup
    in which the socket was made tells it (Linux 5.8 and later).
    """
    holders, warnings = owners({sock.inode for sock in sockets})
    unseen = {sock.cgroup_id for sock in sockets if sock.cgroup_id and not holders.get(sock.inode)}
    units = units_of_cgroups(unseen) if unseen else {}
    found = {}
    for sock in sockets:
        processes = tuple(holders.get(sock.inode, ()))
        named = [process.unit for process in processes if process.unit]
        found[sock.inode] = Owner(processes, named[0] if named else units.get(sock.cgroup_id))
    return found, warnings
