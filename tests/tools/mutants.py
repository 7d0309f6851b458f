# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes ready what `make mutants` needs, and starts tests/mutants/sample.py with it: mutants.py [--number N] [--seed SEED]"""

from __future__ import annotations

import os
import sys

from machine import Machine
from venvs import ROOT, SetupError, ready, requirements


def main() -> None:
    python = Machine().found
    venv = ready("mutants", python[max(python)], requirements("mutants") + requirements("unit"))
    program = os.path.join(venv, "bin", "python")
    os.execv(program, [program, os.path.join(ROOT, "tests", "mutants", "sample.py"), *sys.argv[1:]])


if __name__ == "__main__":
    try:
        main()
    except SetupError as problem:
        sys.exit("setup failed: %s" % problem)
