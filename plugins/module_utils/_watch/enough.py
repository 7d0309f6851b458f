# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The backlog that would have been enough for what a watch saw, with the reasoning in one sentence."""

from __future__ import annotations

import math
from typing import NamedTuple, Optional

from .._model import text
from . import samples

_SMALLEST = 128
_WIDEST = (1 << 31) - 1
_HUNG = 1.0  # seconds of a full queue that nothing was taken from
_SPARE = 1.25  # over what was seen: a look every 10 ms misses the very peak


class Enough(NamedTuple):
    """A recommendation; no backlog where none helps."""

    backlog: Optional[int]
    reason: str


def enough(
    accept: samples.Samples,
    backlog: Optional[int],
    rate: Optional[float],
    gap: float,
    taken: Optional[int] = None,
    overflowed: int = 0,
) -> Enough:
    """The listen backlog with which the same load loses nothing at the accept queue.

    ``accept``: the accept queue as it was seen. ``rate``: new connections per second, None where not known.
    ``gap``: the longest time between two looks, in seconds. ``taken``: connections that the application accepted,
    None where not known. ``overflowed``: attempts that found the accept queue full, also between two looks.
    """
    peak, limit = accept.peak, accept.limit
    if peak is None or limit is None or backlog is None:
        return Enough(None, "The accept queue could not be seen, so that nothing can be said about the backlog.")
    if not accepts(accept, taken):
        return Enough(
            None,
            "No backlog is enough: {0} waited and the application accepted none of them. Find out why it does not "
            "accept.".format(text.plural(accept.last or 0, "connection")),
        )
    if peak >= limit or overflowed:
        lost = accept.at_worst_lost if peak >= limit and accept.at_worst_lost else overflowed
        needed = math.ceil((max(peak, limit) + lost) * _SPARE)
        return Enough(
            _rounded(max(needed, backlog + 1)),
            "The accept queue was full with {0}, and up to {1} dropped at one time. The sum of both plus a "
            "quarter is {2}.".format(
                text.plural(max(peak, limit), "connection"), text.plural(lost, "connection", "were"), needed
            ),
        )
    missed = math.ceil((rate or 0.0) * gap)
    needed = math.ceil(max(peak * _SPARE, min(peak + missed, 2 * peak)))
    if needed <= backlog:
        return Enough(
            backlog,
            "The backlog of {0} is enough: at most {1} waited at a time.".format(
                backlog, text.plural(peak, "connection")
            ),
        )
    return Enough(
        _rounded(needed),
        "At most {0} waited; the queue admits {1}. With some reserve, {2} places are needed.".format(
            text.plural(peak, "connection"), limit, needed
        ),
    )


def enough_for_unix(accept: samples.Samples, backlog: Optional[int], gap: float) -> Enough:
    """The same for a UNIX socket. How many a full one refused, the kernel does not tell."""
    full = accept.peak is not None and accept.limit is not None and accept.peak >= accept.limit
    if not full or backlog is None or not accepts(accept):
        return enough(accept, backlog, None, gap)
    needed = _rounded(2 * (backlog + 1))
    return Enough(
        needed,
        "The queue was full with {0}. How many more were refused, the kernel does not tell: try {1}, and watch "
        "again.".format(text.plural(accept.limit or 0, "connection"), needed),
    )


def accepts(accept: samples.Samples, taken: Optional[int] = None) -> bool:
    """Whether the application takes connections from its queue, as far as that was seen.

    Not where the queue was full for a second or more, or it holds connections at the end, and none was ever taken.
    """
    if taken:
        return True
    if accept.falls:
        return True
    if accept.limit is not None and (accept.peak or 0) >= accept.limit:
        return accept.seconds_full < _HUNG
    return not (taken == 0 and accept.last)


def _rounded(needed: int) -> int:
    return min(max(_SMALLEST, 1 << max(0, needed - 1).bit_length()), _WIDEST)
