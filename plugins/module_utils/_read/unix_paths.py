# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""What has become of the file that a UNIX socket was bound to: there, replaced by another, or deleted."""

from __future__ import annotations

import os
from typing import Iterable, Optional

from .._model import unix_listener


def state_of(sock: unix_listener.UnixListener, pids: Iterable[int]) -> Optional[str]:
    """As one of its processes sees it; None where that cannot be told, as for abstract and relative names."""
    if sock.abstract or sock.raw[:1] != b"/" or sock.file is None:
        return None
    for pid in pids:
        found = _state(sock, b"/proc/%d/root" % pid + sock.raw.split(b"\0", 1)[0])
        if found is not None:
            return found
    return None


def _state(sock: unix_listener.UnixListener, path: bytes) -> Optional[str]:
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return unix_listener.DELETED if os.path.isdir(path[: path.index(b"/root") + len(b"/root")] + b"/") else None
    except (OSError, ValueError):
        return None
    device, inode = sock.file or (0, 0)
    if status.st_ino == inode:
        return unix_listener.THERE
    # A layered file system may show another device and number than its socket has
    same = device == (os.major(status.st_dev) << 20 | os.minor(status.st_dev))
    return unix_listener.REPLACED if same else None
