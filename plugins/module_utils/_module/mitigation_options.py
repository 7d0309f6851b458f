# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The options of syn_backlog_mitigation: what they take, and what of it is allowed."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from .._change import backends
from .._model import errors

PRESENT, ABSENT = "present", "absent"
KEEP, DROP = "keep", "drop"
_WINDOW = {PRESENT: 1.0, ABSENT: 5.0}


def mitigation_spec() -> Dict[str, Dict[str, Any]]:
    """The argument_spec of the module."""
    return {
        "state": {"type": "str", "choices": [PRESENT, ABSENT], "default": PRESENT},
        "backend": {"type": "str", "choices": list(backends.BACKENDS), "default": backends.AUTO},
        "block_lifetime": {"type": "int", "default": backends.LIFETIME},
        "syn_limit": {"type": "int", "default": 0},
        "allow": {"type": "list", "elements": "str", "default": []},
        "max_networks": {"type": "int", "default": 16},
        "backlog": {"type": "int", "default": 4096},
        "mitigate_established": {"type": "str", "choices": [KEEP, DROP], "default": KEEP},
        "connection": {"type": "str", "default": "ssh"},
        "window": {"type": "float"},
        "force": {"type": "bool", "default": False},
    }


def window(params: Mapping[str, Any]) -> float:
    """Seconds to watch before judging.

    :raises InvalidOption: it is out of its range.
    """
    given = params["window"]
    seconds = _WINDOW[params["state"]] if given is None else float(given)
    errors.require_range("window", seconds, 0, 3600)
    return seconds


def wanted(params: Mapping[str, Any]) -> Dict[str, Any]:
    """What the judgement has to know of them."""
    names = ("allow", "max_networks", "backlog", "connection", "backend", "block_lifetime", "syn_limit")
    return dict({name: params[name] for name in names}, established=params["mitigate_established"])
