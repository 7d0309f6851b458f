# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What the queues of a listener admit.

``backlog`` is the number that listen(2) latched; the limits count what the
kernel really lets in, which is seldom that number.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from . import level as kernel_level
from . import rules

_U32 = 0xFFFFFFFF
_SMALLEST_SYN_TABLE = 8


class QueueLimits(NamedTuple):
    """How many connections each queue of a listener admits."""

    accept_queue: int
    syn_queue: int  # half-open entries; 0 where every SYN is answered with a cookie
    new_peer_limit: Optional[int]  # the last-quarter limit for unproven peers; only where tcp_syncookies is 0
    on_full: str  # "cookies" or "drop"

    @property
    def half_open(self) -> int:
        """Half-open entries that a burst of SYNs from unproven peers leaves."""
        if self.new_peer_limit is None:
            return self.syn_queue
        return min(self.syn_queue, self.new_peer_limit)


def latch(requested: int, somaxconn: int) -> int:
    """The backlog that listen(2) latches: the request, clamped to somaxconn.

    Both are C ints compared as unsigned (net/socket.c, every version), so a
    negative request means somaxconn, and a negative somaxconn (possible up to
    3.10) clamps nothing.
    """
    return min(requested & _U32, somaxconn & _U32)


def accept_queue_limit(level: kernel_level.Level, backlog: int) -> int:
    """Completed connections that wait for accept(2) at most: one more than the backlog, in every version.

    Up to 4.0 the field has 16 bits: 65536 becomes 0, hence 1.
    """
    return backlog % (1 << rules.backlog_bits(level)) + 1


def syn_queue_limit(rule: str, backlog: int, max_syn_backlog_at_listen: int) -> int:
    """Half-open entries that the SYN queue admits with cookies aside.

    ``max_syn_backlog_at_listen`` is tcp_max_syn_backlog when listen() was first
    called; only ``power_of_two`` looks at it (reqsk_queue_alloc(), as u32).
    """
    if rule == rules.POWER_OF_TWO:
        capped = min(backlog, max_syn_backlog_at_listen & _U32)
        return 1 << max(capped, _SMALLEST_SYN_TABLE).bit_length()
    return backlog if rule == rules.BACKLOG else backlog + 1


def last_quarter_limit(tcp_max_syn_backlog: int) -> int:
    """Half-open entries at which a peer that is not proven is dropped while tcp_syncookies is 0.

    The kernel drops when ``M - q < M >> 2``, keeping the last quarter for peers
    it knows (tcp_conn_request(), every version; IPv6 from 2.6.38).
    """
    return max(0, tcp_max_syn_backlog - (tcp_max_syn_backlog >> 2) + 1)


def queue_limits(
    level: kernel_level.Level,
    rule: str,
    backlog: int,
    tcp_max_syn_backlog: int,
    tcp_syncookies: int,
    max_syn_backlog_at_listen: Optional[int] = None,
) -> QueueLimits:
    """The limits of a listener that latched ``backlog``, under the sysctls that are in force now.

    ``max_syn_backlog_at_listen`` is needed only where it differs from the
    present value and the kernel is of the ``power_of_two`` kind.
    """
    at_listen = tcp_max_syn_backlog if max_syn_backlog_at_listen is None else max_syn_backlog_at_listen
    forced = rules.forces_cookies(level, tcp_syncookies)
    return QueueLimits(
        accept_queue=accept_queue_limit(level, backlog),
        syn_queue=0 if forced else syn_queue_limit(rule, backlog, at_listen),
        new_peer_limit=None if tcp_syncookies else last_quarter_limit(tcp_max_syn_backlog),
        on_full="cookies" if tcp_syncookies else "drop",
    )


def half_open_while_accept_queue_full(level: kernel_level.Level, limits: QueueLimits) -> int:
    """Half-open entries that a burst leaves on a listener whose accept queue is full.

    None from 4.10 on; before, SYNs are let in while fewer than two requests are young.
    """
    return min(2, limits.half_open) if rules.young_spared(level) else 0
