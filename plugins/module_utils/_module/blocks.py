# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The networks that a record has dropped, brought in force and taken away again with the host's firewall."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .._change import iptables_rules, nft_rules
from .._model import mitigation, networks, nft_table
from .._read import clock, firewall_commands, iptables, nft
from .._write import firewall as write_firewall
from .._write import iptables as write_iptables
from .._write import nft as write_nft

#: What tells whether the kernel takes our table: every part of it that not every kernel has
_PROBE = {(networks.parse_network(one), 1): 60 for one in ("192.0.2.0/24", "2001:db8::/64")}


class Done(NamedTuple):
    """What came of it."""

    changed: bool
    before: str
    after: str
    failures: List[str]

    @property
    def diff(self) -> List[Dict[str, str]]:
        """For people; nothing where nothing changes."""
        if not self.changed:
            return []
        return [{"before": self.before, "after": self.after, "before_header": "firewall", "after_header": "firewall"}]


def refusal(command: Optional[str]) -> Optional[str]:
    """Why nftables cannot be used here; None where it can."""
    if command is None:
        return "there is no nft on the host"
    why = write_nft.refusal(command, nft_rules.script(_PROBE, []))  # type: ignore[arg-type]
    return None if why is None else "it does not take our rules ({0})".format(why)


def bring_in_force(record: mitigation.Record, commands: Mapping[str, Any], check: bool) -> Done:
    """What a record has dropped; ``commands`` is the gathered ``mitigation``, which names the firewall's commands."""
    if record["backend"] == mitigation.NFTABLES:
        return _with_nft(record, commands.get("nft"), check)
    families = mitigation.chained_families(record)
    done = [_with_iptables(family, record, commands["iptables"].get(family), check) for family in families]
    return _together(done)


def _together(done: List[Done]) -> Done:
    parts = [[one.before for one in done], [one.after for one in done]]
    failures = [why for one in done for why in one.failures]
    return Done(any(one.changed for one in done), "".join(parts[0]), "".join(parts[1]), failures)


# ---------------------------------------------------------------- nftables


def _with_nft(record: mitigation.Record, command: Optional[str], check: bool) -> Done:
    now = clock.iso(time.time())
    through = [one for one in map(networks.parse_network, record["passes"]) if one]
    wanted: Dict[nft_table.Key, int] = {}
    for block in record["blocks"]:
        network, seconds = networks.parse_network(block["network"]), mitigation.seconds_left(block["until"], now)
        if network is not None and seconds > 0:
            wanted[network, block["port"]] = seconds
    if command is None:
        return Done(False, "", "", ["the networks are not dropped, for there is no nft on the host any more"])
    try:
        there = nft.table(command)
    except firewall_commands.NoAnswer:
        there = None  # made anew
    if (there is None and not wanted) or (there is not None and nft_rules.in_force(there, wanted, through)):
        return Done(False, "", "", [])
    before = {} if there is None else {key: live.expires for key, live in there.blocks.items()}
    texts = _listed(before, there.passes if there else ()), _listed(wanted, through)
    if check:
        return Done(True, *texts, [])
    try:
        write_nft.apply(command, nft_rules.script(wanted, through))
        made = nft.table(command)
    except (write_nft.NotApplied, firewall_commands.NoAnswer) as error:
        return Done(False, "", "", ["the networks are not dropped: {0}".format(error)])
    if made is None or not nft_rules.in_force(made, wanted, through, nft_rules.SLACK_WHEN_MADE):
        return Done(True, *texts, ["the table {0} is not as it was made".format(nft_table.TABLE)])
    return Done(True, *texts, [])


def _listed(blocks: Mapping[nft_table.Key, Optional[int]], passes: Any) -> str:
    """A table in lines that can be compared; seconds would differ in each run."""
    lines = ["let {0} through".format(one) for one in passes]
    lines += ["drop {0} on port {1}".format(network, port) for network, port in blocks]
    return "".join(line + "\n" for line in sorted(lines))


def sent(command: Optional[str]) -> Dict[nft_table.Key, int]:
    """How many SYNs of each network were dropped so far; nothing where nothing tells."""
    try:
        there = nft.table(command) if command else None
    except firewall_commands.NoAnswer:
        there = None
    return {} if there is None else {key: live.packets for key, live in there.blocks.items()}


def still_sending(before: Mapping[nft_table.Key, int], after: Mapping[nft_table.Key, int],
                  record: Optional[mitigation.Record]) -> List[Dict[str, Any]]:  # fmt: skip
    """The blocks of a record whose networks sent between two counts."""
    moved = [key for key, count in after.items() if count > before.get(key, count)]
    found = []
    for block in record["blocks"] if record else ():
        network = networks.parse_network(block["network"])
        if network and any(port == block["port"] and networks.within(network, [one]) for one, port in moved):
            found.append({"network": block["network"], "port": block["port"]})
    return found


# ---------------------------------------------------------------- iptables


def _with_iptables(family: str, record: mitigation.Record, command: Optional[str], check: bool) -> Done:
    if command is None:
        return Done(False, "", "", ["the networks are not dropped, for there is no iptables on the host any more"])
    try:
        lines = iptables_rules.missing(
            [one for one in record["blocks"] if mitigation.family_of(one["network"]) == family],
            [one for one in record["passes"] if mitigation.family_of(one) == family],
            found(command),
        )
        if lines and not check:
            write_iptables.apply(command, iptables_rules.script(lines))
    except (write_iptables.NotApplied, firewall_commands.NoAnswer) as error:
        return Done(False, "", "", ["the networks are not dropped: {0}".format(error)])
    return Done(bool(lines), "", "".join(line + "\n" for line in lines), [])


def found(command: str) -> iptables_rules.Found:
    """What of a mitigation there is in iptables' rules.

    :raises NoAnswer: iptables does not run here.
    """
    chain = iptables.rules(command, iptables_rules.CHAIN)
    return iptables_rules.found(chain, iptables.rules(command, "INPUT") or "")


# ---------------------------------------------------------------- both


def take_away(families: List[str], commands: Mapping[str, Any], check: bool) -> Done:
    """All that drops, whichever firewall does.

    :raises NotApplied: iptables refuses.
    :raises NoAnswer: iptables does not run here.
    :raises OSError: the kernel refuses.
    """
    done = []
    if nft.has_our_table():
        before = _listed(dict.fromkeys(sent(commands.get("nft"))), ()) or "the table {0}\n".format(nft_table.TABLE)
        gone = check or write_firewall.remove_our_table()
        done.append(Done(gone, before, "", []))
    for family in families:
        command = commands["iptables"][family]
        there = found(command)
        lines = iptables_rules.removal(there)
        if lines and not check:
            write_iptables.apply(command, iptables_rules.script(lines))
        done.append(Done(bool(lines), "".join(line + "\n" for line in [*there.leads, *there.rules]), "", []))
    return _together(done)
