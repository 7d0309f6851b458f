# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which knob binds a listener: the one that has to move before its queues admit more."""

from __future__ import annotations

from typing import Optional

from .._kernel import level as kernel_level
from .._kernel import limits, rules

APPLICATION = "application"
SOMAXCONN = "somaxconn"
TCP_MAX_SYN_BACKLOG = "tcp_max_syn_backlog"
SYNCOOKIES = "syncookies"

KNOBS = (APPLICATION, SOMAXCONN, TCP_MAX_SYN_BACKLOG, SYNCOOKIES)

_U32 = 0xFFFFFFFF


def bound_by(
    level: kernel_level.Level,
    rule: str,
    backlog: int,
    somaxconn: int,
    tcp_max_syn_backlog: int,
    tcp_syncookies: int,
    requested: Optional[int] = None,
) -> str:
    """One of :data:`KNOBS` for a listener that latched ``backlog``, under the sysctls that are in force now.

    ``requested`` is what the application passed to listen(2), where that is
    known: it alone tells an application that asked for exactly somaxconn from
    one that asked for more. Negative means the most that somaxconn allows.
    """
    if rules.forces_cookies(level, tcp_syncookies):
        return SYNCOOKIES
    if new_peers_bound(rule, backlog, tcp_max_syn_backlog, tcp_syncookies):
        return TCP_MAX_SYN_BACKLOG
    if syn_table_bound(rule, backlog, tcp_max_syn_backlog):
        return TCP_MAX_SYN_BACKLOG
    allowed = somaxconn & _U32
    if backlog > allowed:  # latched before somaxconn was lowered: a new listen() would be clamped, whoever calls it
        return SOMAXCONN
    if backlog == allowed and requested != backlog:
        return SOMAXCONN
    return APPLICATION


def new_peers_bound(rule: str, backlog: int, tcp_max_syn_backlog: int, tcp_syncookies: int) -> bool:
    """Whether the last-quarter rule drops new peers before the SYN queue is full (tcp_syncookies 0, every version)."""
    if tcp_syncookies:
        return False
    return limits.last_quarter_limit(tcp_max_syn_backlog) < limits.syn_queue_limit(rule, backlog, tcp_max_syn_backlog)


def syn_table_bound(rule: str, backlog: int, tcp_max_syn_backlog: int) -> bool:
    """Whether tcp_max_syn_backlog made listen() choose a smaller SYN table (``power_of_two`` kernels, up to 4.3).

    Where both lie between the same powers of two, it makes no difference.
    """
    if rule != rules.POWER_OF_TWO:
        return False
    return limits.syn_queue_limit(rule, backlog, tcp_max_syn_backlog) < limits.syn_queue_limit(rule, backlog, backlog)
