# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one Molecule scenario in full, with all that it leaves in .build/molecule; nothing of it runs on, however it ends.

molecule.py SCENARIO
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from typing import IO

from places import BUILD, ROOT


def run(*command: str) -> int:
    return subprocess.run([os.path.join(sys.prefix, "bin", "molecule"), *command], cwd=ROOT, check=False).returncode


def only_run(scenario: str) -> IO[str]:
    """Wait until no other run of this checkout uses the scenario's hosts; the lock lasts as long as the open file."""
    os.makedirs(os.path.join(BUILD, "molecule"), exist_ok=True)
    lock = open(os.path.join(BUILD, "molecule", scenario + ".lock"), "w", encoding="ascii")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def main(scenario: str) -> int:
    os.environ["MOLECULE_EPHEMERAL_DIRECTORY"] = os.path.join(BUILD, "molecule", scenario)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    lock = only_run(scenario)
    try:
        return run("test", "--scenario-name", scenario)
    except KeyboardInterrupt:  # Molecule itself destroys where a step fails, and not where it is interrupted
        run("destroy", "--scenario-name", scenario)
        return 130
    finally:
        lock.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
