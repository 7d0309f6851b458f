# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""The change of running listeners: read the namespace, plan, apply, and tell what came of it."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple

from .._change import raise_plan, raised
from .._model import namespace as namespace_room
from .._model import raised_record
from .._read import clock, namespaces
from .._read import owners as read_owners
from .._read import raised as read_raised
from .._read import sockets as read_sockets
from .._read import sysctls as read_sysctls
from .._write import listen_backlog, lock
from .._write import raised as write_raised


def listener_spec() -> Dict[str, Dict[str, Any]]:
    """The argument_spec of syn_backlog_listener."""
    return {
        "port": {"type": "int"},
        "path": {"type": "str"},
        "backlog": {"type": "int", "required": True},
        "address": {"type": "str"},
        "inode": {"type": "int"},
        "policy": {"type": "str", "choices": list(raise_plan.POLICIES), "default": "exact"},
        "network_namespace": {"type": "str"},
        "expected_somaxconn": {"type": "int"},
    }


def set_backlogs(params: Mapping[str, Any], check_mode: bool = False) -> Tuple[Dict[str, Any], List[str]]:
    """What the module returns, the diff included, and its warnings; with ``check_mode`` nothing is changed.

    :raises InvalidOption: an option's value, a listener or a namespace that is not there.
    :raises NotRaised: a backlog that cannot be changed; the text says what was put back.
    :raises Unreachable: a namespace that cannot be entered.
    :raises Busy: another run does not end.
    """
    wanted = raise_plan.ask_raise(params)
    expected = raise_plan.expected_somaxconn(params)
    namespace = (
        namespace_room.OWN
        if params["network_namespace"] is None
        else namespaces.resolve_one(params["network_namespace"])
    )
    unix = wanted.path is not None
    if check_mode:
        return _run(wanted, namespace, listen_backlog.rehearse, expected)
    with lock.locked() as why_not:  # else another run would look like a listen() that did not take
        carry_out = partial(listen_backlog.apply, read_back=partial(_backlogs, namespace, unix))
        result, warnings = _run(wanted, namespace, carry_out, check=False)
    if why_not and result["changed"]:
        warnings.append(
            "No lock was taken, so another run could change the same listeners at the same time: " + why_not
        )
    return result, warnings


def _run(
    wanted: raise_plan.Wanted,
    namespace: namespace_room.Namespace,
    change: Callable[..., None],
    expected: Optional[int] = None,
    check: bool = True,
) -> Tuple[Dict[str, Any], List[str]]:
    """``expected`` takes the place of the somaxconn that is in force."""
    sockets, somaxconn, warnings = namespaces.call_inside(namespace, _look_around, wanted.path is not None)
    somaxconn = somaxconn if expected is None else expected
    steps = raise_plan.plan_raise(wanted, sockets, somaxconn, namespace.label)
    owners, unseen = read_owners.owners_of([step.socket for step in steps])
    holders = {inode: owner.processes for inode, owner in owners.items()}
    change(steps, holders)
    if not check:
        _note(steps, namespace)
    result = {
        "changed": any(step.changed for step in steps),
        "listeners": raised.raised_rows(steps, owners, namespace.name, somaxconn),
        "diff": raised.raised_diff(steps),
    }
    return result, [*warnings, *unseen, *raised.raised_warnings(steps, wanted.backlog, somaxconn)]


def _note(steps: Iterable[raise_plan.Step], namespace: namespace_room.Namespace) -> None:
    """What was raised, and when: floods and drops from before tell nothing about these listeners now."""
    now = clock.iso(time.time())
    place = namespaces.call_inside(namespace, read_raised.network_namespace)
    write_raised.note([
        raised_record.Raised(place, step.socket.inode, now, step.socket.backlog, getattr(step.socket, "drops", None))
        for step in steps
        if step.changed and step.after > (step.socket.backlog or 0)
    ])


def _look_around(unix: bool) -> Tuple[List[Any], Optional[int], List[str]]:
    """The listeners and somaxconn of the calling thread's namespace, and warnings."""
    try:
        sockets, warnings = _listeners(unix)
    except OSError as error:
        raise raise_plan.NotRaised("the listeners cannot be read: {0}; nothing was changed".format(error)) from None
    sysctls, _unread = read_sysctls.read_sysctls()  # what cannot be read and matters is told by the plan
    return sockets, sysctls["somaxconn"], warnings


def _listeners(unix: bool) -> Tuple[List[Any], List[str]]:
    if not unix:
        return read_sockets.listen_sockets()
    from .._read import unix_diag

    return unix_diag.listeners()


def _backlogs(namespace: namespace_room.Namespace, unix: bool) -> Dict[int, Optional[int]]:
    return {sock.inode: sock.backlog for sock in namespaces.call_inside(namespace, _listeners, unix)[0]}
