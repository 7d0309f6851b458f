# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes one report of what syn_backlog_watch returned on every host of the play, on the controller and once."""

from __future__ import annotations

import typing as t

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.watch_answer import answer
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._report.report_action import ReportAction
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._report.reports import JSON_FILE, TABLE_FILE, json_pieces
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._text.watch_table import last_line, watch_table


class ActionModule(ReportAction):
    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            {
                "results": {"type": "str", "required": True},
                "directory": {"type": "path", "default": "watch"},
                "width": {"type": "int", "default": 140},
            }
        )
        answers = {name: answer(one) for name, one in self.returned(task_vars, options["results"])}
        report = watch_table(answers, options["width"])
        files = {TABLE_FILE: [report], JSON_FILE: json_pieces(answers)}
        return dict(
            result,
            changed=self.write(options["directory"], files),
            failed=any(one.get("error") is not None for one in answers.values()),
            msg=last_line(answers),
            report=report,
            _ansible_verbose_always=not self.on_a_terminal(report),  # shows the report without -v
        )
