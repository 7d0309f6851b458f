# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one task of the role asks of which module, and what it tells of their answers."""

from __future__ import annotations

import pytest

tuned = pytest.importorskip(
    "ansible_collections.linuxnet.tcp.plugins.plugin_utils._tune.tuned", reason="plugin_utils need ansible-core"
)
DEFAULTS = {
    "sysctls": {}, "policy": "at_least", "state": "present", "persist": True, "runtime": True, "sysctl_file": None,
    "on_shadowed": "fail", "network_namespace": None, "listeners": [], "restart_units": [], "verify": True,
}  # fmt: skip


def work(parts=tuned.PARTS, check=False, applied=None, **wanted):
    return tuned.work_of({"wanted": dict(DEFAULTS, **wanted), "parts": list(parts), "applied": applied or {}}, check)


def test_only_what_is_named_is_set_and_read():
    one = work(sysctls={"somaxconn": 5000, "tcp_syncookies": None, "tcp_max_syn_backlog": ""})
    assert one.applying()["somaxconn"] == 5000
    assert not {"tcp_syncookies", "tcp_max_syn_backlog", "sysctl_file", "network_namespace"} & set(one.applying())
    assert "report_listeners" not in one.applying()  # none is looked for
    after = {"somaxconn": {"runtime": 5000, "boot": 5000, "boot_source": "x:1"}}
    assert one.facts_of({"after": after}) == {"sysctls": after, "listeners": []}


def test_listeners_that_cannot_be_read_are_not_taken_for_none():
    one = work(listeners=[{"port": 80, "backlog": 5}])
    assert one.facts_of({"after": {}}) is one.facts_of({"after": {}, "syn_backlog": {}}) is None
    assert one.facts_of({"after": {}, "syn_backlog": {"listeners": []}}) == {"listeners": []}


def test_a_variable_without_a_value_is_none_whichever_way_it_comes():
    one = work(sysctl_file="", network_namespace="")
    assert (one.wanted["network_namespace"], "sysctl_file" in one.applying()) == (None, False)
    assert one.gathering() == {"gather_subset": ["sysctls", "boot"]}


def test_listeners_are_read_on_their_ports_and_all_of_them_for_units():
    named = [{"port": "443", "backlog": 900}, {"port": 80, "backlog": 5}, {"port": 80, "backlog": 5, "address": "::1"}]
    assert work(listeners=named).gathering()["ports"] == [80, 443]
    assert work(listeners=named, sysctls={"somaxconn": 5}).applying()["ports"] == [80, 443]
    both = work(listeners=named, restart_units=["nginx"])
    assert "ports" not in both.gathering() and both.applying()["report_listeners"] is True
    assert work(network_namespace="blue").gathering()["network_namespaces"] == ["blue"]


@pytest.mark.parametrize(
    ("parts", "wanted", "looks"),
    [
        (tuned.PARTS, {}, True),
        (tuned.PARTS, {"verify": False}, False),
        (tuned.PARTS, {"verify": False, "restart_units": ["nginx"]}, True),
        (["apply"], {"verify": False, "listeners": [{"port": 80, "backlog": 5}]}, False),
        (["listeners"], {}, False),
        (["listeners"], {"listeners": [{"port": 80, "backlog": 5}]}, True),
        (["verify"], {"listeners": [{"port": 80, "backlog": 5}]}, False),  # it looks when it verifies
    ],
)
def test_a_host_is_looked_at_where_that_is_needed(parts, wanted, looks):
    assert work(parts, **wanted).looks is looks


def test_absent_names_no_setting_and_wants_none():
    one = work(state="absent", sysctls={"somaxconn": 5000})
    assert one.sets_anything and "somaxconn" not in one.applying() and one.wanted["sysctls"] == {}


def test_a_raise_reckons_with_the_somaxconn_that_is_predicted():
    entry = {"port": 80, "backlog": 900, "address": None, "policy": "exact"}
    assert work().raising(entry) == {"port": 80, "backlog": 900, "policy": "exact"}
    predicted = work(check=True, applied={"after": {"somaxconn": {"runtime": 5000}}}, network_namespace="blue")
    assert predicted.raising(entry) == {
        "port": 80, "backlog": 900, "policy": "exact", "expected_somaxconn": 5000, "network_namespace": "blue",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["foo", "state", "policy", "netdev_max_backlog"])
def test_only_our_sysctls_can_be_wanted(name):
    """Another name would reach the module as an option of its own."""
    with pytest.raises(ValueError, match="^sysctls: '%s' is not allowed; allowed are somaxconn, " % name):
        work(sysctls={"somaxconn": 5, name: "absent"})


def test_listeners_that_cannot_be_are_refused_at_once():
    with pytest.raises(ValueError, match="backlog: 2147483648 is not allowed"):
        work(listeners=[{"port": 80, "backlog": 2**31}])


APPLIED = {
    "changed": True, "before": {}, "after": {"somaxconn": {"runtime": 5}}, "shadowed_by": [], "verified": True,
    "restart_needed": [], "diff": [{"before": "a", "after": "b"}], "warnings": ["one"],
}  # fmt: skip


def test_the_answers_become_one_result():
    told = tuned.Told()
    told.add(APPLIED)
    told.add({"changed": True, "listeners": [{"port": 80}], "diff": {"before": "c"}, "warnings": ["one", "two"]})
    told.add({"changed": False, "listeners": [{"port": 81}]})
    told.remarks = ["told"]
    result = told.result()
    assert (result["changed"], result["raised"], result["after"]) == (True, [{"port": 80}], APPLIED["after"])
    assert result["diff"] == [{"before": "a", "after": "b"}, {"before": "c"}]
    assert result["warnings"] == ["one", "two", "told"]
    assert (result["restart"], result["ports"], "failed" in result, "raise" in result) == ([], [], False, False)


def test_every_failure_is_told_and_nothing_hides_what_was_changed():
    told = tuned.Told()
    told.add(APPLIED)
    told.add({"failed": True, "msg": "nothing listens on 8001", "changed": False})
    told.add({"failed": True, "msg": "nothing listens on 8002"})
    result = told.result()
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["msg"] == "nothing listens on 8001 | nothing listens on 8002"


def test_what_falls_short_fails_the_task():
    told = tuned.Told()
    told.short([])
    assert "failed" not in told.result() and told.result()["shortfalls"] == []
    told.short([{"message": "one"}, {"message": "two"}])
    assert told.result()["msg"] == "one | two"
