# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""syn_backlog_watch: parameters in, what was seen or a clear failure out. A signal ends the watch early, not the
answer."""

from __future__ import annotations

import os
import signal
from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule

from .._model import errors
from . import linux, watch

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def watch_spec() -> Dict[str, Dict[str, Any]]:
    """The argument_spec of syn_backlog_watch."""
    return {
        "duration": {"type": "float", "default": 10},
        "interval": {"type": "float", "default": 0.01},
        "ports": {"type": "list", "elements": "int"},
        "network_namespaces": {"type": "list", "elements": "str"},
        "drop_reasons": {"type": "bool", "default": False},
    }


def watch_or_fail(module: AnsibleModule) -> Dict[str, Any]:
    """Watch for as long as the module's parameters say; warnings go to the module, bad input ends it."""
    told: List[int] = []
    try:
        linux.require_linux(os.uname().sysname)
        options = watch.parse(module.params)
        for number in _SIGNALS:
            signal.signal(number, lambda got, _frame: told.append(got))
        found, warnings = watch.watch(options, lambda: bool(told))
    except errors.InvalidOption as error:
        module.fail_json(msg=str(error))
    if told:
        warnings.append(
            "The watch was ended by a signal after {0:.1f} s; this is the result up to then.".format(found["seconds"])
        )
    for warning in warnings:
        module.warn(warning)
    return found
