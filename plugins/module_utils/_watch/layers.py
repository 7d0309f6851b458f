# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What the kernel counts of packets that it loses before TCP's listeners, or at them, layer by layer.

The texts are those of /proc/net/netstat, snmp and snmp6, of /proc/net/softnet_stat and of /proc/net/stat/nf_conntrack.
A counter is named by its layer, the kernel's reason and the place; what a kernel does not have is absent.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple

DEVICE, SOFTNET, CONNTRACK, NETFILTER = "device", "softnet", "conntrack", "netfilter"
RP_FILTER, ROUTING, CHECKSUM, MEMORY = "reverse_path_filter", "routing", "checksum", "memory"
TIME_WAIT, NO_LISTENER, LISTENER, FAST_OPEN = "paws_and_time_wait", "no_listener", "listener", "fast_open"

#: in the way of a packet
ORDER = (
    DEVICE, SOFTNET, CONNTRACK, NETFILTER, RP_FILTER, ROUTING, CHECKSUM, MEMORY, TIME_WAIT, NO_LISTENER, LISTENER,
    FAST_OPEN,
)  # fmt: skip


class Counter(NamedTuple):
    """One place where packets get lost."""

    layer: str
    reason: str  # the kernel's name of it
    where: str  # a CPU, a device, a file


Counts = Dict[Counter, int]

_GROUPS = {
    "TcpExt": {
        "IPReversePathFilter": RP_FILTER,
        "PFMemallocDrop": MEMORY,
        "TCPBacklogDrop": MEMORY,
        "TCPMinTTLDrop": NETFILTER,
        "PAWSPassive": TIME_WAIT,
        "PAWSActive": TIME_WAIT,
        "PAWSEstab": TIME_WAIT,
        "PAWSTimewait": TIME_WAIT,
        "TCPTimeWaitOverflow": TIME_WAIT,
        "SyncookiesFailed": LISTENER,
        "TCPFastOpenListenOverflow": FAST_OPEN,
        "TCPFastOpenPassiveFail": FAST_OPEN,
    },
    "IpExt": {"InNoRoutes": ROUTING, "InCsumErrors": CHECKSUM},
    "Ip": {"InAddrErrors": ROUTING, "InHdrErrors": CHECKSUM, "InDiscards": MEMORY},
    "Tcp": {"InCsumErrors": CHECKSUM},
}  # type: Dict[str, Dict[str, str]]
_IPV6 = {"Ip6InNoRoutes": ROUTING, "Ip6InAddrErrors": ROUTING, "Ip6InHdrErrors": CHECKSUM, "Ip6InDiscards": MEMORY}
_CONNTRACK = ("drop", "early_drop", "insert_failed")
_NOT_LOST = ("early_drop", "TCPTimeWaitOverflow")  # tells of strain; no packet is lost by it

#: counters of segments, SYNs among them, that a connection answered with an ACK since their timestamp is too old
TOO_OLD = ("PAWSEstab", "PAWSTimewait")

#: what the balance needs of TcpExt and Tcp
OF_LISTENERS = ("ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies", "TCPSynRetrans",
                "TCPACKSkippedSynRecv", "TCPSYNChallenge", "SyncookiesSent", "SyncookiesRecv",
                "SyncookiesFailed", "TCPMemoryPressures")  # fmt: skip
OF_TCP = ("InSegs", "ActiveOpens", "PassiveOpens", "OutRsts")


def groups(text: str) -> Dict[str, Dict[str, int]]:
    """The counters of /proc/net/netstat or snmp by group: pairs of lines, names above values."""
    found: Dict[str, Dict[str, int]] = {}
    names: Dict[str, List[str]] = {}
    for line in text.splitlines():
        group, _colon, rest = line.partition(":")
        if group not in names:
            names[group] = rest.split()
            continue
        values = rest.split()
        found[group] = {name: int(value) for name, value in zip(names.pop(group), values) if value.isdigit()}
    return found


def of_groups(found: Mapping[str, Mapping[str, int]]) -> Counts:
    """The losses among the counters of `groups`."""
    return {
        Counter(layer, name, group): found[group][name]
        for group, known in _GROUPS.items()
        for name, layer in known.items()
        if name in found.get(group, {})
    }


def of_snmp6(text: str) -> Counts:
    """The losses in /proc/net/snmp6, a name and a value each line."""
    pairs = (line.split() for line in text.splitlines())
    return {
        Counter(_IPV6[pair[0]], pair[0], "Ip6"): int(pair[1])
        for pair in pairs
        if len(pair) == 2 and pair[0] in _IPV6 and pair[1].isdigit()
    }


def of_softnet(text: str) -> Counts:
    """Packets that found the queue of their CPU full (netdev_max_backlog); the second word of each CPU's line."""
    return _softnet(text, 1, "dropped")


def squeezed(text: str) -> int:
    """How often packets were left over when the time of a softirq was up; the third word of each CPU's line."""
    return sum(_softnet(text, 2, "time_squeeze").values())


def _softnet(text: str, column: int, reason: str) -> Counts:
    found: Counts = {}
    for number, line in enumerate(text.splitlines()):
        words = line.split()
        if len(words) > column:
            # From 5.11 on a line tells its CPU; without that, offline CPUs have none and lines are counted
            cpu = int(words[12], 16) if len(words) > 12 else number
            found[Counter(SOFTNET, reason, "cpu{0}".format(cpu))] = int(words[column], 16)
    return found


def of_conntrack(text: str) -> Counts:
    """The losses in /proc/net/stat/nf_conntrack: a line of names, and one of hexadecimal numbers for each CPU."""
    lines = [line.split() for line in text.splitlines()]
    if not lines:
        return {}
    found: Counts = {}
    for name in _CONNTRACK:
        if name in lines[0]:
            column = lines[0].index(name)
            found[Counter(CONNTRACK, name, "nf_conntrack")] = sum(
                int(row[column], 16) for row in lines[1:] if len(row) > column
            )
    return found


def of_devices(lost: Mapping[str, Mapping[str, int]]) -> Counts:
    """What devices lost, by their names and by rtnetlink's names of it."""
    return {Counter(DEVICE, reason, name): count for name, each in lost.items() for reason, count in each.items()}


def of_texts(texts: Mapping[str, str], with_softnet: bool) -> Counts:
    """The losses in all of these files, by name; softnet is of the whole machine, and taken once."""
    found = of_groups(groups(texts.get("netstat", "")))
    found.update(of_groups(groups(texts.get("snmp", ""))))
    found.update(of_snmp6(texts.get("snmp6", "")))
    found.update(of_conntrack(texts.get("stat/nf_conntrack", "")))
    if with_softnet:
        found.update(of_softnet(texts.get("softnet_stat", "")))
    return found


def counters_moved(before: Mapping[str, str], after: Mapping[str, str]) -> Dict[str, int]:
    """How far the counters went that the balance needs, between two readings of the files."""
    found: Dict[str, int] = {}
    for name, group, wanted in (("netstat", "TcpExt", OF_LISTENERS), ("snmp", "Tcp", OF_TCP)):
        first = groups(before.get(name, "")).get(group, {})
        last = groups(after.get(name, "")).get(group, {})
        found.update((one, max(0, last[one] - first[one])) for one in wanted if one in first and one in last)
    return found


def moved(before: Mapping[Counter, int], after: Mapping[Counter, int]) -> Counts:
    """What was lost in between; nothing for a counter that began anew."""
    return {one: after[one] - before[one] for one in after if one in before and after[one] > before[one]}


def loses(one: Counter) -> bool:
    """Whether each count of it is a packet that was lost."""
    return one.reason not in _NOT_LOST


def told(lost: Mapping[Counter, int], namespace: str) -> List[Dict[str, Any]]:
    """The layers that lost packets, in the way of a packet."""
    rows = [
        {"network_namespace": namespace, "layer": one.layer, "reason": one.reason, "where": one.where, "dropped": count}
        for one, count in lost.items()
        if count and loses(one)
    ]
    return sorted(rows, key=lambda row: (ORDER.index(str(row["layer"])), str(row["reason"]), str(row["where"])))
