# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What a record has dropped, networks and what exceeds a limit, brought in force and taken away again."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .._change import iptables_rules, nft_rules
from .._model import mitigation, networks, nft_limit, nft_table
from .._read import clock, firewall_commands, iptables, nft
from .._write import firewall as write_firewall
from .._write import iptables as write_iptables
from .._write import nft as write_nft

#: What tells whether the kernel takes our table: every part of it that not every kernel has
_PROBE = {(networks.parse_network(one), 1): 60 for one in ("192.0.2.0/24", "2001:db8::/64")}


_VERSIONS = {"ipv4": 4, "ipv6": 6}
_UNLIMITED = "the limit of SYNs a second is not in force: {0}"


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
    return None if why is None else "nft does not take our rules ({0})".format(why)


def bring_in_force(record: mitigation.Record, commands: Mapping[str, Any], check: bool) -> Done:
    """What a record has dropped; ``commands`` is the gathered ``mitigation``, which names the firewall's commands."""
    if record["backend"] == mitigation.NFTABLES:
        return _with_nft(record, commands.get("nft"), check)
    families = mitigation.chained_families(record)
    done = [_with_iptables(family, record, commands["iptables"].get(family), check) for family in families]
    return _together(done)


class Sent(NamedTuple):
    """How many SYNs were dropped so far: of each network that is dropped, and by a limit for each version of IP."""

    blocks: Mapping[nft_table.Key, int] = {}
    limits: Mapping[int, int] = {}

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.blocks.values()) + sum(self.limits.values())


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
    limit = _limit(record, now)
    if command is None:
        return Done(False, "", "", ["the networks are not dropped, for there is no nft on the host any more"])
    try:
        there = nft.table(command)
    except firewall_commands.NoAnswer:
        there = None  # made anew
    if there is None and not wanted and limit is None:
        return Done(False, "", "", [])
    if there is not None and nft_rules.in_force(there, wanted, through, limit=limit):
        return Done(False, "", "", [])
    before = {} if there is None else {key: live.expires for key, live in there.blocks.items()}
    texts = _listed(before, *((there.passes, there.limit) if there else ((), None))), _listed(wanted, through, limit)
    if check:
        return Done(True, *texts, [])
    failures: List[str] = []
    try:
        try:
            write_nft.apply(command, nft_rules.script(wanted, through, limit))
        except write_nft.NotApplied as error:
            if limit is None:
                raise
            failures, limit = [_UNLIMITED.format(error)], None  # a kernel may have no limits, and yet drop networks
            if there is not None or wanted:
                write_nft.apply(command, nft_rules.script(wanted, through))
        made = nft.table(command)
    except (write_nft.NotApplied, firewall_commands.NoAnswer) as error:
        return Done(False, "", "", [*failures, "the networks are not dropped: {0}".format(error)])
    if failures and made is None and not wanted:
        return Done(False, "", "", failures)
    texts = texts[0], _listed(wanted, through, limit)
    if made is None or not nft_rules.in_force(made, wanted, through, nft_rules.SLACK_WHEN_MADE, limit):
        return Done(True, *texts, [*failures, "the table {0} is not as it was made".format(nft_table.TABLE)])
    return Done(True, *texts, failures)


def _limit(record: mitigation.Record, now: str) -> Optional[nft_limit.Limit]:
    """The limit that a record tells of; None where none does, or not any more."""
    ports: Dict[nft_limit.Place, Optional[int]] = {}
    for one in record["limited"]:
        seconds = mitigation.seconds_left(one["until"], now)
        if seconds > 0:
            ports[_VERSIONS[one["family"]], one["port"]] = seconds
    spared = tuple(one for one in map(networks.parse_network, record["spared"]) if one)
    return nft_limit.Limit(record["syn_limit"], ports, spared) if ports else None


def _listed(blocks: Mapping[nft_table.Key, Optional[int]], passes: Any, limit: Optional[nft_limit.Limit]) -> str:
    """A table in lines that can be compared; seconds would differ in each run."""
    lines = ["let {0} through".format(one) for one in passes]
    lines += ["drop {0} on port {1}".format(network, port) for network, port in blocks]
    if limit is not None:
        lines += ["no limit for {0}".format(one) for one in limit.spared]
        lines += ["limit each IPv{0} network to {1} SYNs a second on port {2}".format(version, limit.rate, port)
                  for version, port in limit.ports]  # fmt: skip
    return "".join(line + "\n" for line in sorted(lines))


def sent(command: Optional[str]) -> Sent:
    """How many SYNs were dropped so far; nothing where nothing tells."""
    try:
        there = nft.table(command) if command else None
    except firewall_commands.NoAnswer:
        there = None
    if there is None:
        return Sent()
    return Sent({key: live.packets for key, live in there.blocks.items()}, there.limit.packets if there.limit else {})


def still_sending(before: Optional[Sent], after: Optional[Sent],
                  record: Optional[mitigation.Record]) -> List[Dict[str, Any]]:  # fmt: skip
    """The blocks and limits of a record that dropped something between two counts."""
    if before is None or after is None or record is None:
        return []
    moved = [key for key, count in after.blocks.items() if count > before.blocks.get(key, count)]
    limited = [version for version, count in after.limits.items() if count > before.limits.get(version, count)]
    found = [{"family": one["family"], "port": one["port"]}
             for one in record["limited"] if _VERSIONS[one["family"]] in limited]  # fmt: skip
    for block in record["blocks"]:
        network = networks.parse_network(block["network"])
        if network and any(port == block["port"] and networks.within(network, [one]) for one, port in moved):
            found.append({"network": block["network"], "port": block["port"]})
    return found


# ---------------------------------------------------------------- iptables


def _with_iptables(family: str, record: mitigation.Record, command: Optional[str], check: bool) -> Done:
    if command is None:
        return Done(False, "", "", ["the networks are not dropped, for there is no iptables on the host any more"])
    blocks = [one for one in record["blocks"] if mitigation.family_of(one["network"]) == family]
    passes = [one for one in record["passes"] if mitigation.family_of(one) == family]
    limit, failures = _hashlimit(record, family), []
    try:
        there = found(command)
        lines = iptables_rules.missing(blocks, passes, there, limit)
        if lines and not check:
            try:
                write_iptables.apply(command, iptables_rules.script(lines))
            except write_iptables.NotApplied as error:
                if limit is None:
                    raise
                failures = [_UNLIMITED.format(error)]  # a kernel may have no hashlimit, and yet drop networks
                lines = iptables_rules.missing(blocks, passes, there) if blocks else []
                if lines:
                    write_iptables.apply(command, iptables_rules.script(lines))
    except (write_iptables.NotApplied, firewall_commands.NoAnswer) as error:
        return Done(False, "", "", [*failures, "the networks are not dropped: {0}".format(error)])
    return Done(bool(lines), "", "".join(line + "\n" for line in lines), failures)


def _hashlimit(record: mitigation.Record, family: str) -> Optional[iptables_rules.Limit]:
    ports = [one["port"] for one in record["limited"] if one["family"] == family]
    spared = [one for one in record["spared"] if mitigation.family_of(one) == family]
    return iptables_rules.Limit(record["syn_limit"], family, ports, spared) if ports else None


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
        before = _before(commands.get("nft")) or "the table {0}\n".format(nft_table.TABLE)
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


def _before(command: Optional[str]) -> str:
    """What our table drops, in lines; empty where nothing tells."""
    try:
        there = nft.table(command) if command else None
    except firewall_commands.NoAnswer:
        there = None
    return "" if there is None else _listed(dict.fromkeys(there.blocks), (), there.limit)
