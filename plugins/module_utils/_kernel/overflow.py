# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What gets through while one queue is full or admits nobody."""

from __future__ import annotations

from . import limits as kernel_limits


def established_limit(limits: kernel_limits.QueueLimits) -> int:
    """Connections that can really become established and wait for accept(2).

    Normally what the accept queue admits. None at all where the SYN queue admits
    nobody and a full queue drops: backlog 0 with tcp_syncookies=0 under the
    ``backlog`` rule (4.4 up to the change of 6.13 and its stable backports).
    """
    return 0 if limits.half_open == 0 and limits.on_full == "drop" else limits.accept_queue
