# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.answer import answer, silent

GATHERED = {"kernel": {}, "sysctls": {}, "listeners": [], "findings": []}  # type: Dict[str, Any]


def test_an_answer_is_what_was_gathered_with_the_warnings_of_the_module() -> None:
    warnings = ["not readable", "Host 'h' is using the discovered Python interpreter at '/x', but", "too many"]
    result = {"changed": False, "failed": False, "syn_backlog": GATHERED, "warnings": warnings}
    assert answer(result) == dict(GATHERED, warnings=["not readable", "too many"])
    assert answer({"syn_backlog": GATHERED}) == dict(GATHERED, warnings=[])
    assert "warnings" not in GATHERED, "the registered result stays as it is"


def test_a_warning_that_is_an_object_is_told_in_its_own_words() -> None:
    reason = "ansible-core before 2.19 keeps warnings as text"
    messages = pytest.importorskip("ansible.module_utils._internal._messages", reason=reason)
    warning = messages.WarningSummary(event=messages.Event(msg="not readable"))
    assert answer({"syn_backlog": GATHERED, "warnings": [warning]})["warnings"] == ["not readable"]


def test_nothing_inside_is_copied() -> None:
    assert answer({"syn_backlog": GATHERED})["listeners"] is GATHERED["listeners"]


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (None, "it was not asked"),
        ({"failed": True}, "no reason given"),
        ({"failed": True, "msg": "broke", "module_stderr": "Traceback\n  x\nValueError: y\n"}, "broke: ValueError: y"),
        ({"failed": True, "msg": "broke", "module_stderr": ""}, "broke"),
        ({"failed": True, "msg": "broke", "module_stderr": None}, "broke"),
        ({"failed": True, "msg": "", "module_stderr": "sh: not found"}, "sh: not found"),
        ("text", "expected a task's result, got str"),
        ({"syn_backlog": 3}, "what was gathered is no mapping"),
        (
            {"syn_backlog": {"kernel": {}, "sysctls": {}, "findings": 1}},
            "findings and listeners are missing in what was gathered; the audit needs gather_subset sysctls, listeners and findings",
        ),
    ],
)
def test_without_an_answer_there_is_a_reason(result: Any, error: str) -> None:
    assert answer(result) == {"error": error}


def test_a_host_without_a_connection_is_told_apart() -> None:
    assert answer({"unreachable": True, "msg": "no route"}) == {"error": "no route", "unreachable": True}
    assert answer({"unreachable": "{{ x }}", "msg": "no route"}) == {"error": "no route"}


def test_one_silent_host_is_enough() -> None:
    assert silent({"a": answer({"syn_backlog": GATHERED}), "b": answer(None)})
    assert not silent({"a": answer({"syn_backlog": GATHERED})}) and not silent({})
    assert silent({"a": answer({"syn_backlog": dict(GATHERED, error="its own words")})})
