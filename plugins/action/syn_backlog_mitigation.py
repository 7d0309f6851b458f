# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module, and says on a terminal how far it is."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._progress import shown


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        with shown(self._task, task_vars, "Looking at SYN floods"):
            result.update(
                self._execute_module(
                    module_name="linuxnet.tcp.syn_backlog_mitigation", task_vars=task_vars, wrap_async=self._task.async_val
                )
            )
        return result
