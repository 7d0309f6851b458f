# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which module carries out a gathering: what is sent to a target is parsed here and compiled there, in every run.

Ansible sends all that a module imports, whichever part of it a task needs. Where only the sysctls are asked for, a
module that knows nothing else is enough. And what a host read is judged here: the rules need not travel to each host.
"""

from __future__ import annotations

import typing as t

from ..module_utils._model import validated
from ..module_utils._model.errors import InvalidOption
from ..module_utils._model.subsets import MINIMUM, resolve_subset
from ..module_utils._report.told import told

SYSCTLS = "linuxnet.tcp.syn_backlog_sysctls_info"
READ = "linuxnet.tcp.syn_backlog_read_info"
_NO_WINDOW = (None, 0, "0", "")
_TOP_SOURCES = 10  # the default of the option
_ITS_OPTIONS = frozenset(("calibrate", "kernel_rule"))


def module_for(module: str, arguments: t.Mapping[str, t.Any]) -> tuple[str, dict[str, t.Any]]:
    """The module that does what ``module`` is asked for, and its arguments.

    Whatever is unusual goes to ``module`` as it is, which also refuses what is not allowed.
    """
    others = {name: value for name, value in arguments.items() if name != "gather_subset"}
    if _only_sysctls(arguments.get("gather_subset")) and _ITS_OPTIONS.issuperset(others):
        return SYSCTLS, others
    if arguments.get("counters_window") in _NO_WINDOW:
        return READ, dict(arguments)
    return module, dict(arguments)


def judged(module: str, arguments: t.Mapping[str, t.Any], result: dict[str, t.Any]) -> dict[str, t.Any]:
    """The result of :data:`READ` as the module that was asked for would have returned it; what a host told is typed."""
    if "syn_backlog" not in result:
        return result
    facts = validated.gathered(result["syn_backlog"])
    if module != READ:
        return result if facts is result["syn_backlog"] else dict(result, syn_backlog=facts)
    subset = resolve_subset(_names(arguments.get("gather_subset")) or ["all"])
    top = arguments.get("top_sources")
    return dict(result, syn_backlog=told(facts, subset, _TOP_SOURCES if top is None else int(top)))


def _only_sysctls(asked: t.Any) -> bool:
    names = _names(asked)
    if names is None:
        return False
    try:
        return resolve_subset(names) == MINIMUM
    except InvalidOption:
        return False


def _names(asked: t.Any) -> list[str] | None:
    """The names of an option that is a list of texts, as Ansible takes it; None for what is none."""
    names = asked.split(",") if isinstance(asked, str) else asked
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return [name.strip() for name in names]
