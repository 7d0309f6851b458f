# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Pythons this machine has, and which ansible-core runs on which of them."""

from __future__ import annotations

import glob
import json
import os
import subprocess
from typing import Dict, List, NamedTuple, Optional, Tuple

Minor = Tuple[int, int]


class Core(NamedTuple):
    """One release line of ansible-core, with what its documentation says it supports."""

    name: str
    controller: Tuple[Minor, Minor]  # first and last Python of the controller
    target: Tuple[Minor, Minor]  # first and last Python of a target


CORES = (
    Core("2.17", ((3, 10), (3, 12)), ((3, 7), (3, 12))),
    Core("2.18", ((3, 11), (3, 13)), ((3, 8), (3, 13))),
    Core("2.19", ((3, 11), (3, 13)), ((3, 8), (3, 13))),
    Core("2.20", ((3, 12), (3, 14)), ((3, 9), (3, 14))),
    Core("2.21", ((3, 12), (3, 14)), ((3, 9), (3, 14))),
)
KNOWN = tuple((3, minor) for minor in range(7, 15))

REMEMBERED = "LINUXNET_TCP_PYTHONS"  # the variable that tells processes started from here what was found
PROBE = "import ensurepip, ssl, sys, venv; print(sys.version_info[0], sys.version_info[1], sys.executable)"


def text(minor: Minor) -> str:
    return "%d.%d" % minor


def candidates(minor: Minor) -> List[str]:
    """Paths where this Python may be: on PATH, and every pyenv version, newest first."""
    name = "python" + text(minor)
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    shims = os.path.join(pyenv, "shims")  # each a slow script that starts one of the versions below
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder and folder != shims]
    in_pyenv = sorted(glob.glob(os.path.join(pyenv, "versions", text(minor) + ".*", "bin", name)), reverse=True)
    return [path for path in [os.path.join(folder, name) for folder in folders] + in_pyenv if os.access(path, os.X_OK)]


def find(minor: Minor) -> Optional[str]:
    """Path of a Python of this version that can make virtual environments; None where there is none."""
    for path in candidates(minor):
        probe = subprocess.run(
            [path, "-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
        )
        words = probe.stdout.split(maxsplit=2)
        if probe.returncode == 0 and words[:2] == [str(minor[0]), str(minor[1])]:
            return words[2].strip()
    return None


def find_newest(oldest: Minor) -> Optional[str]:
    """The newest Python found that is not older than this."""
    return next((path for minor in reversed(KNOWN) if minor >= oldest for path in [find(minor)] if path), None)


def find_all() -> Dict[Minor, str]:
    """Every Python found, oldest first; asked once, also for the processes that are started from here."""
    if REMEMBERED not in os.environ:
        found = {text(minor): path for minor in KNOWN for path in [find(minor)] if path}
        os.environ[REMEMBERED] = json.dumps(found)
    remembered = json.loads(os.environ[REMEMBERED])
    return {minor: remembered[text(minor)] for minor in KNOWN if text(minor) in remembered}


def controllers(core: Core, found: Dict[Minor, str]) -> List[Minor]:
    """The Pythons found that this ansible-core runs on, oldest first."""
    first, last = core.controller
    return [minor for minor in found if first <= minor <= last]


def newest_core(found: Dict[Minor, str]) -> Optional[Tuple[Core, Minor]]:
    """The newest ansible-core that a Python found can run, and the newest such Python."""
    for core in reversed(CORES):
        usable = controllers(core, found)
        if usable:
            return core, usable[-1]
    return None
