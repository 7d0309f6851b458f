# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which limits hold for which peers."""

from __future__ import annotations

from . import level as kernel_level
from . import limits as kernel_limits

_IPV6_COUNTED_SINCE = kernel_level.Level(2, 6, 38)


def limits_for_peers(
    level: kernel_level.Level, limits: kernel_limits.QueueLimits, family: str
) -> kernel_limits.QueueLimits:
    """The limits as peers of this family meet them: "ipv4" (also on a dual-stack listener) or "ipv6".

    Up to 2.6.37 the last-quarter limit was applied to IPv4 peers alone (net/ipv6/tcp_ipv6.c).
    """
    if family == "ipv6" and level < _IPV6_COUNTED_SINCE:
        return limits._replace(new_peer_limit=None)
    return limits
