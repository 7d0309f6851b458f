# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, Dict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("jinja2", reason="the page is made on the controller: needs jinja2")

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import printable
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.answer import answer, silent
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._page.pack import SLOT, Texts
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._report.reports import json_pieces, reports
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._text.table import audit_table

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
    page = "".join(made.files["report.html"])
    (data,) = re.findall('<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert data.isascii() and not set(data) & set("<>&"), "nothing in it ends it"
    whole = json.loads(data)
    shown = [unpacked(whole["texts"], whole["hosts"][place][0]) for group in whole["groups"] for place in group[2]]
    assert sorted(shown) == sorted(results), "each host once"
    assert page.count("<script") == 2 == page.count("</script")


@given(st.dictionaries(st.text(max_size=5), st.dictionaries(st.text(max_size=5), ANYTHING, max_size=3), max_size=4))
def test_the_json_is_what_one_dump_of_all_would_be(answers: Dict[str, Any]) -> None:
    assert "".join(json_pieces(answers)) == json.dumps(answers, indent=2, sort_keys=True) + "\n"


def unpacked(patterns: Any, packed: Any) -> Any:
    """The text again, as the page's script does it."""
    if packed is None or isinstance(packed, int):
        return None if packed is None else patterns[packed]
    parts = patterns[packed[0]].split(SLOT)
    return "".join(map("".join, zip(parts, [*packed[1].split(" "), ""])))


@given(st.lists(st.one_of(st.text(max_size=20), st.text("0123456789 a", max_size=12), st.sampled_from(HOSTILE_TEXT)), max_size=20))
def test_packed_texts_come_out_as_they_were(told: Any) -> None:
    texts = Texts()
    packed = [texts.add(one) for one in told]
    for one, again in zip(told, [unpacked(texts.patterns, place) for place in packed]):
        assert again == printable(one), "as it may be shown"
    assert texts.add(None) is None and unpacked(texts.patterns, None) is None
    assert all(number not in pattern for pattern in texts.patterns for number in "0123456789") and SLOT == "\x00"


def test_what_differs_by_numbers_is_kept_once() -> None:
    texts = Texts()
    for number in range(1000):
        texts.add("restart nginx (pid %d)" % number)
    assert len(texts.patterns) == 1


def test_the_policy_names_this_very_script_and_style() -> None:
    page = "".join(reports({"a": {"error": "no route"}}, 100).files["report.html"])
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', page)
    policy = policy.replace("&#39;", "'")
    for tag, name in (("script", "script-src"), ("style", "style-src")):
        (inside,) = re.findall("<%s>(.*?)</%s>" % (tag, tag), page, re.DOTALL)
        told = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert "%s 'sha256-%s'" % (name, told) in policy
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    assert not re.findall("https?://(?!www.w3.org/2000/svg|www.gnu.org/licenses)", page), "it asks for nothing"


def test_the_file_and_the_terminal_have_the_same_table() -> None:
    answers = {"b": {"error": "no route"}, "a": answer(None)}
    made = reports(answers, 100)
    assert sorted(made.files) == ["report.html", "report.json", "report.txt"]
    assert "".join(made.files["report.txt"]) == made.text == audit_table(answers, 100)
    assert made.last_line == "Result: 0 of 2 hosts answered: nothing is known; no answer from a, b."
