# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs every tests/bench/bench_*.py on the newest ansible-core and Python, with their output shown."""

from __future__ import annotations

import glob
import os
import subprocess
import sys

import debian
from machine import Machine
from runner import environment
from venvs import ROOT, SetupError


def main() -> int:
    machine = Machine()
    venv = machine.core_venv(machine.core, machine.python)()
    debian.setup()
    failed = []
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "bench", "bench_*.py"))):
        name = os.path.relpath(path, ROOT)
        print("\n== %s" % name, flush=True)
        command = [os.path.join(venv, "bin", "python"), path]
        if subprocess.run(command, cwd=ROOT, env=environment(venv), check=False).returncode != 0:
            failed.append(name)
    print("\nmake bench: %s" % ("FAILED: " + ", ".join(failed) if failed else "all done"))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SetupError as problem:
        sys.exit("setup failed: %s" % problem)
