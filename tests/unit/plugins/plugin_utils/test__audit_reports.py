# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any, Dict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("jinja2", reason="the page is made on the controller: needs jinja2")

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._audit_answer import answer, silent
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._audit_reports import json_pieces, reports
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._audit_table import audit_table

HOSTILE_TEXT = ["{{ lookup('pipe', 'id') }}", "{% raw %}", "\x1b[2J\x9b", "a\nweb9: no answer: x", "\ud800", "\u202e", "", " HOST", "`x"]
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(max_size=9), st.sampled_from(HOSTILE_TEXT)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


def mapping(*names: str) -> Any:
    return st.fixed_dictionaries({}, optional={name: st.one_of(ANYTHING, st.integers(0, 5)) for name in names})


ROW = ("family", "address", "port", "device", "network_namespace", "unit", "processes", "drops", "bound_by", "remedy", "backlog")
LISTENER = st.builds(
    lambda row, queues: dict(row, **queues),
    st.fixed_dictionaries({}, optional=dict.fromkeys(ROW, ANYTHING)),
    st.fixed_dictionaries(
        {"accept_queue": mapping("used", "limit"), "syn_queue": mapping("used", "limit", "new_peer_limit")},
        optional={"reuseport": mapping("half_open", "members")},
    ),
)
FINDING = st.builds(
    lambda finding, severity: dict(finding, severity=severity),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "subject", "summary", "remedy", "evidence"), ANYTHING)),
    st.sampled_from(["critical", "warning"]),
)
GATHERED = st.fixed_dictionaries(
    {
        "kernel": st.one_of(st.dictionaries(st.sampled_from(["stable_level", "rule", "rule_source"]), ANYTHING), st.just([])),
        "sysctls": st.dictionaries(st.sampled_from(["somaxconn", "tcp_syncookies"]), ANYTHING),
        "listeners": st.lists(st.one_of(ANYTHING, LISTENER), max_size=3),
        "findings": st.lists(st.one_of(ANYTHING, FINDING), max_size=3),
    },
    optional={"counters": ANYTHING, "counters_delta": ANYTHING, "network_namespaces": ANYTHING, "warnings": ANYTHING},
)
RESULT = st.one_of(
    ANYTHING,
    st.fixed_dictionaries({}, optional={"msg": ANYTHING, "module_stderr": ANYTHING, "unreachable": ANYTHING, "syn_backlog": ANYTHING}),
    st.fixed_dictionaries({"syn_backlog": GATHERED}, optional={"warnings": ANYTHING}),
)


def _unfolded(line: str) -> str:
    return line.replace("web[1:2]", "web1 web2").replace("web[2:3]", "web2 web3").replace("web[1:3]", "web1 web2 web3")


@given(st.dictionaries(st.sampled_from(["web1", "web2", "web3"]), RESULT, min_size=1))
@example({"web1": {"syn_backlog": {"kernel": {}, "sysctls": {}, "listeners": [], "findings": [{"severity": "warning", "subject": []}]}}})
@example({"web1": {"syn_backlog": {"kernel": {}, "sysctls": {}, "listeners": [{"family": [], "reuseport": {"members": 2}}], "findings": []}}})
def test_no_answer_of_a_host_breaks_the_report_or_the_terminal(results: Dict[str, Any]) -> None:
    answers = {name: answer(result) for name, result in results.items()}
    made = reports(answers, 100)
    lines = made.text.splitlines()
    assert "\n".join(lines) + "\n" == made.text and all(line.isprintable() for line in lines)
    assert "{{" not in made.text and "{%" not in made.text
    assert made.last_line == lines[-1] and made.last_line.startswith("Result: ")
    assert silent(answers) == ("no answer from" in made.last_line)
    # hosts that are alike share a section, and its heading names them
    headings = [line for line in lines if "no answer: " in line or ": Linux " in line]
    assert all(any(name in _unfolded(line) for line in headings) for name in results)
    assert json.loads("".join(made.files["report.json"])) == answers


@given(st.dictionaries(st.text(max_size=5), st.dictionaries(st.text(max_size=5), ANYTHING, max_size=3), max_size=4))
def test_the_json_is_what_one_dump_of_all_would_be(answers: Dict[str, Any]) -> None:
    assert "".join(json_pieces(answers)) == json.dumps(answers, indent=2, sort_keys=True) + "\n"


def test_the_file_and_the_terminal_have_the_same_table() -> None:
    answers = {"b": {"error": "no route"}, "a": answer(None)}
    made = reports(answers, 100)
    assert sorted(made.files) == ["report.html", "report.json", "report.txt"]
    assert "".join(made.files["report.txt"]) == made.text == audit_table(answers, 100)
    assert made.last_line == "Result: 0 of 2 hosts answered: nothing is known; no answer from a, b."
