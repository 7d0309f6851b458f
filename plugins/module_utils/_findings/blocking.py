# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How to have networks dropped, in words that can be pasted, and which of them are better left alone.

The playbook is named first: it knows an allow list, and the way back. A command for the host's own firewall leaves out
what would cut off the session that it is pasted into, and the networks that the host itself is in.
"""

from __future__ import annotations

import ipaddress
from typing import List, NamedTuple, Optional, Sequence, Tuple

from .._model import controller_commands, gathered, namespace_commands
from .._model import networks as model_networks
from . import observed

_SSH = 22
_PROGRAMS = (("iptables", 4, "ipv4"), ("ip6tables", 6, "ipv6"))


class Block(NamedTuple):
    """What of the networks can be dropped, and the words for it."""

    networks: Tuple[str, ...]
    command: str  # empty where there is none
    notes: str  # who is left out and what to look out for; begins with a space, or is empty


def block(host: observed.Host, it: observed.Listener, networks: Sequence[str]) -> Block:
    """The firewall's command for these networks, less those that it must not drop."""
    wanted: List[str] = []
    notes: List[str] = []
    for told in networks:
        network = model_networks.parse_network(told)
        why = _left_alone(host, network)
        if why is None:
            wanted.append(str(network))  # not as it was told: it goes into a command that people paste
        else:
            notes.append(" {0} is left out: {1}.".format(told, why))
    by_hand = [one for one in wanted if not _commandless(host, one)]
    if len(by_hand) < len(wanted):
        others = ", ".join(one for one in wanted if one not in by_hand)
        notes.append(" The host has no iptables for {0}: drop that with its own firewall.".format(others))
    if wanted and host.session is None:
        notes.append(
            " It is not known from where you are logged in: make sure first that your address is in none of them."
        )
        if _is_of_sshd(it):
            notes.append(" This is the port of sshd: nobody in them can log in any more.")
    return Block(tuple(wanted), drop_command(host.scope(it.namespace), it, by_hand), "".join(notes))


def advice(host: observed.Host, it: observed.Listener, networks: Sequence[str]) -> str:
    """Who is to drop them: the playbook, or the host's own firewall; empty where no network can be dropped."""
    found = block(host, it, networks)
    if not found.networks:
        return found.notes.strip()
    by_hand = "`{0}` (the same with -D undoes it)".format(found.command) if found.command else ""
    if it.namespace != namespace_commands.OWN:
        return (("As root on the host: " + by_hand + "." if by_hand else "") + found.notes).strip()
    return (
        "{0} drops new connections from there, but drops nobody on your allow list; linuxnet.tcp.restore undoes "
        "it.{1}{2}"
    ).format(
        controller_commands.MITIGATE, " Or as root on the host: {0}.".format(by_hand) if by_hand else "", found.notes
    )


def dropped_since(host: observed.Host, it: observed.Listener, networks: Sequence[str]) -> Optional[str]:
    """Since when a mitigation in force has dropped all of them; None where it does not."""
    if it.namespace != namespace_commands.OWN:
        return None
    blocks = [one for one in gathered.rows(host.mitigation, "blocks") if gathered.number(one.get("port")) == it.port]
    dropped = [one for one in (model_networks.parse_network(block.get("network")) for block in blocks) if one]
    wanted = [model_networks.parse_network(told) for told in networks]
    covered = bool(wanted) and all(one and model_networks.within(one, dropped) for one in wanted)
    return gathered.text(host.mitigation, "since") if covered else None


def drop_command(scope: observed.Scope, it: observed.Listener, networks: Sequence[str]) -> str:
    """The shell command that has new connections from these networks to this listener dropped."""
    commands = []
    for program, version, _family in _PROGRAMS:
        sources = [one for one in networks if _version(one) == version]
        if sources:
            words = [program, "-I INPUT -s", ",".join(sources), "-p tcp --syn --dport", str(it.port)]
            commands.append(scope.command + " ".join(words + _to(it, version) + ["-j DROP"]))
    return " && ".join(commands)


def _left_alone(host: observed.Host, network: Optional[model_networks.Network]) -> Optional[str]:
    if network is None:
        return "it is no network that a firewall knows"
    session = model_networks.parse_network(host.session)
    if session is not None and model_networks.overlapping(network, [model_networks.rolled_up(session)]):
        return "this session comes from it ({0})".format(session.network_address)
    for address in host.addresses:
        own = model_networks.parse_network(address)
        if own is not None and model_networks.overlapping(network, [model_networks.rolled_up(own)]):
            return "it is near an address of the host itself ({0})".format(address)
    return None


def _commandless(host: observed.Host, told: str) -> bool:
    version = _version(told)
    return host.iptables is not None and not any(
        version == of and family in host.iptables for _program, of, family in _PROGRAMS
    )


def _is_of_sshd(it: observed.Listener) -> bool:
    return it.port == _SSH or it.holder.startswith(("sshd", "ssh."))


def _version(told: str) -> Optional[int]:
    network = model_networks.parse_network(told)
    return None if network is None else network.version


def _to(it: observed.Listener, version: int) -> List[str]:
    """The address that the listener is bound to, where it is one of its own."""
    try:
        address = ipaddress.ip_address(it.address or "")
    except ValueError:
        return []
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return [] if address.is_unspecified or address.version != version else ["-d", str(address)]
