# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which kernel runs here."""

from __future__ import annotations

import os
import re

from .._kernel import identity
from .._model import errors


def running_kernel() -> identity.Kernel:
    """The running kernel, from uname(2) and, on Ubuntu, /proc/version_signature.

    :raises InvalidOption: a release without any version number.
    """
    uname = os.uname()
    try:
        return identity.identify(uname.release, uname.version, _version_signature())
    except ValueError:
        return _unusual(uname.release)


def _unusual(release: str) -> identity.Kernel:
    """A kernel whose builder named it as nobody else does: the numbers it begins with, if any, and all the doubt."""
    found = re.match(r"\d{1,3}\.\d{1,3}(?:\.\d{1,5})?", release, re.ASCII)
    if not found:
        raise errors.InvalidOption(
            "target", release, "its kernel's release does not begin with a version such as 6.1.176"
        )
    return identity.identify(found.group())._replace(release=release, rule_source="assumed")


def _version_signature() -> str:
    try:
        with open("/proc/version_signature", encoding="utf-8", errors="replace") as file:
            return file.read(512)
    except OSError:
        return ""
