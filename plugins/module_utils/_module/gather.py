# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""One gathering: read each namespace that was asked for, then let the model put the facts together.

What a part needs is imported where that part is read: a target compiles every file that it imports, in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from .._kernel import rules
from .._model import namespace as model_namespace
from .._report import facts
from . import gathering, kernel, look
from . import options as module_options

if TYPE_CHECKING:
    from .._model import records
    from . import window


def gather(options: module_options.GatheringOptions) -> Tuple[Dict[str, Any], List[str]]:
    """The gathered structure, and the warnings that say what is missing in it and why.

    :raises InvalidOption: a namespace or a log file that does not exist.
    """
    work = gathering.Gathering(options)
    asked = gathering.namespaces(work, options.network_namespaces)
    known = kernel.known_kernel(options.kernel_rule, options.calibrate, defaults_wanted=options.wants("boot"))
    work.note((None, known.warnings))
    work.first_timeout = rules.first_synack_timeout(known.kernel.level)
    before = _before(work, asked)
    views = [view for view in (_view(work, namespace, before.get(namespace)) for namespace in asked) if view]
    # Sysctls and counters of the module's own namespace, when only others were asked for
    own = next((view for view in views if view.name == model_namespace.OWN.name), None) or look.look_around(
        work, model_namespace.OWN, before.get(model_namespace.OWN), sockets=False
    )
    own, views = _looked(work, asked, before)
    owners = _owners(work, views)
    evidence = facts.Evidence(
        kernel=known.kernel,
        own=own,
        views=views,
        owners=owners,
        why=_why(work, known, views, owners),
        fast_open=_fast_open(work, views, owners),
        boot=_boot(work, known),
        defaults=known.defaults,
        kernel_log=_kernel_log(work),
        others_asked=bool(options.network_namespaces),
        memory=_memory(work),
        mitigation=_mitigation(work),
    )
    found = facts.assemble(evidence, options.subset, options.top_sources, options.networks)
    if before and _undecided(found):
        found = _looked_again(work, asked, before, evidence)
    return found, work.warnings


def _looked(
    work: gathering.Gathering,
    asked: List[model_namespace.Namespace],
    before: Dict[model_namespace.Namespace, window.Before],
) -> Tuple[records.NamespaceView, List[records.NamespaceView]]:
    """What the module's own namespace shows, and all that were asked for."""
    views = [view for view in (_view(work, namespace, before.get(namespace)) for namespace in asked) if view]
    # Sysctls and counters of the module's own namespace, when only others were asked for
    own = next((view for view in views if view.name == model_namespace.OWN.name), None) or look.look_around(
        work, model_namespace.OWN, before.get(model_namespace.OWN), sockets=False
    )
    return own, views


def _undecided(found: Dict[str, Any]) -> bool:
    """Whether it is not clear what fills a SYN queue. Where no findings are wanted nobody asks."""
    told = found.get("findings")
    if not told:
        return False
    from .._model import verdict

    return verdict.in_doubt(told)


def _looked_again(
    work: gathering.Gathering,
    asked: List[model_namespace.Namespace],
    before: Dict[model_namespace.Namespace, window.Before],
    evidence: facts.Evidence,
) -> Dict[str, Any]:
    """The gathered structure as it is a moment later, with counters from the beginning on: one longer window."""
    from . import window

    options = work.options
    own, views = _looked(work, asked, window.wait_again(work, asked, before))
    owners = _owners(work, views)
    evidence = evidence._replace(own=own, views=views, owners=owners, fast_open=_fast_open(work, views, owners))
    return facts.assemble(evidence, options.subset, options.top_sources, options.networks)


def _before(
    work: gathering.Gathering, asked: List[model_namespace.Namespace]
) -> Dict[model_namespace.Namespace, window.Before]:
    """What each namespace showed before the wait; nothing where no window was asked for."""
    if not work.options.counters_window or not work.options.wants("counters"):
        return {}
    from . import window

    return window.wait(work, asked)


def _view(
    work: gathering.Gathering, namespace: model_namespace.Namespace, before: Optional[window.Before]
) -> Optional[records.NamespaceView]:
    """What a namespace shows; None, with a warning, where we may not look into it."""
    try:
        return gathering.inside(namespace, look.look_around, work, namespace, before)
    except model_namespace.Unreachable as error:
        work.warn(str(error))
        return None


def _owners(work: gathering.Gathering, views: List[records.NamespaceView]) -> Dict[int, records.Owner]:
    sockets = [sock for view in views for sock in view.sockets]
    if not sockets:
        return {}
    from .._read import owners

    return work.note(owners.owners_of(sockets))


def _why(
    work: gathering.Gathering,
    known: kernel.KnownKernel,
    views: List[records.NamespaceView],
    owners: Dict[int, records.Owner],
) -> Dict[int, Dict[str, Any]]:
    """Why those do not accept whose accept queue is full, by socket inode; nothing is read where none is."""
    waiting = [sock for view in views for sock in view.sockets if sock.accept_used and sock.backlog is not None]
    if not waiting:
        return {}
    from .._kernel import limits

    level = known.kernel.level
    full = [sock for sock in waiting if sock.accept_used >= limits.accept_queue_limit(level, sock.backlog or 0)]
    if not full:
        return {}
    from .._model import not_accepting
    from .._read import standstill

    holders = {sock.inode: [process.pid for process in owners[sock.inode].processes] for sock in full}
    for sock in full:
        if not holders[sock.inode]:
            work.warn("no process is visible that holds port %d: why it does not accept is not known" % sock.port)
    seen = work.note(standstill.look([pid for pids in holders.values() for pid in pids]))
    return {inode: not_accepting.why([seen[pid] for pid in pids if pid in seen]) for inode, pids in holders.items()}


def _fast_open(
    work: gathering.Gathering, views: List[records.NamespaceView], owners: Dict[int, records.Owner]
) -> Dict[int, Optional[int]]:
    """The limit of each listener that may take TCP Fast Open, by its socket's inode."""
    sockets = [sock for view in views if view.fast_open for sock in view.sockets]
    if not sockets:
        return {}
    from . import fast_open

    return work.note(fast_open.limits(sockets, owners))


def _boot(work: gathering.Gathering, known: kernel.KnownKernel) -> Any:
    if not work.options.wants("boot"):
        return None
    from .._read import boot_files

    return work.note(boot_files.boot_values(level=known.kernel.level, defaults=known.defaults))


def _kernel_log(work: gathering.Gathering) -> Optional[Dict[str, Any]]:
    if not work.options.wants("kernel_log"):
        return None
    from .._read import kernel_log

    log = work.note(kernel_log.read_kernel_log(work.options.kernel_log_source, work.options.kernel_log_max_age))
    return {"readable": log.readable, "events": [event for event in log.events if not _is_calibration(event)]}


def _memory(work: gathering.Gathering) -> Optional[int]:
    if not work.options.wants("listeners"):
        return None
    from .._read import memory

    return work.note(memory.read_memory())


def _mitigation(work: gathering.Gathering) -> Optional[Dict[str, Any]]:
    """What is in force, and what a mitigation has to know of this host so that it cuts nobody off."""
    if not work.options.wants("mitigation"):
        return None
    from .._read import addresses, firewall, mitigation_record, session

    found = mitigation_record.read_record()
    return {
        "record": work.note((found.record, [found.problem] if found.problem else [])),
        "problem": found.problem,
        "controller": session.controller(),
        "addresses": work.note(addresses.own_addresses()),
        "iptables": firewall.commands(),
        "chains": [family for family, base in sorted((firewall.bases() or {}).items()) if base.ours],
    }


def _is_calibration(event: Dict[str, Any]) -> bool:
    """Whether the kernel spoke of our own measurement, which fills the queue of a private namespace's listener."""
    ours = (event["kind"], event["port"]) == ("syn_flood", model_namespace.PRIVATE_PORT)
    return ours and event["address"] in (None, "127.0.0.1")
