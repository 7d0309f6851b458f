# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A new network namespace, which a thread makes for itself: its values are what the kernel starts with."""

from __future__ import annotations

import os
import threading
from typing import Dict, Tuple

from .._kernel import level as kernel_level
from .._kernel import sysctls
from . import sysctls as read_sysctls

_CLONE_NEWNET = 0x40000000


class CannotMake(Exception):
    """This Python cannot make a network namespace; the text says why."""


def kernel_defaults() -> Dict[str, int]:
    """The values that a new network namespace starts with, by short name; empty where none can be made.

    No packet is sent, and the kernel's log stays as it is.
    """
    defaults: Dict[str, int] = {}

    def look() -> None:
        try:
            defaults.update(enter_new()[0])
        except (OSError, CannotMake):
            pass

    thread = threading.Thread(target=look, name="defaults")
    try:
        thread.start()
    except RuntimeError:  # no thread to be had: RLIMIT_NPROC or the cgroup's pids.max
        return {}
    thread.join()
    return defaults


def enter_new() -> Tuple[Dict[str, int], kernel_level.Level]:
    """Move the calling thread into a new namespace, for good; the values that it starts with, and the kernel's level.

    :raises OSError: without CAP_SYS_ADMIN, or on a kernel without network namespaces.
    :raises CannotMake: this Python has no way to call unshare(2).
    """
    own_hash = _namespaces_have_own_hash()
    _unshare()
    level = kernel_level.parse_level(os.uname().release)
    values, _warnings = read_sysctls.read_sysctls()
    defaults = {
        name: value for name, value in values.items() if value is not None and sysctls.shown_in_namespace(name, level)
    }
    if own_hash:  # tcp_max_syn_backlog then follows that small hash, not the host's
        defaults.pop("tcp_max_syn_backlog", None)
    return defaults, level


def _unshare() -> None:
    if hasattr(os, "unshare"):  # Python 3.12
        os.unshare(_CLONE_NEWNET)
        return
    try:
        import ctypes  # some small Python builds come without it

        libc = ctypes.CDLL(None, use_errno=True)
        unshare = libc.unshare
    except (ImportError, OSError, AttributeError) as error:
        raise CannotMake("this Python cannot call unshare(2)") from error
    if unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def _namespaces_have_own_hash() -> bool:
    """Whether new namespaces get a connection hash of their own size (Linux 6.1+, off by default)."""
    try:
        with open("/proc/sys/net/ipv4/tcp_child_ehash_entries", encoding="ascii") as file:
            return int(file.read(64)) != 0
    except (OSError, ValueError):
        return False
