# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""Other names of systemd services: links in the unit directories (systemd.unit(5), aliases)."""

from __future__ import annotations

import os
from typing import Collection, Dict

_DIRECTORIES = ("/lib/systemd/system", "/usr/lib/systemd/system", "/run/systemd/system", "/etc/systemd/system")
_MOST = 10000  # names in a directory


def aliases_of(units: Collection[str], root: str = "") -> Dict[str, str]:
    """The unit behind each other name of these units; none where there is no systemd."""
    found: Dict[str, str] = {}
    for directory in _DIRECTORIES:
        try:
            entries = os.scandir(root + directory)
        except OSError:
            continue
        with entries:
            for _count, entry in zip(range(_MOST), entries):
                if not entry.name.endswith((".service", ".socket")) or not entry.is_symlink():
                    continue
                try:
                    goal = os.path.basename(os.readlink(entry.path))
                except OSError:
                    continue
                if goal in units and goal != entry.name:
                    found[entry.name] = goal
    return found
