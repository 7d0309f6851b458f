# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What every row about a listener says: which one it is, and whose."""

from __future__ import annotations

from typing import Any, Dict, List, Union

from .._applications import recognise
from .._model import records, unix_listener


def listener_row(
    sock: Union[records.ListenSocket, unix_listener.UnixListener], owner: records.Owner, namespace: str
) -> Dict[str, Any]:
    """The fields that identify a listener and its holders, by the names that users see."""
    if isinstance(sock, unix_listener.UnixListener):
        return {
            "network_namespace": namespace,
            "path": sock.path,
            "type": sock.type,
            "inode": sock.inode,
            "processes": _processes(owner),
            "unit": owner.unit.name if owner.unit else None,
        }
    return {
        "network_namespace": namespace,
        "protocol": sock.protocol,
        "family": sock.family,
        "address": sock.address,
        "port": sock.port,
        "device": sock.device,
        "inode": sock.inode,
        "processes": _processes(owner),
        "unit": owner.unit.name if owner.unit else None,
    }


def _processes(owner: records.Owner) -> List[Dict[str, Any]]:
    return [{"pid": process.pid, "name": process.name} for process in owner.processes]


def hint_of(
    owner: records.Owner, sock: Union[records.ListenSocket, unix_listener.UnixListener, None] = None
) -> recognise.Hint:
    """The application that holds it and, with the socket, which of its listeners it is."""
    tcp = sock if isinstance(sock, records.ListenSocket) else None
    return recognise.recognise(owner.processes, owner.unit.name if owner.unit else None, tcp)
