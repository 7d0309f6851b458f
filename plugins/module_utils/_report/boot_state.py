# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Each sysctl as it is now beside what it will be after a reboot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional

from .._boot import number
from .._kernel import sysctls

if TYPE_CHECKING:
    from .._boot import near_misses, tuned, values, writer


def sysctl_states(
    runtime: Mapping[str, Optional[int]],
    boot: Mapping[str, values.BootValue],
    defaults: Mapping[str, Optional[int]],
) -> Dict[str, Dict[str, Any]]:
    """``runtime``, ``boot``, ``boot_source``, ``shadowed``, ``tuned`` and ``drift`` by short name.

    Where no file sets a value, the kernel's own of ``defaults`` comes back. ``drift`` is None where either side is
    unknown.
    """
    return {name: _state(runtime.get(name), boot[name], defaults.get(name)) for name in sysctls.KEYS}


def _state(runtime: Optional[int], boot: values.BootValue, default: Optional[int]) -> Dict[str, Any]:
    if boot.value is not None:
        value, source = boot.number, boot.source
    elif boot.doubt is not None:
        value, source = None, None
    else:
        value, source = default, sysctls.KERNEL_DEFAULT
    return {
        "runtime": runtime,
        "boot": value,
        "boot_source": source,
        "shadowed": [other._asdict() for other in boot.shadowed],
        "tuned": _tuned(boot.tuned),
        "other_writers": [_writer(one) for one in boot.others],
        "boot_certain": boot.certain,
        "without_effect": [_near_miss(one) for one in boot.near_misses],
        "drift": None if runtime is None or value is None else runtime != value,
    }


def _writer(found: writer.Writer) -> Dict[str, Any]:
    return {
        "by": found.by, "source": found.source, "value": number.kernel_integer(found.value or ""), "order": found.order,
    }  # fmt: skip


def _near_miss(found: near_misses.NearMiss) -> Dict[str, Any]:
    return {"source": found.source, "value": found.value, "reason": found.reason, "instead": found.instead}


def _tuned(found: Optional[tuned.Asked]) -> Optional[Dict[str, Any]]:
    """None where TuneD's active profile does not name it."""
    if found is None:
        return None
    return {
        "profile": found.profile, "value": found.number, "source": found.source, "reapplies": found.reapplies,
    }  # fmt: skip
