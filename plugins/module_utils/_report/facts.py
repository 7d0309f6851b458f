# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The gathered structure: what readers brought, put into the shape that users see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from .._kernel import identity
from .._kernel import sysctls as kernel_sysctls
from . import runtime_state

if TYPE_CHECKING:
    from .._boot import values
    from .._model import records


class Evidence(NamedTuple):
    """Everything that was read; None where a part was not asked for."""

    kernel: identity.Kernel
    own: records.NamespaceView
    views: Sequence[records.NamespaceView]  # the namespaces whose listeners were asked for
    owners: Dict[int, records.Owner]  # by socket inode
    boot: Optional[Dict[str, values.BootValue]]  # by short name
    defaults: Dict[str, Optional[int]]  # what the kernel starts with, by short name
    kernel_log: Optional[Dict[str, Any]]
    others_asked: bool  # network namespaces were named
    memory: Optional[int] = None  # of the machine, in bytes
    mitigation: Optional[Dict[str, Any]] = None
    why: Mapping[int, Dict[str, Any]] = {}  # by socket inode: why a listener does not accept whose accept queue is full
    unix_files: Mapping[int, Optional[str]] = {}  # by socket inode: what has become of the names of UNIX sockets
    fast_open: Dict[int, Optional[int]] = {}  # limits by socket inode, None where one cannot be read


def assemble(evidence: Evidence, networks: int) -> Dict[str, Any]:
    """The structure ``syn_backlog`` with every part that was read, not judged yet: that is :func:`.told.told`.

    ``networks``: how many source networks findings are drawn from.
    """
    facts: Dict[str, Any] = {
        "schema": runtime_state.SCHEMA,
        "kernel": evidence.kernel.as_facts(),
        "sysctls": _sysctls(evidence),
        "listeners": [row for view in evidence.views if view.sockets for row in _rows(evidence, view)],
        "unix_listeners": [row for view in evidence.views if view.unix for row in _unix_rows(evidence, view)],
        "memory": {"total_bytes": evidence.memory},
        "counters": evidence.own.counters,
    }
    if evidence.own.counters_delta is not None:
        facts["counters_delta"] = evidence.own.counters_delta
    if evidence.kernel_log is not None:
        facts["kernel_log"] = evidence.kernel_log
    if evidence.mitigation is not None:
        facts["mitigation"] = evidence.mitigation
    if evidence.others_asked:
        facts["network_namespaces"] = [_namespace(view) for view in evidence.views]
    if any(view.half_open is not None for view in evidence.views):
        from . import half_open

        facts["half_open"] = half_open.half_open_facts(evidence.views, networks)
    return facts


def _sysctls(evidence: Evidence) -> Dict[str, Dict[str, Any]]:
    if evidence.boot is None:
        return runtime_state.runtime_states(evidence.own.sysctls)
    from . import boot_state

    return boot_state.sysctl_states(evidence.own.sysctls, evidence.boot, evidence.defaults)


def _rows(evidence: Evidence, view: records.NamespaceView) -> List[Dict[str, Any]]:
    from . import listeners

    sysctls = effective_sysctls(evidence.kernel, view.sysctls, evidence.own.sysctls)
    rows = listeners.listener_rows(view, evidence.kernel, sysctls, evidence.owners, evidence.fast_open)
    for row in rows if evidence.why else ():
        if row["inode"] in evidence.why:
            row["accept_queue"]["why"] = evidence.why[row["inode"]]
    return rows


def _unix_rows(evidence: Evidence, view: records.NamespaceView) -> List[Dict[str, Any]]:
    from . import unix_listeners

    sysctls = effective_sysctls(evidence.kernel, view.sysctls, evidence.own.sysctls)
    return unix_listeners.unix_rows(view, evidence.kernel, sysctls, evidence.owners, evidence.unix_files, evidence.why)


def effective_sysctls(
    kernel: identity.Kernel, seen: Dict[str, Optional[int]], own: Dict[str, Optional[int]]
) -> Dict[str, Optional[int]]:
    """The values that hold in a namespace: its own, and the host's for what this kernel keeps only once."""
    return {
        name: own.get(name)
        if seen.get(name) is None and not kernel_sysctls.shown_in_namespace(name, kernel.level)
        else seen.get(name)
        for name in kernel_sysctls.KEYS
    }


def _namespace(view: records.NamespaceView) -> Dict[str, Any]:
    described: Dict[str, Any] = {"name": view.name, "sysctls": view.sysctls, "counters": view.counters}
    if view.counters_delta is not None:
        described["counters_delta"] = view.counters_delta
    return described
