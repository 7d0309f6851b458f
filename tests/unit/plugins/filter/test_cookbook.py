# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/cookbook.md, run: each of its questions, asked of a small fleet of which the answer is known."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

pytest.importorskip("ansible.errors", reason="filters run on the controller: needs ansible-core")
jinja2 = pytest.importorskip("jinja2", reason="needs jinja2")
pytest.importorskip("jmespath", reason="needs jmespath")

from ansible.plugins.filter import core, mathstuff

from ansible_collections.linuxnet.tcp.plugins.filter import fleet_summary, jmespath_query
from ansible_collections.linuxnet.tcp.tests.unit.plugins.plugin_utils.fleets import (
    NO_ROUTE,
    facts,
    finding,
    full,
    listener,
    sysctl,
)

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 4, "docs", "cookbook.md")
SHADOWED = dict(sysctl(128, 128, "/etc/sysctl.d/99-vendor.conf:3"), shadowed=[{"source": "/etc/sysctl.d/50-tuning.conf:1", "value": "5000"}])
FLEET = {
    "web1": facts(full(drops=3), findings=[finding()]),
    "web2": facts(listener(drops=None), listener(port=443, backlog=4096, bound_by="somaxconn")),
    "web3": facts(listener(drops=9, backlog=1024), findings=[finding(id="runtime-undone-at-boot", severity="warning", subject="somaxconn")],
                  counters={"PassiveOpens": 10**6}),
    "db1": facts(sysctls=dict(facts()["sysctls"], tcp_syncookies=sysctl(0), somaxconn=SHADOWED), findings=[finding(id="listener-latched", severity="info")],
                 kernel=dict(facts()["kernel"], stable_level="5.10.223"),
                 half_open={"total": 512, "sources": [{"network": "203.0.113.0/24", "count": 500}, {"network": "198.51.100.0/24", "count": 12}]}),
    "db2": facts(), "db3": facts(),
    "dark": NO_ROUTE,
}  # fmt: skip
ANSWERS = {
    "Which listeners are bound by their application below 1024?": [
        {"host": "web1", "found": [["0.0.0.0", 80, 511]]}, {"host": "web2", "found": [["0.0.0.0", 80, 511]]},
    ],
    "Which hosts' next boot undoes a change?": ["web3"],
    "Which hosts have SYN cookies off?": ["db1"],
    "Which ten listeners are nearest to their limit?": [
        ["web1", "0.0.0.0:80", "accept queue full", 1.0], ["web3", "0.0.0.0:80", "ok", 0.0059], ["web2", "0.0.0.0:443", "ok", 0.0059],
        ["web2", "0.0.0.0:80", "ok", 0.0059],
    ],
    "What binds how many listeners?": {"application": 3, "somaxconn": 1, "tcp_max_syn_backlog": 0, "syncookies": 0, "unknown": 0},
    "Which hosts dropped connections, most first?": [{"host": "web3", "drops": 9}, {"host": "web1", "drops": 3}],
    "Which hosts gave no answer, and why?": {"dark": NO_ROUTE["error"]},
    "Which lines in boot files have no effect, because another line decides?": [{"host": "db1", "lines": ["/etc/sysctl.d/50-tuning.conf:1"]}],
    "Which running listeners keep an older, smaller somaxconn until they restart?": [{"host": "db1", "listeners": ["0.0.0.0:80"]}],
    "From which networks do more than a hundred half-open connections come?": ["203.0.113.0/24"],
    "How do the hosts fall into groups that are alike?": [
        {"hosts": 1, "kind": "losing", "example": "web1"}, {"hosts": 1, "kind": "soon", "example": "web3"}, {"hosts": 1, "kind": "well", "example": "web2"},
        {"hosts": 2, "kind": "well", "example": "db2"}, {"hosts": 1, "kind": "well", "example": "db1"},
    ],
    "Which hosts are like no other?": ["web1", "web3", "web2", "db1"],
    "Which kernels are in use?": ["5.10.223", "6.1.176"],
}  # fmt: skip


def recipes() -> Any:
    with open(PAGE, encoding="utf-8") as page:
        return re.findall(r"^## (.*)\n\n```jinja\n(.*)\n```$", page.read(), re.MULTILINE)


def test_every_question_is_asked_here() -> None:
    assert [question for question, _expression in recipes()] == list(ANSWERS) and len(ANSWERS) >= 10


@pytest.mark.parametrize(("question", "expression"), recipes())
def test_the_answer(question: str, expression: str) -> None:
    environment = jinja2.Environment()
    environment.filters.update(core.FilterModule().filters(), unique=mathstuff.FilterModule().filters()["unique"])
    for module in (fleet_summary, jmespath_query):
        environment.filters.update({"linuxnet.tcp." + name: made for name, made in module.FilterModule().filters().items()})
    assert environment.compile_expression(expression)(report=FLEET) == ANSWERS[question]
