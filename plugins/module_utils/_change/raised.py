# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What the change of running listeners returns: rows, diff and warnings."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from .._applications import application as catalogue
from .._applications import recognise
from .._model import records, unix_listener
from .._model import text as model_text
from . import raise_plan, rows

_NOBODY = records.Owner()
_CAUSES = {
    catalogue.RELOAD: "a reload or restart",
    catalogue.RELOAD_IF_EDITED: "a restart, or a reload with another backlog configured",
}


def raised_rows(
    steps: Sequence[raise_plan.Step], owners: Mapping[int, records.Owner], namespace: str, somaxconn: int
) -> List[Dict[str, Any]]:
    """One row for each listener, changed or not; ``owners`` by socket inode."""
    return [_row(step, owners.get(step.socket.inode, _NOBODY), namespace, somaxconn) for step in steps]


def raised_diff(steps: Sequence[raise_plan.Step]) -> List[Dict[str, str]]:
    """What `--diff` shows: one entry for each socket that changes."""
    return [
        {
            "before_header": header,
            "after_header": header,
            "before": "backlog: %s\n" % step.socket.backlog,
            "after": "backlog: %d\n" % step.after,
        }
        for step in steps if step.changed
        for header in ["listener %s (inode %d)" % (raise_plan.name_of(step.socket), step.socket.inode)]
    ]


def raised_warnings(steps: Sequence[raise_plan.Step], asked: int, somaxconn: int) -> List[str]:
    """Where less was latched than was asked for."""
    short = sorted({"%s keeps %d" % (raise_plan.name_of(step.socket), step.after) for step in steps if step.clamped})
    if not short:
        return []
    return [
        "net.core.somaxconn is %d there and clamps the backlog of %d that was asked for: %s. Raise it first "
        "(linuxnet.tcp.syn_backlog does), then run this again." % (somaxconn, asked, ", ".join(short))
    ]


def to_keep(hint: recognise.Hint, sock: raise_plan.Listener, backlog: int, somaxconn: int) -> str:
    """What makes the backlog outlive the next listen() of the application: one line that prints."""
    application = hint.application
    again = "The next listen() of %s (%s)" % (hint.program, _CAUSES.get(application.again, "a restart"))
    gets = hint.would_get(somaxconn)
    lowered = sock.backlog is not None and backlog < sock.backlog
    enough = gets is not None and (gets == backlog or (gets > backlog and not lowered))
    if enough and (hint.asked is not None or application.change is None):
        text = "%s asks for %s again." % (again, "as much" if gets == backlog else "no less")
    elif hint.asked is not None:
        text = "%s undoes this: change %s on its command line from %d to %d." % (
            again, hint.asked_by, hint.asked, backlog,
        )
    elif application.change is None and not application.instead:
        text = "%s undoes this, and nothing sets it: change it here again then." % again
    elif application.change is None:
        text = "%s undoes this, and it has no setting for it: change it here again then, or %s." % (
            again, _filled(application.instead, hint, sock, backlog),
        )
    else:
        setting = (_filled(application.change, hint, sock, backlog), application.where)
        text = "%s undoes this unless it asks for %d itself: %s." % (again, backlog, " ".join(filter(None, setting)))
    return model_text.printable(text)


def _row(step: raise_plan.Step, owner: records.Owner, namespace: str, somaxconn: int) -> Dict[str, Any]:
    sock = step.socket
    return dict(
        rows.listener_row(sock, owner, namespace),
        before=sock.backlog,
        after=step.after,
        clamped_by_somaxconn=step.clamped,
        to_keep=to_keep(rows.hint_of(owner, sock), sock, step.after, somaxconn),
    )


def _filled(template: str, hint: recognise.Hint, sock: raise_plan.Listener, wanted: int) -> str:
    """The catalogue's words with this listener's numbers."""
    if isinstance(sock, unix_listener.UnixListener):
        return catalogue.filled(template, wanted, hint.program, "", 0, sock.path)
    return catalogue.filled(template, wanted, hint.program, sock.address, sock.port)
