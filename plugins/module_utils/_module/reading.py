# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""One reading: each namespace that was asked for, put together by the model. Judging it is another step.

What a part needs is imported where that part is read: a target compiles every file that it imports, in every run.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from .._kernel import rules
from .._model import namespace as model_namespace
from .._model import records
from .._report import facts
from . import gathering, kernel, look
from . import options as module_options

if TYPE_CHECKING:
    from . import window


class Reading(NamedTuple):
    """What was read, not judged yet."""

    facts: Dict[str, Any]
    warnings: List[str]  # what is missing in it and why
    again: Optional[Callable[[], Dict[str, Any]]]  # the same a moment later, with counters from the beginning on


def read(options: module_options.GatheringOptions, meanwhile: Optional[Callable[[], None]] = None) -> Reading:
    """Every part that the options ask for; ``meanwhile`` is called while a window passes.

    :raises InvalidOption: a namespace or a log file that does not exist.
    """
    work = gathering.Gathering(options, meanwhile)
    asked = gathering.namespaces(work, options.network_namespaces)
    known = kernel.known_kernel(options.kernel_rule, options.calibrate, defaults_wanted=options.wants("boot"))
    work.note((None, known.warnings))
    work.first_timeout = rules.first_synack_timeout(known.kernel.level)
    before = _before(work, asked)
    own, views = _looked(work, asked, before)
    owners = read_owners(work, views)
    evidence = facts.Evidence(
        kernel=known.kernel,
        own=own,
        views=views,
        owners=owners,
        why=read_why(work, known, views, owners),
        fast_open=_fast_open(work, views, owners),
        unix_files=_unix_files(views, owners),
        boot=read_boot(work, known),
        defaults=known.defaults,
        kernel_log=_kernel_log(work),
        others_asked=bool(options.network_namespaces),
        memory=_memory(work),
        mitigation=_mitigation(work),
    )
    again = partial(_looked_again, work, asked, before, evidence) if before else None
    return Reading(facts.assemble(evidence, options.networks), work.warnings, again)


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


def _looked_again(
    work: gathering.Gathering,
    asked: List[model_namespace.Namespace],
    before: Dict[model_namespace.Namespace, window.Before],
    evidence: facts.Evidence,
) -> Dict[str, Any]:
    """The gathered structure as it is a moment later, with counters from the beginning on: one longer window."""
    from . import window

    own, views = _looked(work, asked, window.wait_again(work, asked, before))
    owners = read_owners(work, views)
    evidence = evidence._replace(own=own, views=views, owners=owners, fast_open=_fast_open(work, views, owners))
    return facts.assemble(evidence, work.options.networks)


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


def read_owners(work: gathering.Gathering, views: List[records.NamespaceView]) -> Dict[int, records.Owner]:
    sockets = [sock for view in views for sock in (*view.sockets, *view.unix)]
    if not sockets:
        return {}
    from .._read import owners

    return work.note(owners.owners_of(sockets))


def read_why(
    work: gathering.Gathering,
    known: kernel.KnownKernel,
    views: List[records.NamespaceView],
    owners: Dict[int, records.Owner],
) -> Dict[int, Dict[str, Any]]:
    """Why those do not accept whose accept queue is full, by socket inode; nothing is read where none is."""
    full = _full(known, views)
    if not full:
        return {}
    from .._model import not_accepting
    from .._read import standstill

    holders = {sock.inode: [process.pid for process in owners[sock.inode].processes] for sock in full}
    for sock in full:
        if not holders[sock.inode]:
            what = "port %d" % sock.port if isinstance(sock, records.ListenSocket) else sock.path
            work.warn("no process is visible that holds %s: why it does not accept is not known" % what)
    seen = work.note(standstill.look([pid for pids in holders.values() for pid in pids]))
    return {inode: not_accepting.why([seen[pid] for pid in pids if pid in seen]) for inode, pids in holders.items()}


def _full(known: kernel.KnownKernel, views: List[records.NamespaceView]) -> List[Any]:
    """The sockets whose accept queue is full."""
    waiting = [sock for view in views for sock in view.sockets if sock.accept_used and sock.backlog is not None]
    full: List[Any] = [
        sock
        for view in views
        for sock in view.unix
        if sock.backlog is not None and (sock.accept_used or 0) > sock.backlog
    ]
    if not waiting:
        return full
    from .._kernel import limits

    level = known.kernel.level
    return full + [sock for sock in waiting if sock.accept_used >= limits.accept_queue_limit(level, sock.backlog or 0)]


def _unix_files(views: List[records.NamespaceView], owners: Dict[int, records.Owner]) -> Dict[int, Optional[str]]:
    """What has become of the names of UNIX sockets, by socket inode."""
    sockets = [sock for view in views for sock in view.unix]
    if not sockets:
        return {}
    from .._read import unix_paths

    return {
        sock.inode: unix_paths.state_of(sock, [process.pid for process in owners[sock.inode].processes])
        for sock in sockets
    }


def _fast_open(
    work: gathering.Gathering, views: List[records.NamespaceView], owners: Dict[int, records.Owner]
) -> Dict[int, Optional[int]]:
    """The limit of each listener that may take TCP Fast Open, by its socket's inode."""
    sockets = [sock for view in views if view.fast_open for sock in view.sockets]
    if not sockets:
        return {}
    from . import fast_open

    return work.note(fast_open.limits(sockets, owners))


def read_boot(work: gathering.Gathering, known: kernel.KnownKernel) -> Any:
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
        "record": work.note((found.record, [told for told in (found.problem, found.stale) if told])),
        "problem": found.problem,
        "stale": found.stale,
        "controller": session.controller(),
        "addresses": work.note(addresses.own_addresses()),
        "iptables": firewall.commands(),
        "nft": firewall.command("nft"),
        "now": mitigation_record.now(),
        "chains": [family for family, base in sorted((firewall.bases() or {}).items()) if base.ours],
    }


def _is_calibration(event: Dict[str, Any]) -> bool:
    """Whether the kernel spoke of our own measurement, which fills the queue of a private namespace's listener."""
    ours = (event["kind"], event["port"]) == ("syn_flood", model_namespace.PRIVATE_PORT)
    return ours and event["address"] in (None, "127.0.0.1")
