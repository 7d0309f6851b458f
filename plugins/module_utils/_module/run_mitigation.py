# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The edge between Ansible and the record of a mitigation."""

from __future__ import annotations

import os
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from .._model import errors
from .._write import lock
from . import linux, mitigation


def keep_record_or_fail(module: AnsibleModule) -> Dict[str, Any]:
    """Write or remove the record; what cannot be done ends the module."""
    try:
        linux.require_linux(os.uname().sysname)
        result = mitigation.keep_record(module.params, module.check_mode)
    except (errors.InvalidOption, mitigation.NotRecorded, lock.Busy) as error:
        module.fail_json(msg=str(error))
    for warning in result.pop("warnings"):
        module.warn(warning)
    if not module._diff:
        del result["diff"]
    return result
