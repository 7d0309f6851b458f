# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Facts as the controller takes them in: whatever a host says has the types and bounds that it should.

The tables are the RETURN of syn_backlog_info and syn_backlog, as data. A structure that is as documented is handed on
as it is, nothing copied. Values are not judged: a host may still lie about its numbers.
"""

from __future__ import annotations

from typing import Any, List, Mapping

from .._kernel import sysctls as kernel_sysctls
from . import shapes

_TEXT, _NUMBER, _DECIMAL, _FLAG = shapes.Text(), shapes.Number(), shapes.Decimal(), shapes.Flag()
_LONG_TEXT = shapes.Text(1 << 20)  # the listing of a chain
_MANY, _SOME, _FEW = 65536, 4096, 1000


def _list(most: int, there: bool = False, **fields: Any) -> shapes.Items:
    return shapes.Items(shapes.Part(fields), most, there)


_TEXTS = shapes.Items(_TEXT, _MANY)
_PROCESSES = _list(_SOME, there=True, pid=_NUMBER, name=_TEXT)
_COUNTERS = shapes.Named(_NUMBER, _FEW)
_DELTA = shapes.Named(_DECIMAL, _FEW)  # `seconds` among them
_STATE = shapes.Part(
    {
        "runtime": _NUMBER,
        "boot": _NUMBER,
        "boot_source": _TEXT,
        "shadowed": _list(_SOME, source=_TEXT, value=_TEXT, reason=_TEXT),
        "tuned": shapes.Part({"profile": _TEXT, "value": _NUMBER, "source": _TEXT, "reapplies": _FLAG}),
        "other_writers": _list(_SOME, by=_TEXT, source=_TEXT, value=_NUMBER, order=_TEXT),
        "boot_certain": _FLAG,
        "without_effect": _list(_SOME, source=_TEXT, value=_TEXT, reason=_TEXT, instead=_TEXT),
        "drift": _FLAG,
    }
)
_STATES = shapes.Named(_STATE, len(kernel_sysctls.KEYS), kernel_sysctls.KEYS)

_WHY = {
    "cause": _TEXT, "pid": _NUMBER, "pids": shapes.Items(_NUMBER, _SOME), "processes": _NUMBER,
    "frozen": _FLAG, "cgroup": _TEXT, "cgroup_version": _NUMBER, "state": _TEXT, "tracer": _NUMBER,
    "open": _NUMBER, "limit": _NUMBER, "hard_limit": _NUMBER,
    "quota_us": _NUMBER, "period_us": _NUMBER, "periods": _NUMBER, "periods_throttled": _NUMBER,
    "tid": _NUMBER, "thread": _TEXT, "wchan": _TEXT, "threads": _NUMBER, "busy_threads": _NUMBER,
    "ran": _DECIMAL, "waited": _DECIMAL, "every_thread": _FLAG,
}  # fmt: skip
_ACCEPT_QUEUE = shapes.Part(
    {"used": _NUMBER, "limit": _NUMBER, "why": shapes.Part(_WHY)}, there=True
)
_SYN_QUEUE = shapes.Part({"used": _NUMBER, "limit": _NUMBER, "new_peer_limit": _NUMBER, "on_full": _TEXT}, True, True)

_PLACE = {"network_namespace": _TEXT, "family": _TEXT, "address": _TEXT, "port": _NUMBER, "device": _TEXT}
_OWNED = {"inode": _NUMBER, "backlog": _NUMBER, "processes": _PROCESSES, "unit": _TEXT, "remedy": _TEXT}
_LISTENER = {
    **_PLACE,
    **_OWNED,
    "protocol": _TEXT,
    "dual_stack": _FLAG,
    "accept_queue": _ACCEPT_QUEUE,
    "syn_queue": _SYN_QUEUE,
    "fast_open": shapes.Part({"limit": _NUMBER, "used": _NUMBER}),
    "reuseport": shapes.Part({"members": _NUMBER, "half_open": _NUMBER}),
    "memory_bytes": _NUMBER,
    "since": _TEXT,
    "raised": shapes.Part({"time": _TEXT, "before": _NUMBER, "drops": _NUMBER}),
    "drops": _NUMBER,
    "bound_by": _TEXT,
}
_UNIX_LISTENER = {
    **_OWNED,
    "network_namespace": _TEXT,
    "path": _TEXT,
    "type": _TEXT,
    "file": _TEXT,
    "accept_queue": _ACCEPT_QUEUE,
    "bound_by": _TEXT,
    "since": _TEXT,
}

_ENTRIES = {
    "total": _NUMBER,
    "retransmitted": _NUMBER,
    "young": _NUMBER,
    "retransmissions": shapes.Items(_NUMBER, _SOME),
    "distinct_sources": _NUMBER,
    "sources": _list(
        _MANY, there=True, network=_TEXT, count=_NUMBER, share=_DECIMAL, unanswered=_NUMBER, retransmitted=_NUMBER
    ),
    "peers": _list(_MANY, there=True, address=_TEXT, count=_NUMBER, share=_DECIMAL),
}
_FOLLOWED = shapes.Part({"seconds": _DECIMAL, "entries": _NUMBER, "gone": _NUMBER, "asked_again": _NUMBER})
_HOLDER = shapes.Part({**_PLACE, **_ENTRIES, "followed": _FOLLOWED})

_EVENT = {
    "time": _TEXT, "first_time": _TEXT, "count": _NUMBER, "kind": _TEXT, "address": _TEXT, "port": _NUMBER,
    "action": _TEXT, "peer_address": _TEXT, "peer_port": _NUMBER,
}  # fmt: skip
_MITIGATION = {
    "record": shapes.Anything(),  # `mitigation.parse_record` knows its parts, and refuses what is none
    "problem": _TEXT,
    "stale": _TEXT,
    "controller": _TEXT,
    "addresses": _TEXTS,
    "iptables": shapes.Named(_TEXT, _FEW),
    "nft": _TEXT,
    "now": _TEXT,
    "chains": shapes.Items(_TEXT, _FEW),
}
_FINDING = {
    "id": _TEXT, "severity": _TEXT, "subject": _TEXT, "summary": _TEXT, "evidence": shapes.Anything(), "remedy": _TEXT,
}  # fmt: skip
_NAMESPACE = shapes.Part(
    {"name": _TEXT, "sysctls": _COUNTERS, "counters": _COUNTERS, "counters_delta": _DELTA}
)

_FACTS = {
    "schema": _NUMBER,
    "kernel": shapes.Part({"release": _TEXT, "stable_level": _TEXT, "rule": _TEXT, "rule_source": _TEXT}),
    "sysctls": _STATES,
    "listeners": shapes.Items(shapes.Part(_LISTENER, whole=True), _MANY),
    "unix_listeners": shapes.Items(shapes.Part(_UNIX_LISTENER, whole=True), _MANY),
    "memory": shapes.Part({"total_bytes": _NUMBER}),
    "half_open": shapes.Part({**_ENTRIES, "listeners": shapes.Items(_HOLDER, _MANY, there=True)}),
    "counters": _COUNTERS,
    "counters_delta": _DELTA,
    "kernel_log": shapes.Part({"readable": _FLAG, "events": shapes.Items(shapes.Part(_EVENT), _FEW)}),
    "mitigation": shapes.Part(_MITIGATION),
    "findings": shapes.Items(shapes.Part(_FINDING), _FEW),
    "network_namespaces": shapes.Items(_NAMESPACE, _MANY),
}
_GATHERED = shapes.Part(_FACTS, there=True)
_WITH_WARNINGS = {**_FACTS, "warnings": shapes.Items(_TEXT, _FEW), "error": shapes.Anything()}
_ANSWER = shapes.Part(_WITH_WARNINGS)

_LATCHED = {**_PLACE, **_OWNED, "protocol": _TEXT, "next_backlog": _NUMBER, "certain": _FLAG}
_CHANGED = {
    "changed": _FLAG,
    "before": _STATES,
    "after": _STATES,
    "shadowed_by": _list(_FEW, key=_TEXT, source=_TEXT, value=_NUMBER, reason=_TEXT),
    "verified": _FLAG,
    "unit_aliases": shapes.Named(_TEXT, _MANY),
    "restart_needed": shapes.Items(shapes.Part(_LATCHED, whole=True), _MANY),
    "syn_backlog": shapes.Part(_FACTS),
}
_CHANGE = shapes.Part(_CHANGED, there=True)
_LISTINGS = shapes.Items(_LONG_TEXT, _FEW, there=True)


def gathered(told: Any) -> Mapping[str, Any]:
    """The gathered structure that a host told, see RETURN of syn_backlog_info; an empty one where it is none."""
    return _GATHERED.admitted(told)  # type: ignore[no-any-return]


def answered(told: Any) -> Any:
    """The same with ``warnings``, or ``error`` in its place, as the audit has it; None where it is no mapping."""
    return _ANSWER.admitted(told)


def changed(told: Any) -> Mapping[str, Any]:
    """What the result of syn_backlog says of the host, and nothing else of it."""
    return _CHANGE.admitted(told)  # type: ignore[no-any-return]


def listings(told: Any) -> List[str]:
    """The outputs of commands."""
    return _LISTINGS.admitted(told)  # type: ignore[no-any-return]
