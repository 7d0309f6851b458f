# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which rules a kernel of a given upstream level follows.

Every boundary is the first release that has the change, as read in kernel
sources on both sides of it and as measured on running kernels.
"""

from __future__ import annotations

from . import level as kernel_level

POWER_OF_TWO = "power_of_two"
BACKLOG = "backlog"
BACKLOG_PLUS_1 = "backlog+1"
RULES = (POWER_OF_TWO, BACKLOG, BACKLOG_PLUS_1)

#: commit ef547f2ac16b "tcp: remove max_qlen_log"
_BACKLOG_SINCE = kernel_level.Level(4, 4)
#: commit 3479c7549fb1 "tcp/dccp: allow a connection when sk_max_ack_backlog is zero"
_PLUS_1_SINCE = kernel_level.Level(6, 13)
#: … and the first stable release of each older branch that took it
PLUS_1_BACKPORTS = {
    (6, 12): 10,
    (6, 6): 72,
    (6, 1): 125,
    (5, 15): 177,
    (5, 10): 234,
    (5, 4): 290,
}


def syn_queue_rule(level: kernel_level.Level) -> str:
    """When the SYN queue of a kernel at this upstream level counts as full.

    ``power_of_two`` (up to 4.3): at a power of two fixed by the first listen();
    ``backlog`` (from 4.4): at the listen backlog; ``backlog+1`` (from 6.13 and
    its stable backports): one beyond it.
    """
    if level < _BACKLOG_SINCE:
        return POWER_OF_TWO
    if level >= _PLUS_1_SINCE:
        return BACKLOG_PLUS_1
    backported = PLUS_1_BACKPORTS.get(level.branch)
    return BACKLOG_PLUS_1 if backported is not None and level.patch >= backported else BACKLOG


def rule_is_settled(level: kernel_level.Level) -> bool:
    """Whether no vendor's backport can change the answer of :func:`syn_queue_rule` at this level."""
    return level < _BACKLOG_SINCE or level >= _PLUS_1_SINCE


def backlog_bits(level: kernel_level.Level) -> int:
    """Width of the kernel's accept-queue backlog: 16 bits up to 4.0, 32 bits from 4.1 (commit becb74f0acca)."""
    return 16 if level < kernel_level.Level(4, 1) else 32


def forces_cookies(level: kernel_level.Level, tcp_syncookies: int) -> bool:
    """Whether every SYN is answered with a cookie: ``tcp_syncookies`` is 2, from 3.12 on (before, 2 acts as 1)."""
    return tcp_syncookies == 2 and level >= kernel_level.Level(3, 12)


def max_syn_backlog_caps_queue(level: kernel_level.Level) -> bool:
    """Whether ``tcp_max_syn_backlog`` at listen() caps the SYN queue itself (up to 4.3), not only new peers."""
    return level < _BACKLOG_SINCE


def young_spared(level: kernel_level.Level) -> bool:
    """Whether a full accept queue still lets in SYNs while fewer than two requests are young.

    Mainline up to 4.9 (commit 5ea8ea2cb7f1 ended it in 4.10); of the stable
    branches 3.16.81 and late 4.4.y and 4.9.y releases took that commit.
    """
    if level >= kernel_level.Level(4, 10):
        return False
    first_without = {(3, 16): 81, (4, 4): 179, (4, 9): 169}.get(level.branch)
    return first_without is None or level.patch < first_without


def first_synack_timeout(level: kernel_level.Level) -> float:
    """Seconds until the first SYN-ACK retransmission: 3 up to 3.0, 1 from 3.1 (RFC 6298)."""
    return 3.0 if level < kernel_level.Level(3, 1) else 1.0


def half_open_entry_bytes(level: kernel_level.Level, family: str = "ipv4") -> int:
    """Slab memory of one half-open entry in bytes: measured from 4.4 on, an estimate for older kernels."""
    if level >= kernel_level.Level(4, 4):
        return 344
    if level >= kernel_level.Level(3, 13):
        return 256
    return 128 if family == "ipv4" else 192


def hash_entry_bytes(level: kernel_level.Level) -> int:
    """Bytes that listen() itself allocates for each SYN queue slot: a pointer up to 4.3, nothing from 4.4 on."""
    return 8 if level < _BACKLOG_SINCE else 0
