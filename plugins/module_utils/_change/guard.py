# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Who is never dropped, whatever the evidence says of their network."""

from __future__ import annotations

from typing import Any, List, Mapping, NamedTuple, Optional, Tuple

from .._model import errors
from .._model import networks as model_networks

Facts = Mapping[str, Any]

_NEVER_TOLD = ("127.0.0.0/8", "::/64", "fe80::/10", "224.0.0.0/4", "ff00::/8")
_NEVER = tuple(filter(None, map(model_networks.parse_network, _NEVER_TOLD)))
#: Connection plugins with which nobody comes in over the network
_NO_NETWORK = frozenset(
    "local chroot jail zone iocage lxc lxd incus docker docker_api nsenter podman podman_unshare buildah toolbox "
    "machinectl kubectl oc libvirt_lxc libvirt_qemu funcd saltstack aws_ssm".split()
)


class Guard(NamedTuple):
    """Who is never dropped."""

    allowed: List[model_networks.Network]
    near: List[Tuple[model_networks.Network, str]]  # left out wholly, and as what
    nobody: Optional[str]  # why nothing at all may be dropped

    @property
    def let_through(self) -> List[model_networks.Network]:
        """What goes through even where its network is dropped already."""
        return [*self.allowed, *(network for network, _whose in self.near)]

    def refuses(self, network: model_networks.Network) -> Optional[str]:
        """Why a network is not dropped; None where it may be."""
        if self.nobody:
            return "nothing is dropped: " + self.nobody
        if model_networks.within(network, self.allowed):
            return "{0} is on the allow list, so it is not dropped".format(network)
        for near, whose in self.near:
            if model_networks.overlapping(network, [near]):
                return "{0} has {1} in it, so it is not dropped".format(network, whose)
        return None


def guard_of(wanted: Facts, gathered: Facts) -> Guard:
    """Who is never dropped on this host, by the variables and by what was gathered of its ``mitigation``.

    :raises InvalidOption: an entry of the allow list that is no address or network.
    """
    allowed = []
    told = wanted.get("allow") or ()
    for entry in told.split(",") if isinstance(told, str) else told:  # -e knows only texts
        network = model_networks.parse_network(entry)
        if network is None:
            raise errors.InvalidOption("syn_backlog_mitigate_allow", entry, "expected an IP address or network")
        allowed.append(network)
    near = [(one, "addresses of this host alone") for one in _NEVER]
    for address in gathered.get("addresses") or ():
        network = model_networks.parse_network(address)
        if network is not None:
            whose = "addresses of a network that the host itself is in, {0},".format(address)
            near.append((model_networks.rolled_up(network), whose))
    for address in gathered.get("sessions") or ():
        network = model_networks.parse_network(address)
        if network is not None:
            whose = "the address of an ssh session on this host, {0},".format(network.network_address)
            near.append((model_networks.rolled_up(network), whose))
    nobody = None
    session = model_networks.parse_network(gathered.get("controller"))
    if session is not None:
        whose = "the address that this session comes from, {0},".format(session.network_address)
        near.append((model_networks.rolled_up(session), whose))
    elif str(wanted.get("connection")).rpartition(".")[2] not in _NO_NETWORK:
        nobody = (
            "the address of this session is not known (no process above it has SSH_CONNECTION in its environment), and "
            "this session could be cut off"
        )
    return Guard(allowed, near, nobody)
