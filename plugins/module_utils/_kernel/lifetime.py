# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How long a half-open entry lives, and how fast unanswered SYNs fill a queue."""

from __future__ import annotations

from typing import Optional

from . import level as kernel_level
from . import rules

_LONGEST_TIMEOUT = 120.0  # TCP_RTO_MAX
_PRESSED_TIMEOUTS = 8
_TIMER_SLACK = 1.125  # timers run up to an eighth late (timer wheel of 4.8; coarser scans before)


def half_open_lifetime(level: kernel_level.Level, tcp_synack_retries: int) -> float:
    """Seconds that an entry whose SYN-ACK is never answered stays in the SYN queue.

    The timeout doubles with every retransmission up to 120 s: 63 s with the
    default of 5 retries. While the queue is more than half full the kernel drops
    old entries earlier, see :func:`spoofed_rate_to_fill`.
    """
    timeouts = max(tcp_synack_retries, 0) + 1
    lifetime, timeout = 0.0, rules.first_synack_timeout(level)
    while timeouts and timeout < _LONGEST_TIMEOUT:
        lifetime, timeout, timeouts = lifetime + timeout, 2 * timeout, timeouts - 1
    return lifetime + timeouts * _LONGEST_TIMEOUT


def spoofed_rate_to_fill(level: kernel_level.Level, tcp_synack_retries: int, half_open_limit: int) -> Optional[float]:
    """About the lowest lasting rate of never-answered SYNs, per second, that keeps a queue of this limit full.

    Above half of the queue the kernel lowers the retries step by step until
    young entries (SYN-ACK sent once) are an eighth of it
    (inet_csk_reqsk_queue_prune() up to 4.0, reqsk_timer_handler() from 4.1), so
    a queue stays full only at an eighth of its limit per first timeout; with
    two retries or fewer the plain lifetime is shorter than that. Measured on
    6.18 with a limit of 129: 12 a second left it below, 14 a second filled it.
    ``None`` where nothing is ever queued.
    """
    if half_open_limit <= 0:
        return None
    pressed = _PRESSED_TIMEOUTS * rules.first_synack_timeout(level)
    return half_open_limit / (min(half_open_lifetime(level, tcp_synack_retries), pressed) * _TIMER_SLACK)
