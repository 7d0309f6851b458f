# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has the smallest module run that gathers what was asked for, and returns what it says as facts."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._module_choice import judged, module_for
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._progress import shown


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        module, arguments = "linuxnet.tcp.syn_backlog_facts", dict(self._task.args)
        if not self._task.async_val:  # its result is fetched by another task, which finds it as the module left it
            module, arguments = module_for(module, arguments)
        with shown(self._task, task_vars, "Gathering"):
            returned = self._execute_module(
                module_name=module, module_args=arguments, task_vars=task_vars, wrap_async=self._task.async_val
            )
        result.update(judged(module, arguments, returned))
        if "syn_backlog" in result:
            result["ansible_facts"] = {"syn_backlog": result.pop("syn_backlog")}
        return result
