# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which module carries out a gathering: what is sent to a target is parsed here and compiled there, in every run.

Ansible sends all that a module imports, whichever part of it a task needs. Where only the sysctls are asked for, a
module that knows nothing else is enough.
"""

from __future__ import annotations

import typing as t

from ..module_utils._model.errors import InvalidOption
from ..module_utils._model.subsets import MINIMUM, resolve_subset

SYSCTLS = "linuxnet.tcp.syn_backlog_sysctls_info"
_ITS_OPTIONS = frozenset(("calibrate", "kernel_rule"))


def module_for(module: str, arguments: t.Mapping[str, t.Any]) -> tuple[str, dict[str, t.Any]]:
    """The module that does what ``module`` is asked for, and its arguments.

    Whatever is unusual goes to ``module`` as it is, which also refuses what is not allowed.
    """
    others = {name: value for name, value in arguments.items() if name != "gather_subset"}
    if _only_sysctls(arguments.get("gather_subset")) and _ITS_OPTIONS.issuperset(others):
        return SYSCTLS, others
    return module, dict(arguments)


def _only_sysctls(asked: t.Any) -> bool:
    names = asked.split(",") if isinstance(asked, str) else asked
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return False
    try:
        return resolve_subset(name.strip() for name in names) == MINIMUM
    except InvalidOption:
        return False
