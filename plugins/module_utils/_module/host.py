# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The state of this host that a change starts from, and what bars the way: judged before anything is done."""

from __future__ import annotations

import os
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._boot.values import BootFiles
from .._change.latched import may_be_latched, restart_rows
from .._change.plan import Found, Plan, Wanted
from .._change.words import barred_message
from .._kernel.identity import Kernel
from .._kernel.sysctls import KEYS, boot_default
from .._model.boot_values import values_at_boot
from .._model.records import ListenSocket
from .._read.boot_files import read_boot
from .._read.namespaces import OWN, Namespace, Unreachable, call_inside, resolve_one
from .._read.new_namespace import kernel_defaults
from .._read.owners import owners_of
from .._read.sockets import listen_sockets
from .._read.sysctl_file import Unfit, masked_by, obstacle, read_sysctl_file
from .._read.sysctls import read_sysctls
from .._read.tuned_files import read_tuned
from .._write.sysctl import Bar, bar_to_writing
from .change_options import ChangeOptions, require_own_namespace


class Refused(Exception):
    """The change cannot be made; nothing was changed. The text names what is in the way."""


class Host(NamedTuple):
    """Where the change happens, and what was found there."""

    namespace: Namespace
    found: Found
    runtime: Dict[str, Optional[int]]  # all settings
    warnings: List[str]


def the_namespace(options: ChangeOptions) -> Namespace:
    """The one network namespace that is meant.

    :raises InvalidOption: there is none, or several are meant, or its values shall persist.
    """
    asked = options.network_namespace
    if asked is None:
        return OWN
    try:
        namespace = resolve_one(asked)
    except Unreachable as error:
        raise Refused(str(error)) from None
    if namespace != OWN:
        require_own_namespace(options)
    return namespace


def look(options: ChangeOptions, namespace: Namespace, kernel: Kernel) -> Host:
    """Read everything that decides.

    :raises Refused: a setting that this kernel does not have, or a file that cannot be changed at all.
    """
    wanted = options.wanted
    runtime, warnings = inside(namespace, read_sysctls)
    missing = [KEYS[name].key for name in wanted.values if runtime[name] is None]
    if missing and not wanted.absent:
        raise Refused("This kernel has no {0} here, or it cannot be read".format(" and no ".join(missing)))
    boot = read_boot(level=kernel.level) if namespace == OWN else None
    try:
        file = read_sysctl_file(options.path) if options.path else None
    except Unfit as error:
        raise Refused("sysctl_file: {0}".format(error)) from None
    found = Found(
        runtime=runtime,
        level=kernel.level,
        file=file,
        boot=boot,
        defaults=_defaults(boot, wanted, kernel),
        tuned=read_tuned() if boot is not None else None,
    )
    warnings = list(warnings) + (list(boot.warnings) if boot is not None and wanted.persist else [])
    return Host(namespace, found, runtime, warnings)


def require_way_free(host: Host, plan: Plan) -> None:
    """Make sure, as far as that is possible without trying, that each step of the plan can be done.

    :raises Refused: names every path that cannot be written, and why.
    """
    bars = [why for why in inside(host.namespace, _bars, [write.name for write in plan.writes]) if why]
    if bars:
        raise Refused(barred_message(bars, plan, host.found))
    file = host.found.file
    if not plan.file_changes or file is None:
        return
    masked = masked_by(file)
    if masked and plan.content is not None:
        others = " and ".join(masked)
        raise Refused("sysctl_file: a new {0} would mask {1} as a whole: choose another name".format(file.path, others))
    barred = obstacle(file, None if plan.content is None else len(plan.content))
    if barred:
        raise Refused("sysctl_file: {0} cannot be changed: {1}".format(file.path, barred))


def listeners(host: Host) -> Tuple[Optional[List[ListenSocket]], List[str]]:
    """What listens there, None where that cannot be read, and warnings."""
    try:
        return inside(host.namespace, listen_sockets)
    except OSError as error:
        return None, ["Listeners cannot be read: {0}".format(os.strerror(error.errno or 0))]
    except Refused as error:  # the namespace is gone since; what was changed before was changed
        return None, ["Listeners cannot be read: {0}".format(error)]


def restart_needed(
    host: Host, kernel: Kernel, plan: Plan, sockets: List[ListenSocket]
) -> Tuple[List[Dict[str, Any]], List[str]]:
    """The listeners that still have an older limit, and warnings."""
    after = dict(host.runtime, **{write.name: write.after for write in plan.writes})
    latched = may_be_latched(sockets, kernel.rule, host.runtime, after)
    owners, warnings = owners_of(latched) if latched else ({}, [])
    return restart_rows(latched, owners, host.namespace.name, kernel.rule, host.runtime, after), warnings


def inside(namespace: Namespace, function: Any, *args: Any) -> Any:
    """Call it in the namespace.

    :raises Refused: the namespace cannot be entered (any more).
    """
    try:
        return call_inside(namespace, function, *args)
    except Unreachable as error:
        raise Refused(str(error)) from None


def _bars(names: List[str]) -> List[Optional[Bar]]:
    return [bar_to_writing(name) for name in names]


def _defaults(boot: Optional[BootFiles], wanted: Wanted, kernel: Kernel) -> Dict[str, Optional[int]]:
    """What the kernel starts with; where that depends on the machine and may matter, a new namespace tells."""
    defaults = {name: boot_default(name, kernel.level) for name in wanted.values}
    unknown = [name for name in defaults if defaults[name] is None]
    if boot is None or not unknown:
        return defaults
    values = values_at_boot(boot, unknown, kernel.level)
    if wanted.absent or any(value.value is None for value in values.values()):
        defaults.update({name: value for name, value in kernel_defaults().items() if name in unknown})
    return defaults
