# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.mitigation import (
    ANOTHER_BOOT,
    ANOTHER_NAMESPACE,
    BadRecord,
    Place,
    boot_text,
    chained_families,
    elsewhere,
    empty,
    family_of,
    later,
    located,
    may_live,
    merge,
    parse_record,
    ruled_families,
    seconds_left,
    unlapsed,
)

SOCKET = {"family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None, "inode": 1080, "before": 128, "set": 4096}
RECORD = dict(
    empty(),
    since="2026-11-20T09:30:00Z",
    boot_id="63be5bbd-2a0a-4ff9-b0e1-2042f9c2b43c",
    network_namespace=4026531840,
    namespace_cookie=9088,
    causes=["syn-flood-few-networks on 0.0.0.0:80"],
    sysctls={"tcp_syncookies": {"before": 0, "set": 1}},
    boot={"tcp_syncookies": "1 kernel default"},
    listeners=[SOCKET],
    blocks=[{"network": "198.51.100.0/24", "port": 80}],
    passes=["198.51.100.7/32"],
    syn_limit=50,
    limited=[{"family": "ipv4", "port": 80}],
    spared=["192.0.2.0/24"],
    firewall={"ipv4": {"table": False, "input": False}},
)


def test_a_record_is_read_as_it_is() -> None:
    assert parse_record(RECORD) == RECORD
    assert parse_record(empty()) == empty()


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": 2},
        {"schema": None},
        {"more": 1},
        {"since": "yesterday"},
        {"since": "2026-11-20T09:30:00Z\n"},
        {"network_namespace": -1},
        {"network_namespace": True},
        {"namespace_cookie": "1"},
        {"boot_id": 7},
        {"boot_id": ""},
        {"boot_id": "63be5bbd-2a0a-4ff9-b0e1-2042f9c2b43c\n"},
        {"causes": ["\x1b[2J"]},
        {"causes": ["x" * 2000]},
        {"causes": [["x"]]},
        {"causes": ["x"] * 5000},
        {"sysctls": {"kernel.core_pattern": {"before": 0, "set": 1}}},
        {"sysctls": {"somaxconn": {"before": "0; reboot", "set": 1}}},
        {"sysctls": {"somaxconn": {"before": 2**40, "set": 1}}},
        {"sysctls": {"somaxconn": {"before": 1}}},
        {"sysctls": []},
        {"boot": {"tcp_syncookies": 1}},
        {"boot": {"kernel.core_pattern": "x"}},
        {"listeners": [dict(SOCKET, port=0)]},
        {"listeners": [dict(SOCKET, address="0.0.0.0/0")]},
        {"listeners": [dict(SOCKET, address="localhost")]},
        {"listeners": [dict(SOCKET, family="unix")]},
        {"listeners": [dict(SOCKET, device="a\nb")]},
        {"listeners": [dict(SOCKET, inode=1.5)]},
        {"blocks": [{"network": "0.0.0.0/0", "port": 80}]},
        {"blocks": [{"network": "198.51.0.0/16", "port": 80}]},
        {"blocks": [{"network": "2001:db8::/47", "port": 80}]},
        {"blocks": [{"network": "198.51.100.0/24; reboot", "port": 80}]},
        {"blocks": [{"network": "198.51.100.0/24", "port": 70000}]},
        {"passes": ["{{ x }}"]},
        {"syn_limit": 0},
        {"syn_limit": 1000001},
        {"syn_limit": "50"},
        {"syn_limit": None},  # and yet something is limited
        {"limited": [{"family": "ipv5", "port": 80}]},
        {"limited": [{"family": "ipv4", "port": 0}]},
        {"limited": [{"family": "ipv4"}]},
        {"limited": [{"family": "ipv4", "port": 80, "until": "soon"}]},
        {"spared": ["everybody"]},
        {"firewall": {"ipv5": {"table": True, "input": True}}},
        {"firewall": {"ipv4": {"table": 1, "input": True}}},
    ],
)
def test_what_is_no_record(changed: Any) -> None:
    with pytest.raises(BadRecord):
        parse_record(dict(RECORD, **changed))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)))
def test_anything_else_is_refused_in_one_way(data: Any) -> None:
    with pytest.raises(BadRecord):
        parse_record(data)


PATHS = [(name,) for name in RECORD] + [("sysctls", "tcp_syncookies"), ("listeners", 0), ("listeners", 0, "inode"), ("blocks", 0), ("limited", 0)]
junk = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()) | st.dictionaries(st.text(), st.integers())


@given(st.sampled_from(PATHS), junk)
def test_a_part_that_is_something_else_is_refused_or_a_record(path: Any, value: Any) -> None:
    spoilt = copy.deepcopy(RECORD)
    part = spoilt
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    try:
        found = parse_record(spoilt)
    except BadRecord:
        return
    assert parse_record(found) == found


def test_the_first_before_wins_and_the_larger_value() -> None:
    second = dict(
        empty(),
        sysctls={"tcp_syncookies": {"before": 1, "set": 1}, "somaxconn": {"before": 128, "set": 4096}},
        boot={"tcp_syncookies": "0 /etc/sysctl.conf", "somaxconn": "128 /etc/sysctl.conf"},
        listeners=[dict(SOCKET, before=4096, set=8192), dict(SOCKET, inode=7, before=5)],
        blocks=[{"network": "203.0.113.0/24", "port": 80}, RECORD["blocks"][0]],
        firewall={"ipv4": {"table": True, "input": True}, "ipv6": {"table": True, "input": False}},
    )
    found = merge(RECORD, second)
    assert found["since"] == RECORD["since"] and found["causes"] == RECORD["causes"]
    assert found["sysctls"] == {"tcp_syncookies": {"before": 0, "set": 1}, "somaxconn": {"before": 128, "set": 4096}}
    assert found["boot"] == {"tcp_syncookies": "1 kernel default", "somaxconn": "128 /etc/sysctl.conf"}
    assert found["listeners"] == [dict(SOCKET, set=8192), dict(SOCKET, inode=7, before=5)]
    assert [one["network"] for one in found["blocks"]] == ["198.51.100.0/24", "203.0.113.0/24"]
    assert found["firewall"] == {"ipv4": {"table": False, "input": False}, "ipv6": {"table": True, "input": False}}


def test_merging_a_record_with_itself_or_nothing_changes_nothing() -> None:
    assert merge(RECORD, RECORD) == RECORD == merge(RECORD, empty()) == merge(None, RECORD)


# ---------------------------------------------------------------- of which boot and network namespace

HERE = Place(RECORD["boot_id"], RECORD["network_namespace"], RECORD["namespace_cookie"])
OTHER_BOOT = "0" * 8 + "-2a0a-4ff9-b0e1-2042f9c2b43c"


@pytest.mark.parametrize(
    ("here", "told"),
    [
        (HERE, None),
        (HERE._replace(boot_id=OTHER_BOOT), ANOTHER_BOOT),
        (HERE._replace(boot_id=OTHER_BOOT, network_namespace=1, cookie=1), ANOTHER_BOOT),
        (HERE._replace(network_namespace=1), ANOTHER_NAMESPACE),
        (HERE._replace(cookie=9089), ANOTHER_NAMESPACE),  # the kernel has given the number to another
        (Place(None, RECORD["network_namespace"]), None),
        (Place(None, None), ANOTHER_NAMESPACE),  # /proc tells nothing
    ],
)
def test_a_record_is_of_here_where_nothing_speaks_against_it(here: Place, told: Any) -> None:
    assert elsewhere(RECORD, here) == told


@given(st.sampled_from(["boot_id", "namespace_cookie", "network_namespace"]), st.sampled_from([HERE, Place(None, None)]))
def test_what_a_record_does_not_say_never_makes_it_stale(name: str, here: Place) -> None:
    older = dict(dict(RECORD, network_namespace=here.network_namespace), **{name: None})
    assert elsewhere(older, here) is None


def test_a_namespace_that_may_still_be_there_is_not_taken_for_gone() -> None:
    elsewhere_now = HERE._replace(network_namespace=5, cookie=9100)
    assert not may_live(RECORD, elsewhere_now, [5, 6])
    assert may_live(RECORD, elsewhere_now, [5, 6, HERE.network_namespace or 0])
    assert not may_live(RECORD, HERE._replace(cookie=9100), [HERE.network_namespace or 0])  # that number is ours by now
    assert may_live(dict(RECORD, boot_id=None), elsewhere_now, [])  # of an older version
    assert may_live(RECORD, elsewhere_now._replace(boot_id=None), [])
    for first in ({"network_namespace": 0xEFFFFFF9}, {"namespace_cookie": 1}):  # of the host, seen from a container
        assert may_live(dict(RECORD, **first), elsewhere_now, [])


def test_what_is_not_said_yet_is_added_and_nothing_else() -> None:
    assert located(empty(), HERE) == dict(empty(), **{name: RECORD[name] for name in ("boot_id", "network_namespace", "namespace_cookie")})
    assert located(RECORD, Place(OTHER_BOOT, 5, 6)) == RECORD


def test_a_block_that_ended_is_left_out_and_the_later_end_holds() -> None:
    def block(until: Any = None) -> Any:
        return {"network": "198.51.100.0/24", "port": 80, **({"until": until} if until else {})}

    early, late = block("2026-11-20T10:00:00Z"), block("2026-11-20T11:00:00Z")
    for first, second in ((early, late), (late, early)):
        assert merge(dict(empty(), blocks=[first]), dict(empty(), blocks=[second]))["blocks"] == [late]
    assert merge(dict(empty(), blocks=[block()]), dict(empty(), blocks=[late]))["blocks"] == [block()]
    record = parse_record(dict(empty(), blocks=[early, dict(late, port=443), dict(block(), port=22)], backend="nftables"))
    assert [one["port"] for one in unlapsed(record, "2026-11-20T10:00:00Z")["blocks"]] == [443, 22]
    for wrong in ({"backend": "pf"}, {"blocks": [block("2026-13-20T10:00:00Z")]}, {"blocks": [dict(early, more=1)]}):
        with pytest.raises(BadRecord):
            parse_record(dict(empty(), **wrong))


def test_of_two_limits_the_second_holds_until_the_last_port_has_ended() -> None:
    def limited(port: int, until: str) -> Any:
        return {"family": "ipv4", "port": port, "until": "2026-11-20T%s:00Z" % until}

    first = dict(empty(), syn_limit=100, limited=[limited(80, "10:00")], spared=["192.0.2.0/24"], backend="nftables")
    second = dict(empty(), syn_limit=20, limited=[limited(80, "11:00"), limited(443, "10:30")], spared=["192.0.2.0/24", "203.0.113.0/24"])
    both = parse_record(merge(first, second))
    assert (both["syn_limit"], both["spared"]) == (20, ["192.0.2.0/24", "203.0.113.0/24"])
    assert both["limited"] == [limited(80, "11:00"), limited(443, "10:30")]
    assert merge(first, empty()) == first == merge(first, first)
    later = unlapsed(both, "2026-11-20T10:30:00Z")
    assert (later["syn_limit"], later["limited"], later["spared"]) == (20, [limited(80, "11:00")], both["spared"])
    assert unlapsed(both, "2026-11-20T11:00:00Z") == dict(both, syn_limit=None, limited=[], spared=[])


def test_the_families_that_have_rules() -> None:
    record = dict(empty(), blocks=[{"network": "198.51.100.0/24", "port": 80}], limited=[{"family": "ipv6", "port": 80}])
    assert ruled_families(record) == chained_families(record) == ["ipv4", "ipv6"]
    assert ruled_families(dict(record, backend="nftables")) == ["ipv4", "ipv6"] and chained_families(dict(record, backend="nftables")) == []
    assert chained_families(RECORD) == ["ipv4"] and chained_families(empty()) == []


BLOCK = {"network": "198.51.100.0/24", "port": 80}
LIMIT = {"family": "ipv4", "port": 80}


@pytest.mark.parametrize(
    ("fine", "wrong"),
    [
        *[({name: [dict(one, port=fine)]}, {name: [dict(one, port=wrong)]})
          for name, one in (("listeners", SOCKET), ("blocks", BLOCK), ("limited", LIMIT)) for fine, wrong in ((1, 0), (65535, 65536))],
        *[({"listeners": [dict(SOCKET, **{name: fine})]}, {"listeners": [dict(SOCKET, **{name: wrong})]})
          for name, most in (("inode", 2**64), ("before", 2**32), ("set", 2**32)) for fine, wrong in ((0, -1), (most, most + 1))],
        *[({"sysctls": {"somaxconn": {"before": fine, "set": 1}}}, {"sysctls": {"somaxconn": {"before": wrong, "set": 1}}})
          for fine, wrong in ((-(2**31), -(2**31) - 1), (2**31 - 1, 2**31))],
        *[({name: fine}, {name: wrong}) for name in ("network_namespace", "namespace_cookie") for fine, wrong in ((0, -1), (2**64, 2**64 + 1))],
        ({"syn_limit": 1}, {"syn_limit": 0}), ({"syn_limit": 1000000}, {"syn_limit": 1000001}),
        ({"causes": ["x" * 1000]}, {"causes": ["x" * 1001]}), ({"causes": ["x"] * 4096}, {"causes": ["x"] * 4097}),
        ({"blocks": [dict(BLOCK, network="2001:db8::/48")]}, {"blocks": [dict(BLOCK, network="2001:db8::/47")]}),
        ({"blocks": [BLOCK] * 4096}, {"blocks": [BLOCK] * 4097}), ({"listeners": [dict(SOCKET, device="eth0")]}, {"listeners": [dict(SOCKET, device=7)]}),
        ({"backend": "iptables"}, {"backend": "ipfw"}), ({"boot_id": "0" * 32}, {"boot_id": "0" * 31}), ({"boot_id": "0" * 36}, {"boot_id": "0" * 37}),
    ],
)  # fmt: skip
def test_what_a_record_may_hold_at_the_most(fine: Any, wrong: Any) -> None:
    assert parse_record(dict(RECORD, **fine)) == dict(RECORD, **fine)
    with pytest.raises(BadRecord):
        parse_record(dict(RECORD, **wrong))


def test_times_of_a_record() -> None:
    assert seconds_left("2026-11-20T09:30:00Z", "2026-11-20T09:29:59Z") == 1
    assert seconds_left("2026-11-20T09:30:00Z", "2026-11-21T09:30:01Z") == -86401
    assert later("2026-11-20T23:59:59Z", 2) == "2026-11-21T00:00:01Z"


def test_what_the_next_boot_makes_of_a_sysctl_in_words() -> None:
    assert boot_text({"boot": 0, "boot_source": "/etc/sysctl.d/a.conf:12"}) == "0 /etc/sysctl.d/a.conf"
    assert boot_text({"boot": 1, "boot_source": "kernel default"}) == "1 kernel default"
    assert boot_text({"boot": None, "boot_source": "x"}) is None and boot_text({"boot": 1, "boot_source": None}) is None
    assert (family_of("192.0.2.0/24"), family_of("::/0")) == ("ipv4", "ipv6")


def test_what_either_of_two_records_says_is_in_both() -> None:
    for name, value in (("boot_id", "b"), ("network_namespace", 5), ("namespace_cookie", 6), ("since", "t"), ("backend", "nftables"), ("syn_limit", 7)):
        assert merge(dict(empty(), **{name: value}), empty())[name] == merge(empty(), dict(empty(), **{name: value}))[name] == value
    assert merge(dict(empty(), passes=["a", "b"], causes=["x"]), dict(empty(), passes=["b", "c"], causes=["y", "x"]))["passes"] == ["a", "b", "c"]
    lower = merge(dict(empty(), sysctls={"somaxconn": {"before": 1, "set": 9}}), dict(empty(), sysctls={"somaxconn": {"before": 5, "set": 7}}))
    assert lower["sysctls"] == {"somaxconn": {"before": 1, "set": 9}}
    assert parse_record(merge(None, empty())) == empty()
