# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The window of a gathering: a first look at each namespace, and the wait; longer where the verdict is not clear."""

from __future__ import annotations

import time
from typing import Any, Dict, List, NamedTuple, Optional

from .._model import namespace as model_namespace
from .._read import counters as read_counters
from .._read import sysctls
from . import gathering

_AGAIN = 1.2  # seconds in which a fresh entry goes unanswered for long enough and has its SYN-ACK sent again


class Before(NamedTuple):
    """What a namespace showed before the wait."""

    counters: Optional[Dict[str, int]]
    counted_at: float
    looked: Any = None  # followed.FirstLook, where half-open entries were asked for
    looked_at: float = 0.0


def wait(work: gathering.Gathering, asked: List[model_namespace.Namespace]) -> Dict[model_namespace.Namespace, Before]:
    """What each namespace shows before the wait, and the wait."""
    window = work.options.counters_window
    before: Dict[model_namespace.Namespace, Before] = {}
    for namespace in {model_namespace.OWN, *asked}:
        try:
            counters = work.note(gathering.inside(namespace, read_counters.read_counters), namespace.label)
        except model_namespace.Unreachable:
            continue  # told once, when the namespace itself is read
        before[namespace] = Before(counters, time.monotonic())
    _wait(work, asked, before, window)
    return before


def wait_again(
    work: gathering.Gathering, asked: List[model_namespace.Namespace], before: Dict[model_namespace.Namespace, Before]
) -> Dict[model_namespace.Namespace, Before]:
    """Another wait, for as long again, but 1 to 3 seconds: half-open entries are followed anew, counters go on."""
    from .._read import followed as read_followed

    again = {namespace: one._replace(looked=None) for namespace, one in before.items()}
    _wait(work, asked, again, min(max(work.options.counters_window, _AGAIN), read_followed.LONGEST))
    return again


def _wait(
    work: gathering.Gathering,
    asked: List[model_namespace.Namespace],
    before: Dict[model_namespace.Namespace, Before],
    window: float,
) -> None:
    """The wait, with a first look at half-open entries a few seconds before its end."""
    end = time.monotonic() + window
    if work.options.wants("half_open"):
        from .._read import followed as read_followed

        time.sleep(max(window - read_followed.LONGEST, 0))
        for namespace in asked:
            if namespace in before:
                before[namespace] = _with_first_look(work, namespace, before[namespace], end)
    if work.meanwhile is not None:
        work.meanwhile()
    time.sleep(max(end - time.monotonic(), 0))


def _with_first_look(
    work: gathering.Gathering, namespace: model_namespace.Namespace, before: Before, end: float
) -> Before:
    try:
        looked = gathering.inside(namespace, _first_look, work, end - time.monotonic())
    except model_namespace.Unreachable:
        return before  # it went away meanwhile: told when it is read
    return before._replace(looked=looked, looked_at=time.monotonic())


def _first_look(work: gathering.Gathering, seconds: float) -> Any:
    from .._read import followed

    values, _warnings = sysctls.read_sysctls()  # what they warn of is told when the namespace itself is read
    retries = values.get("tcp_synack_retries")
    return followed.first_look(
        seconds, work.ports, work.first_timeout, retries=followed.GIVEN_UP_AFTER if retries is None else retries
    )
