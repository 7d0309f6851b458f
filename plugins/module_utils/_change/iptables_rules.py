# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The chain of a mitigation as the text that ``iptables-restore --noflush`` takes, which makes one transaction of it.

Only what is missing is added, and only what is ours removed: a chain may hold rules that somebody put there.

Rules of ours stand in this order: whom nothing drops, what is dropped, whom no limit holds for, and limits of SYNs a
second. Of these hashlimit(8) counts: its name tells port and rate, for a name that is there keeps the rate it had.
"""

from __future__ import annotations

import shlex
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional

from .._model import networks

CHAIN, COMMENT = "SYN_BACKLOG", "linuxnet.tcp.syn_backlog"
_MARK = "-m comment --comment " + COMMENT
_LEAD = "INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN {0} -j {1}".format(_MARK, CHAIN)


#: The part of an address that is a network: of IPv4 the /24, of IPv6 the /64
_MASKS = {"ipv4": 24, "ipv6": 64}
#: The most networks that are counted at a time, and milliseconds after which one that is silent is forgotten. Where
#: there are more, hashlimit drops what comes from any other: so there is room for nearly 90,000 new ones a second.
_MOST, _FORGOTTEN = 262144, 2000


class Limit(NamedTuple):
    """How many SYNs a second each network may send, on which ports of a family, and who may send any number."""

    rate: int
    family: str
    ports: List[int]
    spared: List[str]


class Found(NamedTuple):
    """The present rules, as ``iptables -S`` lists the chain and INPUT."""

    chain: bool
    rules: List[str]  # of the chain
    leads: List[str]  # rules of INPUT that are ours and lead to it


def found(chain_listing: Optional[str], input_listing: str) -> Found:
    """``chain_listing`` is None where there is no such chain."""
    leads = [line for line in input_listing.splitlines() if _is_lead(_told(line))]
    rules = [line for line in (chain_listing or "").splitlines() if line.startswith("-A ")]
    return Found(chain_listing is not None, rules, leads)


def missing(blocks: Iterable[Mapping[str, Any]], passes: Iterable[str], there: Found,
            limit: Optional[Limit] = None) -> List[str]:  # fmt: skip
    """The lines that bring it in force; none where it is. Those who go through come before those who are dropped."""
    known = [_told(line) for line in there.rules]
    let_through = {_network(one) for one in known if one.get("-j") == "RETURN" and "-p" not in one and _is_ours(one)}
    dropped = {(_network(one), one.get("--dport")) for one in known if one.get("-j") == "DROP" and _is_ours(one)}
    lines = [
        "-I {0} -s {1} {2} -j RETURN".format(CHAIN, told, _MARK)
        for told in passes
        if networks.parse_network(told) not in let_through
    ]
    place = "-A " + CHAIN
    first = next((number for number, one in enumerate(known, 1) if _is_of_limit(one)), None)
    if first is not None:  # all that is added before the rules of a limit stands there, in any order
        place = "-I {0} {1}".format(CHAIN, first + len(lines))
    for block in blocks:
        if (networks.parse_network(block["network"]), str(block["port"])) not in dropped:
            lines.append(
                "{0} -s {1} -p tcp -m tcp --dport {2} --tcp-flags FIN,SYN,RST,ACK SYN {3} -j DROP".format(
                    place, block["network"], block["port"], _MARK
                )
            )
    if limit is not None:
        if first is not None:
            place = "-I {0} {1}".format(CHAIN, first + len(lines))
        lines += _of_limit(limit, there, place)
    lines = lines if there.chain else [":{0} - [0:0]".format(CHAIN), *lines]
    return lines if there.leads else [*lines, "-I " + _LEAD]


def _of_limit(limit: Limit, there: Found, place: str) -> List[str]:
    """The lines of a limit: whom it does not hold for, at ``place``, and at the end of the chain the limit itself."""
    told = [(line, _told(line)) for line in there.rules]
    known = [(line, one) for line, one in told if _is_of_limit(one)]
    spared = {_network(one) for _line, one in known if one.get("-j") == "RETURN"}
    lines = ["{0} -s {1} -p tcp {2} -j RETURN".format(place, one, _MARK)
             for one in limit.spared if networks.parse_network(one) not in spared]  # fmt: skip
    names = {port: "lt{0}_{1}".format(port, limit.rate) for port in limit.ports}
    there_are = {one.get("--hashlimit-name"): line for line, one in known if one.get("-j") == "DROP"}
    lines += ["-D" + line[len("-A") :] for name, line in there_are.items() if name not in names.values()]
    rule = (
        "-A {0} -p tcp -m tcp --dport {1} --tcp-flags FIN,SYN,RST,ACK SYN -m hashlimit --hashlimit-above {2}/sec "
        "--hashlimit-burst {2} --hashlimit-mode srcip --hashlimit-srcmask {3} --hashlimit-name {4} "
        "--hashlimit-htable-max {5} --hashlimit-htable-expire {6} {7} -j DROP"
    )
    return lines + [rule.format(CHAIN, port, limit.rate, _MASKS[limit.family], name, _MOST, _FORGOTTEN, _MARK)
                    for port, name in names.items() if name not in there_are]  # fmt: skip


def removal(there: Found) -> List[str]:
    """The lines that take it away: first what leads there."""
    lines = ["-D" + line[len("-A") :] for line in there.leads]
    return [*lines, "-F " + CHAIN, "-X " + CHAIN] if there.chain else lines


def script(lines: Iterable[str]) -> str:
    """The whole text of a transaction."""
    return "\n".join(["*filter", *lines, "COMMIT", ""])


def _told(line: str) -> Dict[str, str]:
    """The options of a rule as ``-S`` prints it, each with what stands behind it."""
    try:
        words = shlex.split(line)
    except ValueError:
        return {}
    return {name: value for name, value in zip(words, words[1:]) if name.startswith("-")}


def _network(rule: Mapping[str, str]) -> Optional[networks.Network]:
    return networks.parse_network(rule.get("-s"))


def _is_ours(rule: Mapping[str, str]) -> bool:
    return rule.get("--comment") == COMMENT


def _is_of_limit(rule: Mapping[str, str]) -> bool:
    """Whether it is a limit of ours, or spares somebody: that names the protocol, which letting through does not."""
    spares = rule.get("-j") == "RETURN" and "-p" in rule
    return _is_ours(rule) and (spares or "--hashlimit-name" in rule)


def _is_lead(rule: Mapping[str, str]) -> bool:
    return rule.get("-A") == "INPUT" and rule.get("-j") == CHAIN and _is_ours(rule)
