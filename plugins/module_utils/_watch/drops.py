# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The kernel's own reasons for packets that it dropped, out of the lines of the tracepoint skb:kfree_skb.

Reasons are those of include/net/dropreason-core.h, by name since Linux 5.17. They are of the whole machine: the
tracepoint does not tell the network namespace.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, NamedTuple

from . import layers

_LINE = r"kfree_skb: .*?location=([^\s+]+)\S*.*? reason: (\w+)"
_LOST = r"\[LOST (\d+) EVENTS\]"
_MOST_PLACES = 256  # pairs of reason and place that are told apart
_ELSEWHERE = "elsewhere"

OTHER = "other"
_LAYERS = {
    "CPU_BACKLOG": layers.SOFTNET, "XDP": layers.DEVICE, "FULL_RING": layers.DEVICE, "DEV_READY": layers.DEVICE,
    "OTHERHOST": layers.DEVICE,
    "NETFILTER_DROP": layers.NETFILTER, "TC_INGRESS": layers.NETFILTER, "BPF_CGROUP_EGRESS": layers.NETFILTER,
    "IP_RPFILTER": layers.RP_FILTER, "IP_INNOROUTES": layers.ROUTING, "IP_OUTNOROUTES": layers.ROUTING,
    "IP_INADDRERRORS": layers.ROUTING, "IP_LOCAL_SOURCE": layers.ROUTING, "IP_INVALID_SOURCE": layers.ROUTING,
    "TCP_CSUM": layers.CHECKSUM, "IP_CSUM": layers.CHECKSUM, "SKB_CSUM": layers.CHECKSUM, "IP_INHDR": layers.CHECKSUM,
    "PROTO_MEM": layers.MEMORY, "NOMEM": layers.MEMORY, "PFMEMALLOC": layers.MEMORY, "SOCKET_BACKLOG": layers.MEMORY,
    "TCP_RFC7323_PAWS": layers.TIME_WAIT, "TCP_RFC7323_TW_PAWS": layers.TIME_WAIT, "TCP_MINTTL": layers.NETFILTER,
    "NO_SOCKET": layers.NO_LISTENER, "TCP_FASTOPEN": layers.FAST_OPEN, "TCP_LISTEN_OVERFLOW": layers.LISTENER,
}  # fmt: skip


class Drop(NamedTuple):
    """Why, and in which function of the kernel."""

    reason: str
    where: str


class Drops:
    """Drops as they are read, and how many there were that nobody read."""

    def __init__(self) -> None:
        self.counts: Dict[Drop, int] = {}
        self._rest = ""

    def add(self, text: str) -> int:
        """Count the lines of a piece of text, the last of which may be cut; how many events it says were lost."""
        whole, newline, rest = (self._rest + text).rpartition("\n")
        self._rest = rest[-4096:]
        if not newline:
            return 0
        for where, reason in re.findall(_LINE, whole):
            drop = Drop(reason, where)
            if drop not in self.counts and len(self.counts) >= _MOST_PLACES:
                drop = Drop(reason, _ELSEWHERE)
            self.counts[drop] = self.counts.get(drop, 0) + 1
        return sum(int(count) for count in re.findall(_LOST, whole))


def told(counts: Mapping[Drop, int]) -> List[Dict[str, Any]]:
    """The drops with their layers, most first."""
    rows = [
        {"layer": _LAYERS.get(drop.reason, OTHER), "reason": drop.reason, "where": drop.where, "dropped": count}
        for drop, count in counts.items()
    ]
    return sorted(rows, key=lambda row: (-row["dropped"], str(row["reason"]), str(row["where"])))


def stats(text: str) -> int:
    """Events of one CPU that were not read: overwritten, dropped, or still there (per_cpu/cpuN/stats)."""
    found = dict(re.findall(r"^([a-z ]+): (\d+)$", text, re.MULTILINE))
    return sum(int(found.get(name, 0)) for name in ("entries", "overrun", "commit overrun", "dropped events"))
