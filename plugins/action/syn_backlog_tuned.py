# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applies, raises and verifies in one task: the modules run on the target, what is decided is decided here.

A task costs each host a process on the controller, also where it is skipped. So what a host that is as wanted does not
need is no task.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import validated
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._tune import tuned as _tuned
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._tune.tuning import shortfalls, tuning_plan

Result = dict[str, t.Any]


class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(_tuned.SPEC)
        try:
            work = _tuned.work_of(options, self._task.check_mode)
        except (InvalidOption, TypeError, ValueError) as error:
            raise AnsibleActionFail(str(error)) from error
        self._task_vars = task_vars
        return dict(result, **self._tune(work))

    def _tune(self, work: _tuned.Work) -> Result:
        told = _tuned.Told()
        facts = self._apply(work, told)
        if told.failed:
            return told.result()
        plan = tuning_plan(facts, work.wanted, work.applied) if facts else dict(_tuned.NOTHING)
        if _tuned.APPLY in work.parts and plan["restart"]:
            return told.result(restart=plan["restart"], ports=plan["ports"], changed=True)
        if _tuned.LISTENERS in work.parts:
            for entry in plan["raise"]:
                told.add(self._module("syn_backlog_listener", work.raising(entry)))
            if told.failed:
                return told.result()
        if _tuned.VERIFY in work.parts and work.verify:
            self._verify(work, told, facts)
        return told.result()

    def _apply(self, work: _tuned.Work, told: _tuned.Told) -> t.Any:
        """What is there then, as far as anything needs it; the sysctls and the reading are one run."""
        if _tuned.APPLY in work.parts and work.sets_anything:
            applied = self._module("syn_backlog", work.applying())
            told.add(applied)
            work.applied = validated.changed(applied)
            return work.facts_of(work.applied)
        return self._gather(work, told) if work.looks else None

    def _verify(self, work: _tuned.Work, told: _tuned.Told, facts: t.Any) -> None:
        if facts is None or (told.raised and not work.check):
            facts = self._gather(work, told)
            if told.failed:
                return
        told.remarks = tuning_plan(facts, work.wanted, work.applied)["remarks"]
        if work.check and (told.changed or work.applied.get("changed")):
            return  # what is predicted cannot be seen
        told.short(shortfalls(facts, work.wanted))

    def _gather(self, work: _tuned.Work, told: _tuned.Told) -> t.Any:
        gathered = self._module("syn_backlog_info", work.gathering())
        told.add(gathered)
        return validated.gathered(gathered.get("syn_backlog"))

    def _module(self, name: str, arguments: Result) -> Result:
        return self._execute_module(
            module_name="linuxnet.tcp." + name, module_args=arguments, task_vars=self._task_vars
        )
