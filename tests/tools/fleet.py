# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the fleet lab (tests/fleet) on the newest ansible-core.

fleet.py N            leaves the reports of N hosts in .build/fleet
fleet.py screenshots  makes the pictures of the README of what it left
fleet.py many         makes 10,000 hosts of what it left, and tells what their report costs
"""

from __future__ import annotations

import os
import sys

import debian
from machine import Machine
from venvs import BUILD, ROOT, SetupError


def main(asked: str) -> None:
    machine = Machine()
    debian.setup("debian")
    python = os.path.join(machine.core_venv(machine.core, machine.python)(), "bin", "python")
    place, fleet = os.path.join(BUILD, "fleet"), os.path.join(ROOT, "tests", "fleet")
    if asked == "screenshots":
        command = [os.path.join(fleet, "screenshots.py"), os.path.join(place, "before")]
    elif asked == "many":
        command = [os.path.join(fleet, "many.py"), os.path.join(place, "before", "report.json")]
    else:
        command = [os.path.join(fleet, "fleet.py"), asked, place]
    os.execv(python, [python, *command])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except SetupError as problem:
        sys.exit("setup failed: %s" % problem)
