# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The edge between Ansible and the collection: parameters in, facts or a clear failure out."""

from __future__ import annotations

import os
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from .._model import errors
from . import gather, linux, options


def gather_or_fail(module: AnsibleModule) -> Dict[str, Any]:
    """Gather what the module's parameters ask for; warnings go to the module, bad input ends it."""
    try:
        linux.require_linux(os.uname().sysname)
        facts, warnings = gather.gather(options.parse_gathering_options(module.params))
    except errors.InvalidOption as error:
        module.fail_json(msg=str(error))
    for warning in warnings:
        module.warn(warning)
    return facts


def refuse_query(module: AnsibleModule) -> None:
    """End a module that was given a query: its action plugin, which evaluates it, was bypassed."""
    if module.params["query"] is not None:
        module.fail_json(
            msg="query: is evaluated on the controller; call the module as linuxnet.tcp.syn_backlog_info so that "
            "its action plugin is found"
        )
