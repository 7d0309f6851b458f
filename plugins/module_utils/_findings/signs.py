# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which rooms of rules have anything to look at: on a host that is well, none has.

A rule looks closely; a sign is quickly seen, and never missing where a rule of its room finds something. So a host that
is well pays for no rule, which it would have to compile.
"""

from __future__ import annotations

from typing import Any, FrozenSet, Iterator, List, Mapping

from .._model import counters as model_counters
from .._model import gathered

LISTENERS, FLOODS, COUNTERS, NAMESPACES = "listeners", "floods", "counters", "namespaces"
SETTINGS, COSTS, BOOT, MITIGATION = "settings", "costs", "boot", "mitigation"
REPORTS = "reports"  # of a listener that is not here
UNIX = "unix"  # sockets
WRITERS = "writers"  # of settings, beside the sysctl loader

LARGEST_DEFAULT = 4096  # of net.core.somaxconn, from 5.4 on, and of tcp_max_syn_backlog on the largest machines
_DROPS = ("ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies")
_FAST_OPEN = "TCPFastOpenListenOverflow"
_LAST_16_BITS = (4, 0)  # the last kernel whose listeners keep a backlog in 16 bits


def signs(facts: Mapping[str, Any]) -> FrozenSet[str]:
    """The rooms whose rules may find something in a gathered structure, any part of which may be absent or null."""
    return frozenset(_signs(facts))


def _signs(facts: Mapping[str, Any]) -> Iterator[str]:
    listeners, scopes = gathered.rows(facts, "listeners"), gathered.namespaces(facts)
    moved = any(_any_moved(scope) for scope in scopes.values())
    filling = moved or any(_half_full(row) for row in listeners)
    reported = {
        gathered.number(event.get("port"))
        for event in gathered.rows(gathered.part(facts, "kernel_log"), "events")
        if event.get("kind") == "syn_flood"
    }
    if reported:
        yield REPORTS
    if (
        filling
        or any(gathered.number(row.get("port")) in reported for row in listeners)
        or any(row.get("fast_open") and _fast_open_half_full(row) for row in listeners)
        or _any_drops(listeners, scopes)
    ):
        yield LISTENERS
        yield NAMESPACES
    if filling:
        yield FLOODS
    if filling or any((gathered.number(row.get("backlog")) or 0) > LARGEST_DEFAULT for row in listeners):
        yield COSTS
    if moved or any(_any_notable(scope) or _fast_open_moved(scope) for scope in scopes.values()):
        yield COUNTERS
    states = [state for state in gathered.part(facts, "sysctls").values() if isinstance(state, Mapping)]
    if any(state.get("tuned") or state.get("drift") or state.get("shadowed") for state in states):
        yield BOOT
    if any(state.get("other_writers") or state.get("without_effect") or state.get("shadowed") for state in states):
        yield WRITERS
    if any(_half_full_unix(row) for row in gathered.rows(facts, "unix_listeners")):
        yield UNIX
    if _unusual_settings(facts):
        yield SETTINGS
    if gathered.part(gathered.part(facts, "mitigation"), "record"):
        yield MITIGATION


def _half_full(row: Mapping[str, Any]) -> bool:
    """Whether half of a queue is taken; rules begin to look at four fifths."""
    from .._model import queues as model_queues

    queues = model_queues.queues_of(row)
    return queues.accept.fill >= 0.5 or queues.syn.fill >= 0.5 or queues.new_peers.fill >= 0.5


def _fast_open_half_full(row: Mapping[str, Any]) -> bool:
    from .._model import queues as model_queues

    queue = model_queues.fast_open_of(row)
    return queue is not None and queue.fill >= 0.5


def _half_full_unix(row: Mapping[str, Any]) -> bool:
    queue = gathered.part(row, "accept_queue")
    return 2 * (gathered.number(queue.get("used")) or 0) > (gathered.number(queue.get("limit")) or 0)


def _any_drops(listeners: List[Mapping[str, Any]], scopes: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a listener dropped more than a few of very many."""
    dropping = [row for row in listeners if gathered.number(row.get("drops"))]
    return any(
        model_counters.notable(
            gathered.number(row.get("drops")) or 0,
            gathered.numbers(gathered.part(scopes.get(gathered.namespace_of(row), {}), "counters")),
        )
        for row in dropping
    )


def _any_moved(scope: Mapping[str, Any]) -> bool:
    moved = gathered.numbers(gathered.part(scope, "counters_delta"))
    return any(moved.get(name) for name in _DROPS + ("SyncookiesSent",))


def _any_notable(scope: Mapping[str, Any]) -> bool:
    counters = gathered.numbers(gathered.part(scope, "counters"))
    return any(
        counters.get(name, 0) < 0 or model_counters.notable(counters.get(name, 0), counters)
        for name in _DROPS + (_FAST_OPEN,)
    )


def _fast_open_moved(scope: Mapping[str, Any]) -> bool:
    return bool(gathered.numbers(gathered.part(scope, "counters_delta")).get(_FAST_OPEN))


def _unusual_settings(facts: Mapping[str, Any]) -> bool:
    states = {name: state for name, state in gathered.part(facts, "sysctls").items() if isinstance(state, Mapping)}
    values: List[Mapping[str, Any]] = [{name: state.get("runtime") for name, state in states.items()}]
    values += [gathered.part(row, "sysctls") for row in gathered.rows(facts, "network_namespaces")]
    if any(gathered.number(one.get("tcp_syncookies")) not in (None, 1) for one in values):
        return True
    if any(gathered.number(one.get("tcp_abort_on_overflow")) for one in values):
        return True
    if any((gathered.number(one.get("tcp_max_syn_backlog")) or 0) > LARGEST_DEFAULT for one in values):
        return True
    if _older_than_4_1(gathered.text(gathered.part(facts, "kernel"), "stable_level") or ""):
        return True
    state = states.get("tcp_max_syn_backlog", {})
    boot = gathered.number(state.get("boot"))
    written = (gathered.text(state, "boot_source") or "").startswith(("/", "kernel command line"))
    return written or (boot is not None and boot != gathered.number(state.get("runtime")))


def _older_than_4_1(level: str) -> bool:
    numbers_of_it = level.split(".")[:2]
    if not all(one.isdigit() for one in numbers_of_it):
        return True
    return tuple(int(one) for one in numbers_of_it) <= _LAST_16_BITS
