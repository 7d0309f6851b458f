# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""syn_backlog_limits: parameters in, limits or a clear failure out."""

from __future__ import annotations

import os
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from .._kernel import rules
from .._model import errors, what_if
from .._read import sysctls
from . import kernel as module_kernel
from . import linux


def limits_spec() -> Dict[str, Dict[str, Any]]:
    """The argument_spec of syn_backlog_limits."""
    spec: Dict[str, Dict[str, Any]] = {
        "kernel_release": {"type": "str"},
        "kernel_rule": {"type": "str", "choices": list(rules.RULES)},
        "kind": {"type": "str", "choices": list(what_if.KINDS), "default": what_if.TCP},
    }
    spec.update((name, {"type": "int"}) for name in ("listen_backlog",) + what_if.SYSCTLS)
    spec.update((name, {"type": "float"}) for name in what_if.LOAD_RANGES)
    return spec


def limits_or_fail(module: AnsibleModule) -> Dict[str, Any]:
    """Answer the what-if that the module's parameters ask; bad input ends the module."""
    params = module.params
    try:
        linux.require_linux(os.uname().sysname)
        if params["kernel_release"] is None:
            kernel, _defaults, warnings = module_kernel.known_kernel(params["kernel_rule"], "auto")
        else:
            kernel, warnings = what_if.kernel_of(params["kernel_release"], params["kernel_rule"]), []
        host, unread = sysctls.read_sysctls()
        result = what_if.answer(what_if.ask(kernel, params, host))
    except errors.InvalidOption as error:
        module.fail_json(msg=str(error))
    for warning in warnings + unread:
        module.warn(warning)
    return dict(result, kernel=kernel.as_facts())
