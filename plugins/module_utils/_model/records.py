# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The plain data that readers hand to the model.

Readers fill these records and nothing else; the model reads them and nothing
else. None of them knows where its values came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List, Mapping, NamedTuple, Optional, Tuple

if TYPE_CHECKING:
    from . import raised_record, units, unix_listener


class ListenSocket(NamedTuple):
    """One listening TCP (or MPTCP) socket, as the kernel reports it."""

    family: str  # "ipv4" or "ipv6": the family of the socket, not of its clients
    protocol: str  # "tcp" or "mptcp"
    address: str  # canonical text, "0.0.0.0" and "::" for the wildcards
    port: int
    device: Optional[str]  # interface of SO_BINDTODEVICE; None where not bound to one
    dual_stack: Optional[bool]  # an IPv6 wildcard that also takes IPv4; None where the kernel does not tell
    inode: int
    uid: int
    accept_used: int  # connections waiting for accept(2)
    backlog: Optional[int]  # what listen(2) latched, after the somaxconn clamp; None without sock_diag
    drops: Optional[int]  # connection attempts this socket dropped; None where the kernel does not tell
    cgroup_id: Optional[int]  # inode of the cgroup2 directory (Linux 5.8+), else None


class ListenKey(NamedTuple):
    """The queue that half-open entries are counted for: members of an SO_REUSEPORT group share one."""

    family: str  # family of the *listener*: IPv4 clients of a dual-stack socket count as "ipv6"
    address: str
    port: int
    device: Optional[str]


class Network(NamedTuple):
    """A source network, and how many half-open entries are from it."""

    network: str  # /24 for IPv4; /64 for IPv6, or one /48 to /63 that holds nearly all (see `prefixes`)
    entries: int
    unanswered: int  # of these, entries that are not young
    retransmitted: int  # of these, entries whose SYN-ACK was sent again at least once

    def plus(self, other: Optional[Network]) -> Network:
        """Both counts of one network as one."""
        if other is None:
            return self
        return Network(self.network, *(mine + theirs for mine, theirs in zip(self[1:], other[1:])))


class HalfOpen(NamedTuple):
    """Half-open (SYN_RECV) entries, counted while they are read and never kept one by one."""

    retransmissions: Tuple[int, ...]  # entries by how often their SYN-ACK was sent again: never, once, twice, …
    young: int  # entries that the answer to their first SYN-ACK may still be on its way to
    distinct_sources: Optional[int]  # None where the sources were not kept
    networks: List[Network]  # most entries first
    peers: List[Tuple[str, int]]  # (address, entries), most entries first

    @property
    def total(self) -> int:
        return sum(self.retransmissions)

    @property
    def retransmitted(self) -> int:
        return sum(self.retransmissions[1:])


class Followed(NamedTuple):
    """Unanswered half-open entries that were looked at twice, with another SYN-ACK sent in between."""

    seconds: float
    entries: int
    gone: int  # entries that are not there any more: their clients answered
    asked_again: int  # entries that are still there, and whose clients sent their SYN again


class HalfOpenTally(NamedTuple):
    """The half-open entries of a network namespace: of each listener, and all of them."""

    whole: HalfOpen
    by_listener: Dict[ListenKey, HalfOpen]
    exact: bool = True  # False past 262,144 entries: sources are then estimates (`sources` says how good)
    # Connections of TCP Fast Open whose third packet has not come: in no SYN queue. None where they are not told apart
    fast_open: Optional[Dict[ListenKey, int]] = None


class Process(NamedTuple):
    """A process that holds a socket."""

    pid: int
    name: str  # /proc/PID/comm, made printable
    argv: Tuple[str, ...]  # /proc/PID/cmdline, made printable; empty where unreadable
    unit: Optional[str]  # systemd unit of its cgroup
    runtime: Optional[str]  # "go", "java", "node", "python", … where the executable tells, else None
    unit_user: Optional[int] = None  # uid whose service manager the unit belongs to; None for the system's
    started: Optional[str] = None  # ISO 8601, UTC


class KernelLog(NamedTuple):
    """What the kernel's log said about listen queues."""

    readable: Optional[bool]  # None where it was not asked for
    events: Tuple[Dict[str, object], ...]  # rows of equal ones, oldest first; see _log/rows.py; times in UTC


class NamespaceView(NamedTuple):
    """What one network namespace showed; None where a part was not asked for or cannot be read."""

    name: str  # "host" for the one in which the module runs
    sysctls: Dict[str, Optional[int]]  # short name to run-time value
    sockets: Tuple[ListenSocket, ...] = ()
    half_open: Optional[HalfOpenTally] = None
    followed: Optional[Dict[ListenKey, Followed]] = None
    counters: Optional[Dict[str, int]] = None
    counters_delta: Optional[Dict[str, object]] = None
    raised: Mapping[int, raised_record.Raised] = {}  # listeners that were raised while they ran, by socket inode
    unix: Tuple[unix_listener.UnixListener, ...] = ()
    fast_open: bool = False  # whether listeners may take TCP Fast Open: net.ipv4.tcp_fastopen has 2


class Owner(NamedTuple):
    """Who a listener belongs to, as far as it is visible."""

    processes: Tuple[Process, ...] = ()
    unit: Optional[units.Unit] = None
