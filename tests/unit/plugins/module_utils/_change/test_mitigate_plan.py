# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import ipaddress
from typing import Any, Dict, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._change import backends
from ansible_collections.linuxnet.tcp.plugins.module_utils._change.mitigate_plan import (
    FEW_NETWORKS,
    STRAINED,
    mitigation_plan,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._change.mitigation_effect import mitigation_effect
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.mitigation import empty, later, parse_record

Facts = Dict[str, Any]

WANTED = {"allow": [], "max_networks": 16, "backlog": 4096, "connection": "local"}


def row(port: int = 80, backlog: Optional[int] = 128, used: int = 129, **changed: Any) -> Facts:
    listener = {
        "network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": port, "device": None,
        "inode": 1000 + port, "backlog": backlog,
        "syn_queue": {"used": used, "limit": (backlog or 0) + 1, "new_peer_limit": None, "on_full": "cookies"},
    }  # fmt: skip
    return dict(listener, **changed)


def found(identifier: str = FEW_NETWORKS, subject: str = "0.0.0.0:80", severity: str = "critical", **evidence: Any) -> Facts:
    given = dict({"network_namespace": "host", "address": "0.0.0.0", "port": 80}, **evidence)
    return {"id": identifier, "severity": severity, "subject": subject, "summary": "So it is.", "evidence": given, "remedy": ""}


def flood(*networks: str, **evidence: Any) -> Facts:
    return found(networks=list(networks), **evidence)


def facts(*findings: Facts, cookies: Optional[int] = 1, somaxconn: int = 4096, **more: Any) -> Facts:
    gathered = {
        "sysctls": {"tcp_syncookies": {"runtime": cookies}, "somaxconn": {"runtime": somaxconn}},
        "listeners": [row()],
        "findings": list(findings),
        "mitigation": about(),
    }
    return dict(gathered, **more)


def about(**changed: Any) -> Facts:
    iptables = {"ipv4": "/usr/sbin/iptables", "ipv6": "/usr/sbin/ip6tables"}
    return dict({"record": None, "problem": None, "controller": None, "addresses": [], "iptables": iptables}, **changed)


def plan(gathered: Facts, **wanted: Any) -> Facts:
    return mitigation_plan(gathered, dict(WANTED, **wanted))


def blocked(made: Facts) -> List[str]:
    return [one["network"] for one in made["blocks"]]


def reasons(made: Facts) -> str:
    return " ".join(made["reasons"])


NOTHING_DONE = {"record": None, "sysctls": {}, "listeners": [], "blocks": [], "passes": [], "ip_versions": []}


# ---------------------------------------------------------------- the verdict


def test_a_host_that_is_well_is_left_alone_and_told_so() -> None:
    made = plan(facts())
    assert {name: made[name] for name in NOTHING_DONE} == NOTHING_DONE
    assert (made["verdict"], made["reasons"]) == ("nothing", ["No SYN queue turns clients away, so nothing is changed."])


def test_an_application_that_does_not_accept_is_not_helped_by_any_of_it() -> None:
    starved = found("accept-queue-overflow")
    made = plan(facts(starved, flood("198.51.100.0/24"), found("syn-queue-full")))
    assert {name: made[name] for name in NOTHING_DONE} == NOTHING_DONE
    assert "SYN cookies and blocks do not help here" in reasons(made)


def test_the_networks_of_a_flood_are_dropped_on_its_port() -> None:
    made = plan(facts(flood("198.51.100.0/24", "2001:db8::/64")))
    assert made["verdict"] == "mitigate"
    assert made["blocks"] == [
        {"network": "198.51.100.0/24", "port": 80, "ip_version": "ipv4"},
        {"network": "2001:db8::/64", "port": 80, "ip_version": "ipv6"},
    ]
    assert made["ip_versions"] == ["ipv4", "ipv6"]
    assert made["sysctls"] == {} and made["listeners"] == []
    assert "port 80: 198.51.100.0/24 is dropped." in made["reasons"]


def test_what_the_boot_makes_of_a_sysctl_is_recorded_with_it() -> None:
    world = facts(flood("198.51.100.0/24"), cookies=0)
    world["sysctls"]["tcp_syncookies"].update(boot=1, boot_source="/etc/sysctl.d/50-a.conf:3")
    assert plan(world)["record"]["boot"] == {"tcp_syncookies": "1 /etc/sysctl.d/50-a.conf"}


def test_cookies_carry_clients_while_entries_of_a_dropped_network_hold_the_queue() -> None:
    made = plan(facts(flood("198.51.100.0/24"), cookies=0))
    assert made["sysctls"] == {"tcp_syncookies": 1}
    assert made["record"]["sysctls"] == {"tcp_syncookies": {"before": 0, "set": 1}}
    assert made["listeners"] == []


@pytest.mark.parametrize("identifier", STRAINED)
def test_what_is_not_concentrated_gets_cookies_and_room_and_is_never_dropped(identifier: str) -> None:
    evidence = found(identifier, networks=["198.51.100.0/24"], sources=[{"network": "198.51.100.0/24", "count": 100}])
    made = plan(facts(evidence, cookies=0, somaxconn=128))
    assert made["sysctls"] == {"tcp_syncookies": 1, "somaxconn": 4096}
    assert made["listeners"] == [{"address": "0.0.0.0", "port": 80, "backlog": 4096}]
    assert made["blocks"] == []
    assert made["record"]["listeners"][0] == {
        "family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None, "inode": 1080, "before": 128, "set": 4096,
    }  # fmt: skip


@pytest.mark.parametrize(("cookies", "told"), [(2, "stays"), (None, "cannot be read")])
def test_cookies_are_never_lowered(cookies: Optional[int], told: str) -> None:
    made = plan(facts(found("syn-flood-everywhere"), cookies=cookies))
    assert "tcp_syncookies" not in made["sysctls"] and told in reasons(made)


def test_what_was_not_clear_deserves_a_second_look() -> None:
    assert plan(facts(found("syn-queue-full"), found("syn-flood-everywhere")))["undecided"]
    assert plan(facts(found("last-quarter-drops")))["undecided"]
    assert not plan(facts(found("syn-flood-everywhere"), found("syn-queue-full", severity="info")))["undecided"]
    assert not plan(facts())["undecided"]


def test_a_second_look_takes_back_nothing_that_was_clear_in_the_first() -> None:
    other = found("syn-queue-full", "[::]:81", address="::", port=81)
    first = facts(flood("198.51.100.0/24"), other)
    again = plan(facts(other), earlier=first)
    assert plan(first)["blocks"] and again["blocks"] == plan(first)["blocks"]


def test_what_was_undecided_gives_way_to_what_is_clear() -> None:
    first = facts(found("syn-queue-full"), somaxconn=128)
    assert plan(first)["listeners"]
    for cause in (flood("198.51.100.0/24"), found("accept-queue-overflow")):
        then = facts(cause, somaxconn=128)
        again = plan(then, earlier=first)
        assert again == plan(then)
        assert again["listeners"] == [] and not again["undecided"]


def test_what_stays_undecided_is_told_once() -> None:
    first, then = (facts(dict(found("syn-queue-full"), summary=words)) for words in ("512 are there.", "515 are there."))
    again = plan(then, earlier=first)
    assert again == plan(then)
    assert "512" not in reasons(again)


def test_what_is_only_worth_knowing_moves_nothing() -> None:
    assert plan(facts(found("syn-queue-full", severity="info"), found("syn-queue-full", "host", "info", port=None)))["record"] is None


def test_a_queue_that_only_the_counters_accuse_gets_cookies() -> None:
    made = plan(facts(found("syn-queue-full", "host", address=None, port=None), cookies=0))
    assert made["sysctls"] == {"tcp_syncookies": 1} and made["listeners"] == []


def test_another_network_namespace_is_not_ours_to_change() -> None:
    made = plan(facts(flood("198.51.100.0/24", network_namespace="blue")))
    assert made["record"] is None


def test_all_members_of_a_group_are_widened_and_remembered_one_by_one() -> None:
    group = [row(inode=1, backlog=100), row(inode=2, backlog=200), row(inode=3, backlog=5000), row(81, inode=4)]
    made = plan(facts(found("syn-flood-everywhere"), listeners=group))
    assert [(one["inode"], one["before"]) for one in made["record"]["listeners"]] == [(1, 100), (2, 200)]
    assert made["listeners"] == [{"address": "0.0.0.0", "port": 80, "backlog": 4096}]


# ---------------------------------------------------------------- who is never dropped


def test_an_allowed_network_is_left_alone_and_gets_room_instead() -> None:
    made = plan(facts(flood("198.51.100.0/24"), cookies=0), allow=["198.51.0.0/16"])
    assert made["blocks"] == []
    assert made["sysctls"] == {"tcp_syncookies": 1} and made["listeners"][0]["backlog"] == 4096
    assert "198.51.100.0/24 is on the allow list" in reasons(made)


def test_an_allowed_address_goes_through_though_its_network_is_dropped() -> None:
    made = plan(facts(flood("198.51.100.0/24")), allow=["198.51.100.7", "::ffff:198.51.100.8", "203.0.113.1", "2001:db8::1"])
    assert blocked(made) == ["198.51.100.0/24"]
    assert [one["network"] for one in made["passes"]] == ["198.51.100.7/32", "198.51.100.8/32"]


def test_the_allow_list_may_be_a_text_as_on_a_command_line() -> None:
    world = facts(flood("198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"))
    assert blocked(plan(world, allow="198.51.100.0/24, 203.0.113.0/24")) == ["192.0.2.0/24"]


def test_one_who_is_allowed_later_goes_through_what_is_dropped_already() -> None:
    record = plan(facts(flood("198.51.100.0/24")))["record"]
    made = plan(facts(mitigation=about(record=record)), allow=["198.51.100.0/24"])
    assert made["verdict"] == "mitigate"
    assert made["passes"] == [{"network": "198.51.100.0/24", "ip_version": "ipv4"}]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"controller": "198.51.100.9"}, "the address that this session comes from, 198.51.100.9,"),
        ({"addresses": ["127.0.0.1/8", "198.51.100.1/32"]}, "addresses of a network that the host itself is in, 198.51.100.1/32,"),
        ({"addresses": ["198.51.103.1/22"]}, "addresses of a network that the host itself is in, 198.51.103.1/22,"),
        ({"chains": ["ipv4"]}, "iptables has a chain SYN_BACKLOG that no record tells of"),
        ({"iptables": {"ipv6": "/usr/sbin/ip6tables"}}, "there is no iptables on the host"),
        ({"iptables": {}}, "there is no iptables on the host"),
    ],
)
def test_what_may_not_or_cannot_be_dropped_gets_room_instead(changed: Facts, told: str) -> None:
    made = plan(facts(flood("198.51.100.0/24"), cookies=0, mitigation=about(**changed)))
    assert made["blocks"] == [] and told in reasons(made)
    assert made["sysctls"] == {"tcp_syncookies": 1} and made["listeners"][0]["backlog"] == 4096


def test_a_chain_is_taken_for_ours_where_a_record_tells_of_it() -> None:
    """Of the other family it tells nothing."""
    record = plan(facts(flood("198.51.100.0/24")))["record"]
    more = facts(flood("203.0.113.0/24", "2001:db8::/64"), mitigation=about(record=record, chains=["ipv4", "ipv6"]))
    assert blocked(plan(more)) == ["198.51.100.0/24", "203.0.113.0/24"]


def test_nor_is_a_part_of_the_network_that_the_session_comes_from() -> None:
    world = facts(flood("198.51.100.128/25", "198.51.101.0/24"), mitigation=about(controller="198.51.100.9"))
    assert blocked(plan(world)) == ["198.51.101.0/24"]


@pytest.mark.parametrize("connection", ["ssh", "ansible.builtin.ssh", "paramiko", "ansible.netcommon.libssh", "mitogen_sudo", None])
def test_nothing_is_dropped_where_the_session_could_be_cut_off(connection: Optional[str]) -> None:
    made = plan(facts(flood("198.51.100.0/24")), connection=connection)
    assert made["blocks"] == [] and "nothing is dropped: the address of this session is not known (" in reasons(made)
    known = plan(facts(flood("198.51.100.0/24"), mitigation=about(controller="10.0.0.1")), connection=connection)
    assert blocked(known) == ["198.51.100.0/24"]


@pytest.mark.parametrize("connection", ["local", "ansible.builtin.local", "containers.podman.podman", "community.docker.docker"])
def test_nobody_comes_in_over_the_network(connection: str) -> None:
    assert blocked(plan(facts(flood("198.51.100.0/24")), connection=connection)) == ["198.51.100.0/24"]


@pytest.mark.parametrize(
    "network",
    [
        "0.0.0.0/0",
        "::/0",
        "10.0.0.0/8",
        "2001:db8::/32",
        "2001:db8::/47",
        "::/48",
        "127.0.0.0/24",
        "::/64",
        "fe80::/64",
        "224.0.0.0/24",
        "",
        "{{ x }}",
        None,
        7,
    ],
)
def test_what_is_no_small_network_of_others_is_never_dropped(network: Any) -> None:
    made = plan(facts(found(networks=[network])))
    assert made["blocks"] == [] and made["listeners"] != []


def test_a_network_of_up_to_a_48_is_dropped_as_one() -> None:
    made = plan(facts(flood("2001:db8:5::/48", "2001:db8:6:8000::/49")))
    assert blocked(made) == ["2001:db8:5::/48", "2001:db8:6:8000::/49"]
    assert parse_record(made["record"]) == made["record"]


@pytest.mark.parametrize("own", [{"controller": "2001:db8:5:77::9"}, {"addresses": ["2001:db8:5:77::1/64"]}])
def test_but_not_where_somebody_near_is_anywhere_in_it(own: Facts) -> None:
    made = plan(facts(flood("2001:db8:5::/48", "2001:db8:6::/48"), mitigation=about(**own)))
    assert blocked(made) == ["2001:db8:6::/48"] and "2001:db8:5:77::" in reasons(made)


def test_and_who_is_on_the_allow_list_is_let_through_it() -> None:
    made = plan(facts(flood("2001:db8:5::/48")), allow=["2001:db8:5:77::/64", "2001:db8:5:78::9"])
    assert [one["network"] for one in made["passes"]] == ["2001:db8:5:77::/64", "2001:db8:5:78::9/128"]
    assert blocked(plan(facts(flood("2001:db8:5::/48")), allow=["2001:db8::/32"])) == []


def test_what_is_dropped_as_part_of_a_larger_network_needs_no_rule_of_its_own() -> None:
    first = plan(facts(flood("2001:db8:5::/48")), max_networks=1)
    again = facts(flood("2001:db8:5:8000::/49", "2001:db8:5:1::/64"), mitigation=about(record=first["record"]))
    second = plan(again, max_networks=1)
    assert second["blocks"] == first["blocks"] and "is not dropped" not in reasons(second)
    elsewhere = flood("2001:db8:5:1::/64", port=443)
    elsewhere["subject"] = "0.0.0.0:443"
    both = facts(elsewhere, mitigation=about(record=first["record"]), listeners=[row(), row(443)])
    assert blocked(plan(both, max_networks=1)) == ["2001:db8:5::/48"]
    assert blocked(plan(both, max_networks=2)) == ["2001:db8:5::/48", "2001:db8:5:1::/64"]


def test_no_more_networks_than_asked_for_also_not_over_several_runs() -> None:
    networks = ["198.51.%d.0/24" % number for number in range(20)]
    first = plan(facts(flood(*networks[:3])), max_networks=2)
    assert blocked(first) == networks[:2] and first["listeners"] != []
    assert "syn_backlog_mitigate_max_networks is 2" in reasons(first)
    second = plan(facts(flood(*networks), mitigation=about(record=first["record"])), max_networks=4)
    assert blocked(second) == networks[:4]
    assert blocked(plan(facts(flood(*networks)), max_networks=0)) == []


def test_one_network_may_be_dropped_on_several_ports() -> None:
    other = flood("198.51.100.0/24", port=443)
    other["subject"] = "0.0.0.0:443"
    made = plan(facts(flood("198.51.100.0/24"), other, listeners=[row(), row(443)]), max_networks=1)
    assert [(one["network"], one["port"]) for one in made["blocks"]] == [("198.51.100.0/24", 80), ("198.51.100.0/24", 443)]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"allow": ["intranet"]}, "syn_backlog_mitigate_allow"),
        ({"allow": [10]}, "syn_backlog_mitigate_allow"),
        ({"max_networks": -1}, "syn_backlog_mitigate_max_networks"),
        ({"backlog": 0}, "syn_backlog_mitigate_backlog"),
    ],
)
def test_variables_that_cannot_be(changed: Facts, told: str) -> None:
    with pytest.raises(InvalidOption, match=told):
        plan(facts(), **changed)


@pytest.mark.parametrize("missing", ["findings", "mitigation", "sysctls", "listeners"])
def test_facts_that_do_not_tell_enough(missing: str) -> None:
    with pytest.raises(InvalidOption, match=missing):
        plan(facts(**{missing: None}))


# ---------------------------------------------------------------- over several runs

addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
small = st.one_of(
    st.ip_addresses(v=4).map(lambda one: str(ipaddress.ip_network((one, 24), strict=False))),
    st.tuples(st.ip_addresses(v=6), st.integers(48, 64)).map(lambda one: str(ipaddress.ip_network(one, strict=False))),
)
near = st.sampled_from(
    ["198.51.100.0/24", "198.51.101.0/24", "203.0.113.0/24", "2001:db8::/64", "2001:db8:0:1::/64", "2001:db8::/48", "2001:db8::/60"]
)
networks = st.lists(st.one_of(near, small), unique=True, max_size=6)
guests = st.lists(
    st.one_of(
        addresses.map(str),
        near,
        st.sampled_from(["198.51.100.7", "198.51.100.128/25", "198.51.0.0/16", "2001:db8::5", "0.0.0.0/0", "::/0"]),
    ),
    max_size=4,
)
findings = st.builds(
    lambda identifier, severity, port, nets: found(identifier, "0.0.0.0:%d" % port, severity, port=port, networks=nets),
    st.sampled_from([FEW_NETWORKS, *STRAINED, "accept-queue-overflow", "listener-latched"]),
    st.sampled_from(["critical", "warning", "info"]),
    st.sampled_from([80, 443]),
    networks,
)
worlds = st.builds(
    lambda found, cookies, somaxconn, backlog, controller, own: facts(
        *found, cookies=cookies, somaxconn=somaxconn, listeners=[row(80, backlog), row(443, 511)],
        mitigation=about(controller=controller, addresses=own),
    ),
    st.lists(findings, max_size=4),
    st.sampled_from([0, 1, 2]),
    st.sampled_from([128, 4096, 65535]),
    st.sampled_from([1, 128, 4096, 9000]),
    st.none() | st.one_of(addresses.map(str), st.just("198.51.100.99")),
    st.lists(st.one_of(addresses.map(str), st.just("203.0.113.5")), max_size=2),
)  # fmt: skip
limits = st.fixed_dictionaries({
    "allow": guests, "max_networks": st.integers(0, 4), "backlog": st.sampled_from([1024, 4096]),
    "connection": st.sampled_from(["local", "ssh"]), "syn_limit": st.sampled_from([0, 0, 5, 1000000]),
})  # fmt: skip


def verdict_on(made: Facts, address: str, port: int = 80) -> str:
    """What the chain does with a SYN, its rules taken in order: who is let through comes first."""
    source = ipaddress.ip_address(address)
    if any(source in ipaddress.ip_network(one["network"]) for one in made["passes"]):
        return "RETURN"
    dropped = any(source in ipaddress.ip_network(one["network"]) for one in made["blocks"] if one["port"] == port)
    return "DROP" if dropped else "RETURN"


def after(gathered: Facts, made: Facts) -> Facts:
    """The host once a plan is carried out, its findings as before."""
    world = copy.deepcopy(gathered)
    for name, value in made["sysctls"].items():
        world["sysctls"][name]["runtime"] = max(value, world["sysctls"][name]["runtime"])
    for goal in made["listeners"]:
        for listener in world["listeners"]:
            if (listener["address"], listener["port"]) == (goal["address"], goal["port"]):
                listener["backlog"] = max(goal["backlog"], listener["backlog"])
    if made["record"] is not None:
        record = dict(made["record"], since="2026-11-20T09:30:00Z", network_namespace=4026531840)
        world["mitigation"]["record"] = record
    return world


@given(worlds, limits)
def test_nobody_is_cut_off_who_must_not_be(world: Facts, wanted: Facts) -> None:
    made = mitigation_plan(world, wanted)
    session = world["mitigation"]["controller"]
    guarded = [one for one in wanted["allow"] if "/" not in one] + world["mitigation"]["addresses"] + ["127.0.0.1", "::1"]
    guarded += [str(ipaddress.ip_network(one, strict=False)[0]) for one in wanted["allow"] if "/" in one]
    guarded += [str(ipaddress.ip_network(one, strict=False)[-1]) for one in wanted["allow"] if "/" in one]
    for port in (80, 443):
        assert {verdict_on(made, address, port) for address in guarded} <= {"RETURN"}
    if session is not None:
        own = ipaddress.ip_network((session, 64 if ":" in session else 24), strict=False)
        assert not any(own.overlaps(ipaddress.ip_network(one)) for one in blocked(made) if (":" in one) == (":" in session))
    elif wanted["connection"] == "ssh":
        assert made["blocks"] == [] and made["limits"] == []
    for limit in made["limits"]:  # and each of them is spared any limit of its family
        spared = [ipaddress.ip_network(one) for one in made["record"]["spared"]]
        assert all(
            any(ipaddress.ip_address(one) in network for network in spared) for one in guarded if (":" in one) == (limit["ip_version"] == "ipv6")
        )
    assert len(set(blocked(made))) <= wanted["max_networks"]


@given(worlds, limits)
def test_nothing_is_left_to_do_once_it_is_done(world: Facts, wanted: Facts) -> None:
    first = mitigation_plan(world, wanted)
    then = after(world, first)
    second = mitigation_plan(then, wanted)
    if first["record"] is None:
        assert second == first
        return
    assert second["verdict"] == "in_force"
    assert second["record"] == then["mitigation"]["record"]
    assert after(then, second) == then
    for part in ("blocks", "passes", "sysctls", "limits"):
        assert second[part] == first[part]


@given(worlds, worlds, limits)
def test_what_was_there_before_is_never_forgotten(first_world: Facts, second_world: Facts, wanted: Facts) -> None:
    first = mitigation_plan(first_world, wanted)
    made = after(first_world, first)
    then = dict(made, findings=second_world["findings"])
    second = mitigation_plan(then, wanted)
    if first["record"] is None:
        return
    for name, state in first["record"]["sysctls"].items():
        assert second["record"]["sysctls"][name]["before"] == state["before"]
    before = {one["inode"]: one["before"] for one in second["record"]["listeners"]}
    assert all(before[one["inode"]] == one["before"] for one in first["record"]["listeners"])
    assert blocked(second)[: len(blocked(first))] == blocked(first)


@given(worlds, limits)
def test_each_record_is_one_that_can_be_read_again(world: Facts, wanted: Facts) -> None:
    record = mitigation_plan(world, wanted)["record"]
    assert record is None or parse_record(record) == record


# ---------------------------------------------------------------- what came of it


def test_the_effect_is_told() -> None:
    gathered = facts(found("syn-flood-everywhere"), cookies=0, somaxconn=128)
    made = plan(gathered)
    done = mitigation_effect(after(gathered, made), made)
    assert done["shortfalls"] == []
    assert done["told"] == ["0.0.0.0:80: 129 half-open connections, 129 admitted, cookies when full"]


def test_what_did_not_take_is_a_shortfall() -> None:
    dropping = {"used": 97, "limit": 129, "new_peer_limit": 97, "on_full": "drop"}
    gathered = facts(found("syn-flood-everywhere"), cookies=0, listeners=[row(syn_queue=dropping)])
    done = mitigation_effect(gathered, plan(gathered))
    assert done["told"] == ["0.0.0.0:80 keeps its backlog of 128, not 4096"]
    assert done["shortfalls"] == [
        "net.ipv4.tcp_syncookies is 0, not 1",
        "0.0.0.0:80: 97 half-open connections, 97 admitted, drops when full",
    ]


# ---------------------------------------------------------------- with nftables

NOW = "2026-11-20T09:30:00Z"


def nft(record: Optional[Facts] = None, **changed: Any) -> Facts:
    return about(**dict({"nft": "/usr/sbin/nft", "now": NOW, "record": record, "iptables": {}}, **changed))


def test_nftables_is_preferred_and_its_blocks_end() -> None:
    plan = mitigation_plan(facts(flood("198.51.100.0/24"), mitigation=nft()), dict(WANTED, block_lifetime=600))
    assert plan["backend"] == "nftables" and plan["ip_versions"] == ["ipv4"]
    assert plan["record"]["blocks"] == [{"network": "198.51.100.0/24", "port": 80, "until": "2026-11-20T09:40:00Z"}]
    assert any("ends by itself 600 seconds after" in one for one in plan["reasons"])


def test_iptables_says_that_its_blocks_do_not_end() -> None:
    plan = mitigation_plan(facts(flood("198.51.100.0/24"), mitigation=about(now=NOW)), WANTED)
    assert plan["backend"] == "iptables" and "until" not in plan["record"]["blocks"][0]
    assert any("no block ends by itself" in one for one in plan["reasons"])


def test_what_is_in_force_keeps_its_firewall() -> None:
    first = mitigation_plan(facts(flood("198.51.100.0/24")), WANTED)["record"]
    both = about(record=first, nft="/usr/sbin/nft", now=NOW)
    plan = mitigation_plan(facts(flood("203.0.113.0/24"), mitigation=both), WANTED)
    assert plan["backend"] == "iptables" and not [one for one in plan["record"]["blocks"] if "until" in one]


def test_a_backend_that_is_not_there_is_told() -> None:
    for changed, why in (({}, "there is no nft on the host"), ({"nft_refusal": "nft does not take our rules (x)"}, "take our rules")):
        plan = mitigation_plan(facts(flood("198.51.100.0/24"), mitigation=about(**changed)), dict(WANTED, backend="nftables"))
        assert plan["record"]["blocks"] == [] and why in " ".join(plan["reasons"])
    with pytest.raises(InvalidOption, match="backend"):
        mitigation_plan(facts(), dict(WANTED, backend="pf"))
    for seconds in (9, 2592001):
        with pytest.raises(InvalidOption, match="block_lifetime"):
            mitigation_plan(facts(), dict(WANTED, block_lifetime=seconds))


def test_only_a_network_that_still_sends_is_renewed_and_not_at_once() -> None:
    """A second run right after the first changes nothing; one later renews what sends, and lets the rest end."""
    block = {"network": "198.51.100.0/24", "port": 80}
    first = mitigation_plan(facts(flood("198.51.100.0/24", "203.0.113.0/24"), mitigation=nft()), WANTED)["record"]
    for now, renewed in (("2026-11-20T09:35:59Z", False), ("2026-11-20T09:36:01Z", True)):
        plan = mitigation_plan(facts(mitigation=nft(first, now=now, sending=[block])), WANTED)
        ends = {one["network"]: one["until"] for one in plan["record"]["blocks"]}
        assert ends["203.0.113.0/24"] == "2026-11-20T10:30:00Z"
        assert (ends["198.51.100.0/24"] > "2026-11-20T10:30:00Z") == renewed == (plan["verdict"] == "mitigate")


def test_who_is_connected_is_told_and_kept_unless_asked() -> None:
    peers = [{"address": "198.51.100.7", "port": 80, "count": 2}, {"address": "198.51.100.9", "port": 443, "count": 9}]
    seen = facts(flood("198.51.100.0/24"), mitigation=nft(established=peers))
    kept = mitigation_plan(seen, WANTED)
    assert kept["record"]["blocks"] == [] and kept["record"]["listeners"] != []
    assert "198.51.100.0/24 has 2 established connections to this port, so it is not dropped" in " ".join(kept["reasons"])
    dropped = mitigation_plan(seen, dict(WANTED, established="drop"))
    assert dropped["record"]["blocks"] != [] and "which stay" in " ".join(dropped["reasons"])
    allowed = mitigation_plan(seen, dict(WANTED, allow=["198.51.100.7"]))  # goes through anyway
    assert allowed["record"]["blocks"] != [] and "established" not in " ".join(allowed["reasons"])


def test_every_ssh_session_is_protected() -> None:
    plan = mitigation_plan(facts(flood("198.51.100.0/24"), mitigation=nft(sessions=["198.51.100.77"])), dict(WANTED, established="drop"))
    assert plan["record"]["blocks"] == [] and "the address of an ssh session on this host, 198.51.100.77" in " ".join(plan["reasons"])


# ---------------------------------------------------------------- a limit of SYNs a second

LIMITED = dict(WANTED, syn_limit=20)
SPREAD = "syn-flood-everywhere"


@pytest.mark.parametrize("identifier", STRAINED)
def test_a_limit_is_set_on_the_port_of_a_flood_from_everywhere_alone(identifier: str) -> None:
    made = plan(facts(found(identifier), mitigation=nft()), syn_limit=20)
    if identifier != SPREAD:
        assert made["limits"] == [] and made["record"]["syn_limit"] is None and made["record"]["spared"] == []
        return
    assert made["limits"] == [{"port": 80, "ip_version": "ipv4", "rate": 20}] and made["blocks"] == [] and made["backend"] == "nftables"
    assert made["record"]["limited"] == [{"family": "ipv4", "port": 80, "until": "2026-11-20T10:30:00Z"}]
    assert "0.0.0.0:80: each network (a /24, of IPv6 a /64) may send 20 SYNs a second to port 80; what is more is dropped." in made["reasons"]
    assert plan(facts(found(identifier), mitigation=nft()))["limits"] == []  # off unless it is asked for


def test_a_limit_is_set_where_networks_of_a_flood_are_not_dropped() -> None:
    few = facts(flood("198.51.100.0/24", "203.0.113.0/24"), mitigation=nft())
    assert mitigation_plan(few, LIMITED)["limits"] == []
    for less in ({"max_networks": 1}, {"max_networks": 0}, {"allow": ["203.0.113.0/24"]}):
        made = mitigation_plan(few, dict(LIMITED, **less))
        assert [one["port"] for one in made["limits"]] == [80] and len(made["blocks"]) < 2


@pytest.mark.parametrize(
    ("address", "families"), [("0.0.0.0", ["ipv4"]), ("::", ["ipv4", "ipv6"]), ("2001:db8::1", ["ipv6"]), ("::ffff:192.0.2.1", ["ipv4"])]
)
def test_a_limit_is_of_the_families_that_come_to_the_listener(address: str, families: List[str]) -> None:
    seen = facts(found(SPREAD, address=address), listeners=[row(address=address)], mitigation=nft())
    assert [one["ip_version"] for one in mitigation_plan(seen, LIMITED)["limits"]] == families


def test_why_there_is_no_limit_is_told() -> None:
    told = mitigation_plan(facts(found(SPREAD), mitigation=nft()), dict(LIMITED, connection="ssh"))
    assert told["limits"] == [] and "no limit of SYNs is set: the address of this session" in reasons(told)
    told = mitigation_plan(facts(found(SPREAD), mitigation=about(iptables={})), LIMITED)
    assert told["limits"] == [] and "no limit of SYNs is set: there is no iptables on the host" in reasons(told)
    both = facts(found(SPREAD, address="::"), listeners=[row(address="::")], mitigation=about(iptables={"ipv4": "/sbin/iptables"}))
    assert [one["ip_version"] for one in mitigation_plan(both, LIMITED)["limits"]] == ["ipv4"]
    told = mitigation_plan(facts(found(SPREAD), mitigation=about(chains=["ipv4"])), LIMITED)
    assert told["limits"] == [] and "has a chain SYN_BACKLOG that no record tells of" in reasons(told)


def test_clients_that_are_connected_are_spared_unless_asked() -> None:
    peers = [{"address": "198.51.100.7", "port": 80, "count": 2}, {"address": "203.0.113.9", "port": 443, "count": 1}]
    seen = facts(found(SPREAD), mitigation=nft(connected=peers, sessions=["192.0.2.5"]))
    kept = mitigation_plan(seen, LIMITED)["record"]["spared"]
    assert "198.51.100.0/24" in kept and "192.0.2.0/24" in kept and "203.0.113.0/24" not in kept and "127.0.0.0/8" in kept
    assert not [one for one in kept if ":" in one]  # the limit is of IPv4
    assert "198.51.100.0/24" not in mitigation_plan(seen, dict(LIMITED, established="drop"))["record"]["spared"]


def test_who_is_spared_is_not_let_through_where_it_is_dropped() -> None:
    """Connected to one port, and flooding another."""
    peers = [{"address": "198.51.100.7", "port": 80, "count": 1}]
    other = found(FEW_NETWORKS, subject="0.0.0.0:443", port=443, networks=["198.51.100.0/24"])
    made = mitigation_plan(facts(found(SPREAD), other, mitigation=nft(connected=peers)), LIMITED)
    assert blocked(made) == ["198.51.100.0/24"] and made["passes"] == [] and "198.51.100.0/24" in made["record"]["spared"]


def test_a_limit_is_renewed_while_it_drops_and_changed_where_another_is_asked_for() -> None:
    first = mitigation_plan(facts(found(SPREAD), mitigation=nft()), LIMITED)["record"]
    dropping = [{"family": "ipv4", "port": 80}]
    for now, sending, renewed in (
        ("2026-11-20T09:35:59Z", dropping, False),
        ("2026-11-20T09:36:01Z", dropping, True),
        ("2026-11-20T09:36:01Z", [], False),
    ):
        made = mitigation_plan(facts(mitigation=nft(first, now=now, sending=sending)), LIMITED)
        assert (made["record"]["limited"][0]["until"] > "2026-11-20T10:30:00Z") == renewed == (made["verdict"] == "mitigate")
    again = mitigation_plan(facts(found(SPREAD), mitigation=nft(first, now="2026-11-20T09:40:00Z")), LIMITED)
    assert again["record"]["limited"][0]["until"] == "2026-11-20T10:40:00Z"  # the flood goes on
    changed = mitigation_plan(facts(found(SPREAD), mitigation=nft(first)), dict(WANTED, syn_limit=5))
    assert changed["verdict"] == "mitigate" and changed["record"]["syn_limit"] == 5
    off = mitigation_plan(facts(found(SPREAD), mitigation=nft(first)), WANTED)
    assert off["verdict"] == "in_force" and off["record"]["syn_limit"] == 20


@pytest.mark.parametrize("value", [-1, 1000001])
def test_a_limit_out_of_its_range_is_refused(value: int) -> None:
    with pytest.raises(InvalidOption, match="syn_limit.*%d.*0.*1000000" % value):
        mitigation_plan(facts(), dict(WANTED, syn_limit=value))


# ---------------------------------------------------------------- at the bounds


@pytest.mark.parametrize(
    "first",
    [
        found("syn-queue-full", "[::]:81", "info"),
        found("accept-queue-overflow", "[::]:81"),
        found("accept-queue-overflow", "[::]:81", "info"),
        found("backlog", "[::]:81"),
    ],
)
def test_what_moves_nothing_hides_no_flood_behind_it(first: Facts) -> None:
    assert blocked(plan(facts(first, found("syn-queue-full", "[::]:81"), flood("198.51.100.0/24")))) == ["198.51.100.0/24"]


@pytest.mark.parametrize("backlog, widened", [(4095, True), (4096, False), (4097, False), (None, False)])
def test_only_what_is_narrower_is_widened(backlog: Optional[int], widened: bool) -> None:
    made = plan(facts(found("syn-flood-everywhere"), listeners=[row(backlog=backlog)]))
    assert bool(made["listeners"]) is widened
    assert ("0.0.0.0:80: its queue is widened to 4096." in made["reasons"]) is widened


@pytest.mark.parametrize("somaxconn, raised", [(4095, True), (4096, False), (65535, False)])
def test_somaxconn_is_raised_as_far_as_the_backlog(somaxconn: int, raised: bool) -> None:
    made = plan(facts(found("syn-flood-everywhere"), somaxconn=somaxconn))
    assert made["sysctls"] == ({"somaxconn": 4096} if raised else {})
    assert plan(facts(found("syn-flood-everywhere"), somaxconn=somaxconn, listeners=[row(backlog=5000)]))["sysctls"] == {}


@pytest.mark.parametrize(
    "name, fine, wrong",
    [
        ("backlog", 1, 0),
        ("backlog", 2147483647, 2147483648),
        ("max_networks", 0, -1),
        ("block_lifetime", 10, 9),
        ("block_lifetime", 2592000, 2592001),
        ("syn_limit", 0, -1),
    ],
)
def test_what_may_be_asked(name: str, fine: int, wrong: int) -> None:
    assert plan(facts(), **{name: fine})["verdict"] == "nothing"
    with pytest.raises(InvalidOption, match="%s.*%d" % (name, wrong)):
        plan(facts(), **{name: wrong})


@pytest.mark.parametrize("port, dropped", [(0, False), (1, True), (65535, True), (65536, False), (None, False), ("80", False)])
def test_a_port_is_one_that_there_is(port: Any, dropped: bool) -> None:
    elsewhere = dict(flood("198.51.100.0/24", port=port), subject="elsewhere")
    assert bool(blocked(plan(facts(elsewhere, listeners=[])))) is dropped


def test_clients_that_are_connected_are_counted_and_kept() -> None:
    def told(count: int, **wanted: Any) -> Facts:
        peers = [
            {"address": "198.51.100.7", "port": 80, "count": count},
            {"address": "198.51.100.8", "port": 443, "count": 5},
            {"address": "203.0.113.1", "port": 80, "count": 9},
        ]
        return plan(facts(flood("198.51.100.0/24"), mitigation=about(established=peers)), **wanted)

    assert blocked(told(1)) == [] and "198.51.100.0/24 has 1 established connection to this port, so it is not dropped" in reasons(told(1))
    assert "198.51.100.0/24 has 2 established connections to this port, so" in reasons(told(2)) and blocked(told(0)) == ["198.51.100.0/24"]
    assert blocked(told(2, established="drop")) == ["198.51.100.0/24"] and "which stay, and new ones from there are dropped" in reasons(
        told(2, established="drop")
    )
    assert blocked(told(2, allow=["198.51.100.7"])) == ["198.51.100.0/24"], "whoever is let through is no reason"


def test_a_limit_in_words() -> None:
    for rate, said in ((1, "may send 1 SYN a second to port 80; what is more is dropped."), (2, "may send 2 SYNs a second to port 80;")):
        assert said in reasons(plan(facts(found("syn-flood-everywhere"), mitigation=about(nft="/usr/sbin/nft")), syn_limit=rate))
    assert "may send" not in reasons(plan(facts(found("honest-burst"), mitigation=about(nft="/usr/sbin/nft")), syn_limit=5)), "only of floods"


@pytest.mark.parametrize("lifetime, left, due", [(3600, 3239, True), (3600, 3240, False), (10, 8, True), (10, 9, False)])
def test_a_block_is_renewed_when_a_tenth_of_its_time_is_over(lifetime: int, left: int, due: bool) -> None:
    now = "2026-11-20T09:00:00Z"
    assert backends.due({"until": later(now, left)}, now, lifetime) is due
    assert backends.due({}, now, lifetime) is False and backends.due({"until": now}, None, lifetime) is False


def test_which_firewall_is_used() -> None:
    nft, none, old = {"nft": "/usr/sbin/nft"}, {}, dict(empty(), blocks=[{"network": "198.51.100.0/24", "port": 80}])
    assert [backends.backend_of({"backend": asked}, about, None)[0] for asked in (None, "auto", "nftables", "iptables") for about in (nft, none)] == [
        "nftables", "iptables", "nftables", "iptables", "nftables", None, "iptables", "iptables",
    ]  # fmt: skip
    assert backends.backend_of({"backend": "nftables"}, none, None)[1] == "there is no nft on the host"
    assert backends.backend_of({"backend": "nftables"}, {"nft_refusal": "too old"}, None) == (None, "too old")
    assert backends.backend_of({"backend": "nftables"}, nft, old) == ("iptables", ""), "what it was made with stays"
    assert backends.backend_of({}, none, dict(empty(), limited=[{"family": "ipv4", "port": 80}], backend="nftables")) == ("nftables", "")
    assert backends.backend_of({}, nft, empty()) == ("nftables", "") and "ends by itself 60 seconds after" in backends.ending("nftables", 60)
    with pytest.raises(InvalidOption, match="expected one of auto, nftables, iptables"):
        backends.backend_of({"backend": "pf"}, nft, None)


@pytest.mark.parametrize("has, goal, short", [(0, 1, True), (1, 1, False), (2, 1, False), (None, 1, True)])
def test_a_sysctl_that_fell_short(has: Optional[int], goal: int, short: bool) -> None:
    told = mitigation_effect({"sysctls": {"tcp_syncookies": {"runtime": has}}}, {"sysctls": {"tcp_syncookies": goal}})
    assert told["shortfalls"] == (["net.ipv4.tcp_syncookies is %s, not 1" % has] if short else [])


def test_how_a_listener_stands_after_it() -> None:
    record = dict(empty(), causes=["syn-flood-everywhere on 0.0.0.0:80"], listeners=[dict(row(), before=128, set=4096)])
    full = {"used": 129, "limit": 129, "new_peer_limit": None, "on_full": "drop"}

    def told(**changes: Any) -> Facts:
        return mitigation_effect({"listeners": [row(**changes)]}, {"record": record})

    assert told(backlog=4095)["told"] == [
        "0.0.0.0:80 keeps its backlog of 4095, not 4096",
        "0.0.0.0:80: 129 half-open connections, 4096 admitted, cookies when full",
    ]
    assert len(told(backlog=4096)["told"]) == 1 and told(backlog=4096)["shortfalls"] == []
    assert told(backlog=4096, syn_queue=full)["shortfalls"] == ["0.0.0.0:80: 129 half-open connections, 129 admitted, drops when full"]
    assert told(backlog=4096, syn_queue=dict(full, used=128))["shortfalls"] == []
    assert "97 admitted, drops" in told(backlog=4096, syn_queue=dict(full, used=97, new_peer_limit=97))["shortfalls"][0]
    assert told(port=81, inode=5, backlog=5) == told(network_namespace="blue", inode=5) == {"told": [], "shortfalls": []}
