# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The edge between Ansible and a mitigation: parameters in, a result or a clear failure out."""

from __future__ import annotations

import os
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from .._model import errors
from .._write import lock
from . import linux, mitigation, mitigation_options


def mitigate_or_fail(module: AnsibleModule) -> Dict[str, Any]:
    """Mitigate or restore; what cannot be done ends the module."""
    try:
        linux.require_linux(os.uname().sysname)
        made = _made(module)
    except (errors.InvalidOption, mitigation.NotRecorded, lock.Busy) as error:
        module.fail_json(msg=str(error), changed=False)
    for warning in made.warnings:
        module.warn(warning)
    # pylint: disable-next=protected-access
    result = dict(made.result, diff=made.diff) if module._diff else made.result
    if made.failures:
        module.fail_json(msg=" | ".join(made.failures), **result)
    return result


def _made(module: AnsibleModule) -> Any:
    if module.params["state"] == mitigation_options.PRESENT:
        from . import mitigate

        return mitigate.mitigate(module.params, module.check_mode)
    from . import restore

    try:
        return restore.restore(module.params, module.check_mode)
    except restore.NotRestored as error:
        module.fail_json(msg=str(error), changed=False)
