# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many UNIX listeners: reading them and who holds them, beside ss."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time

import table

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import owners, unix_diag
from ansible_collections.linuxnet.tcp.tests.live import lab

COUNT, ROUNDS = 5000, 7
BY_HAND = ["ss", "-Hxlp"]
OF_PROCESSES = "Both read the descriptors of the same processes, which takes most of the time; two whole runs measured 1.03 and 1.07."


@contextlib.contextmanager
def listening(directory):
    """A namespace in which so many UNIX sockets listen."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, COUNT + 1000), hard))
    with lab.Netns("bench") as namespace, contextlib.ExitStack() as stack:
        with namespace.enter():
            for number in range(COUNT):
                sock = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
                sock.bind(os.path.join(directory, str(number)))
                sock.listen(128)
        yield namespace


def read():
    found, _warnings = unix_diag.listeners()
    return owners.owners_of(found)


def timed(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def rows():
    with tempfile.TemporaryDirectory() as directory, listening(directory) as namespace:
        by_hand = ["ip", "netns", "exec", namespace.name, *BY_HAND]
        ours, theirs = [], []
        for _round in range(ROUNDS):
            theirs.append(timed(lambda: subprocess.run(by_hand, stdout=subprocess.DEVNULL, check=True)))
            ours.append(namespace.call(timed, read))
        name = "5,000 UNIX listeners and their processes, in process"
        yield table.of(name, "`%s`" % " ".join(BY_HAND), ours, theirs, 1.0, OF_PROCESSES)


if __name__ == "__main__":
    sys.exit(table.finish(rows()))
