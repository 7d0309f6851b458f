# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes one report of what a task returned on every host of the play, on the controller and once."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.answer import answer, silent
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.compare import Earlier, earlier_report
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.details import detailed
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._report.report_action import ReportAction
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._report.reports import reports


class ActionModule(ReportAction):
    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            {
                "results": {"type": "str", "required": True},
                "directory": {"type": "path", "default": "audit"},
                "width": {"type": "int", "default": 140},
                "details": {"type": "list", "elements": "str", "default": []},
                "compare": {"type": "path"},
            }
        )
        variables = task_vars or {}
        answers = {name: answer(one) for name, one in self.returned(variables, options["results"])}
        earlier = _earlier(options["compare"]) if options["compare"] else None
        try:
            details = detailed(options["details"], answers.keys(), variables.get("groups") or {})
        except ValueError as error:
            raise AnsibleActionFail("details: {0}".format(error)) from error
        try:
            made = reports(answers, options["width"], details, earlier)
        except ValueError as error:
            raise AnsibleActionFail("compare: {0}".format(error)) from error
        return dict(
            result,
            changed=self.write(options["directory"], made.files),
            failed=silent(answers) or made.worse,
            msg=made.last_line,
            report=made.text,
            _ansible_verbose_always=not self.on_a_terminal(made.text),  # shows the report without -v
        )


def _earlier(path: str) -> Earlier:
    """The earlier report, read before its file may be replaced."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return earlier_report(path, file.read())
    except (OSError, ValueError) as error:
        raise AnsibleActionFail("compare: the earlier report cannot be read: {0}".format(error)) from error
