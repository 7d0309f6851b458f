# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-rulebook as a process, inside a namespace where a test wants it there."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).with_name("ansible-rulebook")
READY = "Waiting for actions on events"
_LONGEST_START = 60  # seconds: a Java machine, on a busy one


def require() -> None:
    """Skip where it cannot run."""
    if not PROGRAM.exists():
        pytest.skip("needs ansible-rulebook beside the Python that runs the tests")
    if shutil.which("java") is None:
        pytest.skip("needs Java 17 (Debian package openjdk-17-jre-headless)")


class Rulebook:
    """A running ansible-rulebook."""

    def __init__(self, process: subprocess.Popen, output: Path) -> None:
        self.process = process
        self._output = output

    def output(self) -> str:
        return self._output.read_text("utf-8", "replace")

    def runs(self, play: str) -> int:
        """How many playbooks with this play were started."""
        return self.output().count("PLAY [%s]" % play)

    def done(self, play: str) -> int:
        """How many of them came to their end without a failure."""
        plays = re.findall(r"PLAY \[%s\].*?PLAY RECAP[^\n]*\n[^\n]*failed=(\d+)" % re.escape(play), self.output(), re.DOTALL)
        return plays.count("0")

    def has_open(self, path: str) -> bool:
        folder = "/proc/%d/fd" % self.process.pid
        return any(os.path.exists(folder + "/" + name) and os.readlink(folder + "/" + name) == path for name in os.listdir(folder))


@contextlib.contextmanager
def running(
    folder: Path, rulebook: str, inventory: str, variables: dict[str, Any], namespace: lab.Netns | None = None
) -> Iterator[Rulebook]:
    """Entered once the rules are loaded. Whatever happens, what it says is shown where the test fails."""
    (folder / "inventory.ini").write_text(inventory, "utf-8")
    (folder / "vars.yml").write_text(json.dumps(variables), "utf-8")
    argv = [str(PROGRAM), "--rulebook", rulebook, "--inventory", "inventory.ini", "--vars", "vars.yml", "--verbose"]
    environment = dict(
        os.environ,
        PATH=str(PROGRAM.parent) + os.pathsep + os.environ["PATH"],
        ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".collections"),
        ANSIBLE_LOCALHOST_WARNING="false",
        ANSIBLE_NOCOLOR="1",
        PYTHONUNBUFFERED="1",
    )
    environment.pop("PYTHONPATH", None)  # ansible-rulebook finds a collection by itself, or users have a problem
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # without it Ansible is compiled anew in every run
    output = folder / "output.txt"
    with namespace.enter() if namespace else contextlib.nullcontext():
        with output.open("wb") as stream:
            process = subprocess.Popen(
                argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
            )
    it = Rulebook(process, output)
    try:
        assert lab.wait_for(lambda: READY in it.output() or process.poll() is not None, _LONGEST_START, pause=0.05)
        yield it
        assert process.poll() is None, "ansible-rulebook ended by itself"
    except BaseException:
        sys.stderr.write(it.output()[-20000:])
        raise
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(process.pid, number)  # the session that was made for it, playbooks included
                process.wait(10)
