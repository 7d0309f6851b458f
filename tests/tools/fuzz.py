# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes ready what `make fuzz` needs, and starts tests/fuzz/fuzz.py with it: fuzz.py [--seconds N] [--seed SEED] [--only NAME]"""

from __future__ import annotations

import os
import sys

from machine import Machine
from venvs import ROOT, SetupError


def main() -> None:
    machine = Machine()
    program = os.path.join(machine.core_venv(machine.core, machine.python)(), "bin", "python")
    os.environ["PYTHONPATH"] = os.path.join(ROOT, ".collections")
    os.execv(program, [program, "-m", "ansible_collections.linuxnet.tcp.tests.fuzz.fuzz", *sys.argv[1:]])


if __name__ == "__main__":
    try:
        main()
    except SetupError as problem:
        sys.exit("setup failed: %s" % problem)
