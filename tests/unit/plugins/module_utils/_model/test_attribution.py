# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.attribution import Attribution
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenKey, ListenSocket


def listener(family, address, port=80, device=None, dual_stack=False, inode=1):
    return ListenSocket(
        family=family, protocol="tcp", address=address, port=port, device=device, dual_stack=dual_stack, inode=inode,
        uid=0, accept_used=0, backlog=128, drops=0, cgroup_id=None,
    )  # fmt: skip


def key(family, address, port=80, device=None):
    return ListenKey(family, address, port, device)


@pytest.mark.parametrize(
    "local, listeners, owner",
    [
        (key("ipv4", "10.0.0.1"), [key("ipv4", "0.0.0.0"), key("ipv4", "10.0.0.1")], key("ipv4", "10.0.0.1")),
        (key("ipv4", "10.0.0.2"), [key("ipv4", "0.0.0.0"), key("ipv4", "10.0.0.1")], key("ipv4", "0.0.0.0")),
        (
            key("ipv4", "10.0.0.1", device="eth0"),
            [key("ipv4", "0.0.0.0"), key("ipv4", "0.0.0.0", device="eth0")],
            key("ipv4", "0.0.0.0", device="eth0"),
        ),
        # Of a VRF, say: the entry has a device, the listener none.
        (key("ipv4", "10.0.0.1", device="eth1"), [key("ipv4", "0.0.0.0")], key("ipv4", "0.0.0.0")),
        (
            key("ipv4", "10.0.0.1", device="eth0"),
            [key("ipv4", "10.0.0.1"), key("ipv4", "0.0.0.0", device="eth0")],
            key("ipv4", "0.0.0.0", device="eth0"),
        ),
        (
            key("ipv4", "10.0.0.1"),
            [key("ipv4", "10.0.0.1"), key("ipv4", "0.0.0.0", device="eth0")],
            key("ipv4", "10.0.0.1"),
        ),
        (key("ipv6", "fd00::1"), [key("ipv6", "::"), key("ipv6", "fd00::1")], key("ipv6", "fd00::1")),
        # A v4-mapped local address: an IPv4 client of an IPv6 socket.
        (key("ipv6", "::ffff:10.0.0.1"), [key("ipv4", "0.0.0.0"), key("ipv6", "::")], key("ipv6", "::")),
        (
            key("ipv6", "::ffff:10.0.0.1"),
            [key("ipv6", "::"), key("ipv6", "::ffff:10.0.0.1")],
            key("ipv6", "::ffff:10.0.0.1"),
        ),
        (
            key("ipv6", "::ffff:10.0.0.1"),
            [key("ipv6", "::"), key("ipv6", "::ffff:0.0.0.0")],
            key("ipv6", "::ffff:0.0.0.0"),
        ),
        # Nobody listens there any more, or never did on this port.
        (key("ipv4", "10.0.0.1"), [key("ipv6", "::"), key("ipv4", "0.0.0.0", port=81)], key("ipv4", "10.0.0.1")),
        (key("ipv4", "10.0.0.1"), [key("ipv4", "0.0.0.0", device="eth0")], key("ipv4", "10.0.0.1")),
    ],
)
def test_owner(local, listeners, owner):
    sockets = [listener(*one, dual_stack=one.address == "::") for one in listeners]
    assert Attribution(sockets).owner(local) == owner
    assert Attribution(reversed(sockets)).owner(local) == owner


@pytest.mark.parametrize("dual_stack, taken", [(True, True), (None, True), (False, False)])
def test_only_an_ipv6_wildcard_that_may_take_ipv4_gets_it(dual_stack, taken):
    local = key("ipv6", "::ffff:10.0.0.1")
    wildcard = listener("ipv6", "::", dual_stack=dual_stack)
    assert Attribution([wildcard]).owner(local) == (key("ipv6", "::") if taken else local)


def test_a_reuseport_group_shares_one_count():
    group = [listener("ipv4", "0.0.0.0", inode=inode) for inode in range(1, 5)]
    owner = Attribution(group).owner
    assert owner(key("ipv4", "10.0.0.1")) == owner(key("ipv4", "10.0.0.2")) == key("ipv4", "0.0.0.0")


ADDRESSES = {
    "ipv4": ["10.0.0.1", "10.0.0.2"],
    "ipv6": ["fd00::1", "::ffff:10.0.0.1", "::ffff:10.0.0.2"],
}
PORTS = st.sampled_from([80, 81])
DEVICES = st.sampled_from([None, "eth0", "eth1"])
FAMILIES = st.sampled_from(["ipv4", "ipv6"])
LOCALS = FAMILIES.flatmap(
    lambda family: st.builds(ListenKey, st.just(family), st.sampled_from(ADDRESSES[family]), PORTS, DEVICES)
)
LISTENERS = FAMILIES.flatmap(
    lambda family: st.builds(
        listener,
        st.just(family),
        st.sampled_from(ADDRESSES[family] + {"ipv4": ["0.0.0.0"], "ipv6": ["::", "::ffff:0.0.0.0"]}[family]),
        PORTS,
        DEVICES,
        st.sampled_from([True, False, None]),
    )
)


def takes(one, local):
    """Whether the kernel would give a connection to this listener: said once more, socket by socket."""
    if (one.family, one.port) != (local.family, local.port) or one.device not in (None, local.device):
        return False
    if one.address == local.address:
        return True
    mapped = getattr(ipaddress.ip_address(local.address), "ipv4_mapped", None) is not None
    if one.address == "::":
        return not mapped or one.dual_stack is not False
    return one.address == "0.0.0.0" or (mapped and one.address == "::ffff:0.0.0.0")


def rank(one, local):
    wildcards = ["::", "0.0.0.0", "::ffff:0.0.0.0"]
    return one.device is not None, wildcards.index(one.address) if one.address in wildcards else len(wildcards)


@given(st.lists(LISTENERS, max_size=8), LOCALS)
def test_an_entry_goes_to_the_best_listener_that_takes_it(sockets, local):
    able = [one for one in sockets if takes(one, local)]
    best = max(able, key=lambda one: rank(one, local)) if able else None
    expected = ListenKey(best.family, best.address, best.port, best.device) if best else local
    assert Attribution(sockets).owner(local) == expected
