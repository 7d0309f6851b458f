# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Half-open entries in the gathered structure: of all, and of each listener that has any."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from .._model.half_open import merge
from .._model.records import HalfOpen, ListenKey, NamespaceView

#: networks that findings are drawn from, however few are to be shown
NETWORKS_JUDGED = 64


def half_open_facts(views: Sequence[NamespaceView], top: int) -> Dict[str, Any]:
    """``half_open``: no list in it is longer than ``top``."""
    counted = [(view.name, view.half_open) for view in views if view.half_open]
    listeners = [
        dict(_listener(name, key), **_counts(entries, top))
        for name, tally in counted
        for key, entries in tally.by_listener.items()
        if entries.total
    ]
    listeners.sort(key=lambda row: (-row["total"], row["network_namespace"], row["port"], row["address"]))
    return dict(_counts(merge([tally for _name, tally in counted], top), top), listeners=listeners[:top])


def shortened(facts: Dict[str, Any], top: int) -> Dict[str, Any]:
    """The same with lists of at most ``top``."""
    short = {name: value[:top] if name in _LISTS else value for name, value in facts.items()}
    return dict(short, listeners=[shortened(row, top) for row in short["listeners"]]) if "listeners" in short else short


_LISTS = ("sources", "peers", "listeners")


def _listener(namespace: str, key: ListenKey) -> Dict[str, Any]:
    return dict(key._asdict(), network_namespace=namespace)


def _counts(entries: HalfOpen, top: int) -> Dict[str, Any]:
    return {
        "total": entries.total,
        "retransmitted": entries.retransmitted,
        "young": entries.young,
        "retransmissions": list(entries.retransmissions),
        "distinct_sources": entries.distinct_sources,
        "sources": [
            {
                "network": one.network,
                "count": one.count,
                "share": _share(one.count, entries.total),
                "unanswered": one.unanswered,
                "retransmitted": one.retransmitted,
            }
            for one in entries.networks[:top]
        ],
        "peers": _peers(entries, top),
    }


def _peers(entries: HalfOpen, top: int) -> List[Dict[str, Any]]:
    return [
        {"address": address, "count": count, "share": _share(count, entries.total)}
        for address, count in entries.peers[:top]
    ]


def _share(count: int, total: int) -> float:
    return round(count / total, 4)
