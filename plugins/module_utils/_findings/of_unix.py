# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""Findings about listening UNIX sockets: a full queue, which the kernel counts nowhere."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping

from .._model import gathered, namespace_commands, queues
from . import finding, why

_FULL = (
    "{0} of {1} places of the accept queue of {2} are taken: {3} does not accept as fast as connections come. A "
    'further connect() fails: nginx logs "connect() to unix:{2} failed (11: Resource temporarily unavailable)". The '
    "kernel does not count such failures: only a look while the queue is full shows them."
)
_NEAR = (
    "{0} of {1} places of the accept queue of {2} are taken; {3} holds the socket. Once all {1} are taken, a further "
    "connect() fails with error 11 (EAGAIN)."
)


def unix_accept_queue_full(facts: Mapping[str, Any]) -> Iterator[finding.Finding]:
    """Connections wait on a UNIX socket, and the next ones are refused: the web server in front logs error 11."""
    for row in gathered.rows(facts, "unix_listeners"):
        queue = queues.accept_queue_of(row)
        if not queue.near:
            continue
        namespace, path = gathered.namespace_of(row), str(row.get("path"))
        subject = path if namespace == namespace_commands.OWN else "%s in network namespace %s" % (path, namespace)
        cause = gathered.part(gathered.part(row, "accept_queue"), "why")
        yield finding.Finding(
            finding.CRITICAL if queue.full else finding.WARNING,
            subject,
            " ".join(filter(None, ((_FULL if queue.full else _NEAR).format(
                queue.used, queue.limit, path, _holder(row)
            ), why.reason(cause)))),
            _evidence(row, queue, cause),
            _remedy(row, cause),
            weight=queue.fill,
        )  # fmt: skip


def _holder(row: Mapping[str, Any]) -> str:
    processes = gathered.rows(row, "processes")
    if processes and gathered.number(processes[0].get("pid")) is not None:
        return "{0} (pid {1})".format(processes[0].get("name"), processes[0].get("pid"))
    return gathered.text(row, "unit") or "its application"


def _evidence(row: Mapping[str, Any], queue: queues.Queue, cause: Mapping[str, Any]) -> Dict[str, Any]:
    found = {
        "backlog": gathered.number(row.get("backlog")),
        "accept_queue_used": queue.used,
        "accept_queue_limit": queue.limit,
        "bound_by": gathered.text(row, "bound_by"),
    }  # type: Dict[str, Any]
    if cause:
        found["why"] = dict(cause)
    return found


def _remedy(row: Mapping[str, Any], cause: Mapping[str, Any]) -> str:
    """First why it does not accept; a larger backlog only bridges short bursts."""
    more = gathered.text(row, "remedy") or ""
    processes = gathered.rows(row, "processes")
    pid = gathered.number(processes[0].get("pid")) if processes else None
    look = "`top -H -b -n 1 -p {0}`".format(pid) if pid is not None else "`ss -lxp`"
    first = why.remedy(cause, look, gathered.text(row, "unit"))
    return "{0} For short bursts: {1}".format(first, more).strip() if first else more
