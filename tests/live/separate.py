# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calling process in mount and network namespaces of its own: a host that may be changed, and that ends with it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess

_CLONE_NEWNS, _CLONE_NEWNET = 0x00020000, 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def separate() -> None:
    """Leave the host's network, and cover /etc, /run and the directories of sysctl files. Needs root."""
    if _libc.unshare(_CLONE_NEWNS | _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    mount("--make-rprivate", "/")
    mount("-t", "tmpfs", "upper", "/mnt")
    for name in ("upper", "work"):
        os.mkdir("/mnt/" + name)
    mount("-t", "overlay", "overlay", "-o", "lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work", "/etc")
    mount("-t", "tmpfs", "run", "/run")
    os.makedirs("/run/systemd/system")  # systemd is the init: sd_booted(3)
    for directory in ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"):
        if not os.path.isdir(directory):
            if directory.startswith("/usr"):
                continue  # nor is one read that is not there
            os.mkdir(directory)
        mount("-t", "tmpfs", "-o", "mode=755", "sysctl.d", directory)
    with contextlib.suppress(FileNotFoundError):
        os.unlink("/etc/sysctl.conf")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
