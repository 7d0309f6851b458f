# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions share that make one report, on the controller, of what a task returned on each host of the play."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.color import ANSIBLE_COLOR
from ansible.utils.display import Display

from .._text.colour import coloured
from .folder import replace_all, would_change


class ReportAction(ActionBase):
    BYPASS_HOST_LOOP = True  # the strategy free refuses it for that, rather than make a report for each host
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def returned(self, task_vars: t.Mapping[str, t.Any] | None, variable: str) -> t.Iterator[tuple[str, t.Any]]:
        """Each host of the play with what it holds under this name, None where it holds nothing.

        The variables are read as they are, host by host: through templates, each would be copied and its text, which a
        host wrote, looked through for expressions.
        """
        variables = task_vars or {}
        hostvars = variables["hostvars"]
        for name in variables["ansible_play_hosts_all"]:
            yield name, hostvars.raw_get(name).get(variable)

    def write(self, directory: str, files: t.Mapping[str, t.Iterable[str]]) -> bool:
        """Whether the files differ from those of before, which they replace; in check mode these stay.

        :raises AnsibleActionFail: they cannot be written.
        """
        path = os.path.abspath(directory)
        try:
            return would_change(path, files) if self._task.check_mode else replace_all(path, files)
        except OSError as error:
            raise AnsibleActionFail("directory: the report cannot be written: {0}".format(error)) from error

    @staticmethod
    def on_a_terminal(text: str) -> bool:
        """Whether the report was shown in colours, which only a terminal has that wants them: NO_COLOR is respected.

        A log file gets it without colours.
        """
        if not ANSIBLE_COLOR:
            return False
        display = Display()
        display.display("\n" + coloured(text), screen_only=True)
        display.display(text, log_only=True)
        return True
