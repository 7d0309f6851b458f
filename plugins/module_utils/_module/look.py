# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What one network namespace shows: the parts that were asked for, each read by a room that is opened only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Optional, Tuple

from .._model.namespace import Namespace
from .._model.records import NamespaceView
from .._read.sysctls import read_sysctls
from .gathering import Gathering

if TYPE_CHECKING:
    from .window import Before


def look_around(
    work: Gathering, namespace: Namespace, before: Optional[Before], sockets: bool = True
) -> NamespaceView:
    """Read the namespace of the calling thread."""
    place = namespace.label
    counters, counters_delta = _counters(work, place, before)
    view = NamespaceView(
        name=namespace.name, sysctls=work.note(read_sysctls(), place), counters=counters, counters_delta=counters_delta
    )
    if sockets and work.options.wants("listeners", "half_open"):
        return _with_sockets(work, place, view, before)
    return view


def _counters(work: Gathering, place: str, before: Optional[Before]) -> Tuple[Optional[Dict], Optional[Dict]]:
    """The counters, and what they counted since ``before``."""
    if not work.options.wants("counters"):
        return None, None
    from .._read.counters import read_counters

    counters = work.note(read_counters(), place)
    if before is None or before.counters is None or counters is None:
        return counters, None
    import time

    from .._model.counters import delta

    return counters, delta(before.counters, counters, time.monotonic() - before.counted_at)


def _with_sockets(work: Gathering, place: str, view: NamespaceView, before: Optional[Before]) -> NamespaceView:
    from .._read.sockets import half_open, listen_sockets

    options = work.options
    listening = work.note(listen_sockets(), place)
    tally = work.note(
        half_open(work.ports, options.networks, listening, first_timeout=work.first_timeout), place
    )
    if before and before.looked:
        import time

        from .._read.followed import second_look

        seconds = time.monotonic() - before.looked_at
        view = view._replace(followed=second_look(before.looked, round(seconds, 3), listening, work.ports))
    shown = tuple(sock for sock in listening if options.ports is None or sock.port in options.ports)
    return view._replace(sockets=shown if options.wants("listeners") else (), half_open=tally)
