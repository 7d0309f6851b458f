# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Each sysctl as it is now beside what it will be after a reboot."""

from __future__ import annotations

from typing import Any, Dict, Optional

from .._kernel.sysctls import KEYS


def sysctl_states(runtime: Dict[str, Optional[int]], boot: Optional[Dict[str, Any]]) -> Dict[str, Dict[str, Any]]:
    """``runtime``, ``boot``, ``boot_source``, ``shadowed`` and ``drift`` by short name.

    ``boot`` maps short names to BootValue records, or is None where boot values
    were not asked for: then everything about the boot is None. ``drift`` is None
    where either side is unknown.
    """
    return {name: _state(runtime.get(name), (boot or {}).get(name)) for name in KEYS}


def _state(runtime: Optional[int], boot: Any) -> Dict[str, Any]:
    if boot is None:
        return {"runtime": runtime, "boot": None, "boot_source": None, "shadowed": None, "drift": None}
    return {
        "runtime": runtime,
        "boot": boot.number,
        "boot_source": boot.source,
        "shadowed": [{"source": other.source, "value": other.value} for other in boot.shadowed],
        "drift": None if runtime is None or boot.number is None else runtime != boot.number,
    }
