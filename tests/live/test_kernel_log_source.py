# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source kernel_log on the running kernel: its ring buffer, its counters, and a real journal."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.test_kernel_log import JOURNAL, JOURNALD, fresh_ports
from ansible_collections.linuxnet.tcp.tests.live.test_kernel_log import running as process_running
from ansible_collections.linuxnet.tcp.tests.unit.extensions.eda.loops import EDA, Queue, on_a_loop, plugin, running

SOURCE = plugin("event_source", "kernel_log")
_ports = fresh_ports(30000)


async def flooded(net, queue, patience=1.5):
    """Flood fresh listeners until the kernel's rate limit (10 lines in 5 s for the whole host) lets a line through."""
    loop = asyncio.get_running_loop()
    for port in itertools.islice(_ports, 30):
        with lab.listener(net.server, "0.0.0.0", port, backlog=8):
            # In a thread: what enters a namespace is the thread, and the loop has to go on
            await loop.run_in_executor(None, lambda port=port: lab.spoof_syns(net, port=port, count=20))
            end = time.monotonic() + patience
            while time.monotonic() < end:
                for event in queue.events:
                    if event["syn_flood"]["port"] == port:
                        return event
                await asyncio.sleep(0.02)
    raise AssertionError("no line about a flood in the kernel's log")


def test_a_real_flood_becomes_an_event_and_a_forged_one_does_not(net):
    net.server.sysctl("net.ipv4.tcp_syncookies", 1)
    forged = next(_ports)

    async def body(selector):
        queue = Queue()
        async with running(SOURCE, queue, host="web1", recheck=0):
            with open("/dev/kmsg", "wb", buffering=0) as kmsg:
                kmsg.write(("<6>TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:%d. Sending cookies.\n" % forged).encode())
            event = await flooded(net, queue, 1.0)
        return event, [other["syn_flood"]["port"] for other in queue.events]

    event, ports = on_a_loop(body)
    assert forged not in ports
    assert event["meta"] == {"hosts": ["web1"]}
    known = event["syn_flood"]
    assert (known["host"], known["action"], known["via"], known["repeated"]) == ("web1", "cookies", "kmsg", False)
    assert known["address"] in ("0.0.0.0", None)  # up to 6.1 the kernel names the port alone


@contextlib.contextmanager
def inside(namespace):
    """Whatever this thread reads of /proc/net is of the namespace; the loop runs in this thread."""
    with namespace.enter():
        yield


def test_the_counters_tell_of_a_flood_that_the_log_is_silent_about(net, monkeypatch):
    """The kernel says it once for a listener: from the second flood on, the counters are all there is."""
    net.server.sysctl("net.ipv4.tcp_syncookies", 1)
    port = next(_ports)
    monkeypatch.setitem(SOURCE["main"].__globals__, "NETSTAT", "/proc/thread-self/net/netstat")

    def flood(count):
        worker = threading.Thread(target=lambda: lab.spoof_syns(net, port=port, count=count))
        worker.start()
        return worker

    async def body(_selector):
        queue = Queue()
        async with running(SOURCE, queue, source="kmsg", host="web1", recheck=0.3):
            await asyncio.sleep(1)
            assert [event for event in queue.events if event["syn_flood"]["via"] == "counters"] == []
            # A message about somebody else's flood, on the same machine, may stand for one of these
            for _again in range(8):
                worker = flood(30)
                await asyncio.sleep(0.7)
                worker.join()
                told = [event["syn_flood"] for event in queue.events if event["syn_flood"]["via"] == "counters"]
                if len(told) >= 2:
                    return told
        raise AssertionError("told %d times" % len(told))

    with lab.listener(net.server, "0.0.0.0", port, backlog=8):
        lab.spoof_syns(net, port=port, count=30)  # from here on it is latched
        with inside(net.server):
            told = on_a_loop(body)
    assert {(known["host"], known["status"], known["repeated"]) for known in told} == {("web1", "firing", True)}


def test_with_cookies_for_everybody_the_counters_say_nothing(net, monkeypatch):
    """tcp_syncookies=2 counts every client as one that met a full queue."""
    net.server.sysctl("net.ipv4.tcp_syncookies", 2)
    monkeypatch.setitem(SOURCE["main"].__globals__, "NETSTAT", "/proc/thread-self/net/netstat")
    full_queues = SOURCE["full_queues"]
    with lab.listener(net.server, "0.0.0.0", 80, backlog=8):
        lab.spoof_syns(net, port=80, count=30)
    assert lab.counters(net.server)["TCPReqQFullDoCookies"] >= 30
    with net.server.enter():
        assert full_queues() is None
    net.server.sysctl("net.ipv4.tcp_syncookies", 1)
    with net.server.enter():
        assert full_queues() >= 30


def test_the_ring_buffer_is_left_alone_while_nobody_writes(root):
    """Whoever else makes the kernel speak in these two seconds wakes it; it must not wake itself."""
    if not os.access("/dev/kmsg", os.R_OK):
        pytest.skip("needs to read /dev/kmsg")

    async def body(selector):
        async with running(SOURCE, Queue(), source="kmsg", recheck=0):
            spoken = records()  # before and after the rest: what is said in between counts, and its reading takes time
            before, cpu = selector.wake_ups, time.process_time()
            await asyncio.sleep(2)
            used = time.process_time() - cpu
            return selector.wake_ups - before, records() - spoken, used

    wake_ups, spoken, cpu = on_a_loop(body)
    assert wake_ups <= 2 + 5 * spoken  # turns of the loop: one to wake up, the others to read
    assert cpu < 0.1 + spoken * 0.001


def records():
    """The number of the last record in the ring buffer."""
    descriptor, last = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK), b"0,0"
    try:
        while True:
            with contextlib.suppress(BrokenPipeError):
                last = os.read(descriptor, 16384)
    except BlockingIOError:
        return int(last.split(b",")[1])
    finally:
        os.close(descriptor)


FOLLOW = """
import asyncio, json, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are started with it ignored
class Queue:
    async def put(self, event):
        print(json.dumps(event), flush=True)
asyncio.run(runpy.run_path(sys.argv[1])["main"](Queue(), {"source": "journal", "start": "beginning", "host": "web1", "recheck": 0}))
"""


def test_a_real_journal_is_followed(net, tmp_path):
    if not os.path.exists(JOURNALD) or shutil.which("journalctl") is None:
        pytest.skip("needs systemd-journald and journalctl (Debian package systemd)")
    net.server.sysctl("net.ipv4.tcp_syncookies", 1)
    script, ready = tmp_path / "journal.sh", tmp_path / "ready"
    script.write_text(JOURNAL % JOURNALD, encoding="ascii")
    with process_running(["unshare", "--mount", "sh", str(script), str(ready)], ready.exists) as journald:
        argv = ["nsenter", "--target", str(journald.pid), "--mount", sys.executable, "-c", FOLLOW, os.path.join(EDA, "event_source", "kernel_log.py")]
        assert lab.wait_for(lambda: has_a_journal(journald.pid), 10, pause=0.1)
        with open(str(tmp_path / "events"), "wb") as stream:
            source = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stream)
        try:
            assert lab.wait_for(lambda: children(source.pid), 10)
            for port in itertools.islice(_ports, 30):
                with lab.listener(net.server, "0.0.0.0", port, backlog=8):
                    lab.spoof_syns(net, port=port, count=20)
                    if lab.wait_for(lambda port=port: port in told(tmp_path / "events"), 2, pause=0.05):
                        break
            else:
                raise AssertionError("no event: %s" % told(tmp_path / "events"))
            assert told(tmp_path / "events")[port]["via"] == "journal"
            followers = children(source.pid)
        finally:
            source.send_signal(2)
            source.wait(10)
        assert not any(os.path.exists("/proc/%d" % pid) for pid in followers), "journalctl outlived its source"


def told(path):
    events = [json.loads(line)["syn_flood"] for line in path.read_text("utf-8").splitlines()]
    return {event["port"]: event for event in events}


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as stream:
        return [int(word) for word in stream.read().split()]


def has_a_journal(pid):
    argv = ["nsenter", "--target", str(pid), "--mount", "journalctl", "--quiet", "--lines=1", "--output=cat"]
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout != b""
