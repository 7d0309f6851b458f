# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading 100,000 half-open entries: time against `ss`, memory against reading none.

Run as root: `make bench`, or this file with PYTHONPATH=.collections.

Each family of clients and kind of sources is measured by itself. Time is the least of ROUNDS, since whatever else
runs on the machine only adds to it: ss and our reader in turn, each a whole: a process for ss, the function call
(listeners included) for us.
Memory is the peak of a fresh process that reads once: VmHWM, since ru_maxrss begins with the
peak of the process that forked it.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import statistics
import subprocess
import sys
import time

import table

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import sockets
from ansible_collections.linuxnet.tcp.tests.live import lab

ENTRIES = 100000
ROUNDS = 15
SIZES = (12500, 25000, 50000, 100000)
MAX_MEMORY = 16.0  # MiB
PORT = 8080

READ_ONCE = """
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import sockets
tally, warnings = sockets.half_open(top=64)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(tally.whole.total, tally.whole.distinct_sources, len(warnings), peak.split()[1])
"""


def scattered_v4():
    """Distinct sources all over the address space, nearly each in a /24 of its own: the most there is to keep."""
    rng = random.Random(1)
    return rng.sample(range(0x0B000000, 0x7E000000), ENTRIES)


def scattered_v6():
    rng = random.Random(2)
    return [(0x2001 << 112) | rng.getrandbits(112) for _number in range(ENTRIES)]


# name, address of the listener, whom clients write to, sources, listeners, most of what ss takes
CASES = (
    ("IPv4, 391 /24 networks", "0.0.0.0", "server_v4", lambda: None, 1, 1.0),
    ("IPv4, scattered", "0.0.0.0", "server_v4", scattered_v4, 1, 1.0),
    ("IPv4, scattered, 20 listeners", "0.0.0.0", "server_v4", scattered_v4, 20, 1.2),
    ("IPv4 clients of [::], scattered", "::", "server_v4", scattered_v4, 1, 1.2),
    ("IPv6, scattered", "::", "server_v6", scattered_v6, 1, 1.2),
)


def peak(namespace: lab.Netns, expected: int) -> int:
    """KiB at the peak of a fresh process that reads the namespace's half-open entries once."""
    done = namespace.run([sys.executable, "-c", READ_ONCE], stdout=subprocess.PIPE, text=True, check=True)
    total, distinct, warnings, kib = (int(number) for number in done.stdout.split())
    if (total, distinct, warnings) != (expected, expected, 0):
        raise SystemExit("expected %d entries, read %d of %d sources, %d warnings" % (expected, total, distinct, warnings))
    return kib


def clock(function) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def ss(namespace: lab.Netns) -> None:
    """To a file: what ss writes must not wait for a reader."""
    with open(os.devnull, "wb") as sink:
        namespace.run(["ss", "-Htan", "state", "syn-recv"], stdout=sink, check=True)


def ss_rows(namespace: lab.Netns) -> int:
    done = namespace.run(["ss", "-Htan", "state", "syn-recv"], stdout=subprocess.PIPE, check=True)
    return len(re.findall(rb"\n", done.stdout))


def measure(address: str, target: str, sources, listeners: int) -> tuple[float, float, int]:
    with lab.pair() as net, contextlib.ExitStack() as stack:
        net.server.sysctl("net.core.somaxconn", 1 << 20)
        for number in range(listeners):
            # More than twice as many as there are entries: the kernel prunes a queue that is half full.
            stack.enter_context(lab.listener(net.server, address, PORT + number, backlog=4 * ENTRIES))
        empty = statistics.median_low(peak(net.server, 0) for _round in range(3))
        each, chosen = ENTRIES // listeners, sources()
        for number in range(listeners):
            some = chosen and chosen[number * each:(number + 1) * each]
            lab.spoof_syns(net, getattr(net, target), PORT + number, each, some)
        full = statistics.median_low(peak(net.server, ENTRIES) for _round in range(3))
        if ss_rows(net.server) != ENTRIES:
            raise SystemExit("ss does not see the %d entries" % ENTRIES)
        theirs, ours = [], []
        with net.server.enter():
            for _round in range(ROUNDS):
                theirs.append(clock(lambda: ss(net.server)))
                ours.append(clock(lambda: sockets.half_open(top=64)))
        return min(theirs), min(ours), full - empty


def growth_of_time() -> float:
    """With one listener on which so many entries are left.

    All sizes are read in turn: what a pause of the machine or a slower clock adds must not meet one size alone.
    """
    least = [float("inf")] * len(SIZES)
    with contextlib.ExitStack() as stack:
        nets = []
        for size in SIZES:
            net = stack.enter_context(lab.pair())
            net.server.sysctl("net.core.somaxconn", 1 << 20)
            stack.enter_context(lab.listener(net.server, "0.0.0.0", PORT, backlog=4 * size))
            lab.spoof_syns(net, net.server_v4, PORT, size, None)
            if ss_rows(net.server) != size:
                raise SystemExit("ss does not see the %d entries" % size)
            nets.append(net)
        for _round in range(ROUNDS):
            for place, net in enumerate(nets):
                with net.server.enter():
                    least[place] = min(least[place], clock(lambda: sockets.half_open(top=64)))
    return table.growth(SIZES, least)


def rows():
    for label, address, target, sources, listeners, most in CASES:
        theirs, ours, growth = measure(address, target, sources, listeners)
        name = "{:,} half-open, {}".format(ENTRIES, label)
        yield table.Row(name, "`ss -Htan state syn-recv`", 1000 * ours, 1000 * theirs, most)
        yield table.Row(name + ", memory", "", growth / 1024, None, MAX_MEMORY, "MiB")
    name = "growth, {:,} to {:,} half-open entries".format(SIZES[0], SIZES[-1])
    yield table.Row(name, "", growth_of_time(), None, 1.3, "x")


if __name__ == "__main__":
    sys.exit(table.finish(rows()))
