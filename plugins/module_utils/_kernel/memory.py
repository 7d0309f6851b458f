# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What full queues cost in memory."""

from __future__ import annotations

from . import level as kernel_level
from . import limits as kernel_limits
from . import rules

#: a full TCP socket that waits for accept(2), without buffered data: about 2.5 KiB (slab TCP and its dentry-less parts)
ACCEPT_ENTRY_BYTES = 2560


def full_queue_bytes(level: kernel_level.Level, limits: kernel_limits.QueueLimits, family: str = "ipv4") -> int:
    """Bytes that one listener's two queues hold when both are full (an estimate; buffered data not counted)."""
    slots = limits.syn_queue * rules.hash_entry_bytes(level)
    return (
        slots + limits.half_open * rules.half_open_entry_bytes(level, family) + limits.accept_queue * ACCEPT_ENTRY_BYTES
    )
