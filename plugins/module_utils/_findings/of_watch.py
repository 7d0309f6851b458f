# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The verdict on a watch: which layer took which share of the SYNs, and what to do about it.

Works on what syn_backlog_watch returns, and on nothing else.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from .._model import gathered, text
from . import finding

_CRITICAL_SHARE = 0.01  # of the SYNs; what a layer drops beyond that is felt
_SHORT = 0.2  # of the watch: a queue that was full for longer was no burst
_PEAK = 0.5  # of what the queue admits
_QUIET = 0.1  # of it: what is usual between bursts
_FEW = 8  # SYNs that say anything
_REPEATED = 0.05  # of the answers

Rows = List[Mapping[str, Any]]


class Watch:
    """What was returned, read safely."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.seconds = float(told.get("seconds") or 0.0)
        self.listeners: Rows = gathered.rows(told, "listeners")
        self.layers: Rows = gathered.rows(told, "layers")
        self.namespaces: Rows = gathered.rows(told, "namespaces")

    def lost(self, layer: str, namespace: Any) -> Rows:
        """The rows of one layer of one namespace."""
        return [row for row in self.layers if row.get("layer") == layer and row.get("network_namespace") == namespace]

    def of(self, namespace: Any) -> Rows:
        """The listeners of one namespace."""
        return [row for row in self.listeners if row.get("network_namespace") == namespace]


def syns_dropped_by_firewall(it: Watch) -> Iterator[finding.Finding]:
    """SYNs that arrived and were dropped before the listener, and no counter but a firewall's can be it."""
    for space in it.namespaces:
        name = space.get("network_namespace")
        rows = it.lost("netfilter", name)
        if not rows:
            continue
        for row, syns in _balances(it, name):
            before = syns["before_listener"]
            if before:
                yield finding.Finding(
                    finding.WARNING,
                    _subject(row),
                    "{0} of {1} that arrived did not reach the listener: a firewall dropped them, or sent them "
                    "elsewhere (NAT).".format(_of(before, syns["arrived"]), text.plural(syns["arrived"], "SYN")),
                    {"before_listener": before, "arrived": syns["arrived"], "layers": [dict(one) for one in rows]},
                    "See which rule counts up: `iptables -L -v -n`, `nft list ruleset`. If it is meant to drop "
                    "these clients, all is well. With drop_reasons true a watch tells which place in the kernel "
                    "drops.",
                    weight=before,
                )


def conntrack_full(it: Watch) -> Iterator[finding.Finding]:
    """The table of tracked connections had no room."""
    for space in it.namespaces:
        name = space.get("network_namespace")
        rows = [row for row in it.lost("conntrack", name) if row.get("reason") == "drop"]
        if rows:
            room = gathered.part(space, "conntrack")
            wanted = 2 * (gathered.number(room.get("max")) or 131072)
            yield finding.Finding(
                finding.CRITICAL,
                _place(name),
                "{0} dropped because the table of tracked connections is full (limit: {1}): new connections to every "
                "port fail.".format(text.plural(_sum(rows), "packet", "were"), room.get("max", "not known")),
                {
                    "dropped": _sum(rows),
                    "count": room.get("count"),
                    "max": room.get("max"),
                    "share": _share(_sum(rows), space),
                },
                "Raise net.netfilter.nf_conntrack_max, for instance to {0} (about 320 bytes each), or have the "
                "firewall not track connections to busy ports: a rule with the target NOTRACK in the table "
                "raw.".format(wanted),
                weight=_sum(rows),
            )


def softnet_overflow(it: Watch) -> Iterator[finding.Finding]:
    """A CPU's queue of packets that wait for the network stack was full."""
    for space in it.namespaces:
        rows = it.lost("softnet", space.get("network_namespace"))
        if rows:
            yield finding.Finding(
                finding.CRITICAL if _share(_sum(rows), space) >= _CRITICAL_SHARE else finding.WARNING,
                "net.core.netdev_max_backlog",
                "{0} lost on {1} before the network stack looked at them: packets come faster than a CPU takes them "
                "from its queue.".format(
                    text.plural(_sum(rows), "packet", "were"), ", ".join(str(row.get("where")) for row in rows)
                ),
                {"dropped": _sum(rows), "squeezed": space.get("softnet_squeezed"), "share": _share(_sum(rows), space)},
                "Spread the packets over more CPUs (more queues of the device: `ethtool -L`, or RPS: "
                "/sys/class/net/DEVICE/queues/rx-0/rps_cpus), and raise net.core.netdev_max_backlog against short "
                "bursts. These are packets of every protocol, on the whole machine.",
                weight=_sum(rows),
            )


def reverse_path_filter(it: Watch) -> Iterator[finding.Finding]:
    """Packets came in by another device than answers to them would leave by."""
    for space in it.namespaces:
        rows = it.lost("reverse_path_filter", space.get("network_namespace"))
        if rows:
            yield finding.Finding(
                finding.CRITICAL if _share(_sum(rows), space) >= _CRITICAL_SHARE else finding.WARNING,
                _place(space.get("network_namespace")),
                "The reverse path filter dropped {0}: the answer would leave by another device than the one they came "
                "by.".format(text.plural(_sum(rows), "packet")),
                {"dropped": _sum(rows), "syns": space.get("syns"), "share": _share(_sum(rows), space)},
                "Where clients are behind an asymmetric route, set net.ipv4.conf.DEVICE.rp_filter to 2 (loose) for the "
                "device that they come in by; the larger of this and net.ipv4.conf.all.rp_filter holds. If these are "
                "no real clients, their addresses are forged, and the filter does its work.",
                weight=_sum(rows),
            )


def backlog_bursts(it: Watch) -> Iterator[finding.Finding]:
    """The accept queue filled for moments; a look finds it empty."""
    for row in it.listeners:
        queue = gathered.part(row, "accept_queue")
        limit, peak, usual = (gathered.number(queue.get(name)) for name in ("limit", "peak", "p50"))
        if not limit or peak is None or usual is None:
            continue
        dropped = _dropped(row)
        full = float(queue.get("seconds_full") or 0.0)
        overflowed = peak >= limit
        if peak < _PEAK * limit or usual > _QUIET * limit or full > _SHORT * it.seconds:
            continue
        yield finding.Finding(
            finding.CRITICAL if overflowed and dropped else finding.WARNING if overflowed else finding.INFO,
            _subject(row),
            "Connections come in bursts: up to {0} waited (the queue admits {1}), but half of all looks found {2} or "
            "fewer.{3} A single look at the queue does not show this.".format(
                peak, limit, usual, _full(full, dropped) if overflowed else ""
            ),
            {
                "peak": peak, "limit": limit, "p50": usual, "p99": queue.get("p99"), "seconds_full": full,
                "dropped": dropped,
                "recommended_backlog": row.get("recommended_backlog"),
            },
            _raise(row),
            weight=peak / limit,
        )  # fmt: skip


def accept_queue_overflow(it: Watch) -> Iterator[finding.Finding]:
    """The accept queue was full for long."""
    for row in it.listeners:
        queue = gathered.part(row, "accept_queue")
        limit, peak = gathered.number(queue.get("limit")), gathered.number(queue.get("peak"))
        full = float(queue.get("seconds_full") or 0.0)
        if not limit or peak is None or peak < limit or full <= _SHORT * it.seconds:
            continue
        yield finding.Finding(
            finding.CRITICAL,
            _subject(row),
            "The accept queue was full for {0:.1f} of {1:.1f} seconds: the application does not accept as fast as "
            "clients come.".format(full, it.seconds),
            {"peak": peak, "limit": limit, "seconds_full": full, "dropped": _dropped(row)},
            _raise(row) if row.get("recommended_backlog") else str(row.get("recommended_because")),
            weight=full,
        )


def syn_queue_full(it: Watch) -> Iterator[finding.Finding]:
    """The listener dropped SYNs, and its accept queue was not what was full."""
    for row in it.listeners:
        queue = gathered.part(row, "accept_queue")
        limit, peak = gathered.number(queue.get("limit")), gathered.number(queue.get("peak"))
        syns = _syns(row)
        if not syns or not syns["dropped"] or not limit or peak is None or peak >= limit:
            continue
        yield finding.Finding(
            finding.CRITICAL,
            _subject(row),
            "The listener dropped {0} of {1} while its accept queue had room: half-open connections fill its SYN "
            "queue.".format(_of(syns["dropped"], syns["arrived"]), text.plural(syns["arrived"], "SYN")),
            {
                "dropped": syns["dropped"],
                "arrived": syns["arrived"],
                "syn_queue": gathered.part(row, "syn_queue").get("peak"),
            },
            "See who fills it: gather with linuxnet.tcp.syn_backlog_info and counters_window 2. Where "
            "net.ipv4.tcp_syncookies is 0, set it to 1.",
            weight=syns["dropped"],
        )


def clients_repeat_syns(it: Watch) -> Iterator[finding.Finding]:
    """Clients were answered and asked again, or answers did not even leave."""
    for row in it.listeners:
        syns = _syns(row)
        if not syns:
            continue
        again, answered, stuck = syns["repeated"], syns["answered"], syns["unexplained"]
        if again < max(_FEW, _REPEATED * answered) and stuck < max(_FEW, _REPEATED * syns["arrived"]):
            continue
        yield finding.Finding(
            finding.CRITICAL if stuck > again else finding.WARNING,
            _subject(row),
            "Clients do not get the listener's answers: {0}.".format(
                "{0} came again after it had been answered".format(text.plural(again, "SYN"))
                if again >= stuck
                else "{0} in, and no answer left the host".format(text.plural(stuck, "SYN", "come"))
            ),
            {"repeated": again, "answered": answered, "unexplained": stuck, "syn_acks": row.get("syn_acks")},
            "Look at the way back: an egress rule (`iptables -L OUTPUT -v -n`), the route to a client (`ip route get "
            "ADDRESS`), and a firewall on the way that sees only one direction.",
            weight=again + stuck,
        )


def nothing_lost_here(it: Watch) -> Iterator[finding.Finding]:
    """Every SYN that arrived was answered, and no layer lost a packet: the trouble is elsewhere."""
    for space in it.namespaces:
        name = space.get("network_namespace")
        rows = it.of(name)
        told = _balances(it, name)
        arrived = sum(syns["arrived"] for _row, syns in told)
        if not arrived or len({_key(row) for row in rows}) > len(told):
            continue
        if any(row.get("network_namespace") == name and row.get("layer") != "no_listener" for row in it.layers):
            continue
        if any(syns["arrived"] != syns["answered"] for _row, syns in told):
            continue
        peaks = [gathered.number(gathered.part(row, "accept_queue").get("peak")) or 0 for row in rows]
        yield finding.Finding(
            finding.INFO,
            _place(name),
            "Nothing is lost on this host: {0} in {1:.0f} s, each was answered, no layer dropped a packet, and at most "
            "{2} waited to be accepted.".format(
                text.plural(arrived, "SYN", "arrive"), it.seconds, text.plural(max(peaks or [0]), "connection")
            ),
            {
                "arrived": arrived, "answered": arrived, "syn_acks_sent_again": space.get("syn_acks_sent_again"),
                "xdp_devices": space.get("xdp_devices"), "accept_peak": max(peaks or [0]),
            },
            "Where clients still time out, look in front of this host: a load balancer, a firewall, the network on the "
            "way; or at what the application does after it accepted.",
        )  # fmt: skip


#: of equal severity, what comes first here is told first
RULES: Tuple[Tuple[str, Callable[[Watch], Iterator[finding.Finding]]], ...] = (
    ("accept-queue-overflow", accept_queue_overflow),
    ("backlog-bursts", backlog_bursts),
    ("syn-queue-full", syn_queue_full),
    ("conntrack-full", conntrack_full),
    ("syns-dropped-by-firewall", syns_dropped_by_firewall),
    ("reverse-path-filter", reverse_path_filter),
    ("softnet-overflow", softnet_overflow),
    ("clients-repeat-syns", clients_repeat_syns),
    ("nothing-lost-here", nothing_lost_here),
)


def findings(told: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """What a watch means, worst first, in the shape of a gathering's findings."""
    it = Watch(told)
    found = [(place, one) for place, (_id, rule) in enumerate(RULES) for one in rule(it)]
    found.sort(key=lambda pair: (finding.SEVERITIES.index(pair[1].severity), pair[0], -pair[1].weight, pair[1].subject))
    shown = []
    seen = set()
    for place, one in found:
        if (place, one.subject) in seen:
            continue  # the members of an SO_REUSEPORT group share a subject
        seen.add((place, one.subject))
        row: Dict[str, Any] = {"id": RULES[place][0]}
        row.update((name, value) for name, value in one._asdict().items() if name != "weight")
        row.update((name, text.printable(row[name])) for name in ("subject", "summary", "remedy"))
        shown.append(row)
    return shown


def _balances(it: Watch, namespace: Any) -> Sequence[Tuple[Mapping[str, Any], Dict[str, int]]]:
    """The balances of a namespace's listeners, that of an SO_REUSEPORT group once."""
    found: Dict[Any, Tuple[Mapping[str, Any], Dict[str, int]]] = {}
    for row in it.of(namespace):
        syns = _syns(row)
        if syns is not None:
            found.setdefault(_key(row), (row, syns))
    return list(found.values())


def _syns(row: Mapping[str, Any]) -> Optional[Dict[str, int]]:
    told = gathered.part(row, "syns") or gathered.part(gathered.part(row, "reuseport"), "syns")
    names = ("arrived", "before_listener", "answered", "repeated", "dropped", "unexplained")
    numbers = {name: gathered.number(told.get(name)) for name in names}
    known = {name: value for name, value in numbers.items() if value is not None}
    return known if len(known) == len(names) else None


def _dropped(row: Mapping[str, Any]) -> int:
    return gathered.number(row.get("dropped")) or 0


def _key(row: Mapping[str, Any]) -> Tuple[Any, ...]:
    return tuple(row.get(name) for name in ("network_namespace", "family", "address", "port", "device"))


def _subject(row: Mapping[str, Any]) -> str:
    return gathered.endpoint(row) + gathered.inside(gathered.namespace_of(row))


def _place(namespace: Any) -> str:
    return "network namespace {0}".format(namespace)


def _sum(rows: Rows) -> int:
    return sum(gathered.number(row.get("dropped")) or 0 for row in rows)


def _share(lost: int, space: Mapping[str, Any]) -> float:
    """Of the SYNs that arrived; 1 where more packets were lost than SYNs seen."""
    syns = gathered.number(space.get("syns"))
    return round(min(1.0, lost / syns), 4) if syns else 1.0


def _of(part: int, whole: int) -> str:
    return "{0} ({1:.0%})".format(part, part / whole) if whole else str(part)


def _full(seconds: float, dropped: int) -> str:
    lost = ", and {0} dropped".format(text.plural(dropped, "attempt", "were")) if dropped else ""
    return " It was full for {0:.2f} s{1}.".format(seconds, lost)


def _raise(row: Mapping[str, Any]) -> str:
    recommended, backlog = gathered.number(row.get("recommended_backlog")), gathered.number(row.get("backlog"))
    if recommended is None:
        return str(row.get("recommended_because"))
    if backlog is not None and recommended <= backlog:
        return (
            "The backlog of {0} was enough for this. Watch for longer where larger bursts are to be expected.".format(
                backlog
            )
        )
    return (
        "A listen backlog of {0} would have been enough. {1} linuxnet.tcp.syn_backlog_info tells where to set it, and "
        "which sysctl has to follow.".format(recommended, row.get("recommended_because"))
    )
