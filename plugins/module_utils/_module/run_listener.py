# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""The edge between Ansible and the change of running listeners."""

from __future__ import annotations

import os
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from .._change.raise_plan import NotRaised
from .._model.errors import InvalidOption
from .._read.namespaces import Unreachable
from .._write.lock import Busy
from .linux import require_linux
from .raise_listener import set_backlogs


def set_backlogs_or_fail(module: AnsibleModule) -> Dict[str, Any]:
    """Change the listeners that the module's parameters name; what cannot be done ends the module."""
    try:
        require_linux(os.uname().sysname)
        result, warnings = set_backlogs(module.params, module.check_mode)
    except (InvalidOption, NotRaised, Unreachable, Busy) as error:
        module.fail_json(msg=str(error))
    for warning in warnings:
        module.warn(warning)
    if not module._diff:
        del result["diff"]
    return result
