# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts a session of noxfile.py, with a nox of its own in .build/start: start.py SESSION [ARGUMENT…]

It needs no more than a Python, of which the newest found runs nox.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import List

import debian
import pins
from places import BUILD, ROOT, SetupError
from pythons import find_newest, text

PLACE = os.path.join(BUILD, "start")
OLDEST = (3, 10)  # that nox runs on


def newest_python() -> str:
    """The newest Python found; on Debian one is installed, or its venv, where there is none fit."""
    python = find_newest(OLDEST)
    if python is None:
        debian.install([debian.Package("python3-venv", "python3", "-")], apart=False)
        python = find_newest(OLDEST)
    if python is None:
        raise SetupError("no Python from %s on was found" % text(OLDEST))
    return python


def nox() -> str:
    """The Python of an environment that has nox, made where it is not as pinned."""
    own = os.path.join(PLACE, "bin", "python")
    python = newest_python()
    if not pins.held(PLACE, "nox", python):
        print("setup    .build/start: nox", flush=True)
        log = os.path.join(BUILD, "log", "start.log")
        os.makedirs(os.path.dirname(log), exist_ok=True)
        with open(log, "w", encoding="utf-8") as output:
            for command in (
                [python, "-m", "venv", "--clear", PLACE],
                [own, "-m", "pip", "install", *pins.INSTALL, pins.locked("nox")],
            ):
                if subprocess.run(command, stdout=output, stderr=output, check=False).returncode != 0:
                    raise SetupError("making .build/start failed; see " + os.path.relpath(log, ROOT))
        pins.mark(PLACE, "nox", python)
    return own


def main(session: str, arguments: List[str]) -> None:
    python = nox()
    os.chdir(ROOT)
    os.execv(python, [python, "-m", "nox", "--session", session, *(["--", *arguments] if arguments else [])])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: start.py SESSION [ARGUMENT…]")
    try:
        main(sys.argv[1], sys.argv[2:])
    except SetupError as problem:
        sys.exit("setup failed: %s" % problem)
