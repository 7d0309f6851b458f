# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.input import answers_of
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.summary import summary
from ansible_collections.linuxnet.tcp.tests.unit.plugins.plugin_utils.fleets import (
    NO_ROUTE,
    facts,
    finding,
    fleet,
    full,
    listener,
    sysctl,
)


def alike(one: Dict[str, Any], other: Dict[str, Any]) -> bool:
    return len(summary({"a": one, "b": other})["groups"]) == 1


def test_a_fleet_in_numbers() -> None:
    told = summary({"a": facts(listener(), listener(port=22, bound_by=None)), "b": facts(full()), "c": NO_ROUTE, "d": {"error": "broke"}})
    assert (told["hosts"], told["answered"], told["listeners"]) == (4, 2, 3)
    assert told["bound_by"] == {"application": 2, "somaxconn": 0, "tcp_max_syn_backlog": 0, "syncookies": 0, "unknown": 1}
    assert told["states"]["accept queue full"] == 1 and told["states"]["ok"] == 2
    assert told["kinds"] == {"losing": 1, "soon": 0, "silent": 2, "unread": 0, "well": 1}
    assert (told["unreachable"], told["failed"]) == (["c"], ["d"])
    assert told["errors"] == {"c": NO_ROUTE["error"], "d": "broke"}
    assert [one["hosts"] for one in told["groups"]] == [["b"], ["a"]], "worst first"
    assert [(one["host"], one["listener"]) for one in told["worst"]][0] == ("b", "0.0.0.0:80")
    assert told["worst"][0]["accept_queue"] == {"used": 512, "limit": 512} and told["worst"][0]["process"] == "nginx.service"


def test_what_differs_from_host_to_host_keeps_nobody_apart() -> None:
    quiet = facts(listener())
    assert alike(quiet, facts(listener(processes=[{"pid": 9, "name": "nginx"}], inode=1, remedy="then run `kill -HUP 9`")))
    assert alike(quiet, facts(listener(accept_queue={"used": 100, "limit": 512})))
    assert alike(facts(listener(address="10.0.0.1")), facts(listener(address="10.0.0.2")))
    assert alike(facts(listener(address="2001:db8::1"), findings=[finding(subject="[2001:db8::1]:80")]),
                 facts(listener(address="2001:db8::2"), findings=[finding(subject="[2001:db8::2]:80")]))  # fmt: skip
    newer = facts(listener(), kernel=dict(quiet["kernel"], stable_level="6.1.177"))
    assert alike(quiet, newer)
    assert summary({"a": quiet, "b": newer})["groups"][0]["kernels"] == ["6.1.176", "6.1.177"]


@pytest.mark.parametrize(
    "other",
    [
        facts(full()),
        facts(listener(port=81)),
        facts(listener(address="127.0.0.1")),
        facts(listener(), listener(port=81)),
        facts(listener(accept_queue={"used": 0, "limit": 4097})),
        facts(listener(bound_by="somaxconn")),
        facts(listener(unit="apache2.service")),
        facts(listener(), findings=[finding()]),
        facts(listener(), warnings=["the kernel log is not readable"]),
        facts(listener(), sysctls=dict(facts()["sysctls"], somaxconn=sysctl(128))),
        facts(listener(), sysctls=dict(facts()["sysctls"], somaxconn=sysctl(4096, 128))),
        facts(listener(), kernel=dict(facts()["kernel"], rule="power_of_two")),
    ],
)
def test_what_matters_does(other: Dict[str, Any]) -> None:
    assert not alike(facts(listener()), other)


def test_the_fullest_host_is_shown_for_its_group() -> None:
    group = summary({"a": facts(listener()), "b": facts(listener(accept_queue={"used": 300, "limit": 512})), "c": facts(listener())})["groups"][0]
    assert (group["hosts"], group["example"]) == (["a", "b", "c"], "b")
    assert group["listeners"][0]["accept_queue"]["used"] == 300


def test_worst_are_as_many_as_were_asked_for() -> None:
    hosts = {"h%d" % used: facts(listener(accept_queue={"used": used, "limit": 512}), listener(port=81)) for used in range(0, 400, 10)}
    assert [one["accept_queue"]["used"] for one in summary(hosts, 3)["worst"]] == [390, 380, 370]
    assert summary(hosts, 0)["worst"] == [] and len(summary(hosts, 1000)["worst"]) == 80


@given(st.lists(st.sampled_from(["well", "full", "silent", "broke", "late"]), max_size=12), st.randoms())
def test_every_host_is_in_exactly_one_place_whatever_their_order(kinds: List[str], chance: Any) -> None:
    made = {"well": facts(listener()), "full": facts(full()), "silent": NO_ROUTE, "broke": {"error": "x"}, "late": facts(listener(port=81))}
    hosts = {"host%d" % number: made[kind] for number, kind in enumerate(kinds)}
    told = summary(hosts)
    places = [*told["unreachable"], *told["failed"], *(name for one in told["groups"] for name in one["hosts"])]
    assert sorted(places) == sorted(hosts) and told["hosts"] == len(hosts) == sum(told["kinds"].values())
    assert sum(told["bound_by"].values()) == sum(told["states"].values()) == told["listeners"]
    shuffled = list(hosts.items())
    chance.shuffle(shuffled)
    assert summary(dict(shuffled)) == told


def test_the_same_from_hostvars_results_and_a_report() -> None:
    gathered = facts(listener())
    wanted = summary({"a": gathered})
    for found in (
        {"ansible_facts": {"syn_backlog": gathered}},
        {"syn_backlog": gathered, "warnings": []},
        {"syn_backlog": gathered, "ansible_host": "10.0.0.1"},
        gathered,
    ):
        assert summary(answers_of({"a": found})) == wanted
    assert summary(answers_of({"a": {"tcp": {"syn_backlog": gathered}}}, "tcp")) == wanted
    report = json.loads(json.dumps({"a": gathered, "b": NO_ROUTE, "_compared": {"better": [], "worse": [], "new": [], "gone": []}}))
    assert summary(answers_of(report)) == summary({"a": gathered, "b": NO_ROUTE})


def test_hosts_without_anything_are_told() -> None:
    told = summary(answers_of({"a": {"ansible_host": "10.0.0.1"}, "b": None, "c": {"unreachable": True, "msg": "no route"}, "_compared": {}}))
    assert told["failed"] == ["_compared", "a", "b"] and told["unreachable"] == ["c"]
    assert told["errors"]["a"] == "it was not asked"


def test_hostvars_are_not_put_through_templates() -> None:
    class HostVars(dict):  # type: ignore[type-arg]
        def raw_get(self, name: str) -> Any:
            return dict.__getitem__(self, name)

        def __getitem__(self, name: str) -> Any:
            raise AssertionError("templated")

    assert summary(answers_of(HostVars(a={"ansible_facts": {"syn_backlog": facts(listener())}})))["answered"] == 1


def test_ten_thousand_hosts_cost_no_more_each_than_one_thousand() -> None:
    """A quadratic step would make a host ten times dearer; a busy machine makes none twice as dear three times in a row."""

    def cost(hosts: int) -> float:
        answers = fleet(hosts)
        before = time.process_time()
        summary(answers)
        return (time.process_time() - before) / hosts

    assert any(cost(10_000) < 2.5 * cost(1_000) for _attempt in range(3))
