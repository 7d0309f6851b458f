# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""syn_backlog_sysctls_info: the sysctls in force and the kernel, in the shape of a whole gathering."""

from __future__ import annotations

import os
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from .._kernel import rules
from .._model import errors
from .._read import sysctls
from .._report import runtime_state
from . import kernel, linux


def sysctls_spec() -> Dict[str, Dict[str, Any]]:
    """The argument_spec of syn_backlog_sysctls_info."""
    return {
        "calibrate": {"type": "str", "choices": list(kernel.CALIBRATE), "default": kernel.CALIBRATE[0]},
        "kernel_rule": {"type": "str", "choices": list(rules.RULES)},
    }


def sysctls_or_fail(module: AnsibleModule) -> Dict[str, Any]:
    """The parts schema, kernel and sysctls; warnings go to the module, bad input ends it."""
    try:
        linux.require_linux(os.uname().sysname)
        known = kernel.known_kernel(module.params["kernel_rule"], module.params["calibrate"])
    except errors.InvalidOption as error:
        module.fail_json(msg=str(error))
    values, unread = sysctls.read_sysctls()
    for warning in known.warnings + unread:
        module.warn(warning)
    return {
        "schema": runtime_state.SCHEMA,
        "kernel": known.kernel.as_facts(),
        "sysctls": runtime_state.runtime_states(values),
    }
