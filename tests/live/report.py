# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection reports of one listener, composed from its parts in the order in which the modules do it."""

from __future__ import annotations

import os
from typing import NamedTuple

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.recognise import recognise
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.remedies import Situation, remedy
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.identity import identify
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import queue_limits
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.binding import bound_by
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenSocket, Process
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.units import Unit
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.processes import owners
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.sockets import listen_sockets
from ansible_collections.linuxnet.tcp.tests.live import lab


class Reported(NamedTuple):
    socket: ListenSocket
    processes: list[Process]
    application: str
    bound_by: str
    remedy: str

    @property
    def backlog(self) -> int | None:
        return self.socket.backlog

    @property
    def names(self) -> set[str]:
        return {process.name for process in self.processes}

    @property
    def pids(self) -> set[int]:
        return {process.pid for process in self.processes}


def report(namespace: lab.Netns, port: int) -> Reported:
    """The only listener on the port, in the words of the collection."""
    sockets, warnings = namespace.call(listen_sockets)
    assert not warnings
    (socket,) = [one for one in sockets if one.port == port]
    assert socket.backlog is not None
    found, _warnings = owners({socket.inode})
    processes = found.get(socket.inode, [])
    somaxconn = int(namespace.sysctl("net.core.somaxconn"))
    max_syn_backlog = int(namespace.sysctl("net.ipv4.tcp_max_syn_backlog"))
    cookies = int(namespace.sysctl("net.ipv4.tcp_syncookies"))
    uname = os.uname()
    kernel = identify(uname.release, uname.version)
    hint = recognise(processes)
    knob = bound_by(
        kernel.level, kernel.rule, socket.backlog, somaxconn, max_syn_backlog, cookies, hint.requested(socket.backlog)
    )
    limits = queue_limits(kernel.level, kernel.rule, socket.backlog, max_syn_backlog, cookies)
    unit = next((Unit(one.unit, one.unit_user) for one in processes if one.unit), None)
    situation = Situation(
        knob, kernel.level, kernel.rule, socket.backlog, somaxconn, max_syn_backlog, cookies, limits, hint, unit,
        socket.address, socket.port,
    )  # fmt: skip
    return Reported(socket, processes, hint.application.name, knob, remedy(situation))
