# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Handing a ruleset to nft, which makes one transaction of it: all of it is in force then, or nothing.

A process is right here: what the kernel takes of sets of intervals is nft's own business from release to release.
"""

from __future__ import annotations

from typing import Optional

from .._model import text as model_text
from .._read import firewall_commands


class NotApplied(Exception):
    """nft refuses; the text says why."""


def apply(command: str, script: str) -> None:
    """Have the text in force.

    :raises NotApplied: nft or the kernel refuses it, and nothing was changed.
    """
    why = _refused(command, script, "-f", "-")
    if why is not None:
        raise NotApplied(why)


def refusal(command: str, script: str) -> Optional[str]:
    """Why the kernel would not take it; None where it would. Nothing is changed."""
    return _refused(command, script, "-c", "-f", "-")


def _refused(command: str, script: str, *arguments: str) -> Optional[str]:
    try:
        done = firewall_commands.run(command, *arguments, stdin=script)
    except firewall_commands.NoAnswer as error:
        return str(error)
    if done.status == 0:
        return None
    return "nft refuses: {0}".format(model_text.printable(done.first_error)[:200])
