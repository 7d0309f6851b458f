# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What iptables lists of our chain, and of what leads to it."""

from __future__ import annotations

from typing import Optional

from .._model import text as model_text
from . import firewall_commands

_WAIT = ("-w", "10")  # seconds, for others that change rules


def rules(command: str, chain: str) -> Optional[str]:
    """The rules of a chain as ``-S`` prints them; None where there is no such chain.

    :raises NoAnswer: iptables does not run here.
    """
    return _listed(command, "-S", chain)


def counted(command: str, chain: str) -> Optional[str]:
    """The same with counters, as ``-nvxL`` prints them."""
    return _listed(command, "-nvxL", chain)


def _listed(command: str, *arguments: str) -> Optional[str]:
    done = firewall_commands.run(command, *_WAIT, *arguments)
    if done.status == 0:
        return done.output
    if done.status == 1:
        return None
    raise firewall_commands.NoAnswer(
        "{0} does not run here: {1}".format(command, model_text.printable(done.first_error)[:200])
    )
