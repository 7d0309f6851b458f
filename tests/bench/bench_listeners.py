# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many listeners: facts beside what lists them otherwise, and how the time grows with their number."""

from __future__ import annotations

import contextlib
import shlex
import socket
import sys

import beside
import table

from ansible_collections.linuxnet.tcp.tests.live import lab

FACTS = "linuxnet.tcp.syn_backlog_facts"
OTHER = "community.general.listen_ports_facts"
BY_HAND = "ss -Htln > /dev/null && nstat -az > /dev/null"
SIZES = (500, 1000, 2000, 4000)
PER_PORT = 200  # listeners that share a port, each on an address of its own
ROUNDS, OF_GROWTH = 5, 3


@contextlib.contextmanager
def listening(count):
    """A namespace in which so many sockets listen, and what to put before a command that runs in it."""
    with lab.Netns("bench") as namespace, contextlib.ExitStack() as stack:
        with namespace.enter():
            for number in range(count):
                port, host = divmod(number, PER_PORT)
                stack.enter_context(socket.create_server(("127.0.1.%d" % (host + 1), 8000 + port), backlog=128))
        yield ["ip", "netns", "exec", namespace.name]


def facts(inside):
    return inside + beside.ansible("-m", FACTS, "-a", "kernel_log_max_age=1")


OF_200 = "Ansible itself, a ping, is about 0.21 of the other side; 200 listeners and their processes take the rest."


def rows():
    with listening(200) as inside:
        theirs = inside + beside.ansible("-m", OTHER)
        taken = beside.paired(ROUNDS, theirs, facts(inside))
        yield table.of("facts, 200 listeners", OTHER, taken[1], taken[0], 0.25, OF_200)
    with listening(1000) as inside:
        by_hand = [*inside, "sh", "-c", BY_HAND]
        with beside.module_files((FACTS, "kernel_log_max_age=1")) as (path,):
            taken = beside.paired(ROUNDS, by_hand, [*inside, sys.executable, path])
        yield table.of("facts, 1,000 listeners, the module's own process", "`%s`" % BY_HAND.replace(" > /dev/null", ""), taken[1], taken[0], None)
    grown = []
    with beside.module_files((FACTS, "kernel_log_max_age=1")) as (path,):
        for size in SIZES:
            with listening(size) as inside:
                (taken,) = beside.paired(OF_GROWTH, [*inside, sys.executable, path])
                grown.append(min(taken))
    name = "growth, %s listeners" % shlex.quote(" to ".join("{:,}".format(size) for size in (SIZES[0], SIZES[-1]))).strip("'")
    yield table.Row(name, "", table.growth(SIZES, grown), None, 1.3, "x")


if __name__ == "__main__":
    sys.exit(table.finish(rows()))
