# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How a shell runs a command inside the network namespace that a report names."""

from __future__ import annotations

import shlex
from typing import Optional

#: What reports call the namespace that is audited from
OWN = "host"

#: What stands before the id of a process whose namespace is meant
PID = "pid:"


def prefix(namespace: Optional[str]) -> str:
    """What to put before a command so that it runs there, with a space at its end; empty for our own.

    Names as reports have them: ``pid:1234``, an absolute path, or one of ip-netns(8). None is our own, too.
    The first two need nsenter(1) of util-linux 2.23 or later, the last ip(8).
    """
    if namespace is None or namespace == OWN:
        return ""
    if namespace.startswith(PID):
        return "nsenter --net --target %s " % shlex.quote(namespace[len(PID):])
    if namespace.startswith("/"):
        return "nsenter --net=%s " % shlex.quote(namespace)
    return "ip netns exec %s " % shlex.quote(namespace)
