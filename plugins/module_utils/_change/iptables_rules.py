# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The chain of a mitigation as the text that ``iptables-restore --noflush`` takes, which makes one transaction of it.

Only what is missing is added, and only what is ours removed: a chain may hold rules that somebody put there.
"""

from __future__ import annotations

import shlex
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional

from .._model import networks

CHAIN, COMMENT = "SYN_BACKLOG", "linuxnet.tcp.syn_backlog"
_MARK = "-m comment --comment " + COMMENT
_LEAD = "INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN {0} -j {1}".format(_MARK, CHAIN)


class Found(NamedTuple):
    """What there is, as ``iptables -S`` lists the chain and INPUT."""

    chain: bool
    rules: List[str]  # of the chain
    leads: List[str]  # rules of INPUT that are ours and lead to it


def found(chain_listing: Optional[str], input_listing: str) -> Found:
    """``chain_listing`` is None where there is no such chain."""
    leads = [line for line in input_listing.splitlines() if _is_lead(_told(line))]
    rules = [line for line in (chain_listing or "").splitlines() if line.startswith("-A ")]
    return Found(chain_listing is not None, rules, leads)


def missing(blocks: Iterable[Mapping[str, Any]], passes: Iterable[str], there: Found) -> List[str]:
    """The lines that bring it in force; none where it is. Those who go through come before those who are dropped."""
    known = [_told(line) for line in there.rules]
    let_through = {_network(one) for one in known if one.get("-j") == "RETURN" and _is_ours(one)}
    dropped = {(_network(one), one.get("--dport")) for one in known if one.get("-j") == "DROP" and _is_ours(one)}
    lines = [] if there.chain else [":{0} - [0:0]".format(CHAIN)]
    for told in passes:
        if networks.parse_network(told) not in let_through:
            lines.append("-I {0} -s {1} {2} -j RETURN".format(CHAIN, told, _MARK))
    for block in blocks:
        if (networks.parse_network(block["network"]), str(block["port"])) not in dropped:
            lines.append(
                "-A {0} -s {1} -p tcp -m tcp --dport {2} --tcp-flags FIN,SYN,RST,ACK SYN {3} -j DROP".format(
                    CHAIN, block["network"], block["port"], _MARK
                )
            )
    return lines if there.leads else [*lines, "-I " + _LEAD]


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


def _is_lead(rule: Mapping[str, str]) -> bool:
    return rule.get("-A") == "INPUT" and rule.get("-j") == CHAIN and _is_ours(rule)
