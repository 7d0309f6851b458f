# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""What the audit keeps of the result that a task registered: the gathered structure, or why there is none."""

from __future__ import annotations

import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import validated

from .host import lacks

NOT_ASKED = "it was not asked"
_OF_ANSIBLE = "discovered Python interpreter"  # a warning that says nothing of queues


def answer(result: t.Any) -> dict[str, t.Any]:
    """The ``syn_backlog`` of a result with the module's ``warnings`` beside its keys, or ``{"error": why}``.

    What a host told is validated here. A host that could not be reached says so with ``unreachable``.
    """
    error = why_not(result, "syn_backlog")
    if error is not None:
        unreachable = isinstance(result, t.Mapping) and result.get("unreachable") is True
        return {"error": error, "unreachable": True} if unreachable else {"error": error}
    facts = validated.answered(result["syn_backlog"])
    if facts is None:
        return {"error": "what was gathered is no mapping"}
    lacking = lacks(facts)
    return {"error": lacking} if lacking else dict(facts, warnings=warnings(result))


def why_not(result: t.Any, name: str) -> str | None:
    """Why a task's result has nothing under this name; None where it has.

    ``result`` is None where the task did not run.
    """
    if result is None:
        return NOT_ASKED
    if not isinstance(result, t.Mapping):
        return "expected a task's result, got {0}".format(type(result).__name__)
    return _reason(result) if result.get(name) is None else None


def silent(answers: t.Mapping[str, t.Mapping[str, t.Any]]) -> bool:
    """Whether a host gave no answer."""
    return any(one.get("error") is not None for one in answers.values())


def warnings(result: t.Mapping[str, t.Any]) -> list[str]:
    """What the module warned of, without what Ansible itself did.

    ansible-core 2.19 and 2.20 may keep a warning as an object whose event has the message.
    """
    told = result.get("warnings")
    texts = [_words(one) for one in told] if isinstance(told, (list, tuple)) else []
    return [text for text in texts if _OF_ANSIBLE not in text]


def _words(warning: t.Any) -> str:
    return str(getattr(getattr(warning, "event", None), "msg", warning))


def _reason(result: t.Mapping[str, t.Any]) -> str:
    """The message, and the last line of what an interpreter that broke down wrote."""
    broken = str(result.get("module_stderr") or "").splitlines()
    return ": ".join(filter(None, [str(result.get("msg", "no reason given")), broken[-1] if broken else ""]))
