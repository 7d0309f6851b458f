# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What the listeners admit once a change is made: the rows of a gathering, read in the run that made it."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

from .._change import plan
from .._kernel import identity
from .._model import records
from .._read import owners as read_owners
from .._read import sysctls
from .._report import listeners
from . import change_options
from . import host as module_host


def seen(
    options: change_options.ChangeOptions,
    host: module_host.Host,
    kernel: identity.Kernel,
    planned: plan.Plan,
    sockets: Sequence[records.ListenSocket],
) -> Tuple[Dict[str, Any], List[str]]:
    """``sysctls`` and ``listeners`` as in a gathered structure, and warnings.

    ``sockets``: what listens there now. The sysctls are those in force; what the next boot brings is told of the
    settings that were named. Nothing where the namespace is gone since.
    """
    try:
        values, unread = module_host.inside(host.namespace, sysctls.read_sysctls)
    except module_host.Refused as error:
        return {}, ["Listeners cannot be told: {0}".format(error)]
    shown = tuple(sock for sock in sockets if not options.ports or sock.port in options.ports)
    owners, more = read_owners.owners_of(shown) if shown else ({}, [])
    view = records.NamespaceView(host.namespace.name, values, shown)
    # A setting that this kernel keeps only once has no file in another namespace
    in_force = {name: host.runtime.get(name) if value is None else value for name, value in values.items()}
    states = {name: dict({"boot": None, "boot_source": None}, runtime=value) for name, value in values.items()}
    for name, state in planned.after.items():
        states[name].update(boot=state.get("boot"), boot_source=state.get("boot_source"))
    rows = listeners.listener_rows(view, kernel, in_force, owners) if shown else []
    told: Dict[str, Any] = {"sysctls": states, "listeners": rows}
    if options.paths:
        told["unix_listeners"] = _unix(options.paths, host, kernel, view, in_force)
    return told, [*unread, *more]


def _unix(
    paths: Sequence[str],
    host: module_host.Host,
    kernel: identity.Kernel,
    view: records.NamespaceView,
    sysctls_in_force: Dict[str, Any],
) -> List[Dict[str, Any]]:
    """The UNIX sockets of these names."""
    from .._read import unix_diag
    from .._report import unix_listeners

    found = module_host.inside(host.namespace, unix_diag.listeners)[0]
    named = tuple(sock for sock in found if sock.path in paths)
    owners = read_owners.owners_of(named)[0] if named else {}
    return unix_listeners.unix_rows(view._replace(unix=named), kernel, sysctls_in_force, owners, {}, {})
