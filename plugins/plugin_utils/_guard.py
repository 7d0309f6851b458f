# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""Who is never dropped, whatever the evidence says of their network."""

from __future__ import annotations

import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.networks import (
    Network,
    overlapping,
    parse_network,
    rolled_up,
    within,
)

Facts = t.Mapping[str, t.Any]

_NEVER = tuple(filter(None, map(parse_network, ("127.0.0.0/8", "::/64", "fe80::/10", "224.0.0.0/4", "ff00::/8"))))
#: Connection plugins with which nobody comes in over the network
_NO_NETWORK = frozenset(
    "local chroot jail zone iocage lxc lxd incus docker docker_api nsenter podman podman_unshare buildah toolbox "
    "machinectl kubectl oc libvirt_lxc libvirt_qemu funcd saltstack aws_ssm".split()
)


class Guard(t.NamedTuple):
    """Who is never dropped."""

    allowed: list[Network]
    near: list[tuple[Network, str]]  # left out wholly, and as what
    nobody: str | None  # why nothing at all may be dropped

    @property
    def let_through(self) -> list[Network]:
        """What goes through even where its network is dropped already."""
        return [*self.allowed, *(network for network, _whose in self.near)]

    def refuses(self, network: Network) -> str | None:
        """Why a network is not dropped; None where it may be."""
        if self.nobody:
            return self.nobody
        if within(network, self.allowed):
            return "{0} is on the allow list, so it is not dropped".format(network)
        for near, whose in self.near:
            if overlapping(network, [near]):
                return "{0} has {1} in it, so it is not dropped".format(network, whose)
        return None


def guard_of(wanted: Facts, gathered: Facts) -> Guard:
    """Who is never dropped on this host, by the variables and by what was gathered of its ``mitigation``.

    :raises InvalidOption: an entry of the allow list that is no address or network.
    """
    allowed = []
    told = wanted.get("allow") or ()
    for entry in told.split(",") if isinstance(told, str) else told:  # -e knows only texts
        network = parse_network(entry)
        if network is None:
            raise InvalidOption("syn_backlog_mitigate_allow", entry, "expected an IP address or network")
        allowed.append(network)
    near = [(one, "addresses of this host alone") for one in _NEVER]
    for address in gathered.get("addresses") or ():
        network = parse_network(address)
        if network is not None:
            near.append((rolled_up(network), "addresses of a network that the host itself is in, {0},".format(address)))
    nobody = None
    session = parse_network(gathered.get("controller"))
    if session is not None:
        whose = "the address that this session comes from, {0},".format(session.network_address)
        near.append((rolled_up(session), whose))
    elif str(wanted.get("connection")).rpartition(".")[2] not in _NO_NETWORK:
        nobody = (
            "nothing is dropped, for the address that this session comes from is not known (no SSH_CONNECTION in the "
            "environment of any process above it), and it could be cut off"
        )
    return Guard(allowed, near, nobody)
