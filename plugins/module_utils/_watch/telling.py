# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What a watch saw of one network namespace, put together: the rows of its listeners, its layers and its totals."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._model import gathered, records, text, unix_listener
from . import balance, enough, layers, samples


class Group(NamedTuple):
    """One listener, or an SO_REUSEPORT group: what shares a port, an address and SYNs."""

    key: records.ListenKey
    counted: Optional[balance.Counted]  # None where its packets were not counted
    syn_queue: samples.Samples


class Listener(NamedTuple):
    """One listening socket."""

    socket: records.ListenSocket
    accept: samples.Samples
    dropped: Optional[int]  # over the watch; None where the kernel does not tell
    gone: bool  # it was closed meanwhile
    since: float = 0.0  # seconds after the beginning, for one that was opened meanwhile


class Unix(NamedTuple):
    """One listening UNIX socket: it has an accept queue and nothing else."""

    socket: unix_listener.UnixListener
    accept: samples.Samples


class Seen(NamedTuple):
    """What a network namespace showed over the watch."""

    name: str
    seconds: float
    longest_gap: float
    groups: List[Group]
    listeners: List[Listener]
    counters: Mapping[str, int]  # how far the kernel's counters moved
    losses: layers.Counts
    all_syns: Optional[Tuple[int, int]]  # SYNs to any port, and those of them that came while the counters were read
    segments: Optional[Tuple[int, int]]  # TCP segments in, likewise
    syns_out: Optional[int]
    closed_ports: Mapping[int, int]  # SYNs to ports that were asked for and that nobody listens on
    all_syn_acks: Optional[int] = None  # SYN-ACKs out, from any port
    others_dropped: int = 0  # by listeners that are not among these
    conntrack: Tuple[int, int] = (0, 0)
    squeezed: int = 0
    xdp: Tuple[str, ...] = ()
    unix: Sequence[Unix] = ()


class Told(NamedTuple):
    """The parts of the answer that one namespace gives."""

    listeners: List[Dict[str, Any]]
    layers: List[Dict[str, Any]]
    totals: Dict[str, Any]
    warnings: List[str]
    unix_listeners: List[Dict[str, Any]]


def shared_of(seen: Seen) -> balance.Shared:
    """What the namespace counted for all of its listeners together."""
    count = seen.counters.get
    outgoing = max(0, (seen.syns_out or 0) - count("ActiveOpens", 0))  # SYNs of our own clients sent again
    # A connection that is open or in TIME_WAIT answers a SYN whose timestamp is too old with an ACK
    too_old = sum(seen.losses.get(layers.Counter(layers.TIME_WAIT, name, "TcpExt"), 0) for name in layers.TOO_OLD)
    lost = None
    if seen.segments is not None and "InSegs" in seen.counters:
        # A segment whose checksum is wrong counts as received, and is dropped before any socket is looked for
        broken = seen.losses.get(layers.Counter(layers.CHECKSUM, "InCsumErrors", "Tcp"), 0)
        lost = max(0, seen.segments[0] - seen.segments[1] - seen.counters["InSegs"]) + broken
    return balance.Shared(
        again=max(0, count("TCPSynRetrans", 0) - outgoing),
        skipped=count("TCPACKSkippedSynRecv", 0),
        overflows=count("ListenOverflows", 0),
        lost=lost,
        challenged=count("TCPSYNChallenge", 0) + too_old,
        drops=seen.counters.get("ListenDrops"),
    )


def tell(seen: Seen) -> Told:
    """The rows, layers and totals of a namespace."""
    warnings: List[str] = []
    shared = shared_of(seen)
    counted = [group for group in seen.groups if group.counted is not None]
    balances: Dict[records.ListenKey, Optional[balance.Balance]] = {
        group.key: found
        for group, found in zip(
            counted,
            balance.balances([group.counted for group in counted if group.counted], shared, _others(seen, counted)),
        )
    }
    _warn_of_balances(seen, counted, balances, warnings)
    rates = _connections(seen, balances)
    rows = [
        _row(seen, group, listener, shared, balances.get(group.key), rates.get(group.key))
        for group in seen.groups
        for listener in _members(seen, group)
    ]
    if any(listener.gone for listener in seen.listeners):
        warnings.append("A listener was closed during the watch: its row ends with the last look that found it.")
    pressures = seen.counters.get("TCPMemoryPressures", 0)
    if pressures:
        warnings.append(
            "TCP came under memory pressure (net.ipv4.tcp_mem) {0} during the watch: the kernel may then drop what no "
            "other counter has.".format(text.plural(pressures, "time"))
        )
    if seen.xdp:
        warnings.append(
            "An XDP program is attached to {0}: what it drops is gone before SYNs are counted. `ip link show` names "
            "the program.".format(", ".join(seen.xdp))
        )
    totals = _totals(seen, shared, counted)
    return Told(
        rows,
        _layers(seen, counted, balances, totals),
        totals,
        [_placed(seen, one) for one in warnings],
        [_unix_row(seen, one) for one in seen.unix if one.accept.peak],
    )


def _others(seen: Seen, counted: Sequence[Group]) -> Optional[balance.Counted]:
    """What was counted of listeners that are not among these, or whose packets were not; None where they were idle."""
    if seen.all_syns is None or seen.all_syn_acks is None:
        return None
    told = [group.counted for group in counted if group.counted is not None]
    syn_acks = max(0, seen.all_syn_acks - sum(one.syn_acks for one in told))
    keys = {group.key for group in counted}
    dropped = seen.others_dropped + sum(one.dropped or 0 for one in seen.listeners if _key(one.socket) not in keys)
    if not syn_acks and not dropped:
        return None
    syns = seen.all_syns[0] - sum(one.syns for one in told) - sum(seen.closed_ports.values())
    return balance.Counted(max(0, syns), syn_acks, dropped, seen.all_syns[1])


def _unix_row(seen: Seen, one: Unix) -> Dict[str, Any]:
    """A socket on which connections waited. What a full one refuses, the kernel counts nowhere."""
    advice = enough.enough_for_unix(one.accept, one.socket.backlog, seen.longest_gap)
    return {
        "network_namespace": seen.name,
        "path": one.socket.path,
        "type": one.socket.type,
        "inode": one.socket.inode,
        "backlog": one.socket.backlog,
        "accept_queue": one.accept.told(),
        "recommended_backlog": advice.backlog,
        "recommended_because": advice.reason,
    }


def _placed(seen: Seen, warning: str) -> str:
    return warning if seen.name == "host" else "network namespace {0}: {1}".format(seen.name, warning)


def _members(seen: Seen, group: Group) -> List[Listener]:
    return [one for one in seen.listeners if _key(one.socket) == group.key]


def _key(one: records.ListenSocket) -> records.ListenKey:
    return records.ListenKey(one.family, one.address, one.port, one.device)


def _row(
    seen: Seen,
    group: Group,
    listener: Listener,
    shared: balance.Shared,
    found: Optional[balance.Balance],
    connections: Optional[int],
) -> Dict[str, Any]:
    members = _members(seen, group)
    single = len(members) == 1
    syns = None if found is None else found.told()
    between = None
    if found is None and group.counted is not None:
        between = {name: list(pair) for name, pair in balance.bounds(group.counted, shared).items()}
    syn_acks = group.counted.syn_acks if group.counted is not None else None
    seconds = seen.seconds - min(one.since for one in members)
    rate = round(connections / seconds, 1) if connections is not None and seconds > 0 else None
    taken = None
    if connections is not None and single:
        taken = max(0, connections - (listener.accept.last or 0) + (listener.accept.first or 0))
    overflowed = min(listener.dropped or 0, seen.counters.get("ListenOverflows", 0)) if single else 0
    advice = enough.enough(
        listener.accept, listener.socket.backlog, rate, seen.longest_gap, taken, overflowed if found is not None else 0
    )
    row: Dict[str, Any] = {
        "network_namespace": seen.name,
        "family": group.key.family,
        "address": group.key.address,
        "port": group.key.port,
        "device": group.key.device,
        "inode": listener.socket.inode,
        "backlog": listener.socket.backlog,
        "since": round(listener.since, 1),
        "syns": syns if single else None,
        "syns_between": between if single else None,
        "unsure": found.unsure if found is not None and single else None,
        "syn_acks": syn_acks if single else None,
        "dropped": listener.dropped,
        "accept_queue": listener.accept.told(),
        "syn_queue": group.syn_queue.told() if single else None,
        "connections_per_second": rate if single else None,
        "recommended_backlog": advice.backlog,
        "recommended_because": advice.reason,
        "reuseport": None,
    }
    if not single:
        row["reuseport"] = {
            "members": len(members), "syns": syns, "syns_between": between, "syn_acks": syn_acks,
            "syn_queue": group.syn_queue.told(), "connections_per_second": rate,
        }  # fmt: skip
    return row


def _connections(
    seen: Seen, balances: Mapping[records.ListenKey, Optional[balance.Balance]]
) -> Dict[records.ListenKey, int]:
    """New connections of each listener, where they can be told: the kernel counts those of the namespace."""
    opened = seen.counters.get("PassiveOpens")
    if opened is None or not seen.groups:
        return {}
    if len(seen.groups) == 1:
        return {seen.groups[0].key: opened}
    arrived = {group.key: group.counted.syns for group in seen.groups if group.counted is not None}
    if len(arrived) < len(seen.groups):
        return {}
    busy = [key for key, count in arrived.items() if count]
    if len(busy) <= 1:
        return {key: opened if key in busy else 0 for key in arrived}
    answered = {key: found.answered for key, found in balances.items() if found is not None}
    if len(answered) == len(arrived) and sum(answered.values()) == opened:
        return answered
    return {key: 0 for key in arrived if not arrived[key]}


def _warn_of_balances(
    seen: Seen,
    counted: Sequence[Group],
    balances: Mapping[records.ListenKey, Optional[balance.Balance]],
    warnings: List[str],
) -> None:
    mixed = [key for key, found in balances.items() if found is None]
    if mixed:
        warnings.append(
            "{0}: the balance is null, since SYNs were dropped or answered again at several listeners of this network "
            "namespace and the kernel counts some of that for all of them together. syns_between tells the least and "
            "the most.".format(named(mixed))
        )
    for key, found in balances.items():
        if found is not None and found.unsure:
            warnings.append(
                "{0}: up to {1} may belong to another account: what overflowed an accept queue, what was sent "
                "again and what was lost before is counted together.".format(
                    named([key]), text.plural(found.unsure, "SYN")
                )
            )
        if found is not None and found.uncounted:
            warnings.append(
                "{0}: {1} left the host than arriving SYNs and repeated SYN-ACKs explain: a device dropped SYN-ACKs "
                "after they were counted, or SYNs came in a way that the tap does not see.".format(
                    named([key]), text.plural(found.uncounted, "more SYN-ACK")
                )
            )
        if found is not None and found.unexplained:
            closed = any(one.gone for one in seen.listeners if _key(one.socket) == key)
            warnings.append("{0}: {1}".format(named([key]), _why_unexplained(found, closed)))
    missing = [group.key for group in seen.groups if group.counted is None]
    if missing and counted:
        warnings.append(
            "SYNs were counted for {0} of {1} listeners, since every packet costs more with each of them: name the "
            "ports that matter in ports.".format(len(counted), len(seen.groups))
        )


_WAS_CLOSED = (
    "{0} in no account: the listener was closed during the watch, and while nobody listened the kernel "
    "refused them with a reset."
)


def _why_unexplained(found: balance.Balance, closed: bool) -> str:
    lost = text.plural(found.unexplained, "SYN", "are")
    if found.unexplained > 0 and closed:
        return _WAS_CLOSED.format(lost)
    if found.unexplained > 0:
        return (
            "{0} in no account although the listener's host and TCP got {1}: no answer left (an egress filter, no "
            "route back), or a connection was open already."
        ).format(lost, "it" if found.unexplained == 1 else "them")
    return (
        "{0} answered or dropped than arrived: {1} came in a way that the tap does not see "
        "(redirected from another port, fragments, a tunnel without a device)."
    ).format(text.plural(-found.unexplained, "more SYN", "were"), "it" if found.unexplained == -1 else "they")


def named(keys: Sequence[records.ListenKey]) -> str:
    """The first few of them, and how many more there are."""
    shown = [gathered.endpoint(key._asdict()) for key in keys[:5]]
    return ", ".join(shown) + (" and {0} more".format(len(keys) - 5) if len(keys) > 5 else "")


def _totals(seen: Seen, shared: balance.Shared, counted: Sequence[Group]) -> Dict[str, Any]:
    count = seen.counters.get
    known, most = seen.conntrack
    return {
        "network_namespace": seen.name,
        "syns": None if seen.all_syns is None else seen.all_syns[0],
        "syns_without_listener": _without_listener(seen, counted),
        "tcp_segments": None if seen.segments is None else seen.segments[0],
        "tcp_segments_lost_before_tcp": shared.lost,
        "syn_acks_sent_again": shared.again,
        "passive_opens": count("PassiveOpens"),
        "listen_drops": count("ListenDrops"),
        "listen_overflows": count("ListenOverflows"),
        "syn_cookies": {"sent": count("SyncookiesSent"), "back": count("SyncookiesRecv")},
        "conntrack": {"count": known, "max": most} if most else None,
        "tcp_memory_pressures": count("TCPMemoryPressures"),
        "softnet_squeezed": seen.squeezed,
        "xdp_devices": list(seen.xdp),
    }


def _without_listener(seen: Seen, counted: Sequence[Group]) -> Optional[int]:
    """SYNs to ports that nobody listens on; None where not all listeners' SYNs were counted."""
    if seen.all_syns is None or len(counted) < len(seen.groups):
        return None
    mine = sum(group.counted.syns for group in counted if group.counted is not None)
    left = seen.all_syns[0] - mine
    # What was answered or dropped had a listener, of another port than was asked for, or before it was noticed
    if seen.all_syn_acks is not None:
        told = sum(group.counted.syn_acks for group in counted if group.counted is not None)
        left -= max(0, seen.all_syn_acks - told)
    left -= seen.others_dropped
    return max(0, left if left > seen.all_syns[1] else 0)


def _layers(
    seen: Seen,
    counted: Sequence[Group],
    balances: Mapping[records.ListenKey, Optional[balance.Balance]],
    totals: Mapping[str, Any],
) -> List[Dict[str, Any]]:
    lost = dict(seen.losses)
    count = seen.counters.get
    overflows, full = count("ListenOverflows", 0), count("TCPReqQFullDrop", 0)
    lost[layers.Counter(layers.LISTENER, "ListenOverflows", "accept queue")] = overflows
    lost[layers.Counter(layers.LISTENER, "TCPReqQFullDrop", "SYN queue")] = full
    lost[layers.Counter(layers.LISTENER, "ListenDrops", "last quarter, or else")] = max(
        0, count("ListenDrops", 0) - overflows - full
    )
    for port, syns in seen.closed_ports.items():
        lost[layers.Counter(layers.NO_LISTENER, "NO_SOCKET", "port {0}".format(port))] = syns
    others = (totals.get("syns_without_listener") or 0) - sum(seen.closed_ports.values())
    if others > 0:
        lost[layers.Counter(layers.NO_LISTENER, "NO_SOCKET", "other ports")] = others
    before = sum(found.before_listener for found in balances.values() if found is not None)
    told = sum(value for one, value in lost.items() if one.layer in _BEFORE and layers.loses(one))
    if before > told:
        # Nothing else that is before the listener counts: a rule of a firewall, as a rule
        lost[layers.Counter(layers.NETFILTER, INFERRED, "before TCP")] = before - told
    return layers.told(lost, seen.name)


def with_reasons(rows: List[Dict[str, Any]], reasons: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """The layers with what the tracepoint says of netfilter, where that was only inferred before.

    The tracepoint is of the whole machine. Where it saw fewer drops than were inferred (it reads so many and no
    more), the figure that was inferred stays.
    """
    named = [row for row in reasons if row["layer"] == layers.NETFILTER]
    found: List[Dict[str, Any]] = []
    for row in rows:
        if row["reason"] == INFERRED and len(named) == 1:
            row = dict(row, reason=named[0]["reason"], where=named[0]["where"])
        found.append(row)
    return found


INFERRED = "not counted by any other layer"
_BEFORE = (layers.CONNTRACK, layers.RP_FILTER, layers.ROUTING, layers.CHECKSUM, layers.MEMORY, layers.NETFILTER)
