# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Listeners and half-open entries from /proc/net/tcp and tcp6, for where netlink refuses.

The tables lack the backlog, the device, the drops, the cgroup, whether an IPv6 wildcard also takes
IPv4, and MPTCP. Columns: Documentation/networking/proc_net_tcp.rst. The `sl` column
widens past 9,999 rows, so rows are split on white space.
"""

from __future__ import annotations

import os
import socket
import sys
from itertools import islice
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from .._model import half_open, records
from . import proc_net

_TABLES = (("tcp", socket.AF_INET, "ipv4"), ("tcp6", socket.AF_INET6, "ipv6"))
_LISTEN = b"0A"
_SYN_RECV = b"03"
_BATCH = 1024  # rows tallied at a time
_TICKS = os.sysconf("SC_CLK_TCK")  # a second


def listeners(directory: Optional[str] = None) -> List[records.ListenSocket]:
    """Every listening TCP socket of the calling thread's network namespace.

    Raises OSError where the table for IPv4 cannot be read; that for IPv6 is absent without IPv6.
    """
    found: Dict[Tuple, records.ListenSocket] = {}  # a row may come twice when the table changes while it is read
    for family, name, row in _rows(_LISTEN, directory):
        address, port = endpoint(row[1], family)
        one = records.ListenSocket(
            family=name,
            protocol="tcp",
            address=address,
            port=port,
            device=None,
            dual_stack=None if address == "::" else False,
            inode=int(row[9]),
            uid=int(row[7]),
            accept_used=int(row[4].partition(b":")[2], 16),
            backlog=None,
            drops=None,
            cgroup_id=None,
        )
        found[(name, address, port, one.inode)] = one
    return list(found.values())


def tally(
    ports: Optional[Iterable[int]] = None,
    directory: Optional[str] = None,
    listen_sockets: Sequence[records.ListenSocket] = (),
    first_timeout: float = 1.0,
) -> half_open.Tally:
    """Count the half-open entries, on these local ports or on all. Raises OSError as `listeners` does.

    `listen_sockets`, `first_timeout`: as in `syn_recv.tally`.
    """
    wanted = None if ports is None else {b"%04X" % port for port in ports}
    counted = half_open.Tally(listen_sockets)
    rows = _rows(_SYN_RECV, directory)
    if wanted is not None:
        rows = (one for one in rows if one[2][1][-4:] in wanted)
    while True:
        some = list(islice(rows, _BATCH))
        if not some:
            return counted
        locals_: Dict[Tuple[str, bytes], Dict[int, List[bytes]]] = {}
        waited = half_open.ages(
            [int(row[6], 16) for _family, _name, row in some],
            [_milliseconds(row[5]) for _family, _name, row in some],
            1000 * first_timeout,
        )
        for age, (family, name, row) in zip(waited, some):
            local = (name, row[1])
            if local not in locals_:
                locals_[local] = counted.of(records.ListenKey(name, *endpoint(row[1], family), device=None))
            locals_[local][age].append(packed(row[2].partition(b":")[0]))
        counted.settle()


def _milliseconds(timer: bytes) -> float:
    """What is left of a timer, as in ``01:00000064``: its kind, and hundredths of a second (clock ticks)."""
    return int(timer.partition(b":")[2] or b"0", 16) * 1000 / _TICKS


def endpoint(text: bytes, family: int) -> Tuple[str, int]:
    """Address and port of a column such as ``0100007F:1F90``."""
    address, _colon, port = text.partition(b":")
    return socket.inet_ntop(family, packed(address)), int(port, 16)


def packed(text: bytes, little_endian: bool = sys.byteorder == "little") -> bytes:
    """The address in network byte order. The kernel prints it in words of 32 bits of its own byte order."""
    words = (int(text[at:at + 8], 16) for at in range(0, len(text), 8))
    return b"".join(word.to_bytes(4, "little" if little_endian else "big") for word in words)


def _rows(state: bytes, directory: Optional[str]) -> Iterator[Tuple[int, str, List[bytes]]]:
    where = proc_net.directory() if directory is None else directory
    for table, family, name in _TABLES:
        path = "%s/%s" % (where, table)
        if family == socket.AF_INET6 and not os.path.exists(path):
            continue
        with open(path, "rb") as stream:
            next(stream, None)  # the headings
            for line in stream:
                row = line.split(None, 10)
                if len(row) >= 10 and row[3] == state:
                    yield family, name, row
