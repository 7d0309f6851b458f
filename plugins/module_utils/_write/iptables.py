# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Handing rules to iptables-restore, which makes one transaction of them and touches no other rule."""

from __future__ import annotations

from .._model import text as model_text
from .._read import firewall_commands


class NotApplied(Exception):
    """iptables refuses; the text says why."""


def apply(command: str, script: str) -> None:
    """Have the text in force; ``command`` is the path of iptables or ip6tables, beside which its restore is.

    :raises NotApplied: it is refused, and nothing was changed.
    """
    try:
        done = firewall_commands.run(command + "-restore", "-w", "10", "--noflush", stdin=script)
    except firewall_commands.NoAnswer as error:
        raise NotApplied(str(error)) from error
    if done.status != 0:
        raise NotApplied("{0}-restore refuses: {1}".format(command, model_text.printable(done.first_error)[:200]))
