# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What one network namespace shows: the parts that were asked for, each read by a room that is opened only then."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Dict, Optional, Tuple

from .._model import namespace as model_namespace
from .._model import records
from .._read import sysctls
from . import gathering

_RAISED = "/run/linuxnet.tcp/raised.json"  # raised_record.PATH: what is not there needs no import

if TYPE_CHECKING:
    from . import window


def look_around(
    work: gathering.Gathering,
    namespace: model_namespace.Namespace,
    before: Optional[window.Before],
    sockets: bool = True,
) -> records.NamespaceView:
    """Read the namespace of the calling thread."""
    place = namespace.label
    counters, counters_delta = _counters(work, place, before)
    view = records.NamespaceView(
        name=namespace.name,
        sysctls=work.note(sysctls.read_sysctls(), place),
        counters=counters,
        counters_delta=counters_delta,
    )
    if sockets and work.options.wants("unix") and work.options.ports is None:
        from .._read import unix_diag

        view = view._replace(unix=tuple(work.note(unix_diag.listeners(), place)))
    if sockets and work.options.wants("listeners", "half_open"):
        return _with_sockets(work, place, view, before)
    return view


def _counters(
    work: gathering.Gathering, place: str, before: Optional[window.Before]
) -> Tuple[Optional[Dict], Optional[Dict]]:
    """The counters, and what they counted since ``before``."""
    if not work.options.wants("counters"):
        return None, None
    from .._read import counters as read_counters

    counters = work.note(read_counters.read_counters(), place)
    if before is None or before.counters is None or counters is None:
        return counters, None
    import time

    from .._model import counters as model_counters

    return counters, model_counters.delta(before.counters, counters, time.monotonic() - before.counted_at)


def _with_sockets(
    work: gathering.Gathering, place: str, view: records.NamespaceView, before: Optional[window.Before]
) -> records.NamespaceView:
    from .._read import sockets as read_sockets

    options = work.options
    listening = work.note(read_sockets.listen_sockets(), place)
    tally = work.note(
        read_sockets.half_open(work.ports, options.networks, listening, first_timeout=work.first_timeout), place
    )
    if before and before.looked:
        import time

        from .._read import followed

        seconds = time.monotonic() - before.looked_at
        view = view._replace(followed=followed.second_look(before.looked, round(seconds, 3), listening, work.ports))
    shown = tuple(sock for sock in listening if options.ports is None or sock.port in options.ports)
    if os.path.exists(_RAISED):
        from .._read import raised

        view = view._replace(raised=raised.raised_here())
    view = view._replace(fast_open=bool(shown) and sysctls.fast_open_server())
    return view._replace(sockets=shown if options.wants("listeners") else (), half_open=tally)
