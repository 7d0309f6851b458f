# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import last_quarter_limit
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._tune.tuning import shortfalls, tuning_plan

Row = Dict[str, Any]


def row(port: int = 80, backlog: Optional[int] = 128, **changed: Any) -> Row:
    """A listener of a kernel whose SYN queue admits one more than the backlog."""
    limit = None if backlog is None else backlog + 1
    listener = {
        "network_namespace": "host", "protocol": "tcp", "family": "ipv4", "address": "0.0.0.0", "port": port, "device": None,
        "dual_stack": False, "inode": 1000 + port, "backlog": backlog, "accept_queue": {"used": 0, "limit": limit},
        "syn_queue": {"used": 0, "limit": limit, "new_peer_limit": None, "on_full": "cookies"},
        "drops": 0, "bound_by": "application", "processes": [], "unit": None, "remedy": "Ask for more.",
    }  # fmt: skip
    return dict(listener, **changed)


def facts(*rows: Row, somaxconn: Optional[int] = 4096, boot: Optional[int] = 4096, **more: Any) -> Dict[str, Any]:
    state = {"runtime": somaxconn, "boot": boot, "boot_source": "/etc/sysctl.d/x.conf:3"}
    return dict({"sysctls": {"somaxconn": state}, "listeners": list(rows)}, **more)


def latched(port: int = 80, unit: Optional[str] = "nginx.service", **changed: Any) -> Row:
    return dict(dict(row(port, unit=unit), next_backlog=511, certain=True), **changed)


def wanted(*listeners: Row, **more: Any) -> Dict[str, Any]:
    return dict({"listeners": list(listeners)}, **more)


def raised(plan: Dict[str, Any]) -> List[int]:
    return [entry["port"] for entry in plan["raise"]]


# ---------------------------------------------------------------- what to raise


def test_only_a_listener_that_has_less_is_raised() -> None:
    found = facts(row(80, 128), row(81, 1000), row(82, 5000))
    plan = tuning_plan(found, wanted(*({"port": port, "backlog": 1000} for port in (80, 81, 82))))
    assert plan == {
        "restart": [], "ports": [], "raise": [{"address": None, "policy": "at_least", "port": 80, "backlog": 1000}],
        "remarks": [],
    }  # fmt: skip


def test_exact_also_lowers() -> None:
    entry = {"port": 80, "backlog": 1000, "policy": "exact"}
    assert raised(tuning_plan(facts(row(80, 2000)), wanted(entry))) == [80]
    assert raised(tuning_plan(facts(row(80, 1000)), wanted(entry))) == []


def test_numbers_may_be_text() -> None:
    """As with -e on the command line and templates of older ansible-core."""
    plan = tuning_plan(facts(row(80, 128)), wanted({"port": "80", "backlog": "1000"}))
    assert [(entry["port"], entry["backlog"]) for entry in plan["raise"]] == [(80, 1000)]
    assert shortfalls(facts(row(80, 1000)), wanted({"port": "80", "backlog": "1000"}, sysctls={"somaxconn": "4096"})) == []


def test_a_clamped_listener_is_not_raised_again_and_again() -> None:
    found = facts(row(80, 128), somaxconn=128)
    entry = {"port": 80, "backlog": 1000}
    assert raised(tuning_plan(found, wanted(entry))) == []
    # check mode: somaxconn is as before, and predicted to be raised
    applied = {"changed": True, "after": {"somaxconn": {"runtime": 4096}}}
    assert raised(tuning_plan(found, wanted(entry), applied)) == [80]


def test_where_nothing_listens_the_module_is_asked_for_its_message() -> None:
    assert raised(tuning_plan(facts(row(81)), wanted({"port": 80, "backlog": 1000}))) == [80]


def test_only_the_address_that_is_meant() -> None:
    found = facts(row(80, 128, address="10.0.0.1"), row(80, 1000, address="10.0.0.2"))
    assert raised(tuning_plan(found, wanted({"port": 80, "backlog": 1000, "address": "10.0.0.2"}))) == []
    assert raised(tuning_plan(found, wanted({"port": 80, "backlog": 1000, "address": "10.0.0.1"}))) == [80]


@pytest.mark.parametrize("entry", [{"port": 0, "backlog": 1}, {"port": 80, "backlog": 2**31}, {"port": 80, "backlog": 1, "address": "x"}])
def test_what_cannot_be_meant_is_refused(entry: Row) -> None:
    with pytest.raises(InvalidOption):
        tuning_plan(facts(row()), wanted(entry))


EXACT_700, AT_LEAST_900 = {"policy": "exact", "backlog": 700}, {"backlog": 900}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (EXACT_700, AT_LEAST_900),
        (dict(EXACT_700, address="10.0.0.1"), AT_LEAST_900),
        (dict(EXACT_700, address="::1"), dict(AT_LEAST_900, address="0:0::1")),
        (EXACT_700, {"policy": "exact", "backlog": 701}),
        (EXACT_700, {"backlog": -1}),
        ({"policy": "exact", "backlog": -1}, EXACT_700),
    ],
)
def test_two_that_one_listener_cannot_both_have_are_refused(one: Row, other: Row) -> None:
    for pair in ((one, other), (other, one)):
        with pytest.raises(InvalidOption, match="^listeners: .* on .*:80 and .* on .*:80' is not allowed"):
            tuning_plan(facts(row(80)), wanted(*(dict(entry, port=80) for entry in pair)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (EXACT_700, {"backlog": 700}),
        (EXACT_700, EXACT_700),
        ({"policy": "exact", "backlog": -1}, AT_LEAST_900),
        ({"backlog": 100}, AT_LEAST_900),
        (dict(EXACT_700, address="10.0.0.1"), dict(AT_LEAST_900, address="10.0.0.2")),
        (EXACT_700, dict(AT_LEAST_900, port=81)),
    ],
)
def test_two_that_agree_are_not(one: Row, other: Row) -> None:
    pair = [dict({"port": 80}, **entry) for entry in (one, other)]
    assert len(tuning_plan(facts(row(80, 5)), wanted(*pair))["raise"]) == 2


# ---------------------------------------------------------------- what to restart


def restarts(units: List[str], rows: List[Row], *listeners: Row, changed: bool = True) -> List[str]:
    applied = {"changed": changed, "restart_needed": rows}
    return tuning_plan(facts(*rows), wanted(*listeners, restart_units=units), applied)["restart"]


@pytest.mark.parametrize("name", ["nginx", "nginx.service"])
def test_only_units_that_are_named_and_latched(name: str) -> None:
    assert restarts([name, "redis"], [latched()]) == [name]
    assert restarts(["redis"], [latched()]) == []
    assert restarts([name], []) == []
    assert restarts([name], [latched(unit=None)]) == []


def test_a_unit_once_with_all_its_ports() -> None:
    rows = [latched(80), latched(443), latched(6379, "redis.service")]
    plan = tuning_plan(facts(*rows), wanted(restart_units=["nginx"]), {"changed": True, "restart_needed": rows})
    assert plan == {"restart": ["nginx"], "ports": [80, 443], "raise": [], "remarks": []}


def test_what_is_raised_live_needs_no_restart() -> None:
    live = {"port": 80, "backlog": 511}
    assert restarts(["nginx"], [latched(80)], live) == []
    assert restarts(["nginx"], [latched(80), latched(443)], live) == ["nginx"]


def test_what_a_restart_resets_is_raised_after_it() -> None:
    rows = [latched(443), row(80, 1000, unit="nginx.service"), row(6379, 1000, unit="redis.service")]
    entries = [{"port": port, "backlog": 1000} for port in (80, 6379)]
    plan = tuning_plan(
        facts(*rows), wanted(*entries, restart_units=["nginx"]), {"changed": False, "restart_needed": rows[:1]}
    )
    assert plan["restart"] == ["nginx"] and raised(plan) == [80]


def test_a_guess_restarts_nothing_in_every_run() -> None:
    guess = [latched(certain=False)]
    assert restarts(["nginx"], guess, changed=True) == ["nginx"]
    assert restarts(["nginx"], guess, changed=False) == []
    assert restarts(["nginx"], [latched()], changed=False) == ["nginx"]


def test_what_nobody_sets_somaxconn_to_was_asked_for() -> None:
    """The module lists it, since nobody knows the application; a restart would bring the same again."""
    assert restarts(["nginx"], [latched(backlog=100, certain=False)]) == []
    assert restarts(["nginx"], [latched(backlog=100, certain=True)]) == ["nginx"]


@pytest.mark.parametrize(
    ("name", "unit"),
    [("php8.2-fpm", "php8.2-fpm.service"), ("php8.2-fpm.service", "php8.2-fpm.service"), ("web.socket", "web.socket")],
)
def test_a_dot_makes_no_unit_of_another_kind(name: str, unit: str) -> None:
    assert restarts([name], [latched(unit=unit)]) == [name]


# ---------------------------------------------------------------- what is told


def remarks(units: List[str], *rows: Row, listeners: Any = (), **applied: Any) -> List[str]:
    return tuning_plan(facts(*rows), wanted(*listeners, restart_units=units), applied)["remarks"]


def test_a_name_that_owns_no_listener_is_told() -> None:
    """A typo, or a service that does not run."""
    (text,) = remarks(["redis", "nginx"], row(80, 4096, unit="nginx.service"), row(6379, 4096, unit="redis-server.service"))
    assert text == "redis.service owns no listener here, so it is never restarted. Units that do: nginx.service, redis-server.service."


def test_a_listener_that_keeps_less_is_told_in_every_run() -> None:
    """Once for all members of a group, and not where it is restarted or raised."""
    group = [row(80, 128, unit="nginx.service", inode=inode) for inode in (1, 2, 3)]
    (text,) = remarks(["nginx"], *group, changed=False)
    assert text == (
        "0.0.0.0:80 of nginx.service keeps 128 of the 4096 that net.core.somaxconn allows (3 sockets). It was not restarted, for "
        "it may be configured so. Ask for more."
    )
    listed = [dict(latched(certain=False), inode=inode) for inode in (1, 2, 3)]
    assert remarks(["nginx"], *group, changed=False, restart_needed=listed) == [text]
    assert remarks(["nginx"], *group, changed=True, restart_needed=listed) == []
    assert remarks(["nginx"], *group, changed=False, restart_needed=[]) == []  # they are known to ask for no more
    assert remarks(["nginx"], *group, listeners=[{"port": 80, "backlog": 128}]) == []
    assert remarks([], *group) == []
    assert remarks(["nginx"], row(80, 4096, unit="nginx.service"), row(81, 128, unit="other.service")) == []


# ---------------------------------------------------------------- what falls short


def test_a_listener_that_falls_short_says_by_how_much_and_why() -> None:
    [short] = shortfalls(facts(row(80, 511)), wanted({"port": 80, "backlog": 1024}))
    assert short == {
        "subject": "0.0.0.0:80", "wanted": 1024, "has": 511, "short_by": 513, "bound_by": "application",
        "message": "0.0.0.0:80 admits 511 of the 1024 wanted, 513 short; bound by application. Ask for more. To reach what is "
                   "wanted, it needs 1024.",
    }  # fmt: skip
    told = facts(row(80, 511, remedy="To admit more, set `backlog=1024` on `listen 80`."))
    assert shortfalls(told, wanted({"port": 80, "backlog": 1024}))[0]["message"].endswith("`backlog=1024` on `listen 80`.")


def test_what_to_do_reaches_the_goal() -> None:
    """And names the variable that does it; the row's own remedy would stop at 8192, and restart what is raised live."""
    clamped = row(80, 4096, bound_by="somaxconn", remedy="Raise net.core.somaxconn above 4096 (…=8192), then restart python3.")
    [short] = shortfalls(facts(clamped), wanted({"port": 80, "backlog": 9000}))
    assert short["message"] == (
        "0.0.0.0:80 admits 4096 of the 9000 wanted, 4904 short; bound by somaxconn. Raise net.core.somaxconn from 4096 to 9000 "
        "(syn_backlog_somaxconn: 9000); the listener can then be raised without a restart."
    )
    both = dict(clamped, syn_queue=dict(clamped["syn_queue"], new_peer_limit=193))
    message = shortfalls(facts(both), wanted({"port": 80, "backlog": 9000}))[0]["message"]
    assert "syn_backlog_somaxconn: 9000" in message and "syn_backlog_tcp_syncookies: 1" in message


@given(st.integers(1, 10**6))
def test_the_tcp_max_syn_backlog_that_is_named_is_enough(goal: int) -> None:
    dropping = row(80, goal, bound_by="tcp_max_syn_backlog")
    dropping["syn_queue"]["new_peer_limit"] = 0
    [short] = shortfalls(facts(dropping, somaxconn=goal), wanted({"port": 80, "backlog": goal}))
    named = int(short["message"].partition("syn_backlog_tcp_max_syn_backlog: ")[2].partition(")")[0])
    assert last_quarter_limit(named) >= goal


def test_the_members_of_a_group_say_it_once() -> None:
    group = [row(80, 128, inode=inode) for inode in (1, 2, 3)] + [row(80, 500, inode=4)]
    texts = [short["message"] for short in shortfalls(facts(*group), wanted({"port": 80, "backlog": 1000}))]
    assert len(texts) == 2
    assert texts[0].startswith("0.0.0.0:80 (3 sockets) admits 128 of the 1000") and texts[1].startswith("0.0.0.0:80 admits 500 of")


@pytest.mark.parametrize(
    ("queue", "knob", "has"),
    [
        ({"limit": 1025, "new_peer_limit": 193}, "tcp_max_syn_backlog", 193),  # cookies off: the last-quarter rule
        ({"limit": 0, "new_peer_limit": None}, "syncookies", 0),  # cookies for every SYN
    ],
)
def test_a_large_backlog_without_effect_falls_short(queue: Row, knob: str, has: int) -> None:
    listener = row(80, 1024, bound_by=knob, syn_queue=dict(queue, used=0, on_full="drop"))
    [short] = shortfalls(facts(listener), wanted({"port": 80, "backlog": 1024}))
    assert (short["has"], short["bound_by"]) == (has, knob)


def test_every_member_of_a_port_is_judged() -> None:
    found = facts(row(80, 1000), row(80, 5, address="::", family="ipv6"))
    assert [one["subject"] for one in shortfalls(found, wanted({"port": 80, "backlog": 900}))] == ["[::]:80"]


def test_nobody_there_and_nothing_to_read() -> None:
    absent, unread = shortfalls(
        facts(row(81, None)), wanted({"port": 80, "backlog": 5, "address": "10.0.0.1"}, {"port": 81, "backlog": 5})
    )
    assert absent["message"] == "nothing listens on 10.0.0.1:80, wanted 5"
    assert unread["message"] == "0.0.0.0:81: what it admits cannot be read, wanted 5"


def test_a_negative_backlog_means_as_much_as_somaxconn_allows() -> None:
    entry = {"port": 80, "backlog": -1}
    assert shortfalls(facts(row(80, 700), somaxconn=700, boot=700), wanted(entry)) == []
    assert shortfalls(facts(row(80, 699), somaxconn=700, boot=700), wanted(entry))[0]["short_by"] == 1


def test_sysctls_now_and_after_a_reboot() -> None:
    found = facts(somaxconn=128, boot=200)
    now, later = shortfalls(found, {"sysctls": {"somaxconn": 4096}})
    assert now["message"] == "net.core.somaxconn is 128 now, wanted 4096"
    assert later["message"] == (
        "net.core.somaxconn will be 200 after a reboot (/etc/sysctl.d/x.conf:3), wanted 4096"
    )
    for left_out in ({"persist": False}, {"on_shadowed": "warn"}, {"network_namespace": "blue"}):
        assert len(shortfalls(found, dict({"sysctls": {"somaxconn": 4096}}, **left_out))) == 1
    assert len(shortfalls(found, {"sysctls": {"somaxconn": 4096}, "runtime": False})) == 1


def test_another_namespace_has_values_of_its_own() -> None:
    found = facts(somaxconn=4096, network_namespaces=[{"name": "blue", "sysctls": {"somaxconn": 128}}])
    asked = {"sysctls": {"somaxconn": 4096}, "network_namespace": "blue"}
    assert [one["has"] for one in shortfalls(found, asked)] == [128]


@given(st.integers(1, 10000), st.integers(1, 10000), st.sampled_from(["exact", "at_least"]))
def test_a_sysctl_falls_short_exactly_where_the_policy_says(goal: int, value: int, policy: str) -> None:
    found = shortfalls(facts(somaxconn=value, boot=value), {"sysctls": {"somaxconn": goal}, "policy": policy})
    assert bool(found) == (value < goal if policy == "at_least" else value != goal)


@given(st.integers(0, 9000), st.integers(1, 9000), st.integers(1, 9000), st.sampled_from(["exact", "at_least"]))
def test_nothing_is_left_to_raise_after_the_raise(backlog: int, goal: int, somaxconn: int, policy: str) -> None:
    """Whatever the plan raises, the next plan leaves alone, and what still falls short is clamped."""
    entry = {"port": 80, "backlog": goal, "policy": policy}
    first = tuning_plan(facts(row(80, backlog), somaxconn=somaxconn), wanted(entry))
    after = backlog
    if first["raise"]:
        latch = min(goal, somaxconn)
        after = max(backlog, latch) if policy == "at_least" else latch
    found = facts(row(80, after), somaxconn=somaxconn)
    assert tuning_plan(found, wanted(entry))["raise"] == []
    assert not shortfalls(found, wanted(entry)) or somaxconn < goal


@pytest.mark.parametrize("names", [["mysql"], ["mysql.service"], ["mysql", "mariadb.service"]])
def test_an_alias_of_a_unit_is_followed(names) -> None:
    """Before, it was told to own no listener, and nothing was restarted."""
    mine = latched(3306, unit="mariadb.service", backlog=80)
    applied = {"unit_aliases": {"mysql.service": "mariadb.service"}, "restart_needed": [mine]}
    plan = tuning_plan(facts(mine), wanted(restart_units=names), applied)
    assert plan == {"restart": ["mariadb.service"], "ports": [3306], "raise": [], "remarks": []}
