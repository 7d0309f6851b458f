# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._change.iptables_rules import (
    Found,
    found,
    missing,
    removal,
    script,
)

#: What iptables 1.8.9 prints with -S
LEAD = '-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m comment --comment "linuxnet.tcp.syn_backlog" -j SYN_BACKLOG'
CHAIN = """\
-N SYN_BACKLOG
-A SYN_BACKLOG -s 198.51.100.7/32 -m comment --comment "linuxnet.tcp.syn_backlog" -j RETURN
-A SYN_BACKLOG -s 198.51.100.0/24 -p tcp -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -m comment --comment "linuxnet.tcp.syn_backlog" -j DROP
"""
INPUT = "-P INPUT ACCEPT\n-A INPUT -s 203.0.113.0/24 -j DROP\n" + LEAD + "\n"
BLOCK = {"network": "198.51.100.0/24", "port": 80}
NONE = Found(False, [], [])


def test_all_of_it_is_made_where_nothing_is() -> None:
    lines = missing([BLOCK], ["198.51.100.7/32"], found(None, "-P INPUT ACCEPT\n"))
    assert [line.split()[0] for line in lines] == [":SYN_BACKLOG", "-I", "-A", "-I"]
    assert lines[1].endswith("-j RETURN") and lines[2].endswith("-j DROP") and lines[3].startswith("-I INPUT ")
    assert script(lines) == "*filter\n" + "\n".join(lines) + "\nCOMMIT\n"


def test_only_what_is_missing_is_added() -> None:
    there = found(CHAIN, INPUT)
    assert missing([BLOCK], ["198.51.100.7"], there) == []
    assert [line.split()[:4] for line in missing([BLOCK, dict(BLOCK, port=443)], [], there)] == [["-A", "SYN_BACKLOG", "-s", "198.51.100.0/24"]]
    assert missing([BLOCK], ["198.51.100.7"], found(CHAIN, "")) == ["-I " + LEAD[3:].replace('"', "")]


def test_a_rule_of_somebody_else_is_none_of_ours() -> None:
    theirs = CHAIN.replace("linuxnet.tcp.syn_backlog", "theirs")
    assert len(missing([BLOCK], ["198.51.100.7"], found(theirs, INPUT))) == 2
    assert found(CHAIN, LEAD.replace("linuxnet.tcp", "theirs")).leads == []
    assert found(CHAIN, LEAD.replace("-A INPUT", "-A FORWARD")).leads == []


def test_what_leads_there_goes_first() -> None:
    assert removal(found(CHAIN, LEAD + "\n" + LEAD)) == ["-D" + LEAD[2:]] * 2 + ["-F SYN_BACKLOG", "-X SYN_BACKLOG"]
    assert removal(found(None, "-P INPUT ACCEPT")) == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_listed_is_read_without_an_error(chain: str, other: str) -> None:
    there = found("-A SYN_BACKLOG " + chain, "-A INPUT " + other)
    assert there.chain and missing([BLOCK], [], there)


@pytest.mark.parametrize("there", [NONE, found(CHAIN, INPUT)])
def test_no_other_chain_is_named(there: Any) -> None:
    for line in [*missing([BLOCK], ["192.0.2.1"], there), *removal(there)]:
        assert line.split()[0] == ":SYN_BACKLOG" or line.split()[1] in ("INPUT", "SYN_BACKLOG")
