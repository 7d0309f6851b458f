# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Listeners that still have less than the settings allow now, and would or might get more from a new listen()."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional

from .._applications import application, recognise, restarts
from .._kernel import limits, rules
from .._model import records, text
from . import rows as change_rows

Sysctls = Mapping[str, Optional[int]]

_NOBODY = records.Owner()


def may_be_latched(
    sockets: Iterable[records.ListenSocket], rule: str, before: Sysctls, after: Sysctls
) -> List[records.ListenSocket]:
    """The sockets for which it is worth finding out who holds them."""
    return [
        sock
        for sock in sockets
        if sock.backlog is not None
        and (_below(sock.backlog, after) or _table_grows(sock.backlog, rule, before, after))
    ]


def restart_rows(
    sockets: Iterable[records.ListenSocket],
    owners: Mapping[int, records.Owner],
    namespace: str,
    rule: str,
    before: Sysctls,
    after: Sysctls,
    set_since: Optional[str] = None,
) -> List[Dict[str, Any]]:
    """A row for each listener whose next listen() admits more than what it latched, or may, as far as anybody knows.

    ``certain`` is True where it latched exactly the somaxconn that was in force before this change, or where its
    command line asks for more than it latched. It is False where only the application's default says so, which its
    configuration may have replaced, and where nobody knows what the application asks for: it may have been clamped
    long ago, or have asked for no more. Such rows come until its process is younger than the somaxconn that was in
    force before this change: with less than that, it has what it asked for. Up to Linux 4.3 the size of the SYN queue
    is latched as well, from tcp_max_syn_backlog.

    :param set_since: since when the somaxconn before this change is in force (ISO 8601, UTC); None where unknown
    """
    rows = []
    for sock in sockets:
        owner = owners.get(sock.inode, _NOBODY)
        hint = change_rows.hint_of(owner, sock)
        allowed = _next_backlog(sock, hint, after)
        backlog = sock.backlog or 0
        grows = _table_grows(backlog, rule, before, after)
        if allowed > backlog or grows:
            certain = grows or hint.asked is not None or backlog == before.get("somaxconn")
            if not certain and _settled(backlog, owner, before, set_since):
                continue
            rows.append(dict(_row(sock, owner, hint, namespace), next_backlog=allowed, certain=certain))
    return rows


def _settled(backlog: int, owner: records.Owner, before: Sysctls, set_since: Optional[str]) -> bool:
    """Whether every process that holds it was started under the somaxconn of before, and it has less than that."""
    starts = [process.started for process in owner.processes]
    if set_since is None or not starts or not _below(backlog, before):
        return False
    return all(start is not None and start > set_since for start in starts)


def _below(backlog: int, after: Sysctls) -> bool:
    somaxconn = after.get("somaxconn")
    return somaxconn is not None and backlog < limits.latch(-1, somaxconn)


def _next_backlog(sock: records.ListenSocket, hint: recognise.Hint, after: Sysctls) -> int:
    """What the next listen() will latch at least; the most that it can where nobody knows."""
    backlog, new = sock.backlog or 0, after.get("somaxconn")
    if new is None or not _below(backlog, after):
        return backlog
    gets = hint.would_get(new)
    return limits.latch(-1, new) if gets is None else max(gets, backlog)


def _table_grows(backlog: int, rule: str, before: Sysctls, after: Sysctls) -> bool:
    old, new = before.get("tcp_max_syn_backlog"), after.get("tcp_max_syn_backlog")
    if rule != rules.POWER_OF_TWO or old is None or new is None:
        return False
    return limits.syn_queue_limit(rule, backlog, new) > limits.syn_queue_limit(rule, backlog, old)


def _row(sock: records.ListenSocket, owner: records.Owner, hint: recognise.Hint, namespace: str) -> Dict[str, Any]:
    pid = hint.process.pid if hint.process else None
    own = hint.application.restart.replace("{port}", str(sock.port))
    advise = restarts.reload if hint.application.again == application.RELOAD else restarts.restart
    remedy = text.printable(own or advise(owner.unit, hint.program, pid))
    return dict(change_rows.listener_row(sock, owner, namespace), backlog=sock.backlog, remedy=remedy)
