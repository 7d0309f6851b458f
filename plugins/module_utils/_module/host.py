# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The state of this host that a change starts from, and what bars the way: judged before anything is done."""

from __future__ import annotations

import os
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._boot import values as boot_values
from .._change import latched as change_latched
from .._change import plan as change_plan
from .._change import words
from .._kernel import identity, sysctls
from .._model import boot_values as model_boot_values
from .._model import namespace as namespace_room
from .._model import records
from .._model import sysctl_file as model_sysctl_file
from .._read import boot_files, clock, namespaces, new_namespace, sysctl_file, tuned_files
from .._read import owners as read_owners
from .._read import sockets as read_sockets
from .._read import sysctls as read_sysctls
from .._write import sysctl
from . import change_options


class Refused(Exception):
    """The change cannot be made; nothing was changed. The text names what is in the way."""


class Host(NamedTuple):
    """Where the change happens, and what was found there."""

    namespace: namespace_room.Namespace
    found: change_plan.Found
    runtime: Dict[str, Optional[int]]  # all settings
    warnings: List[str]


def the_namespace(options: change_options.ChangeOptions) -> namespace_room.Namespace:
    """The one network namespace that is meant.

    :raises InvalidOption: there is none, or several are meant, or its values shall persist.
    """
    asked = options.network_namespace
    if asked is None:
        return namespace_room.OWN
    try:
        namespace = namespaces.resolve_one(asked)
    except namespace_room.Unreachable as error:
        raise Refused(str(error)) from None
    if namespace != namespace_room.OWN:
        change_options.require_own_namespace(options)
    return namespace


def look(options: change_options.ChangeOptions, namespace: namespace_room.Namespace, kernel: identity.Kernel) -> Host:
    """Read everything that decides.

    :raises Refused: a setting that this kernel does not have, or a file that cannot be changed at all.
    """
    wanted = options.wanted
    runtime, warnings = inside(namespace, read_sysctls.read_sysctls)
    missing = [sysctls.KEYS[name].key for name in wanted.values if runtime[name] is None]
    if missing and not wanted.absent:
        raise Refused("This kernel has no {0} here, or it cannot be read".format(" and no ".join(missing)))
    boot = boot_files.read_boot(level=kernel.level) if namespace == namespace_room.OWN else None
    try:
        file = sysctl_file.read_sysctl_file(options.path) if options.path else None
    except sysctl_file.Unfit as error:
        raise Refused("sysctl_file: {0}".format(error)) from None
    found = change_plan.Found(
        runtime=runtime,
        level=kernel.level,
        file=file,
        boot=boot,
        defaults=_defaults(boot, wanted, kernel),
        tuned=tuned_files.read_tuned() if boot is not None else None,
    )
    warnings = list(warnings) + (list(boot.warnings) if boot is not None and wanted.persist else [])
    return Host(namespace, found, runtime, warnings)


def require_way_free(host: Host, plan: change_plan.Plan) -> None:
    """Make sure, as far as that is possible without trying, that each step of the plan can be done.

    :raises Refused: names every path that cannot be written, and why.
    """
    bars = [why for why in inside(host.namespace, _bars, [write.name for write in plan.writes]) if why]
    if bars:
        raise Refused(words.barred_message(bars, plan, host.found))
    file = host.found.file
    if not plan.file_changes or file is None:
        return
    masked = sysctl_file.masked_by(file)
    if masked and plan.content is not None:
        others = " and ".join(masked)
        raise Refused("sysctl_file: a new {0} would mask {1} as a whole: choose another name".format(file.path, others))
    barred = sysctl_file.obstacle(file, None if plan.content is None else len(plan.content))
    if barred:
        raise Refused("sysctl_file: {0} cannot be changed: {1}".format(file.path, barred))


def listeners(host: Host) -> Tuple[Optional[List[records.ListenSocket]], List[str]]:
    """What listens there, None where that cannot be read, and warnings."""
    try:
        return inside(host.namespace, read_sockets.listen_sockets)
    except OSError as error:
        return None, ["Listeners cannot be read: {0}".format(os.strerror(error.errno or 0))]
    except Refused as error:  # the namespace is gone since; what was changed before was changed
        return None, ["Listeners cannot be read: {0}".format(error)]


def restart_needed(
    host: Host, kernel: identity.Kernel, plan: change_plan.Plan, sockets: List[records.ListenSocket]
) -> Tuple[List[Dict[str, Any]], List[str]]:
    """The listeners that still have an older limit, and warnings."""
    after = dict(host.runtime, **{write.name: write.after for write in plan.writes})
    latched = change_latched.may_be_latched(sockets, kernel.rule, host.runtime, after)
    owners, warnings = read_owners.owners_of(latched) if latched else ({}, [])
    since = _set_since(host) if latched else None
    rows = change_latched.restart_rows(latched, owners, host.namespace.name, kernel.rule, host.runtime, after, since)
    return rows, warnings


def _set_since(host: Host) -> Optional[str]:
    """Since when the somaxconn that was there before this run is in force: the last change of its file, or the boot.

    None where no file, and no default of the kernel, is what is in force.
    """
    boot, value = host.found.boot, host.runtime.get("somaxconn")
    if boot is None or value is None:
        return None
    found = model_boot_values.values_at_boot(
        boot, ["somaxconn"], host.found.level, host.found.tuned, host.found.defaults
    )["somaxconn"]
    if found.doubt is not None or not found.certain:
        return None
    if found.value is None:
        return clock.booted() if value == sysctls.boot_default("somaxconn", host.found.level) else None
    path = (found.source or "").rpartition(":")[0]
    changed = clock.changed(path) if path.startswith("/") and found.number == value else None
    return max(changed, clock.booted()) if changed else None


def inside(namespace: namespace_room.Namespace, function: Any, *args: Any) -> Any:
    """Call it in the namespace.

    :raises Refused: the namespace cannot be entered (any more).
    """
    try:
        return namespaces.call_inside(namespace, function, *args)
    except namespace_room.Unreachable as error:
        raise Refused(str(error)) from None


def _bars(names: List[str]) -> List[Optional[model_sysctl_file.Bar]]:
    return [sysctl.bar_to_writing(name) for name in names]


def _defaults(
    boot: Optional[boot_values.BootFiles], wanted: change_plan.Wanted, kernel: identity.Kernel
) -> Dict[str, Optional[int]]:
    """What the kernel starts with; where that depends on the machine and may matter, a new namespace tells."""
    defaults = {name: sysctls.boot_default(name, kernel.level) for name in wanted.values}
    unknown = [name for name in defaults if defaults[name] is None]
    if boot is None or not unknown:
        return defaults
    values = model_boot_values.values_at_boot(boot, unknown, kernel.level)
    if wanted.absent or any(value.value is None for value in values.values()):
        defaults.update({name: value for name, value in new_namespace.kernel_defaults().items() if name in unknown})
    return defaults
