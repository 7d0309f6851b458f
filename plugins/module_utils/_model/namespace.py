# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A network namespace that was asked for, and that it cannot be read."""

from __future__ import annotations

from typing import NamedTuple

from . import namespace_commands


class Namespace(NamedTuple):
    """A network namespace, under the name it was found by (fit to be shown)."""

    name: str
    path: str
    inode: int  # 0 for OWN

    @property
    def label(self) -> str:
        """What to put before a warning about it; empty for our own."""
        return "" if self == OWN else "network namespace " + self.name


#: The namespace of the calling thread.
OWN = Namespace(namespace_commands.OWN, "/proc/thread-self/ns/net", 0)

#: Where the listener of a private namespace listens, in which the kernel's rule is measured: above every default range,
#: so that its line in a kernel log is known again.
PRIVATE_PORT = 65535


class Unreachable(Exception):
    """A namespace that is meant cannot be read; the text says which and why, fit for a warning."""
