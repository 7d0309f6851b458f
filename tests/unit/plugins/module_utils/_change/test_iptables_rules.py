# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._change.iptables_rules import (
    Found,
    Limit,
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


# ---------------------------------------------------------------- with a limit

LIMIT = Limit(50, "ipv4", [80], ["192.0.2.0/24"])
#: What iptables 1.8.9 prints with -S
LIMITED = """\
-A SYN_BACKLOG -s 192.0.2.0/24 -p tcp -m comment --comment "linuxnet.tcp.syn_backlog" -j RETURN
-A SYN_BACKLOG -p tcp -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -m hashlimit --hashlimit-above 50/sec --hashlimit-burst 50 \
--hashlimit-mode srcip --hashlimit-name lt80_50 --hashlimit-htable-max 262144 --hashlimit-htable-expire 2000 \
--hashlimit-srcmask 24 -m comment --comment "linuxnet.tcp.syn_backlog" -j DROP
"""


def test_a_limit_is_added_after_all_else_and_only_where_it_is_missing() -> None:
    lines = missing([BLOCK], ["198.51.100.7/32"], found(CHAIN, INPUT), LIMIT)
    assert [line.split()[0] for line in lines] == ["-A", "-A"]
    assert lines[0].endswith("-j RETURN") and " -p tcp " in lines[0] and "--hashlimit-srcmask 24 --hashlimit-name lt80_50" in lines[1]
    assert missing([BLOCK], ["198.51.100.7"], found(CHAIN + LIMITED, INPUT), LIMIT) == []
    assert missing([], [], found(CHAIN + LIMITED, INPUT)) == []
    assert "srcmask 64" in missing([], [], NONE, LIMIT._replace(family="ipv6", spared=[]))[1]


def test_another_rate_takes_the_place_of_the_first() -> None:
    """By another name: hashlimit keeps the rate of a name that it knows."""
    lines = missing([], [], found(CHAIN + LIMITED, INPUT), LIMIT._replace(rate=9))
    assert lines[0] == "-D" + LIMITED.splitlines()[1][2:] and "--hashlimit-above 9/sec" in lines[1] and "lt80_9 " in lines[1]
    assert len(lines) == 2


def test_a_name_fits_in_what_the_kernel_keeps_of_it() -> None:
    (line,) = (line for line in missing([], [], NONE, Limit(1000000, "ipv6", [65535], [])) if "hashlimit" in line)
    words = line.split()
    assert len(words[words.index("--hashlimit-name") + 1]) <= 15


def run(rules: List[str], lines: List[str]) -> List[str]:
    """The chain after a transaction."""
    rules = list(rules)
    for line in lines:
        words = line.split()
        if words[0].startswith(":") or words[1] != "SYN_BACKLOG":
            continue
        if words[0] == "-D":
            rules.remove("-A" + line[2:])
        elif words[0] == "-A":
            rules.append(line)
        elif words[2].isdigit():
            rules.insert(int(words[2]) - 1, "-A SYN_BACKLOG " + " ".join(words[3:]))
        else:
            rules.insert(0, "-A" + line[2:])
    return rules


def fate(rules: List[str], source: str, port: int) -> str:
    """What becomes of a SYN."""
    for rule in rules:
        words = rule.split()
        told: Dict[str, str] = {name: value for name, value in zip(words, words[1:]) if name.startswith("-")}
        if "-s" in told and ipaddress.ip_address(source) not in ipaddress.ip_network(told["-s"]):
            continue
        if told.get("--dport", str(port)) == str(port):
            return told.get("--hashlimit-name") or told["-j"]
    return "RETURN"


NETS = st.sampled_from(["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.1.9/32"])
STEPS = st.tuples(
    st.lists(st.tuples(NETS, st.sampled_from([80, 443])), max_size=3),
    st.lists(NETS, max_size=2),
    st.none()
    | st.builds(
        Limit,
        st.sampled_from([5, 6]),
        st.just("ipv4"),
        st.lists(st.sampled_from([80, 443]), min_size=1, unique=True),
        st.lists(NETS, max_size=2, unique=True),
    ),
)


@given(st.lists(STEPS, min_size=1, max_size=4))
def test_runs_one_after_the_other_make_what_one_would(steps: Any) -> None:
    """Who is let through is, what is dropped is dropped, who is spared is not limited, and all others are."""
    rules: List[str] = []
    blocks: Any = []
    passes: List[str] = []
    limit: Any = None
    for more, through, given_limit in steps:
        blocks, passes = blocks + more, passes + [one for one in through if one not in passes]
        if given_limit:  # as records are merged
            before = limit or given_limit
            limit = given_limit._replace(ports=sorted({*before.ports, *given_limit.ports}), spared=list(dict.fromkeys(before.spared + given_limit.spared)))
        told = [{"network": network, "port": port} for network, port in dict.fromkeys(blocks)]
        there = Found(bool(rules), rules, [LEAD])
        rules = run(rules, missing(told, passes, there, limit))
        assert missing(told, passes, Found(True, rules, [LEAD]), limit) == []
    for source in ("10.0.0.1", "10.0.1.1", "10.0.1.9", "10.0.2.1", "10.0.3.1"):
        def within(networks: Any, source: str = source) -> bool:
            return any(ipaddress.ip_address(source) in ipaddress.ip_network(one) for one in networks)

        for port in (80, 443):
            wanted = "RETURN"
            if limit and port in limit.ports and not within(limit.spared):
                wanted = "lt%d_%d" % (port, limit.rate)
            if within(network for network, its in blocks if its == port):
                wanted = "DROP"
            assert fate(rules, source, port) == ("RETURN" if within(passes) else wanted)
