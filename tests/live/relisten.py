# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a second listen() on a listening socket changes."""

from __future__ import annotations

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel import limits, rules


def limits_after_relisten(rule: str, first: limits.QueueLimits, second: limits.QueueLimits) -> limits.QueueLimits:
    """The limits of a socket that was listening with ``first`` and called listen() again, which alone gives ``second``.

    From 4.4 on the second call counts. Up to 4.3 (``power_of_two``) it moves only the
    accept queue: the SYN queue is a table made by the first (inet_csk_listen_start()).
    ``first`` and ``second`` are both under the sysctls in force now.
    """
    return second._replace(syn_queue=first.syn_queue) if rule == rules.POWER_OF_TWO else second
