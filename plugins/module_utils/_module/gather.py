# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""One gathering: read each namespace that was asked for, then let the model put the facts together."""

from __future__ import annotations

import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._kernel.rules import first_synack_timeout
from .._model.counters import delta
from .._model.records import NamespaceView, Owner
from .._read import calibration, followed
from .._read.addresses import own_addresses
from .._read.boot_files import boot_values
from .._read.counters import read_counters
from .._read.firewall import bases
from .._read.firewall import commands as iptables_commands
from .._read.kernel_log import read_kernel_log
from .._read.memory import read_memory
from .._read.mitigation_record import read_record
from .._read.namespaces import OWN, Namespace, Unreachable, call_inside, resolve
from .._read.owners import owners_of
from .._read.session import controller
from .._read.sockets import half_open, listen_sockets
from .._read.sysctls import read_sysctls
from .._report.facts import Evidence, assemble
from .._report.half_open import NETWORKS_JUDGED
from .kernel import known_kernel
from .options import GatheringOptions


class _Gathering:
    """The options, and the warnings that pile up on the way."""

    def __init__(self, options: GatheringOptions) -> None:
        self.options = options
        self.warnings: List[str] = []
        self.ports = None if options.ports is None else sorted(options.ports)
        self.first_timeout = 1.0  # seconds until this kernel sends a SYN-ACK again

    def note(self, reading: Tuple[Any, List[str]], place: str = "") -> Any:
        """The value of a reading; its warnings are kept, each once."""
        value, warnings = reading
        for warning in warnings:
            text = "{0}: {1}".format(place, warning) if place else warning
            if text not in self.warnings:
                self.warnings.append(text)
        return value


class _Before(NamedTuple):
    """What a namespace showed before the wait."""

    counters: Optional[Dict[str, int]]
    counted_at: float
    looked: Optional[followed.FirstLook] = None
    looked_at: float = 0.0


def gather(options: GatheringOptions) -> Tuple[Dict[str, Any], List[str]]:
    """The gathered structure, and the warnings that say what is missing in it and why.

    :raises InvalidOption: a namespace or a log file that does not exist.
    """
    work = _Gathering(options)
    asked = _namespaces(work)
    known = known_kernel(options.kernel_rule, options.calibrate, defaults_wanted=options.wants("boot"))
    work.note((None, known.warnings))
    work.first_timeout = first_synack_timeout(known.kernel.level)
    before = _before(work, asked)
    views = [view for view in (_view(work, namespace, before.get(namespace)) for namespace in asked) if view]
    own = next((view for view in views if view.name == OWN.name), None) or _own_without_sockets(work, before)
    boot = boot_values(level=known.kernel.level, defaults=known.defaults) if options.wants("boot") else (None, [])
    evidence = Evidence(
        kernel=known.kernel,
        own=own,
        views=views,
        owners=_owners(work, views),
        boot=work.note(boot),
        defaults=known.defaults,
        kernel_log=_kernel_log(work),
        others_asked=bool(options.network_namespaces),
        memory=work.note(read_memory()) if options.wants("listeners") else None,
        mitigation=_mitigation(work),
    )
    return assemble(evidence, options.subset, options.top_sources), work.warnings


def _namespaces(work: _Gathering) -> List[Namespace]:
    """The namespaces to read, each once; one that we may not even look at is left out with a warning."""
    found: List[Namespace] = []
    for spec in work.options.network_namespaces or [OWN.name]:
        try:
            known = {one.inode for one in found}
            found += [one for one in resolve([spec], work.warnings) if one.inode not in known]
        except Unreachable as error:
            work.note((None, [str(error)]))
    return found


def _before(work: _Gathering, asked: List[Namespace]) -> Dict[Namespace, _Before]:
    """What each namespace shows before the wait, and the wait; nothing where no window was asked for."""
    window = work.options.counters_window
    if not window or not work.options.wants("counters"):
        return {}
    before: Dict[Namespace, _Before] = {}
    for namespace in {OWN, *asked}:
        try:
            counters = work.note(call_inside(namespace, read_counters), namespace.label)
        except Unreachable:
            continue  # told once, when the namespace itself is read
        before[namespace] = _Before(counters, time.monotonic())
    end = time.monotonic() + window
    if work.options.wants("half_open"):
        time.sleep(max(window - followed.LONGEST, 0))
        for namespace in asked:
            if namespace in before:
                before[namespace] = _with_first_look(work, namespace, before[namespace], end)
    time.sleep(max(end - time.monotonic(), 0))
    return before


def _with_first_look(work: _Gathering, namespace: Namespace, before: _Before, end: float) -> _Before:
    try:
        looked = call_inside(namespace, _first_look, work, end - time.monotonic())
    except Unreachable:
        return before  # it went away meanwhile: told when it is read
    return before._replace(looked=looked, looked_at=time.monotonic())


def _first_look(work: _Gathering, seconds: float) -> followed.FirstLook:
    values, _warnings = read_sysctls()  # what they warn of is told when the namespace itself is read
    retries = values.get("tcp_synack_retries")
    return followed.first_look(
        seconds, work.ports, work.first_timeout, retries=followed.GIVEN_UP_AFTER if retries is None else retries
    )


def _view(work: _Gathering, namespace: Namespace, before: Optional[_Before]) -> Optional[NamespaceView]:
    """What a namespace shows; None, with a warning, where we may not look into it."""
    try:
        return call_inside(namespace, _look_around, work, namespace, before)
    except Unreachable as error:
        work.note((None, [str(error)]))
        return None


def _look_around(
    work: _Gathering, namespace: Namespace, before: Optional[_Before], sockets: bool = True
) -> NamespaceView:
    """Read the namespace of the calling thread."""
    options = work.options
    place = namespace.label
    counters, counters_delta = _counters(work, place, before)
    view = NamespaceView(
        name=namespace.name, sysctls=work.note(read_sysctls(), place), counters=counters, counters_delta=counters_delta
    )
    if not sockets or not options.wants("listeners", "half_open"):
        return view
    listening = work.note(listen_sockets(), place)
    counting = half_open(
        work.ports, max(options.top_sources, NETWORKS_JUDGED), listening, first_timeout=work.first_timeout
    )
    tally = work.note(counting, place)
    if before and before.looked:
        seconds = time.monotonic() - before.looked_at
        view = view._replace(followed=followed.second_look(before.looked, round(seconds, 3), listening, work.ports))
    shown = tuple(sock for sock in listening if options.ports is None or sock.port in options.ports)
    return view._replace(sockets=shown if options.wants("listeners") else (), half_open=tally)


def _own_without_sockets(work: _Gathering, before: Dict[Namespace, _Before]) -> NamespaceView:
    """Sysctls and counters of the module's own namespace, when only others were asked for."""
    return _look_around(work, OWN, before.get(OWN), sockets=False)


def _counters(work: _Gathering, place: str, before: Optional[_Before]) -> Tuple[Optional[Dict], Optional[Dict]]:
    """The counters, and what they counted since ``before``."""
    if not work.options.wants("counters"):
        return None, None
    counters = work.note(read_counters(), place)
    if before is None or before.counters is None or counters is None:
        return counters, None
    return counters, delta(before.counters, counters, time.monotonic() - before.counted_at)


def _owners(work: _Gathering, views: List[NamespaceView]) -> Dict[int, Owner]:
    sockets = [sock for view in views for sock in view.sockets]
    return work.note(owners_of(sockets)) if sockets else {}


def _kernel_log(work: _Gathering) -> Optional[Dict[str, Any]]:
    options = work.options
    if not options.wants("kernel_log"):
        return None
    log = work.note(read_kernel_log(options.kernel_log_source, options.kernel_log_max_age))
    return {"readable": log.readable, "events": [event for event in log.events if not _is_calibration(event)]}


def _mitigation(work: _Gathering) -> Optional[Dict[str, Any]]:
    """What is in force, and what a mitigation has to know of this host so that it cuts nobody off."""
    if not work.options.wants("mitigation"):
        return None
    found = read_record()
    return {
        "record": work.note((found.record, [found.problem] if found.problem else [])),
        "problem": found.problem,
        "controller": controller(),
        "addresses": work.note(own_addresses()),
        "iptables": iptables_commands(),
        "chains": [family for family, base in sorted((bases() or {}).items()) if base.ours],
    }


def _is_calibration(event: Dict[str, Any]) -> bool:
    """Whether the kernel spoke of our own measurement, which fills the queue of a private namespace's listener."""
    ours = (event["kind"], event["port"]) == ("syn_flood", calibration.PORT)
    return ours and event["address"] in (None, "127.0.0.1")
