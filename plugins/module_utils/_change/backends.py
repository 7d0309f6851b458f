# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""With which firewall networks are dropped, for how long, and to how many SYNs a second others are held."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from .._model import errors, gathered
from .._model import mitigation as model_mitigation

AUTO = "auto"
BACKENDS = (AUTO, model_mitigation.NFTABLES, model_mitigation.IPTABLES)
LIFETIME = 3600
_SHORTEST, _LONGEST = 10, 2592000
#: Of a block's time, what has to be over before it is renewed: two runs at once change nothing the second time
_FRESH = 0.1


def lifetime(wanted: Mapping[str, Any]) -> int:
    """Seconds that a network is dropped for.

    :raises InvalidOption: it is out of its range.
    """
    told = wanted.get("block_lifetime")
    seconds = LIFETIME if told is None else int(told)
    errors.require_range("block_lifetime", seconds, _SHORTEST, _LONGEST)
    return seconds


def syn_limit(wanted: Mapping[str, Any]) -> int:
    """The SYNs a second that a network may send where it is not dropped; 0 for any number.

    :raises InvalidOption: it is out of its range.
    """
    told = wanted.get("syn_limit")
    rate = 0 if told is None else int(told)
    errors.require_range("syn_limit", rate, 0, model_mitigation.MOST_SYNS)
    return rate


def backend_of(
    wanted: Mapping[str, Any], about: Mapping[str, Any], before: Optional[model_mitigation.Record]
) -> Tuple[Optional[str], str]:
    """The firewall to use, or None and why there is none.

    ``about`` is the gathered ``mitigation``. What a mitigation in force was made with stays until it is restored.

    :raises InvalidOption: there is no such backend.
    """
    asked = wanted.get("backend") or AUTO
    if asked not in BACKENDS:
        raise errors.InvalidOption("backend", asked, "expected one of " + ", ".join(BACKENDS))
    if before and (before["blocks"] or before["limited"]):
        return before["backend"] or model_mitigation.IPTABLES, ""
    if asked != model_mitigation.IPTABLES and about.get("nft"):
        return model_mitigation.NFTABLES, ""
    if asked != model_mitigation.NFTABLES:
        return model_mitigation.IPTABLES, ""
    return None, gathered.text(about, "nft_refusal") or "there is no nft on the host"


def ending(backend: Optional[str], seconds: int) -> str:
    """How a block ends, in a sentence."""
    if backend == model_mitigation.NFTABLES:
        return "It ends by itself {0} seconds after the flood was last seen by a run.".format(seconds)
    return (
        "With iptables no block ends by itself: it stays until linuxnet.tcp.restore, or a reboot. It holds for "
        "programs of this host, and not for a port that a container engine publishes (DNAT), which never comes to the "
        "chain INPUT."
    )


def due(block: Mapping[str, Any], now: Any, seconds: int) -> bool:
    """Whether a block that has an end is old enough to be renewed."""
    until = block.get("until")
    if not isinstance(until, str) or not isinstance(now, str):
        return False
    return model_mitigation.seconds_left(until, now) < seconds * (1 - _FRESH)
