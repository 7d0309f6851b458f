# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Daemons that change settings of ours while they run."""

from __future__ import annotations

from typing import Dict, Tuple

#: by the unit that starts them: what they are called, and which settings they change
TUNING: Dict[str, Tuple[str, Tuple[str, ...]]] = {
    # net_buffer_tuner: raises it where /proc/net/softnet_stat counts drops (bpftune-net-buffer(8))
    "bpftune.service": ("bpftune", ("net.core.netdev_max_backlog",)),
}
