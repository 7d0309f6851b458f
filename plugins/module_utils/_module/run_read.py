# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.


"""syn_backlog_read_info: parameters in, what was read out."""

from __future__ import annotations

import os
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from .._model import errors
from . import linux, options, reading


def read_or_fail(module: AnsibleModule) -> Dict[str, Any]:
    """Read what the module's parameters ask for; warnings go to the module, bad input ends it."""
    try:
        linux.require_linux(os.uname().sysname)
        found = reading.read(options.parse_gathering_options(module.params))
    except errors.InvalidOption as error:
        module.fail_json(msg=str(error))
    for warning in found.warnings:
        module.warn(warning)
    return found.facts
