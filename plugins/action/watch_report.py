# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes one report of what syn_backlog_watch returned on every host of the play, on the controller and once."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._audit_folder import replace_all, would_change
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._audit_reports import JSON_FILE, TABLE_FILE, json_pieces
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._watch_answer import answer
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._watch_table import last_line, watch_table


class ActionModule(ActionBase):
    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            {
                "results": {"type": "str", "required": True},
                "directory": {"type": "path", "default": "watch"},
                "width": {"type": "int", "default": 140},
            }
        )
        answers = self._answers(task_vars or {}, options["results"])
        report = watch_table(answers, options["width"])
        files = {TABLE_FILE: [report], JSON_FILE: json_pieces(answers)}
        return dict(
            result,
            changed=self._write(os.path.abspath(options["directory"]), files),
            failed=any(one.get("error") is not None for one in answers.values()),
            msg=last_line(answers),
            report=report,
            _ansible_verbose_always=True,  # shows the report without -v
        )

    def _answers(self, task_vars: dict[str, t.Any], variable: str) -> dict[str, dict[str, t.Any]]:
        """What each host of the play answered, read past the templates: hosts wrote what is in it."""
        hostvars = task_vars["hostvars"]
        return {name: answer(hostvars.raw_get(name).get(variable)) for name in task_vars["ansible_play_hosts_all"]}

    def _write(self, directory: str, files: t.Mapping[str, t.Iterable[str]]) -> bool:
        try:
            return would_change(directory, files) if self._task.check_mode else replace_all(directory, files)
        except OSError as error:
            raise AnsibleActionFail("directory: the report cannot be written: {0}".format(error)) from error
