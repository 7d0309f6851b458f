# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which kernel runs here."""

from __future__ import annotations

import os

from .._kernel.identity import Kernel, identify


def running_kernel() -> Kernel:
    """The running kernel, from uname(2) and, on Ubuntu, /proc/version_signature."""
    uname = os.uname()
    return identify(uname.release, uname.version, _version_signature())


def _version_signature() -> str:
    try:
        with open("/proc/version_signature", encoding="utf-8", errors="replace") as file:
            return file.read(512)
    except OSError:
        return ""
