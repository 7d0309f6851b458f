# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The one system that has what is read here."""

from __future__ import annotations

from .._model import errors


def require_linux(system: str) -> None:
    """Refuse to run where there is no Linux kernel to read.

    :raises InvalidOption: names the system that was found.
    """
    if system != "Linux":
        raise errors.InvalidOption(
            "target", system, "only Linux (2.6.32 and later) has the listen queues that are read here"
        )
