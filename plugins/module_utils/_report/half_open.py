# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Half-open entries in the gathered structure: of all, and of each listener that has any."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Sequence

from .._model import records


def half_open_facts(views: Sequence[records.NamespaceView], top: int) -> Dict[str, Any]:
    """``half_open``: no list in it is longer than ``top``."""
    listeners = [row for view in views for row in _listeners(view, top)]
    listeners.sort(key=lambda row: (-row["total"], row["network_namespace"], row["port"], row["address"]))
    return dict(_counts(_whole(views, top), top), listeners=listeners[:top])


def _whole(views: Sequence[records.NamespaceView], top: int) -> records.HalfOpen:
    tallies = [view.half_open for view in views if view.half_open]
    if len(tallies) < 2:
        return tallies[0].whole if tallies else _NONE
    from .._model import half_open

    return half_open.merge(tallies, top)


def shortened(facts: Dict[str, Any], top: int) -> Dict[str, Any]:
    """The same with lists of at most ``top``."""
    short = {name: value[:top] if name in _LISTS else value for name, value in facts.items()}
    return dict(short, listeners=[shortened(row, top) for row in short["listeners"]]) if "listeners" in short else short


_NONE = records.HalfOpen((), 0, 0, [], [])
_LISTS = ("sources", "peers", "listeners")


def _listeners(view: records.NamespaceView, top: int) -> Iterator[Dict[str, Any]]:
    """A row for each listener with entries, or with entries that are gone since the first look at them."""
    counted = view.half_open.by_listener if view.half_open else {}
    followed = view.followed or {}
    for key in {**counted, **followed}:
        row = dict({"network_namespace": view.name}, **key._asdict())
        row.update(_counts(counted.get(key, _NONE), top))
        if view.followed is not None:
            row["followed"] = followed[key]._asdict() if key in followed else None
        yield row


def _counts(entries: records.HalfOpen, top: int) -> Dict[str, Any]:
    return {
        "total": entries.total,
        "retransmitted": entries.retransmitted,
        "young": entries.young,
        "retransmissions": list(entries.retransmissions),
        "distinct_sources": entries.distinct_sources,
        "sources": [
            {
                "network": one.network,
                "count": one.entries,
                "share": _share(one.entries, entries.total),
                "unanswered": one.unanswered,
                "retransmitted": one.retransmitted,
            }
            for one in entries.networks[:top]
        ],
        "peers": _peers(entries, top),
    }


def _peers(entries: records.HalfOpen, top: int) -> List[Dict[str, Any]]:
    return [
        {"address": address, "count": count, "share": _share(count, entries.total)}
        for address, count in entries.peers[:top]
    ]


def _share(count: int, total: int) -> float:
    return round(count / total, 4)
