# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.networks import (
    overlapping,
    parse_network,
    rolled_up,
    within,
)


@pytest.mark.parametrize(
    ("told", "network"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        (" 192.0.2.7/24 ", "192.0.2.0/24"),
        ("2001:db8::7/64", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::1/128"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::/64", "::/64"),
        ("", None),
        ("localhost", None),
        ("192.0.2.7/33", None),
        ("192.0.2.7;reboot", None),
        (7, None),
        (None, None),
    ],
)
def test_networks(told: Any, network: Optional[str]) -> None:
    found = parse_network(told)
    assert (None if found is None else str(found)) == network


@given(st.text())
def test_any_text_is_a_network_or_none(told: str) -> None:
    found = parse_network(told)
    assert found is None or parse_network(str(found)) == found


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.data())
def test_what_holds_an_address(address: Any, data: Any) -> None:
    single = ipaddress.ip_network(address)
    if parse_network(str(address)) != single:
        return  # IPv4-mapped
    larger = single.supernet(new_prefix=data.draw(st.integers(0, single.prefixlen)))
    assert within(single, [larger]) and overlapping(single, [larger]) == [larger] == overlapping(larger, [larger])
    assert within(larger, [single]) == (larger == single)
    assert str(rolled_up(single)) == str(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))
    other = ipaddress.ip_network("2001:db8::/32" if address.version == 4 else "192.0.2.0/24")
    assert not within(single, [other]) and overlapping(single, [other]) == []
