# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.


"""What follows for a UNIX socket: one queue, which net.core.somaxconn clamps, and nothing else decides."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional

from .._kernel import level as kernel_level
from .._kernel import limits as kernel_limits
from .._kernel import rules
from . import binding, unix_listener

_SPARE = 1.25  # over what the load needs at least


def answer(
    level: kernel_level.Level,
    asked: Optional[int],
    somaxconn: int,
    connection_rate: Optional[float],
    accept_stall: float,
) -> Dict[str, Any]:
    """``limits``, ``recommended`` (None without a load) and ``explanation``, as syn_backlog_limits returns them.

    :param asked: what the application passes to listen(2); None for as much as it can get
    :param connection_rate: new connections per second
    :param accept_stall: seconds that the application may pause
    """
    backlog = kernel_limits.latch(-1 if asked is None else asked, somaxconn)
    bound_by = unix_listener.bound_by(backlog, somaxconn, asked if asked is None or asked >= 0 else None)
    recommended = None if connection_rate is None else _recommended(level, somaxconn, connection_rate * accept_stall)
    return {
        "limits": {
            "backlog": backlog,
            "accept_queue": unix_listener.limit(backlog),
            "syn_queue": None,
            "new_peer_limit": None,
            "on_full": None,
            "bound_by": bound_by,
            "half_open_lifetime": None,
            "spoofed_syn_rate_to_fill": None,
            "memory_bytes": None,
        },
        "recommended": recommended,
        "explanation": " ".join(_explain(asked, backlog, somaxconn, bound_by, recommended)),
    }


def _recommended(level: kernel_level.Level, somaxconn: int, waiting: float) -> Dict[str, int]:
    most = (1 << 31) - 1 if rules.backlog_bits(level) == 32 else 0xFFFF
    backlog = min(max(128, 1 << max(0, math.ceil(waiting * _SPARE) - 1).bit_length()), most)
    return {"listen_backlog": backlog, "somaxconn": max(backlog, somaxconn)}


def _explain(
    asked: Optional[int],
    backlog: int,
    somaxconn: int,
    bound_by: Optional[str],
    recommended: Optional[Dict[str, int]],
) -> List[str]:
    if asked is None or asked < 0:
        sentences = ["An application that asks for the most latches net.core.somaxconn, {0}.".format(backlog)]
    elif asked == backlog:
        sentences = ["listen({0}) latches a backlog of {0}.".format(asked)]
    else:
        sentences = ["listen({0}) is clamped by net.core.somaxconn and latches {1}.".format(asked, backlog)]
    sentences.append(
        "{0} connections may wait for accept(). The next connect() fails with error 11 (EAGAIN) where it does not "
        "block, and nothing counts that.".format(backlog + 1)
    )
    sentences.append(
        "The application's own backlog binds: raise it where the application sets it, no sysctl helps."
        if bound_by == binding.APPLICATION
        else "net.core.somaxconn={0} binds: raise it, then let the application call listen() again (a restart).".format(
            somaxconn
        )
    )
    if recommended:
        sentences.append(
            "For this load let the application call listen({listen_backlog}), with somaxconn {somaxconn}.".format(
                **recommended
            )
        )
    return sentences
