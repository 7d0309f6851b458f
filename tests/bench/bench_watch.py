# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a watch costs: its own share of a CPU, and what a flooded host's softirqs take longer.

Run as root: `make bench`, or this file with PYTHONPATH=.collections.

What it takes from a server that accepts real clients is measured the same way.

The watch is a process of its own. SYNs are sent from one CPU, whose softirq takes each of them in at once: the time that sending
takes is that of the host's receive path as well. It is measured with and without the watch in turn, and the least of ROUNDS counts on
either side, since whatever else runs on the machine only adds to it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import socket
import subprocess
import sys
import time

import table

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import text
from ansible_collections.linuxnet.tcp.tests.live import lab, serving

SECONDS = 4
LISTENERS = (1, 10, 200)
SYNS = 100000
ROUNDS = 7
CONNECTIONS = 2000
MOST_CPU = 3.0  # per cent of one CPU
MOST_SOFTIRQ = 1.05  # times as long as without a watch
PORT = 8080
OF_A_SYN = "The kernel hands each SYN to one packet socket, which counts it and keeps nothing: a third of a microsecond, whatever the number of listeners."

WATCH = """
import json, signal, sys
from ansible_collections.linuxnet.tcp.plugins.module_utils._module import watch
ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
print("ready", flush=True)
told, _warnings = watch.watch(watch.WatchOptions(float(sys.argv[1]), 0.01, None, [], False), lambda: bool(ended))
rows = [row["syns"] for row in told["listeners"] if row["port"] == %d]
print(json.dumps([told["cpu_seconds"] / told["seconds"], told["looks"] / told["seconds"], rows[0]]))
""" % PORT


@contextlib.contextmanager
def watching(net: lab.Pair, seconds: float):
    """A watch under way, and what it told in the end."""
    told: list = []
    process = net.server.popen([sys.executable, "-c", WATCH, str(seconds)], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        yield told
        if seconds > SECONDS:
            process.terminate()
        told += json.loads(process.stdout.read())


@contextlib.contextmanager
def listening(count: int):
    with lab.pair() as net, contextlib.ExitStack() as stack:
        lab.ip("-n", net.server.name, "link", "set", "void-peer", "up")  # SYN-ACKs leave, and are counted
        for number in range(count):
            stack.enter_context(lab.listener(net.server, "0.0.0.0", PORT + number, backlog=128))
        yield net


def idle(count: int) -> tuple[float, float]:
    """(per cent of a CPU, looks a second) with so many listeners and nothing going on."""
    with listening(count) as net:
        with watching(net, SECONDS) as told:
            pass
    return 100 * told[0], told[1]


def sending(net: lab.Pair) -> float:
    """Seconds of a CPU that SYNS SYNs take to be sent and taken in."""
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cpus)})
    try:
        with net.client.enter():
            begin = time.process_time()  # of this CPU; whoever else runs meanwhile does not count
            lab._send(ipaddress.ip_address(net.server_v4), PORT, 40000, SYNS, lab.fresh_sources(socket.AF_INET))
            return time.process_time() - begin
    finally:
        os.sched_setaffinity(0, cpus)


def flooded(count: int) -> tuple[float, float, float, float]:
    """(seconds without, seconds with, SYNs a second, per cent of a CPU)."""
    without, along, share = [], [], 0.0
    with listening(count) as net:
        net.server.sysctl("net.ipv4.tcp_syncookies", 0)
        sending(net)
        for _round in range(ROUNDS):
            without.append(sending(net))
            with watching(net, 60) as told:
                along.append(sending(net))
            if told[2]["arrived"] != SYNS or told[2]["unexplained"]:
                raise SystemExit("%d SYNs were sent, the watch told %s" % (SYNS, told[2]))
            share = max(share, 100 * told[0])
    return min(without), min(along), SYNS / min(along), share


def connecting(net: lab.Pair) -> float:
    """Seconds for CONNECTIONS clients, one after the other, until each was accepted and greeted."""
    with net.client.enter():
        begin = time.monotonic()
        for _number in range(CONNECTIONS):
            with socket.create_connection((net.server_v4, PORT)) as client:
                client.recv(64)
        return time.monotonic() - begin


def serving_clients() -> tuple[float, float]:
    """(seconds with, seconds without)."""
    without, along = [], []
    with lab.pair() as net, serving.application(net.server, PORT, backlog=128):
        connecting(net)
        for _round in range(ROUNDS):
            without.append(connecting(net))
            with watching(net, 60) as told:
                along.append(connecting(net))
            if told[2]["answered"] != CONNECTIONS or told[2]["arrived"] != CONNECTIONS:
                raise SystemExit("%d clients came, the watch told %s" % (CONNECTIONS, told[2]))
    return min(along), min(without)


def rows():
    for count in LISTENERS:
        of, (share, looks) = text.plural(count, "listener"), idle(count)
        yield table.Row("watch, idle, %s, of one CPU" % of, "", share, None, MOST_CPU, "%")
        yield table.Row("watch, idle, %s, looks a second" % of, "", looks, None, None, "/s")
    for count in LISTENERS:
        without, along, rate, share = flooded(count)
        of = text.plural(count, "listener")
        name = "watch, {:,} SYNs taken in, {}".format(SYNS, of)
        yield table.Row(name, "the same without a watch", 1000 * along, 1000 * without, MOST_SOFTIRQ, why=OF_A_SYN)
        yield table.Row("watch, flooded, %s, SYNs a second of a CPU" % of, "without a watch", rate, SYNS / without, None, "/s")
        yield table.Row("watch, flooded, %s, of one CPU" % of, "", share, None, MOST_CPU, "%")
    along, without = serving_clients()
    name = "watch, {:,} clients served, one after the other".format(CONNECTIONS)
    yield table.Row(name, "the same without a watch", 1000 * along, 1000 * without, None)


if __name__ == "__main__":
    sys.exit(table.finish(rows()))
