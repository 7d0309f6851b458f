# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""One gathering: read each namespace that was asked for, then let the model put the facts together.

What a part needs is imported where that part is read: a target compiles every file that it imports, in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from .._kernel.rules import first_synack_timeout
from .._model.namespace import OWN, PRIVATE_PORT, Namespace, Unreachable
from .._report.facts import Evidence, assemble
from .gathering import Gathering, inside
from .kernel import KnownKernel, known_kernel
from .look import look_around
from .options import GatheringOptions

if TYPE_CHECKING:
    from .._model.records import NamespaceView, Owner
    from .window import Before


def gather(options: GatheringOptions) -> Tuple[Dict[str, Any], List[str]]:
    """The gathered structure, and the warnings that say what is missing in it and why.

    :raises InvalidOption: a namespace or a log file that does not exist.
    """
    work = Gathering(options)
    asked = _namespaces(work)
    known = known_kernel(options.kernel_rule, options.calibrate, defaults_wanted=options.wants("boot"))
    work.note((None, known.warnings))
    work.first_timeout = first_synack_timeout(known.kernel.level)
    before = _before(work, asked)
    views = [view for view in (_view(work, namespace, before.get(namespace)) for namespace in asked) if view]
    # Sysctls and counters of the module's own namespace, when only others were asked for
    own = next((view for view in views if view.name == OWN.name), None) or look_around(
        work, OWN, before.get(OWN), sockets=False
    )
    evidence = Evidence(
        kernel=known.kernel,
        own=own,
        views=views,
        owners=_owners(work, views),
        boot=_boot(work, known),
        defaults=known.defaults,
        kernel_log=_kernel_log(work),
        others_asked=bool(options.network_namespaces),
        memory=_memory(work),
        mitigation=_mitigation(work),
    )
    return assemble(evidence, options.subset, options.top_sources, options.networks), work.warnings


def _namespaces(work: Gathering) -> List[Namespace]:
    """The namespaces to read, each once; one that we may not even look at is left out with a warning."""
    if not work.options.network_namespaces:
        return [OWN]
    from .._read.namespaces import resolve

    found: Dict[int, Namespace] = {}
    for spec in work.options.network_namespaces:
        try:
            for one in resolve([spec], work.warnings):
                found.setdefault(one.inode, one)
        except Unreachable as error:
            work.warn(str(error))
    return list(found.values())


def _before(work: Gathering, asked: List[Namespace]) -> Dict[Namespace, Before]:
    """What each namespace showed before the wait; nothing where no window was asked for."""
    if not work.options.counters_window or not work.options.wants("counters"):
        return {}
    from .window import wait

    return wait(work, asked)


def _view(work: Gathering, namespace: Namespace, before: Optional[Before]) -> Optional[NamespaceView]:
    """What a namespace shows; None, with a warning, where we may not look into it."""
    try:
        return inside(namespace, look_around, work, namespace, before)
    except Unreachable as error:
        work.warn(str(error))
        return None


def _owners(work: Gathering, views: List[NamespaceView]) -> Dict[int, Owner]:
    sockets = [sock for view in views for sock in view.sockets]
    if not sockets:
        return {}
    from .._read.owners import owners_of

    return work.note(owners_of(sockets))


def _boot(work: Gathering, known: KnownKernel) -> Any:
    if not work.options.wants("boot"):
        return None
    from .._read.boot_files import boot_values

    return work.note(boot_values(level=known.kernel.level, defaults=known.defaults))


def _kernel_log(work: Gathering) -> Optional[Dict[str, Any]]:
    if not work.options.wants("kernel_log"):
        return None
    from .._read.kernel_log import read_kernel_log

    log = work.note(read_kernel_log(work.options.kernel_log_source, work.options.kernel_log_max_age))
    return {"readable": log.readable, "events": [event for event in log.events if not _is_calibration(event)]}


def _memory(work: Gathering) -> Optional[int]:
    if not work.options.wants("listeners"):
        return None
    from .._read.memory import read_memory

    return work.note(read_memory())


def _mitigation(work: Gathering) -> Optional[Dict[str, Any]]:
    """What is in force, and what a mitigation has to know of this host so that it cuts nobody off."""
    if not work.options.wants("mitigation"):
        return None
    from .._read.addresses import own_addresses
    from .._read.firewall import bases, commands
    from .._read.mitigation_record import read_record
    from .._read.session import controller

    found = read_record()
    return {
        "record": work.note((found.record, [found.problem] if found.problem else [])),
        "problem": found.problem,
        "controller": controller(),
        "addresses": work.note(own_addresses()),
        "iptables": commands(),
        "chains": [family for family, base in sorted((bases() or {}).items()) if base.ours],
    }


def _is_calibration(event: Dict[str, Any]) -> bool:
    """Whether the kernel spoke of our own measurement, which fills the queue of a private namespace's listener."""
    ours = (event["kind"], event["port"]) == ("syn_flood", PRIVATE_PORT)
    return ours and event["address"] in (None, "127.0.0.1")
