# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Who the listeners belong to: processes that hold them, and their systemd unit."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from .._model import records
from .._model import units as model_units
from . import cgroups
from . import processes as read_processes


def owners_of(sockets: Sequence[Any]) -> Tuple[Dict[int, records.Owner], List[str]]:
    """Owners by socket inode, of TCP and UNIX listeners.

    The unit is that of the holding processes; where none is visible, the cgroup
    in which the socket was made tells it (Linux 5.8 and later).
    """
    holders, warnings = read_processes.owners({sock.inode for sock in sockets})
    unseen = {sock.cgroup_id for sock in sockets if sock.cgroup_id and not _unit(holders.get(sock.inode, ()))}
    units, more = cgroups.units_of_cgroups(unseen)
    found = {
        sock.inode: records.Owner(
            tuple(holders.get(sock.inode, ())), _unit(holders.get(sock.inode, ())) or units.get(sock.cgroup_id)
        )
        for sock in sockets
    }
    return found, [*warnings, *more]


def _unit(processes: Iterable[records.Process]) -> Optional[model_units.Unit]:
    """The unit of the first process that has one."""
    return next((model_units.Unit(process.unit, process.unit_user) for process in processes if process.unit), None)
