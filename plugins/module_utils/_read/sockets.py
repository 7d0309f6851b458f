# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The one way to listeners and half-open entries: sock_diag, or /proc/net/tcp where netlink refuses.

Both functions read the network namespace of the calling thread; see `namespaces.call_inside`.
"""

from __future__ import annotations

from typing import Iterable, List, Optional, Sequence, Tuple

from .._model import records
from . import netlink, sock_diag, syn_recv


def listen_sockets(dump: sock_diag.Dump = netlink.dump) -> Tuple[List[records.ListenSocket], List[str]]:
    """Every listening TCP and MPTCP socket, and warnings about what could not be read.

    No privilege needed. Raises OSError where neither sock_diag nor /proc can be read.
    """
    try:
        return sock_diag.listeners(dump)
    except OSError as error:
        from . import proc_net_tcp

        return proc_net_tcp.listeners(), [
            "Listeners come from /proc/net/tcp, since netlink refused (%s): backlog, device, drops, cgroup, whether "
            "[::] takes IPv4 and MPTCP are unknown." % error
        ]


def half_open(
    ports: Optional[Iterable[int]] = None,
    top: int = 10,
    listeners: Optional[Sequence[records.ListenSocket]] = None,
    dump: sock_diag.Dump = netlink.dump,
    first_timeout: float = 1.0,
) -> Tuple[records.HalfOpenTally, List[str]]:
    """Count the half-open entries, on these local ports or on all, and warnings.

    `top`: how many networks and addresses to name, overall and for each listener. `listeners`: what `listen_sockets`
    gave, read here where left out. `first_timeout`: seconds until this kernel sends a SYN-ACK again.
    Memory is bounded however many entries there are. Raises OSError as `listen_sockets` does.
    """
    ports = None if ports is None else list(ports)
    if listeners is None:
        listeners = listen_sockets(dump)[0]
    told_apart = True
    try:
        counted, warnings = syn_recv.tally(ports, dump, listeners, first_timeout)
    except OSError as error:
        from . import proc_net_tcp

        told_apart = False
        counted = proc_net_tcp.tally(ports, listen_sockets=listeners, first_timeout=first_timeout)
        warnings = [
            "Half-open entries come from /proc/net/tcp, since netlink refused (%s): those of device-bound listeners "
            "cannot be told from others on the same address and port." % error
        ]
    if counted is None:
        return records.HalfOpenTally(records.HalfOpen((), 0, 0, [], []), {}, fast_open={}), warnings
    tally = counted.result(top) if told_apart else counted.result(top)._replace(fast_open=None)
    if not tally.exact:
        warnings.append(
            "Too many half-open entries to keep each source: the number of distinct sources is an estimate, the count "
            "of a network or an address may fall short by a 65,536th of all entries (among those of a listener, by a "
            "4,096th), and only the 16 listeners with most entries have their sources told."
        )
    return tally, warnings
