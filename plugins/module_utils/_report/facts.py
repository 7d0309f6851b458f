# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The gathered structure: what readers brought, put into the shape that users see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence

from .._kernel import identity
from .._kernel import sysctls as kernel_sysctls
from . import runtime_state

if TYPE_CHECKING:
    from .._boot import values
    from .._model import records

_WITH = {
    "counters_delta": "counters",
    "memory": "listeners",
    "unix_listeners": "unix",
}  # parts that come with another one


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


def assemble(evidence: Evidence, subset: FrozenSet[str], top_sources: int, networks: int) -> Dict[str, Any]:
    """The structure ``syn_backlog``, with the parts of ``subset``.

    Findings are drawn from every part, also from those that are then left out, and what is more urgent than
    a listener's own remedy takes its place. ``networks``: how many source networks they are drawn from, of which
    ``top_sources`` are shown.
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
    if {"half_open", "findings"} & subset:
        _add_half_open(facts, evidence, networks)
    if {"listeners", "findings"} & subset:
        _add_findings(facts)
    if "half_open" in subset:
        from . import half_open

        facts["half_open"] = half_open.shortened(facts["half_open"], top_sources)
    return {name: part for name, part in facts.items() if _asked_for(name, subset)}


def _sysctls(evidence: Evidence) -> Dict[str, Dict[str, Any]]:
    if evidence.boot is None:
        return runtime_state.runtime_states(evidence.own.sysctls)
    from . import boot_state

    return boot_state.sysctl_states(evidence.own.sysctls, evidence.boot, evidence.defaults)


def _add_half_open(facts: Dict[str, Any], evidence: Evidence, networks: int) -> None:
    from . import half_open

    facts["half_open"] = half_open.half_open_facts(evidence.views, networks)


def _add_findings(facts: Dict[str, Any]) -> None:
    from .._findings import signs

    if not signs.signs(facts):
        facts["findings"] = []
        return
    from .._findings import findings

    facts["findings"] = findings.findings(facts)
    facts["listeners"] = [
        dict(row, remedy=first) if first else row
        for row, first in zip(facts["listeners"], findings.first_remedies(facts))
    ]


def _asked_for(name: str, subset: FrozenSet[str]) -> bool:
    if name == "sysctls":
        return bool({"sysctls", "boot"} & subset)
    if name in _WITH:
        return _WITH[name] in subset
    return name in subset or name in ("schema", "kernel", "network_namespaces")


def _rows(evidence: Evidence, view: records.NamespaceView) -> List[Dict[str, Any]]:
    from . import listeners

    sysctls = effective_sysctls(evidence.kernel, view.sysctls, evidence.own.sysctls)
    rows = listeners.listener_rows(view, evidence.kernel, sysctls, evidence.owners)
    for row in rows if evidence.why else ():
        if row["inode"] in evidence.why:
            row["accept_queue"]["why"] = evidence.why[row["inode"]]
    return rows
    return listeners.listener_rows(view, evidence.kernel, sysctls, evidence.owners, evidence.fast_open)


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
