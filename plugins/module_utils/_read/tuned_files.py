# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""TuneD's configuration: what its active profile sets on this host."""

from __future__ import annotations

import os
from typing import Dict, List, Optional, Tuple

from .._boot import tuned
from . import rooted

_ACTIVE = ("/etc/tuned/active_profile", "/etc/tuned/post_loaded_profile")
_MAIN = "/etc/tuned/tuned-main.conf"
# The newest layout first (tuned 2.23 moved profiles into folders of their own); of one layout, the operator's first
_PROFILES = ("/etc/tuned/profiles", "/etc/tuned", "/usr/lib/tuned/profiles", "/usr/lib/tuned")
_PID = "/run/tuned/tuned.pid"
_UNITS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_UNIT = "tuned.service"
_MOST_PROFILES = 64


def read_tuned(root: str = "/") -> Optional[tuned.Tuned]:
    """What TuneD applies; None where it has no active profile, or neither runs nor is started at boot."""
    names = [name for path in _ACTIVE for name in tuned.profile_names(_text(root, path))]
    if not names or _is_off(root):
        return None
    main = tuned.main_options(_text(root, _MAIN))
    folders = tuple(one.strip() for one in main.get("profile_dirs", "").split(",") if one.strip().startswith("/"))
    order: List[str] = []
    texts: Dict[str, str] = {}
    _load(root, names, folders[::-1] or _PROFILES, order, texts)
    return tuned.tuned(tuned.merged(order, texts), main, ",".join(names))


def _load(root: str, names: List[str], folders: Tuple[str, ...], order: List[str], texts: Dict[str, str]) -> None:
    """Append the profiles in the order in which TuneD merges them: what one includes comes before it."""
    for name in names:
        path = next((one for one in _paths(name, folders) if os.path.isfile(rooted.on_host(root, one))), None)
        if path is None or path in texts or len(texts) >= _MOST_PROFILES:
            continue
        texts[path] = _text(root, path)
        _load(root, tuned.included(texts[path]), folders, order, texts)
        order.append(path)


def _paths(name: str, folders: Tuple[str, ...]) -> List[str]:
    return ["%s/%s/tuned.conf" % (folder, name) for folder in folders]


def _is_off(root: str) -> bool:
    """Whether TuneD neither runs nor is started at boot, as far as systemd tells; False where nobody knows."""
    if os.path.lexists(rooted.on_host(root, _PID)) or not os.path.isdir(rooted.on_host(root, "/run/systemd/system")):
        return False
    return not any(_wanted(root, directory) for directory in _UNITS)


def _wanted(root: str, directory: str) -> bool:
    try:
        names = rooted.list_names(root, directory)
    except OSError:
        return True  # then nobody knows
    folders = [name for name in names if name.endswith((".wants", ".requires"))]
    return any(os.path.lexists(rooted.on_host(root, "%s/%s/%s" % (directory, name, _UNIT))) for name in folders)


def _text(root: str, path: str) -> str:
    return (rooted.read_file(root, path).content or b"").decode("utf-8", "replace")
