# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A gathered structure, the peaks and the totals as metric families: which listeners, under which names and labels."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from . import text, totals

MOST_LISTENERS = 500
_P = "linuxnet_tcp_"
_NAMES = ("netns", "address", "port", "process", "unit")
_HOST = "host"
_REST = (_HOST, "other", "0", "", "")

COUNTERS = {
    "SyncookiesSent": "syncookies_sent",
    "SyncookiesRecv": "syncookies_received",
    "SyncookiesFailed": "syncookies_failed",
    "ListenOverflows": "listen_overflows",
    "ListenDrops": "listen_drops",
    "TCPReqQFullDoCookies": "request_queue_full_cookies",
    "TCPReqQFullDrop": "request_queue_full_drops",
    "TCPFastOpenListenOverflow": "fast_open_listen_overflows",
    "TCPDeferAcceptDrop": "defer_accept_drops",
    "EmbryonicRsts": "embryonic_resets",
    "TCPSynRetrans": "syn_retransmissions",
    "PassiveOpens": "passive_opens",
}


class Look(NamedTuple):
    """What happened since the reading before."""

    accept_peaks: Mapping[int, int]  # by inode of the socket
    syn_peaks: Mapping[int, int]
    seconds_full: Mapping[int, float]
    samples: int  # looks at the accept queues since the exporter was started
    mitigation: bool
    seconds: float  # CPU time of this process
    half_open: Mapping[str, Any] = {}  # records.HalfOpen by the network namespace's name
    namespaces: int = 1
    namespaces_left_out: int = 0


class _Listener(NamedTuple):
    """All sockets that share one set of labels. Its queues are those of the fullest of them."""

    accept: Tuple[int, Optional[int], int]  # used, limit, peak
    syn: Tuple[Optional[int], Optional[int], Optional[int]]
    backlog: Optional[int]
    bound_by: str
    on_full: str
    sockets: int


def families(facts: Mapping[str, Any], look: Look, kept: totals.Totals, version: str) -> List[text.Family]:
    """All metric families. ``kept`` grows by what was counted since the reading before."""
    rows = [row for row in facts.get("listeners") or [] if isinstance(row, dict)]
    labelled = [(_labels(row), row) for row in rows]
    kept_labels = set(sorted({labels for labels, _row in labelled})[:MOST_LISTENERS])
    groups: Dict[Tuple[str, ...], List[Mapping[str, Any]]] = {}
    for labels, row in labelled:
        groups.setdefault(labels if labels in kept_labels else _REST, []).append(row)
    found = {labels: _grouped(labels, group, look, kept) for labels, group in sorted(groups.items())}
    kept.forget({row["inode"]: row for row in rows})
    return [*_of_listeners(found, kept), *_of_host(facts, look), *_of_exporter(look, version, len(rows))]


def _labels(row: Mapping[str, Any]) -> Tuple[str, ...]:
    processes = row.get("processes") or []
    address = str(row.get("address")) + ("%%%s" % row["device"] if row.get("device") else "")
    told = (
        row.get("network_namespace"),
        address,
        row.get("port"),
        processes[0]["name"] if processes else "",
        row.get("unit") or "",
    )
    return tuple(text.label(one) for one in told)


def _grouped(labels: Tuple[str, ...], group: List[Mapping[str, Any]], look: Look, kept: totals.Totals) -> _Listener:
    """One listener, and its counters in ``kept``."""
    for row in group:
        kept.count(_series("drops", labels), (row["inode"], "drops"), row.get("drops") or 0)
        kept.grow(_series("full", labels), look.seconds_full.get(row["inode"], 0.0))
    accept = [_accept(row, look) for row in group]
    syn = [_syn(row, look) for row in group]
    if labels == _REST:
        return _Listener(_summed(accept), _summed(syn), None, "", "", len(group))
    place = max(range(len(group)), key=lambda number: (_share(accept[number]), -number))
    row = group[place]
    fullest = max(syn, key=_share)
    on_full = (row.get("syn_queue") or {}).get("on_full")
    return _Listener(accept[place], fullest, row.get("backlog"), row.get("bound_by") or "", on_full or "", len(group))


def _accept(row: Mapping[str, Any], look: Look) -> Tuple[int, Optional[int], int]:
    queue = row.get("accept_queue") or {}
    used = queue.get("used") or 0
    return used, queue.get("limit"), max(used, look.accept_peaks.get(row["inode"], 0))


def _syn(row: Mapping[str, Any], look: Look) -> Tuple[Optional[int], Optional[int], Optional[int]]:
    queue = row.get("syn_queue") or {}
    used = queue.get("used")
    return used, queue.get("limit"), None if used is None else max(used, look.syn_peaks.get(row["inode"], 0))


def _share(queue: Tuple[Optional[int], Optional[int], Optional[int]]) -> float:
    _used, limit, peak = queue
    return (peak or 0) / limit if limit else float(peak or 0)


def _summed(queues: List[Any]) -> Any:
    return tuple(sum(one[place] or 0 for one in queues) for place in range(3))


def _series(name: str, labels: Tuple[str, ...]) -> str:
    return "\x1f".join((name, *labels))


def _of_listeners(found: Mapping[Tuple[str, ...], _Listener], kept: totals.Totals) -> List[text.Family]:
    named = {labels: tuple(zip(_NAMES, labels)) for labels in found}

    def family(name: str, kind: str, told: str, value: Any) -> text.Family:
        values = [(named[labels], value(labels, one)) for labels, one in found.items()]
        return text.Family(_P + "listener_" + name, kind, told, [pair for pair in values if pair[1] is not None])

    info = [
        (named[labels] + (("bound_by", one.bound_by), ("on_full", one.on_full)), 1)
        for labels, one in found.items()
    ]
    return [
        family("accept_queue_used", "gauge", "Connections that wait for accept() now.", lambda _l, one: one.accept[0]),
        family(
            "accept_queue_limit", "gauge", "Connections that the accept queue admits.", lambda _l, one: one.accept[1]
        ),
        family(
            "accept_queue_peak",
            "gauge",
            "Most connections that waited for accept() in the last minute.",
            lambda _l, one: one.accept[2],
        ),  # fmt: skip
        family(
            "accept_queue_full_seconds",
            "counter",
            "Time during which the accept queue was seen full.",
            lambda labels, _one: round(kept.total(_series("full", labels)), 3),
        ),  # fmt: skip
        family("syn_queue_used", "gauge", "Half-open connections now.", lambda _l, one: one.syn[0]),
        family(
            "syn_queue_limit", "gauge", "Half-open connections that the SYN queue admits.", lambda _l, one: one.syn[1]
        ),
        family(
            "syn_queue_peak",
            "gauge",
            "Most half-open connections that were seen in the last minute.",
            lambda _l, one: one.syn[2],
        ),
        family(
            "drops",
            "counter",
            "Connection attempts that the listener dropped.",
            lambda labels, _one: int(kept.total(_series("drops", labels))),
        ),  # fmt: skip
        family("backlog", "gauge", "The backlog that the kernel keeps for the listener.", lambda _l, one: one.backlog),
        family("sockets", "gauge", "Listening sockets that share these labels.", lambda _l, one: one.sockets),
        text.Family(_P + "listener", "info", "What binds the listener, and what its full SYN queue does.", info),
    ]


def _of_host(facts: Mapping[str, Any], look: Look) -> List[text.Family]:
    host = {"name": _HOST, "counters": facts.get("counters")}
    places = [host, *(one for one in facts.get("network_namespaces") or [] if one["name"] != _HOST)]
    made = [_counter(places, kernel, name) for kernel, name in COUNTERS.items()]
    made.append(
        text.Family(
            _P + "half_open_connections",
            "gauge",
            "Half-open connections, by the state of their answer.",
            [
                ((_netns(name), ("answer", state)), count)
                for name, entries in look.half_open.items()
                for state, count in _answers(entries).items()
            ],
        )  # fmt: skip
    )
    made += _of_settings(facts.get("sysctls") or {}, places[1:])
    findings: Dict[Tuple[str, str], int] = {}
    for one in facts.get("findings") or []:
        findings[one["id"], one["severity"]] = findings.get((one["id"], one["severity"]), 0) + 1
    ids: List[Any] = [
        ((("id", name), ("severity", severity)), count) for (name, severity), count in sorted(findings.items())
    ]
    made.append(text.Family(_P + "findings", "gauge", "What the collection finds, by id.", ids))
    made.append(
        text.Family(
            _P + "mitigation_in_force", "gauge", "Whether a mitigation is in force.", [((), int(look.mitigation))]
        )
    )
    return made


def _netns(name: Any) -> Tuple[str, str]:
    return "netns", text.label(name)


def _counter(places: List[Mapping[str, Any]], kernel: str, name: str) -> text.Family:
    samples = [
        ((_netns(place["name"]),), (place.get("counters") or {}).get(kernel))
        for place in places
    ]  # fmt: skip
    told = "The kernel's counter %s of the network namespace." % kernel
    return text.Family(_P + name, "counter", told, [(labels, one) for labels, one in samples if isinstance(one, int)])


def _answers(entries: Any) -> Dict[str, int]:
    again, young = entries.retransmitted, entries.young
    return {"awaited": young, "late": max(0, entries.total - again - young), "asked_again": again}


def _of_settings(settings: Mapping[str, Any], others: List[Mapping[str, Any]]) -> List[text.Family]:
    """The host's now and after a reboot, and those that other network namespaces have of their own now."""
    made = []
    for name, key, told in (
        ("sysctl_value", "runtime", "The value in force."),
        ("sysctl_boot_value", "boot", "The value that a reboot would bring."),
        ("sysctl_drift", "drift", "Whether a reboot would bring another value than the one in force."),
    ):
        values: List[Any] = [
            ((_netns(_HOST), ("key", one)), int(settings[one][key]))
            for one in sorted(settings)
            if settings[one].get(key) is not None
        ]
        for place in others if key == "runtime" else ():
            values += [
                ((_netns(place["name"]), ("key", one)), value)
                for one, value in sorted((place.get("sysctls") or {}).items())
                if value is not None
            ]
        made.append(text.Family(_P + name, "gauge", told, values))
    return made


def _of_exporter(look: Look, version: str, listeners: int) -> List[text.Family]:
    return [
        text.Family(_P + "exporter_listening_sockets", "gauge", "Listening sockets of the host.", [((), listeners)]),
        text.Family(
            _P + "exporter_network_namespaces", "gauge", "Network namespaces that are told.", [((), look.namespaces)]
        ),
        text.Family(
            _P + "exporter_network_namespaces_left_out",
            "gauge",
            "Network namespaces that there are beyond the most that are told.",
            [((), look.namespaces_left_out)],
        ),
        text.Family(_P + "exporter_samples", "counter", "Looks at the accept queues.", [((), look.samples)]),
        text.Family(
            _P + "exporter_cpu_seconds",
            "counter",
            "CPU time that the exporter has used.",
            [((), round(look.seconds, 3))],
        ),
        text.Family(_P + "exporter_build", "info", "The version of the exporter.", [((("version", version),), 1)]),
    ]
