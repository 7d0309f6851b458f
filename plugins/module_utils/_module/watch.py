# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A watch: every namespace opened, all of them looked at until the time is up, and what they told put together."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from .._findings import of_watch
from .._model import errors, text
from .._model import namespace as model_namespace
from .._watch import layers, telling
from . import gathering, kernel, watch_place

_SHARE = 0.02  # of one CPU that looking may take, at the default interval
_DEFAULT_INTERVAL = 0.01
_SYN_SHARE = 0.005  # of one CPU for the SYN queues, whose dump walks a table of all connections
_SYN_INTERVAL = 0.25
_NEW_SHARE = 0.005  # of one CPU for whether other sockets listen than before
_NEW_INTERVAL = 1.0
_LATE = 5  # times the interval: a gap worth a warning


class WatchOptions(NamedTuple):
    """What may be asked of a watch."""

    duration: float
    interval: float
    ports: Optional[List[int]]
    network_namespaces: List[str]
    drop_reasons: bool


def parse(params: Dict[str, Any]) -> WatchOptions:
    """Validate the module's parameters.

    :raises InvalidOption: a value out of its range.
    """
    errors.require_range("duration", params["duration"], 1, 3600)
    errors.require_range("interval", params["interval"], 0.001, 10)
    for port in params["ports"] or ():
        errors.require_range("ports", port, 1, 65535)
    return WatchOptions(
        duration=params["duration"],
        interval=params["interval"],
        ports=sorted(set(params["ports"])) if params["ports"] else None,
        network_namespaces=params["network_namespaces"] or [],
        drop_reasons=params["drop_reasons"],
    )


def watch(options: WatchOptions, stopped: Callable[[], bool] = lambda: False) -> Tuple[Dict[str, Any], List[str]]:
    """What was seen, and the warnings. Ends early where `stopped` says so, with what was seen until then.

    :raises InvalidOption: a namespace that does not exist.
    """
    work = gathering.Notes()
    known = kernel.known_kernel(None, "auto")
    work.note((None, known.warnings))
    places: List[watch_place.Place] = []
    traced = _traced(work) if options.drop_reasons else None
    try:
        for namespace in gathering.namespaces(work, options.network_namespaces):
            place = _opened(work, namespace, known, options.ports)
            if place is not None:
                places.append(place)
        passed = _look(options, places, stopped, traced)
        if traced is not None:
            traced.finish()
        seen = [
            place.finish(passed.seconds, passed.longest_gap, with_softnet=number == 0)
            for number, place in enumerate(places)
        ]
    finally:
        for place in places:
            place.close()
        if traced is not None:
            traced.close()
    for place in places:
        for warning in place.warnings:
            work.warn("{0}: {1}".format(place.namespace.label, warning) if place.namespace.label else warning)
    told = [telling.tell(one) for one in seen]
    found = _put_together(options, passed, told, work)
    if traced is not None:
        found["drop_reasons"] = _reasons(work, traced)
        found["layers"] = telling.with_reasons(found["layers"], found["drop_reasons"])
    found["findings"] = of_watch.findings(found)
    return found, work.warnings


def _traced(work: gathering.Notes) -> Any:
    """The tracepoint at work; None, with a warning, where that cannot be."""
    from .._read import drop_reasons

    try:
        return drop_reasons.DropReasons()
    except drop_reasons.Unavailable as error:
        work.warn("drop_reasons: {0}.".format(error))
        return None


def _reasons(work: gathering.Notes, traced: Any) -> List[Dict[str, Any]]:
    from .._watch import drops

    if traced.missed:
        work.warn(
            "drop_reasons: {0} came too fast to be read; not counted in drop_reasons.".format(
                text.plural(traced.missed, "drop")
            )
        )
    return drops.told(traced.seen.counts)


class Passed(NamedTuple):
    """How the looking went."""

    seconds: float
    looks: int
    longest_gap: float
    cpu_seconds: float


def _opened(
    work: gathering.Notes, namespace: model_namespace.Namespace, known: kernel.KnownKernel, ports: Optional[List[int]]
) -> Optional[watch_place.Place]:
    place = watch_place.Place(namespace, known.kernel, ports)
    try:
        gathering.inside(namespace, place.open)
        return place
    except model_namespace.Unreachable as error:
        work.warn(str(error))
    except OSError as error:
        work.warn("{0}listeners cannot be read: {1}".format(namespace.label and namespace.label + ": ", error.strerror))
    except BaseException:
        place.close()
        raise
    place.close()
    return None


def _look(
    options: WatchOptions, places: List[watch_place.Place], stopped: Callable[[], bool], traced: Any = None
) -> Passed:
    share = _SHARE * max(1.0, _DEFAULT_INTERVAL / options.interval)
    begin = last = last_syn = time.monotonic()
    end = begin + options.duration
    cpu_begin = time.process_time()
    due_syn, due_new, looks, longest = begin, begin + _NEW_INTERVAL, 0, 0.0
    while True:
        now = time.monotonic()
        if now >= end or stopped():
            break
        cpu = time.thread_time()
        for place in places:
            place.look(now - last if looks else 0.0)
        if looks:
            longest = max(longest, now - last)
        last, looks = now, looks + 1
        spent = time.thread_time() - cpu
        due = now + max(options.interval, spent / share)
        if traced is not None:
            traced.look()
        if now >= due_syn:
            cpu = time.thread_time()
            for place in places:
                place.look_at_syn_queues(now - last_syn)
            last_syn = now
            due_syn = now + max(_SYN_INTERVAL, (time.thread_time() - cpu) / _SYN_SHARE)
        if now >= due_new:
            cpu = time.thread_time()
            for place in places:
                place.look_for_listeners(time.monotonic() - begin)
            due_new = now + max(_NEW_INTERVAL, (time.thread_time() - cpu) / _NEW_SHARE)
        time.sleep(max(0.0, min(due, end) - time.monotonic()))
    seconds = time.monotonic() - begin
    return Passed(seconds, looks, longest, time.process_time() - cpu_begin)


def _put_together(
    options: WatchOptions, passed: Passed, told: List[telling.Told], work: gathering.Notes
) -> Dict[str, Any]:
    for one in told:
        for warning in one.warnings:
            work.warn(warning)
    if passed.longest_gap > _LATE * options.interval:
        work.warn(
            "Two looks at the accept queues were up to {0:.0f} ms apart instead of {1:.0f}: a peak in between was not "
            "seen.".format(1000 * passed.longest_gap, 1000 * options.interval)
        )
    return {
        "seconds": round(passed.seconds, 3),
        "looks": passed.looks,
        "longest_gap": round(passed.longest_gap, 4),
        "cpu_seconds": round(passed.cpu_seconds, 3),
        "listeners": [row for one in told for row in one.listeners],
        "unix_listeners": [row for one in told for row in one.unix_listeners],
        "layers": sorted(
            (row for one in told for row in one.layers), key=lambda row: layers.ORDER.index(str(row["layer"]))
        ),
        "namespaces": [one.totals for one in told],
    }
