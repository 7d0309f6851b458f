# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Each sysctl of which only the value in force was asked for, in the shape that a gathering has."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from .._kernel import sysctls

SCHEMA = 1  # of the whole gathered structure


def runtime_states(runtime: Mapping[str, Optional[int]]) -> Dict[str, Dict[str, Any]]:
    """By short name: ``runtime``, and None for all that concerns the boot."""
    return {name: _state(runtime.get(name)) for name in sysctls.KEYS}


def _state(runtime: Optional[int]) -> Dict[str, Any]:
    unread = dict.fromkeys(
        ("boot", "boot_source", "shadowed", "tuned", "other_writers", "boot_certain", "without_effect", "drift")
    )
    return {"runtime": runtime, **unread}
