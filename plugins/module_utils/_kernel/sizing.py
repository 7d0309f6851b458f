# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which backlog and sysctls carry a given load."""

from __future__ import annotations

import math
from typing import Dict, NamedTuple

from . import level as kernel_level
from . import rules, sysctls

_SMALLEST_RECOMMENDED = 128
_SIGMAS = 4


class Load(NamedTuple):
    """The load that a listener has to carry."""

    connection_rate: float  # new connections per second
    handshake_time: float  # seconds from SYN to the client's ACK
    accept_stall: float  # seconds for which the application may not call accept(2)


def entries_needed(rate: float, seconds: float) -> int:
    """Queue entries for connections that arrive at ``rate`` and stay for ``seconds``.

    By Little's law, plus four standard deviations of a Poisson arrival, so
    that fewer than one moment in ten thousand finds the queue full.
    """
    mean = rate * seconds
    return math.ceil(mean + _SIGMAS * math.sqrt(mean))


def recommend(level: kernel_level.Level, load: Load, somaxconn: int, tcp_max_syn_backlog: int) -> Dict[str, int]:
    """The listen backlog and the sysctls that carry ``load``, and by how many listeners.

    Nothing that suffices today is lowered. ``listeners`` is more than 1 where no
    backlog of this kernel is wide enough: so many sockets have to share the
    port with SO_REUSEPORT.

    The backlog is rounded up to a power of two. tcp_max_syn_backlog is made
    wide enough for kernels where it caps the queue (up to 4.3) and for
    tcp_syncookies=0, where it reserves its last quarter for known peers.
    """
    needed = max(
        entries_needed(load.connection_rate, load.handshake_time),
        entries_needed(load.connection_rate, load.accept_stall),
        _SMALLEST_RECOMMENDED,
    )
    widest = 65535 if rules.backlog_bits(level) == 16 else sysctls.INT_MAX
    backlog = min(1 << (needed - 1).bit_length(), widest)
    return {
        "listeners": -(-needed // backlog),
        "listen_backlog": backlog,
        "somaxconn": max(somaxconn, backlog),
        "tcp_max_syn_backlog": max(tcp_max_syn_backlog, min(2 * backlog, sysctls.INT_MAX)),
        "tcp_syncookies": 1,
    }
