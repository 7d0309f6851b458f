# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters, called as Ansible calls them; they need ansible-core and jmespath."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("ansible.errors", reason="filters run on the controller: needs ansible-core")
pytest.importorskip("jmespath", reason="needs jmespath")

from ansible.errors import AnsibleError

from ansible_collections.linuxnet.tcp.plugins.filter import audit_table, effective_limits, fleet_summary, jmespath_query

TABLE = audit_table.FilterModule().filters()["audit_table"]
LIMITS = effective_limits.FilterModule().filters()["effective_limits"]
SUMMARY = fleet_summary.FilterModule().filters()["fleet_summary"]
QUERY = jmespath_query.FilterModule().filters()["jmespath_query"]


def test_effective_limits() -> None:
    limits = LIMITS({"kernel_release": "6.1.176", "listen_backlog": 511, "somaxconn": 128})
    assert (limits["backlog"], limits["accept_queue"], limits["syn_queue"], limits["bound_by"]) == (128, 129, 129, "somaxconn")


def test_a_rule_of_ones_own() -> None:
    inputs = {"kernel_release": "5.14.0-503.el9", "listen_backlog": 128, "kernel_rule": "backlog+1"}
    assert LIMITS(inputs)["syn_queue"] == 129
    assert LIMITS(dict(inputs, kernel_rule=None))["syn_queue"] == 128


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], "effective_limits: expected a mapping"),
        ({}, "effective_limits: kernel_release is needed"),
        ({"kernel_release": "6.1", "backlog": 3}, "effective_limits: unknown input backlog; allowed are kernel_release"),
        ({"kernel_release": "x"}, "effective_limits: kernel_release: 'x' is not allowed"),
        ({"kernel_release": "6.1", "somaxconn": 2**31}, "effective_limits: somaxconn: 2147483648 is not allowed; the allowed"),
    ],
)
def test_bad_input_is_named(inputs: Any, message: str) -> None:
    with pytest.raises(AnsibleError) as caught:
        LIMITS(inputs)
    assert str(caught.value).startswith(message)


def test_queries() -> None:
    facts = {"listeners": [{"port": 80, "drops": 2}, {"port": 22, "drops": 0}]}
    assert QUERY(facts, "listeners[?drops > `0`].port") == [80]
    assert QUERY(facts, "nothing") is None
    for broken in ("listeners[?", "", None, 3, "no_such(@)", "length(listeners[0].port)"):
        with pytest.raises(AnsibleError, match="^query: "):
            QUERY(facts, broken)  # type: ignore[arg-type]


def test_an_audit_of_too_little_names_what_is_missing() -> None:
    with pytest.raises(AnsibleError, match="^audit_table: web1: findings and listeners and sysctls are missing"):
        TABLE({"web1": {"kernel": {}}})
    assert TABLE({"web1": {"error": "no route"}}).splitlines()[-1].startswith("Result: 0 of 1 host answered")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "fleet_summary: expected a mapping of host names, such as hostvars or the content of report.json, got list"),
        (({}, -1), "fleet_summary: worst: -1 is not allowed; expected a number from 0 to 1000"),
        (({}, "3"), "fleet_summary: worst: '3' is not allowed"),
        (({}, 3, 4), "fleet_summary: results: 4 is not allowed; expected the name of a variable"),
    ],
)
def test_a_fleet_that_is_none(arguments: Any, message: str) -> None:
    with pytest.raises(AnsibleError) as caught:
        SUMMARY(*arguments)
    assert str(caught.value).startswith(message)
    assert SUMMARY({})["hosts"] == 0
