# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bursts into real servers: every snapshot finds an empty queue, the watch tells the peak and a backlog that is enough.

A server that is kept busy for 50, 200 or 1,000 ms (one slow request of Node's single thread, a slow command of Redis, a worker of nginx
that a disk keeps waiting) accepts nobody meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import watch
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import sockets
from ansible_collections.linuxnet.tcp.tests.live import daemons, lab, watching

PORT, CLIENTS = 8080, 80
NODE = """
const s = require('http').createServer((q, r) => {
  const end = Date.now() + Number(q.url.slice(1)); while (Date.now() < end); r.end('ok');
}); s.listen({port: %d, host: '0.0.0.0', backlog: %d});
"""

pytestmark = pytest.mark.usefixtures("root")

Stall = Callable[[float], Any]


@contextlib.contextmanager
def node(space: lab.Netns, directory: Path, backlog: int) -> Iterator[Stall]:
    argv = [daemons.program("node", "nodejs"), "-e", NODE % (PORT, backlog)]
    with space.popen(argv, stdin=subprocess.DEVNULL) as process:
        try:
            assert lab.wait_for(lambda: listening(space) is not None, 20)
            yield lambda seconds: request(space, b"GET /%d HTTP/1.0\r\n\r\n" % (1000 * seconds))
        finally:
            process.kill()


@contextlib.contextmanager
def redis(space: lab.Netns, directory: Path, backlog: int) -> Iterator[Stall]:
    argv = [
        daemons.program("redis-server", "redis-server"), "--port", str(PORT), "--bind", "0.0.0.0", "--tcp-backlog", str(backlog),
        "--save", "", "--protected-mode", "no", "--dir", str(directory),
    ]  # fmt: skip
    with space.popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            assert lab.wait_for(lambda: listening(space) is not None, 20)
            script = "local x = 0; for i = 1, %d do x = x + i %% 7 end; return x"
            turns = calibrated(lambda count: request(space, b'EVAL "%s" 0\r\n' % (script % count).encode()))
            yield lambda seconds: request(space, b'EVAL "%s" 0\r\n' % (script % (turns * seconds)).encode())
        finally:
            process.kill()


@contextlib.contextmanager
def nginx(space: lab.Netns, directory: Path, backlog: int) -> Iterator[Stall]:
    with daemons.Nginx(space, directory, backlog) as server:
        children = Path("/proc/%d/task/%d/children" % (server.pid, server.pid))
        assert lab.wait_for(lambda: bool(children.read_text().split()), 10)
        workers = [int(pid) for pid in children.read_text().split()]

        def stall(seconds: float) -> None:
            for pid in workers:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            for pid in workers:
                os.kill(pid, signal.SIGCONT)

        yield stall


def calibrated(run: Callable[[int], Any]) -> float:
    """Turns of a loop that take a second."""
    taken = []
    for _round in range(3):
        begin = time.monotonic()
        run(4000000)
        taken.append(time.monotonic() - begin)
    return 4000000 / min(taken)


def request(space: lab.Netns, text: bytes) -> None:
    with space.enter():
        client = socket.create_connection(("127.0.0.1", PORT), 10)
    with client:
        client.sendall(text)
        client.recv(100)


def listening(space: lab.Netns) -> Any:
    return next((one for one in space.call(sockets.listen_sockets)[0] if one.port == PORT), None)


def bursts(net: lab.Pair, stall: Stall, seconds: float, count: int, times: int) -> None:
    """`count` clients come while the server is busy for so many seconds; and again, `times` in all."""
    for _time in range(times):
        with burst(net, stall, seconds, count):
            pass


@contextlib.contextmanager
def burst(net: lab.Pair, stall: Stall, seconds: float, count: int) -> Iterator[None]:
    """The server is busy for so many seconds, and `count` clients wait for it; at the end it has accepted all."""
    busy = threading.Thread(target=stall, args=(seconds,))
    busy.start()
    time.sleep(0.01)  # the server is at it
    with lab.connect_many(net.client, net.server_v4, PORT, count):
        yield
        busy.join()
        assert lab.wait_for(lambda: lab.accept_queue(net.server, PORT) == 0, 20)


def looked_at(net: lab.Pair, stall: Stall, seconds: float, looks: watching.Looks) -> int:
    """How many clients of a burst surely waited during a whole look of the watch, nearly all that came.

    Tried again where the machine was so slow that the look or the clients came too late.
    """
    for _try in range(40):
        with burst(net, stall, seconds, CLIENTS):
            before = lab.accept_queue(net.server, PORT)
            looks.wait(1)
            waiting = min(before, lab.accept_queue(net.server, PORT))
        if waiting >= 0.75 * CLIENTS:
            return waiting
    raise AssertionError("the machine was too slow for every burst")


def watched(
    net: lab.Pair, during: Callable[[watching.Looks], Any], rest: float = 0.0
) -> tuple[dict[str, Any], list[int], Any]:
    """What a watch tells, what snapshots found before and after what happened, and what that returned.

    The watch ends a second later, or `rest` times as long after as that took.
    """
    ended, looks = threading.Event(), watching.Looks()
    found: list[Any] = []
    options = watch.WatchOptions(60.0, 0.01, [PORT], [net.server.name], False)

    def stopped() -> bool:
        looks.asked()
        return ended.is_set()

    thread = threading.Thread(target=lambda: found.append(watch.watch(options, stopped)))
    thread.start()
    try:
        looks.wait(1)
        snapshots = [listening(net.server).accept_used]
        begin = time.monotonic()
        returned = during(looks)
        taken = time.monotonic() - begin
        snapshots.append(listening(net.server).accept_used)
        time.sleep(max(1.0, rest * taken))
    finally:
        ended.set()
        thread.join()
    return found[0][0], snapshots, returned


SERVERS = {"nginx": nginx, "redis": redis, "node": node}


@contextlib.contextmanager
def serving(name: str, directory: Path, backlog: int) -> Iterator[tuple[lab.Pair, Stall]]:
    """A lab of its own whose somaxconn clamps nothing, with this server in it; the directory is made."""
    directory.mkdir()
    with lab.pair() as net:
        net.server.sysctl("net.core.somaxconn", 65535)
        with SERVERS[name](net.server, directory, backlog) as stall:
            yield net, stall


@pytest.mark.parametrize("seconds", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("name", sorted(SERVERS))
def test_the_watch_sees_what_no_snapshot_does(name: str, seconds: float, tmp_path: Path) -> None:
    with lab.pair() as net, SERVERS[name](net.server, tmp_path, 511) as stall:
        told, snapshots, waiting = watched(net, lambda looks: looked_at(net, stall, seconds, looks))
    row = told["listeners"][0]
    assert snapshots == [0, 0]
    # One more may wait: the client that keeps the server busy
    assert row["accept_queue"]["limit"] == 512 and waiting <= row["accept_queue"]["peak"] <= CLIENTS + 1
    assert row["syns"]["answered"] == row["syns"]["arrived"] >= CLIENTS and row["recommended_backlog"] == 511


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_with_the_recommended_backlog_the_same_bursts_lose_nothing(name: str, tmp_path: Path) -> None:
    backlog, losses = 64, []
    for attempt in range(2):
        with serving(name, tmp_path / str(attempt), backlog) as (net, stall):
            # What is full for a fifth of the watch is no burst: these take an eighth of this one, also where a busy machine makes them longer
            told, _found, _nothing = watched(net, lambda _looks, net=net, stall=stall: bursts(net, stall, 0.3, 300, 2), rest=7)
        row = told["listeners"][0]
        losses.append(row["dropped"])
        if attempt == 0:
            assert "backlog-bursts" in [one["id"] for one in told["findings"]], row
            backlog = row["recommended_backlog"]
    assert losses[0] > 0 and losses[1] == 0 and 300 < backlog <= 2048
