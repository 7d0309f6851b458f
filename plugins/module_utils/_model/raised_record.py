# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""Which running listeners were raised, and when: what happened to them before tells nothing about them now."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional

PATH = "/run/linuxnet.tcp/raised.json"
MOST = 1000  # listeners: the latest
_TIME = "2026-01-01T00:00:00Z"


class Raised(NamedTuple):
    """One listener that was raised while it ran."""

    network_namespace: int  # its number
    inode: int  # of the socket
    time: str  # ISO 8601, UTC
    before: Optional[int]  # the backlog that it had
    drops: Optional[int]  # what it had dropped by then


def parse(told: Any, boot_id: str) -> List[Raised]:
    """The listeners of a record of this boot; none of what is no record, or another boot's."""
    if not isinstance(told, Mapping) or told.get("boot_id") != boot_id:
        return []
    rows = told.get("raised")
    found = [_raised(row) for row in rows[:MOST] if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return [one for one in found if one is not None]


def _raised(row: Mapping[str, Any]) -> Optional[Raised]:
    numbers = [_number(row.get(name)) for name in ("network_namespace", "inode", "before", "drops")]
    time = row.get("time")
    if numbers[0] is None or numbers[1] is None or not isinstance(time, str) or len(time) != len(_TIME):
        return None
    return Raised(numbers[0], numbers[1], time, numbers[2], numbers[3])


def _number(value: Any) -> Optional[int]:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def record(before: Iterable[Raised], new: Iterable[Raised], boot_id: str) -> Dict[str, Any]:
    """The record with the new ones in place of earlier ones of the same sockets."""
    rows = {(one.network_namespace, one.inode): one for one in before}
    for one in new:
        rows.pop((one.network_namespace, one.inode), None)
        rows[one.network_namespace, one.inode] = one
    return {"schema": 1, "boot_id": boot_id, "raised": [one._asdict() for one in list(rows.values())[-MOST:]]}
