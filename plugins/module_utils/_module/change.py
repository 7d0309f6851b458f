# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""One change from its options to its result: look, decide, then do it, or tell what would be done."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Tuple

from .._change import plan, words
from .._kernel import identity, sysctls
from .._model import records, text
from .._read import kernel as read_kernel
from .._write import lock
from . import change_options, transaction
from . import host as module_host


class Shadowed(module_host.Refused):
    """Something else decides at boot, and that was to be a failure; carries what the module returns nevertheless."""

    def __init__(self, message: str, result: Dict[str, Any]) -> None:
        super().__init__(message)
        self.result = result


class Change(NamedTuple):
    """What the module returns."""

    result: Dict[str, Any]
    diff: List[Dict[str, str]]
    warnings: List[str]


def change(params: Dict[str, Any], check: bool) -> Change:
    """Bring about what the module's parameters ask, or with ``check`` tell what that would do.

    Only the real run takes the lock: a check leaves nothing behind, not even a lock file.

    :raises InvalidOption: bad input.
    :raises Refused: it cannot be done, or would not hold; nothing was changed. The same with ``check``.
    :raises Busy: another run does not end.
    :raises Failed: a step failed in spite of all; everything was put back.
    """
    kernel = read_kernel.running_kernel()
    options = change_options.parse_change_options(params, kernel.level)
    if check:
        return _change(options, kernel, check=True)
    with lock.locked() as unlocked:
        made = _change(options, kernel, check=False, alone=unlocked is None)
    if unlocked is not None and made.result["changed"]:
        made.warnings.append(
            "No lock was taken, so another run could change the same settings at the same time: " + unlocked
        )
    return made


def _change(options: change_options.ChangeOptions, kernel: identity.Kernel, check: bool, alone: bool = False) -> Change:
    namespace = module_host.the_namespace(options)
    if alone:
        transaction.tidy_up(options.path)
    host = module_host.look(options, namespace, kernel)
    planned = plan.plan(options.wanted, host.found)
    result: Dict[str, Any] = {
        "changed": planned.changes,
        "before": planned.before,
        "after": planned.after,
        "shadowed_by": [shadow._asdict() for shadow in planned.shadows],
        "verified": not planned.shadows and not (check and planned.changes),
    }
    module_host.require_way_free(host, planned)
    if planned.shadows and options.fail_when_shadowed:
        result.update(changed=False, after=result["before"], verified=False)
        raise Shadowed(words.shadowed_message(planned.shadows, options.wanted, options.path or ""), result)
    if planned.changes and not check:
        transaction.carry_out(planned, options, host, kernel)
    sockets, unread = module_host.listeners(host)
    result["restart_needed"], more = module_host.restart_needed(host, kernel, planned, sockets or [])
    unread = [*unread, *more]
    if result["restart_needed"]:
        result["unit_aliases"] = _aliases(result["restart_needed"])
    if options.report_listeners and sockets is not None:
        result["syn_backlog"], more = _seen(options, host, kernel, planned, sockets)
        unread += [one for one in more if one not in unread]
        result["unit_aliases"] = _aliases(result["syn_backlog"].get("listeners", []) + result["restart_needed"])
    file = host.found.file
    shown = words.diff(planned, options.path, file.content if file else None, namespace.name)
    return Change(result, shown, host.warnings + _warnings(options, planned) + unread)


def _aliases(rows: List[Dict[str, Any]]) -> Dict[str, str]:
    """Other names of the services that these listeners belong to."""
    from .._read import unit_aliases

    return unit_aliases.aliases_of({row["unit"] for row in rows if row["unit"]})


def _seen(
    options: change_options.ChangeOptions,
    host: module_host.Host,
    kernel: identity.Kernel,
    planned: plan.Plan,
    sockets: List[records.ListenSocket],
) -> Tuple[Dict[str, Any], List[str]]:
    from . import seen

    return seen.seen(options, host, kernel, planned, sockets)


def _warnings(options: change_options.ChangeOptions, planned: plan.Plan) -> List[str]:
    texts = [
        "{0} does not decide at boot: {1}".format(
            text.printable(options.path or ""), words.shadow_text(one, options.wanted)
        )
        for one in planned.shadows
    ]
    texts += [words.disturber_text(one) for one in planned.disturbers]
    if planned.unknown_defaults:
        names = ", ".join(sysctls.KEYS[name].key for name in planned.unknown_defaults)
        texts.append("{0}: what the next boot brings is not known, so the run-time value stays".format(names))
    return texts
