# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets up for those who change the collection: the linters, nox and pre-commit in .build/venv, and the hook in this checkout."""

from __future__ import annotations

import os
import subprocess
import sys

from machine import Machine
from venvs import ROOT, SetupError


def main() -> None:
    machine = Machine()
    machine.lint_venv()
    programs = os.path.join(machine.dev_venv(), "bin")
    subprocess.run([os.path.join(programs, "pre-commit"), "install"], cwd=ROOT, check=True)
    print("nox is %s; `nox -l` lists what it can run" % os.path.relpath(os.path.join(programs, "nox"), ROOT))


if __name__ == "__main__":
    try:
        main()
    except (SetupError, subprocess.CalledProcessError) as problem:
        sys.exit("setup failed: %s" % problem)
