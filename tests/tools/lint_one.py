# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one linter out of the venv of `make lint`, which it makes where it is not there: lint_one.py PROGRAM [ARGUMENT…]"""

from __future__ import annotations

import os
import sys

from machine import Machine
from runner import environment
from venvs import SetupError

if __name__ == "__main__":
    try:
        venv = Machine().lint_venv()
    except SetupError as problem:
        sys.exit("setup failed: %s" % problem)
    os.execve(os.path.join(venv, "bin", sys.argv[1]), sys.argv[1:], environment(venv))
