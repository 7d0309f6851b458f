# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the exporter on the controller, and has ansible.builtin.copy bring it to the target."""

from __future__ import annotations

import os
import tempfile
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._exporter import build as _exporter_build

_SPEC: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path", "required": True},
    "interpreter": {"type": "str", "default": "/usr/bin/python3"},
}


class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(_SPEC)
        if "\n" in options["interpreter"]:
            raise AnsibleActionFail("interpreter: {0!r} is no command".format(options["interpreter"]))
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "exporter.pyz")
            with open(source, "wb") as file:
                file.write(_exporter_build.built(options["interpreter"]))
            task = self._task.copy()
            task.args = {"src": source, "dest": options["path"], "mode": "0755", "owner": "root", "group": "root"}
            copy = self._shared_loader_obj.action_loader.get(
                "ansible.builtin.copy",
                task=task,
                connection=self._connection,
                play_context=self._play_context,
                loader=self._loader,
                templar=self._templar,
                shared_loader_obj=self._shared_loader_obj,
            )
            copied = copy.run(task_vars=task_vars)
        for private in ("src", "invocation", "diff"):
            copied.pop(private, None)
        if copied.get("changed"):
            now = "the exporter as the collection builds it now\n"
            copied["diff"] = {"before_header": options["path"], "after_header": options["path"], "before": "", "after": now}
        return dict(result, **copied)
