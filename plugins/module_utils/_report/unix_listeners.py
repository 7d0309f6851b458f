# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""Rows of ``unix_listeners``."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from .._applications import recognise, remedies
from .._kernel import identity
from .._model import records, unix_listener

Sysctls = Mapping[str, Optional[int]]

_HOST = "host"
_NOBODY = records.Owner()


def unix_rows(
    view: records.NamespaceView,
    kernel: identity.Kernel,
    sysctls: Sysctls,
    owners: Mapping[int, records.Owner],
    files: Mapping[int, Optional[str]],
    why: Mapping[int, Mapping[str, Any]],
) -> List[Dict[str, Any]]:
    """One row for each listening UNIX socket of a namespace; ``sysctls`` are the values that hold in it.

    :param files: what has become of the names that they were bound to, by socket inode
    :param why: why those do not accept whose queue is full, by socket inode
    """
    return [
        _row(view, sock, kernel, sysctls, owners.get(sock.inode, _NOBODY), files.get(sock.inode), why.get(sock.inode))
        for sock in view.unix
    ]


def _row(
    view: records.NamespaceView,
    sock: unix_listener.UnixListener,
    kernel: identity.Kernel,
    sysctls: Sysctls,
    owner: records.Owner,
    file: Optional[str],
    why: Optional[Mapping[str, Any]],
) -> Dict[str, Any]:
    hint = recognise.recognise(owner.processes, owner.unit.name if owner.unit else None)
    requested = hint.requested(sock.backlog) if sock.backlog is not None else None
    bound_by = unix_listener.bound_by(sock.backlog, sysctls["somaxconn"], requested)
    situation = remedies.Situation(
        bound_by=bound_by,
        level=kernel.level,
        rule=kernel.rule,
        backlog=sock.backlog,
        somaxconn=sysctls["somaxconn"],
        tcp_max_syn_backlog=None,
        tcp_syncookies=None,
        limits=None,
        hint=hint,
        unit=owner.unit,
        address="",
        port=0,
        namespace=None if view.name == _HOST else view.name,
        path=sock.path,
    )
    queue: Dict[str, Any] = {"used": sock.accept_used, "limit": unix_listener.limit(sock.backlog)}
    if why is not None:
        queue["why"] = why
    starts = [process.started for process in owner.processes if process.started is not None]
    return {
        "network_namespace": view.name,
        "path": sock.path,
        "type": sock.type,
        "inode": sock.inode,
        "file": file,
        "backlog": sock.backlog,
        "accept_queue": queue,
        "bound_by": bound_by,
        "since": min(starts) if starts else None,
        "processes": [{"pid": process.pid, "name": process.name} for process in owner.processes],
        "unit": owner.unit.name if owner.unit else None,
        "remedy": remedies.remedy(situation),
    }
