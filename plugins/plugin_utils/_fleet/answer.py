# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""What the audit keeps of the result that a task registered: the gathered structure, or why there is none."""

from __future__ import annotations

import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import door

from .host import lacks

NOT_ASKED = "it was not asked"
_OF_ANSIBLE = "discovered Python interpreter"  # a warning that says nothing of queues


def answer(result: t.Any) -> dict[str, t.Any]:
    """The ``syn_backlog`` of a result with the module's ``warnings`` beside its keys, or ``{"error": why}``.

    What a host told comes in by the door. A host that could not be reached says so with ``unreachable``.
    """
    if result is None:
        return {"error": NOT_ASKED}
    if not isinstance(result, t.Mapping):
        return {"error": "expected a task's result, got {0}".format(type(result).__name__)}
    gathered = result.get("syn_backlog")
    if gathered is None:
        error = {"error": reason(result)}
        return dict(error, unreachable=True) if result.get("unreachable") is True else error
    facts = door.answered(gathered)
    if facts is None:
        return {"error": "what was gathered is no mapping"}
    lacking = lacks(facts)
    return {"error": lacking} if lacking else dict(facts, warnings=warnings(result))


def silent(answers: t.Mapping[str, t.Mapping[str, t.Any]]) -> bool:
    """Whether a host gave no answer."""
    return any(one.get("error") is not None for one in answers.values())


def warnings(result: t.Mapping[str, t.Any]) -> list[str]:
    """What the module warned of, without what Ansible itself did."""
    told = result.get("warnings")
    texts = [str(one) for one in told] if isinstance(told, (list, tuple)) else []
    return [text for text in texts if _OF_ANSIBLE not in text]


def reason(result: t.Mapping[str, t.Any]) -> str:
    """The message, and the last line of what an interpreter that broke down wrote."""
    broken = str(result.get("module_stderr") or "").splitlines()
    return ": ".join(filter(None, [str(result.get("msg", "no reason given")), broken[-1] if broken else ""]))
