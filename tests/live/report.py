# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection reports of one listener: the row that the gathering modules return, and how it came about."""

from __future__ import annotations

import re
import shlex
from typing import Any, NamedTuple

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.at_once import for_host, parted
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.recognise import recognise
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenSocket, Process
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.gather import gather
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.options import (
    gathering_spec,
    parse_gathering_options,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.processes import owners
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.sockets import listen_sockets
from ansible_collections.linuxnet.tcp.tests.live import lab


class Reported(NamedTuple):
    row: dict[str, Any]
    namespace: lab.Netns

    @property
    def backlog(self) -> int | None:
        return self.row["backlog"]

    @property
    def bound_by(self) -> str:
        return self.row["bound_by"]

    @property
    def remedy(self) -> str:
        return self.row["remedy"]

    @property
    def lasting(self) -> str:
        """The remedy without the command that raises the listener as it runs."""
        return parted(self.remedy)[0]

    @property
    def at_once(self) -> list[str]:
        """That command, as a shell has it, for this machine."""
        (command,) = re.findall("`([^`]*)`", for_host(parted(self.remedy)[1], "localhost"))
        return shlex.split(command)

    @property
    def unit(self) -> str | None:
        return self.row["unit"]

    @property
    def names(self) -> set[str]:
        return {process["name"] for process in self.row["processes"]}

    @property
    def pids(self) -> set[int]:
        return {process["pid"] for process in self.row["processes"]}

    @property
    def socket(self) -> ListenSocket:
        sockets, _warnings = self.namespace.call(listen_sockets)
        return next(one for one in sockets if one.inode == self.row["inode"])

    @property
    def processes(self) -> list[Process]:
        return owners({self.row["inode"]})[0].get(self.row["inode"], [])

    @property
    def application(self) -> str:
        return recognise(self.processes).application.name


def report(namespace: lab.Netns, port: int, asked: str | None = None) -> Reported:
    """The only listener on the port, as syn_backlog_info returns it inside the namespace.

    ``asked`` names the namespace as the option does: then it is looked into from outside.
    """
    params = {name: spec.get("default") for name, spec in gathering_spec().items()}
    params.update(gather_subset=["listeners"], ports=[port], network_namespaces=[asked] if asked else None)
    options = parse_gathering_options(params)
    facts, _warnings = gather(options) if asked else namespace.call(gather, options)
    (row,) = facts["listeners"]
    return Reported(row, namespace)
