# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How much to ask for, and what others are likely to have asked for."""

from __future__ import annotations

from .._kernel import level as kernel_level
from .._kernel import rules

_WORTHWHILE = 4096  # the kernel's own default for somaxconn since 5.4
_INT_MAX = 0x7FFFFFFF
_ROUND = (1000, 10000, 20000, 50000, 65000, 65535)  # what guides set somaxconn to, beside powers of two


def worthwhile_backlog(backlog: int, most: int, level: kernel_level.Level) -> int:
    """Twice the present backlog and 4096 at least, but ``most`` where that is already double."""
    doubled = max(_WORTHWHILE, 1 << (2 * backlog - 1).bit_length())
    if 2 * backlog <= most < doubled:
        doubled = most
    return min(doubled, largest_backlog(level))


def largest_backlog(level: kernel_level.Level) -> int:
    """The most that a socket of this kernel holds."""
    return _INT_MAX if rules.backlog_bits(level) == 32 else 0xFFFF


def keeping_three_quarters(half_open: int) -> int:
    """A tcp_max_syn_backlog, a power of two, of which three quarters hold that many."""
    return min(max(256, 1 << (half_open * 4 // 3).bit_length()), _INT_MAX)


def plausible_somaxconn(value: int) -> bool:
    """Whether anybody sets somaxconn to that: the defaults (128, 4096), other powers of two, or a round number."""
    return value in _ROUND or (value >= 128 and not value & (value - 1))
