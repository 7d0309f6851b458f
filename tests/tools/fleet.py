# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the fleet lab (tests/fleet) on the newest ansible-core: fleet.py N. It leaves the reports in .build/fleet."""

from __future__ import annotations

import os
import sys

import debian
from machine import Machine
from venvs import BUILD, ROOT, SetupError


def main(count: str) -> None:
    machine = Machine()
    debian.setup("debian")
    python = os.path.join(machine.core_venv(machine.core, machine.python)(), "bin", "python")
    os.execv(python, [python, os.path.join(ROOT, "tests", "fleet", "fleet.py"), count, os.path.join(BUILD, "fleet")])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except SetupError as problem:
        sys.exit("setup failed: %s" % problem)
