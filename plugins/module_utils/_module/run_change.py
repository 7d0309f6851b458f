# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The edge between Ansible and a change: parameters in, a result or a clear failure out."""

from __future__ import annotations

import os
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from .._model import errors
from .._write import lock
from . import change, host, linux, transaction


def change_or_fail(module: AnsibleModule) -> Dict[str, Any]:
    """Change what the module's parameters ask for; what bars it, or undid it, ends the module."""
    try:
        linux.require_linux(os.uname().sysname)
        made = change.change(module.params, module.check_mode)
    except change.Shadowed as error:
        module.fail_json(msg=str(error), **error.result)
    except transaction.Failed as error:
        module.fail_json(msg=str(error), changed=bool(error.left), restored=error.restored, not_restored=error.left)
    except (errors.InvalidOption, host.Refused, lock.Busy) as error:
        module.fail_json(msg=str(error), changed=False)
    for warning in made.warnings:
        module.warn(warning)
    # pylint: disable-next=protected-access
    return dict(made.result, diff=made.diff) if module._diff else made.result
