# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running the collection as users do: the real `ansible` commands of the environment that runs the tests."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.linuxnet.tcp.tests.live import prestarted

ROOT = Path(__file__).resolve().parents[2]


def environment(**changed: str) -> dict[str, str]:
    """What a user's shell has, with output that a test can read."""
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        **changed,
    }


def command(name: str) -> str:
    """A program of the environment that runs the tests."""
    return str(Path(sys.executable).with_name(name))


#: Before a command that is to see a host with a sysctl loader, also where this machine is a container without one
BOOTS = """
if ! [ -d /run/systemd/system ]; then
    mkdir -p /run/systemd
    mount -t tmpfs none /run/systemd
    mkdir /run/systemd/system
fi
"""


def run_module(module: str, arguments: dict[str, Any] | None = None, namespace: Any = None, **options: Any) -> dict[str, Any]:
    """The result of one ad-hoc module call against localhost, inside a namespace of the lab where one is given."""
    given = ["-a", json.dumps(arguments)] if arguments else []
    argv = [command("ansible"), "localhost", "-m", module, *given, *options.get("extra", ())]
    prepare = BOOTS if options.get("boots") else ""
    keywords = {"cwd": options.get("cwd", ROOT), "env": environment(**options.get("env", {}))}
    with namespace.enter() if namespace else contextlib.nullcontext():
        done = prestarted.run(argv, prepare, timeout=120, **keywords)
    head, arrow, body = done.stdout.partition("=>")
    if not arrow:
        raise AssertionError("no result: %s\n%s\n%s" % (argv, done.stdout, done.stderr))
    result = json.loads(body)
    result["failed"] = result.get("failed", False) or "FAILED" in head
    result["stderr_of_ansible"] = done.stderr
    return result


def run_playbook(
    path: str | Path, *extra: str, namespace: Any = None, boots: bool = False, **env: str
) -> subprocess.CompletedProcess:
    """A playbook against localhost."""
    argv = [command("ansible-playbook"), "-i", "localhost,", "-c", "local", *extra, str(path)]
    with namespace.enter() if namespace else contextlib.nullcontext():
        return prestarted.run(argv, BOOTS if boots else "", cwd=ROOT, env=environment(**env), timeout=300)


def run_on_a_terminal(
    path: str | Path, *extra: str, namespace: Any = None, plain: bool = False, **env: str
) -> subprocess.CompletedProcess:
    """A playbook against localhost as on a terminal that shows colours; plain asks for none with NO_COLOR."""
    words = [command("ansible-playbook"), "-i", "localhost,", "-c", "local", *extra, str(path)]
    surroundings = environment(**({"NO_COLOR": "1"} if plain else {}), TERM="xterm", **env)
    for name in {"ANSIBLE_NOCOLOR", *(() if plain else ("NO_COLOR",))}:  # whoever runs the tests may want none
        surroundings.pop(name, None)
    argv = ["script", "-qec", shlex.join(words), "/dev/null"]
    with namespace.enter() if namespace else contextlib.nullcontext():
        return subprocess.run(
            argv, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False, timeout=120
        )
