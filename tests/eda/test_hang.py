# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that hangs, as one does under a flood, is given up: what waits for it takes one of the few places that a rulebook has."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.linuxnet.tcp.tests.eda.rulebooks import ROOT

PROGRAM = Path(sys.executable).with_name("ansible-playbook")
HANGING = "#!/bin/sh\necho $$ >> '%s'\nexec sleep 300\n"
PATIENCE = 45  # seconds, on a busy machine; a host that nobody gives up takes 300


@pytest.mark.parametrize("playbook", ["mitigate", "restore"])
def test_a_host_that_hangs_is_given_up(tmp_path, playbook):
    python, pids = tmp_path / "python", tmp_path / "pids"
    python.write_text(HANGING % pids, "ascii")
    python.chmod(0o755)
    values = {"ansible_connection": "local", "ansible_python_interpreter": python, playbook + "_become": "false", playbook + "_timeout": 1}
    values["syn_backlog_%s_window" % playbook] = 1.5
    (tmp_path / "inventory.ini").write_text("web1 " + " ".join("%s=%s" % one for one in values.items()) + "\n", "ascii")
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".collections"), ANSIBLE_NOCOLOR="1")
    argv = [str(PROGRAM), "-i", "inventory.ini", "linuxnet.tcp." + playbook]
    began = time.monotonic()
    with subprocess.Popen(
        argv, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        try:
            output = process.communicate(timeout=PATIENCE)[0].decode()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            for pid in pids.read_text("ascii").split():  # Ansible leaves it to itself
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
    assert process.returncode == 2, output
    assert "failed=1" in output and "Timed out after 2 second(s)" in output, output
    assert time.monotonic() - began < PATIENCE
