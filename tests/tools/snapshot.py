# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy of the work tree, committed or not, where ansible-test finds a collection."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import List

from places import BUILD, ROOT

LINK = os.path.join(".collections", "ansible_collections", "linuxnet", "tcp")
LEFT_OUT = (".build", ".git", "audit", os.path.join("tests", "output"))


def files() -> List[str]:
    """Paths below the root that git tracks or would; every file where there is no git."""
    listing = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if listing.returncode == 0:
        paths = listing.stdout.split("\0")
    else:
        walk = os.walk(ROOT)
        paths = [os.path.relpath(os.path.join(folder, name), ROOT) for folder, _below, names in walk for name in names]
        paths.append(LINK)
    return sorted({path for path in paths if path and not path.startswith(tuple(part + os.sep for part in LEFT_OUT))})


def take(name: str) -> str:
    """Copy the work tree to .build/NAME/ansible_collections/linuxnet/tcp and give that path."""
    goal = os.path.join(BUILD, name, "ansible_collections", "linuxnet", "tcp")
    shutil.rmtree(goal, ignore_errors=True)
    for path in files():
        source = os.path.join(ROOT, path)
        if os.path.lexists(source):  # what git still lists may be deleted
            os.makedirs(os.path.dirname(os.path.join(goal, path)), exist_ok=True)
            shutil.copy2(source, os.path.join(goal, path), follow_symlinks=False)
    # A repository of its own: ansible-test would else ask the one around it, which ignores .build
    subprocess.run(["git", "init", "--quiet", goal], stderr=subprocess.DEVNULL, check=False)
    return goal
