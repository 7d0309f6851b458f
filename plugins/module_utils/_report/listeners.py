# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The rows of the report: each listener with what it admits, what fills it, what binds it and what to change."""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict, List, Mapping, Optional, Set, Tuple

from .._applications import recognise, remedies
from .._kernel import identity, memory, overflow, peers
from .._kernel import limits as kernel_limits
from .._model import binding as model_binding
from .._model import raised_record, records

Sysctls = Mapping[str, Optional[int]]

_HOST = "host"
_NOBODY = records.Owner()


def listener_rows(
    view: records.NamespaceView,
    kernel: identity.Kernel,
    sysctls: Sysctls,
    owners: Mapping[int, records.Owner],
    fast_open: Optional[Mapping[int, Optional[int]]] = None,
) -> List[Dict[str, Any]]:
    """One row for each listening socket of a namespace; ``sysctls`` are the values that hold in it.

    ``fast_open``: how many connections each takes with TCP Fast Open, by inode; None where that cannot be read.
    """
    members: Dict[records.ListenKey, int] = {}
    for sock in view.sockets:
        members[_key(sock)] = members.get(_key(sock), 0) + 1
    shared = {port for port, count in Counter(port for port, _address in _places(view)).items() if count > 1}
    rows = []
    for sock in view.sockets:
        of_group, alone = members[_key(sock)], sock.port not in shared
        row = _row(view, sock, of_group, alone, kernel, sysctls, owners.get(sock.inode, _NOBODY))
        row["fast_open"] = _fast_open(view, sock, of_group, (fast_open or {}).get(sock.inode))
        rows.append(row)
    return rows


def _places(view: records.NamespaceView) -> Set[Tuple[int, str]]:
    return {(sock.port, sock.address) for sock in view.sockets}


def _key(sock: records.ListenSocket) -> records.ListenKey:
    return records.ListenKey(sock.family, sock.address, sock.port, sock.device)


def _row(
    view: records.NamespaceView,
    sock: records.ListenSocket,
    members: int,
    alone: bool,
    kernel: identity.Kernel,
    sysctls: Sysctls,
    owner: records.Owner,
) -> Dict[str, Any]:
    limits = _limits(sock, kernel, sysctls)
    half_open = _half_open(view, sock)
    hint = recognise.recognise(owner.processes, owner.unit.name if owner.unit else None, sock)
    binding = _binding(sock, kernel, sysctls, hint.requested(sock.backlog) if sock.backlog is not None else None)
    situation = remedies.Situation(
        bound_by=binding,
        level=kernel.level,
        rule=kernel.rule,
        backlog=sock.backlog,
        somaxconn=sysctls["somaxconn"],
        tcp_max_syn_backlog=sysctls["tcp_max_syn_backlog"],
        tcp_syncookies=sysctls["tcp_syncookies"],
        limits=limits,
        hint=hint,
        unit=owner.unit,
        address=sock.address,
        port=sock.port,
        namespace=None if view.name == _HOST else view.name,
        alone=alone,
    )
    return {
        "network_namespace": view.name,
        "protocol": sock.protocol,
        "family": sock.family,
        "address": sock.address,
        "port": sock.port,
        "device": sock.device,
        "dual_stack": sock.dual_stack,
        "inode": sock.inode,
        "backlog": sock.backlog,
        "accept_queue": {"used": sock.accept_used, "limit": overflow.established_limit(limits) if limits else None},
        "syn_queue": {
            "used": half_open if members == 1 else None,
            "limit": limits.syn_queue if limits else None,
            "new_peer_limit": limits.new_peer_limit if limits else None,
            "on_full": limits.on_full if limits else None,
        },
        "reuseport": None if members == 1 else {"members": members, "half_open": half_open},
        "memory_bytes": memory.full_queue_bytes(kernel.level, limits, sock.family) if limits else None,
        "drops": sock.drops,
        "since": _since(owner),
        "raised": _raised(view.raised.get(sock.inode)),
        "bound_by": binding,
        "processes": [{"pid": process.pid, "name": process.name} for process in owner.processes],
        "unit": owner.unit.name if owner.unit else None,
        "remedy": remedies.remedy(situation),
    }


def _since(owner: records.Owner) -> Optional[str]:
    """The earliest time at which the socket can have been opened: the start of the oldest process that holds it."""
    starts = [process.started for process in owner.processes if process.started is not None]
    return min(starts) if starts else None


def _raised(found: Optional[raised_record.Raised]) -> Optional[Dict[str, Any]]:
    """When it was raised while it ran, and what it had dropped by then."""
    return {"time": found.time, "before": found.before, "drops": found.drops} if found else None


def _fast_open(
    view: records.NamespaceView, sock: records.ListenSocket, members: int, limit: Optional[int]
) -> Optional[Dict[str, Optional[int]]]:
    """Places of TCP Fast Open that the listener has and that are taken; None where it takes none."""
    if not view.fast_open or limit == 0:
        return None
    counted = view.half_open.fast_open if view.half_open else None
    return {"limit": limit, "used": counted.get(_key(sock), 0) if counted is not None and members == 1 else None}


def _half_open(view: records.NamespaceView, sock: records.ListenSocket) -> Optional[int]:
    """Entries of the listener, or of its SO_REUSEPORT group; None where they were not counted."""
    if view.half_open is None:
        return None
    entries = view.half_open.by_listener.get(_key(sock))
    return entries.total if entries else 0


def _limits(
    sock: records.ListenSocket, kernel: identity.Kernel, sysctls: Sysctls
) -> Optional[kernel_limits.QueueLimits]:
    """None where the backlog, or a setting that decides, cannot be read."""
    if None in (sock.backlog, sysctls["tcp_max_syn_backlog"], sysctls["tcp_syncookies"]):
        return None
    limits = kernel_limits.queue_limits(
        kernel.level, kernel.rule, sock.backlog, sysctls["tcp_max_syn_backlog"], sysctls["tcp_syncookies"]
    )
    return limits if sock.dual_stack else peers.limits_for_peers(kernel.level, limits, sock.family)


def _binding(
    sock: records.ListenSocket, kernel: identity.Kernel, sysctls: Sysctls, requested: Optional[int]
) -> Optional[str]:
    known = (sock.backlog, sysctls["somaxconn"], sysctls["tcp_max_syn_backlog"], sysctls["tcp_syncookies"])
    return None if None in known else model_binding.bound_by(kernel.level, kernel.rule, *known, requested=requested)
