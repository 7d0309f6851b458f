# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another backlog for running daemons: their queues grow at once, no connection is lost, and they notice nothing."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._module.raise_listener import set_backlogs
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel import running_kernel
from ansible_collections.linuxnet.tcp.tests.live import daemons, lab

PORT = daemons.Daemon.port
OLD, NEW = 64, 200
PLUS = 1 if running_kernel().rule == "backlog+1" else 0
HEAD = (b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 ", b"\r\n\r\n")
PING = (b"PING\r\n", b"+PONG", b"\r\n")


class Nginx(daemons.Nginx):
    """Four workers; `listen` takes more parameters."""

    parameters = ""

    def configure(self, backlog: int | None) -> None:
        self.write(
            "nginx.conf",
            "daemon off; pid %s/pid; error_log stderr; worker_processes 4; events {} http { access_log off; server { listen "
            "%d%s; } }\n" % (self.directory, self.port, self.parameters),
        )


class NginxReuseport(Nginx):
    parameters = " reuseport"


class Haproxy(daemons.Haproxy):
    """Answers by itself."""

    def configure(self, backlog: int | None) -> None:
        self.write(
            "haproxy.cfg",
            "defaults\n mode http\n timeout client 60s\n timeout server 1s\n timeout connect 1s\n"
            "frontend web\n bind :%d\n http-request return status 200\n" % self.port,
        )


JAVA = """
import com.sun.net.httpserver.HttpServer;
public class Serve { public static void main(String[] a) throws Exception {
  HttpServer server = HttpServer.create(new java.net.InetSocketAddress("0.0.0.0", 8080), 300);
  server.createContext("/", exchange -> { exchange.sendResponseHeaders(200, -1); exchange.close(); });
  server.start();
} }
"""
NODE = "require('http').createServer((request, response) => response.end()).listen({port}, '0.0.0.0')"
# Serves the socket that it was started with, as descriptor 3, and several clients at once
SERVICE = """
import ctypes, http.server, signal, socket
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: end with the manager
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_HEAD(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
server = http.server.ThreadingHTTPServer(("", 0), Handler, bind_and_activate=False)
server.socket = socket.socket(fileno=3)
server.serve_forever()
"""
# Opens a socket and has a service use it, as a service manager does
MANAGER = """
import os, socket, subprocess, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("0.0.0.0", int(sys.argv[1]))); s.listen(4096)
if s.fileno() != 3:
    os.dup2(s.fileno(), 3)
s.detach()
while True:
    subprocess.run([sys.executable, sys.argv[2]], pass_fds=[3])
"""


def nginx(net: lab.Pair, directory: pathlib.Path) -> daemons.Daemon:
    return Nginx(net.server, directory)


def nginx_reuseport(net: lab.Pair, directory: pathlib.Path) -> daemons.Daemon:
    return NginxReuseport(net.server, directory)


def apache(net: lab.Pair, directory: pathlib.Path) -> daemons.Daemon:
    return daemons.Apache(net.server, directory)


def haproxy(net: lab.Pair, directory: pathlib.Path) -> daemons.Daemon:
    return Haproxy(net.server, directory)


def redis(net: lab.Pair, directory: pathlib.Path) -> daemons.Daemon:
    return daemons.Redis(net.server, directory)


def java(net: lab.Pair, directory: pathlib.Path) -> daemons.Daemon:
    (directory / "Serve.java").write_text(JAVA)
    return daemons.Command(net.server, directory, "default-jdk-headless", "java", "{dir}/Serve.java")


def node(net: lab.Pair, directory: pathlib.Path) -> daemons.Daemon:
    return daemons.Command(net.server, directory, "nodejs", "node", "-e", NODE)


def service_of_a_manager(net: lab.Pair, directory: pathlib.Path) -> daemons.Daemon:
    (directory / "service.py").write_text(SERVICE)
    return daemons.Command(net.server, directory, "", sys.executable, "-c", MANAGER, "{port}", "{dir}/service.py")


class Kind(NamedTuple):
    start: Any
    sockets: int  # how many listen
    holders: int  # processes that hold each of them, at least
    talk: tuple[bytes, bytes, bytes]
    name: str


KINDS = [
    Kind(nginx, 1, 5, HEAD, "nginx"),
    Kind(nginx_reuseport, 4, 5, HEAD, "nginx"),
    Kind(apache, 1, 2, HEAD, "apache2"),
    Kind(haproxy, 1, 1, HEAD, "haproxy"),
    Kind(redis, 1, 1, PING, "redis-server"),
    Kind(java, 1, 1, HEAD, "java"),
    Kind(node, 1, 1, HEAD, "node"),
    Kind(service_of_a_manager, 1, 2, HEAD, "python"),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.start.__name__)
def kind(request) -> Kind:
    return request.param


@pytest.fixture
def latched(net, tmp_path, kind) -> Iterator[daemons.Daemon]:
    """The daemon, started while somaxconn was 64; somaxconn is 4096 by now, but that does not move it."""
    net.server.sysctl("net.ipv4.tcp_syncookies", 1)
    net.server.sysctl("net.core.somaxconn", OLD)
    with kind.start(net, tmp_path) as daemon:
        net.server.sysctl("net.core.somaxconn", 4096)
        with contextlib.closing(connected(net)) as client:
            served(client, kind.talk)
        yield daemon


def connected(net: lab.Pair) -> socket.socket:
    with net.client.enter():
        return socket.create_connection((net.server_v4, PORT), timeout=10)


def served(client: socket.socket, talk: tuple[bytes, bytes, bytes]) -> None:
    client.sendall(talk[0])
    answered(client, talk)


def answered(client: socket.socket, talk: tuple[bytes, bytes, bytes]) -> None:
    _ask, begin, end = talk
    client.settimeout(10)
    answer = b""
    while end not in answer:
        more = client.recv(65536)
        assert more, "the connection was closed: %r" % answer
        answer += more
    assert answer.startswith(begin)


def change(net: lab.Pair, backlog: int, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    """What the module returns for this port of the server."""
    params = {
        "port": PORT, "backlog": backlog, "address": None, "policy": "exact", "network_namespace": net.server.name, **options,
    }  # fmt: skip
    result, warnings = set_backlogs(params, check_mode)
    assert not warnings
    return result


def started(pid: int) -> str:
    """When a process was started, so that a successor under its pid is not taken for it."""
    return pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[19]


def identity(result: dict[str, Any]) -> set[tuple[int, int, str]]:
    return {
        (row["inode"], process["pid"], started(process["pid"])) for row in result["listeners"] for process in row["processes"]
    }


@contextlib.contextmanager
def stopped(pids: set[int]) -> Iterator[None]:
    """Processes that do not call accept() for a while."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def half_open_after_burst(net: lab.Pair) -> int:
    lab.spoof_syns(net, port=PORT, count=3000)
    return lab.half_open_count(net.server, PORT)


def test_the_queues_grow_and_nothing_is_lost(net, kind, latched) -> None:
    before = change(net, NEW, check_mode=True)
    assert {row["before"] for row in before["listeners"]} == {OLD}
    assert len(before["listeners"]) == kind.sockets
    for row in before["listeners"]:
        assert len(row["processes"]) >= kind.holders
        assert any(process["name"].startswith(kind.name) for process in row["processes"])
    pids = {process["pid"] for row in before["listeners"] for process in row["processes"]}

    with contextlib.ExitStack() as stack:
        talking = [stack.enter_context(contextlib.closing(connected(net))) for _number in range(5)]
        for client in talking:
            served(client, kind.talk)
        with stopped(pids):
            waiting = stack.enter_context(lab.connect_many(net.client, net.server_v4, PORT, 20))
            assert lab.completed(waiting, 5) == 20
            for client in waiting:  # Apache's TCP_DEFER_ACCEPT has those wait half-open that say nothing
                client.sendall(kind.talk[0])
            assert lab.wait_for(lambda: lab.established_count(net.server, PORT) >= 25)
            established = lab.established_count(net.server, PORT)
            assert half_open_after_burst(net) == kind.sockets * (OLD + PLUS)

            raised = change(net, NEW)
            assert raised["changed"]
            assert raised == before, "check mode predicts the run"
            assert half_open_after_burst(net) == kind.sockets * (NEW + PLUS)
            assert lab.established_count(net.server, PORT) == established
        for client in waiting:
            answered(client, kind.talk)
        for client in talking:
            served(client, kind.talk)

    again = change(net, NEW)
    assert not again["changed"]
    assert {row["before"] for row in again["listeners"]} == {NEW}
    assert identity(again) >= identity(before)  # Apache may have started another child meanwhile
    with contextlib.closing(connected(net)) as client:
        served(client, kind.talk)


def test_changes_under_load(net, tmp_path) -> None:
    """Up and down a hundred times, while clients come, talk and go."""
    net.server.sysctl("net.core.somaxconn", 4096)
    failures: list[BaseException] = []
    over = threading.Event()
    rounds = []

    def come_and_go() -> None:
        try:
            while not over.is_set():
                with contextlib.closing(connected(net)) as client:
                    served(client, HEAD)
                    served(client, HEAD)
                rounds.append(1)
        except BaseException as error:  # pylint: disable=broad-except
            failures.append(error)

    with Nginx(net.server, tmp_path) as daemon:
        before = identity(change(net, 511))
        threads = [threading.Thread(target=come_and_go) for _number in range(4)]
        for thread in threads:
            thread.start()
        try:
            for number in range(100):
                backlog = (400, 2000)[number % 2]
                assert [row["after"] for row in change(net, backlog)["listeners"]] == [backlog]
        finally:
            over.set()
            for thread in threads:
                thread.join()
        assert not failures
        assert len(rounds) > 100
        assert lab.counters(net.server)["ListenDrops"] == 0
        assert identity(change(net, 2000)) == before
        assert daemon.process.poll() is None


def test_a_socket_that_systemd_still_holds(net, tmp_path) -> None:
    """systemd-socket-activate listens, and runs the service when the first client comes."""
    (tmp_path / "service.py").write_text(SERVICE)
    net.server.sysctl("net.core.somaxconn", OLD)
    command = ("systemd-socket-activate", "-l", "0.0.0.0:{port}", sys.executable, "{dir}/service.py")
    with daemons.Command(net.server, tmp_path, "systemd", *command) as daemon:
        net.server.sysctl("net.core.somaxconn", 4096)
        raised = change(net, NEW)
        (row,) = raised["listeners"]
        assert (row["before"], row["after"]) == (OLD, NEW)
        assert row["processes"] == [{"pid": daemon.pid, "name": "systemd-socket-"}]
        with contextlib.closing(connected(net)) as client:
            served(client, HEAD)
        (now,) = change(net, NEW)["listeners"]
        assert (now["inode"], now["before"]) == (row["inode"], NEW)
        assert now["processes"][0]["pid"] == daemon.pid and now["processes"][0]["name"].startswith("python")
        assert half_open_after_burst(net) == NEW + PLUS


def test_it_outlives_the_service_that_a_manager_restarts(net, tmp_path) -> None:
    net.server.sysctl("net.core.somaxconn", 4096)
    with service_of_a_manager(net, tmp_path) as daemon:
        assert lab.wait_for(lambda: len(change(net, NEW)["listeners"][0]["processes"]) == 2)
        (row,) = change(net, NEW)["listeners"]
        (service,) = [one["pid"] for one in row["processes"] if one["pid"] != daemon.pid]
        os.kill(service, signal.SIGKILL)
        with contextlib.closing(connected(net)) as client:
            served(client, HEAD)
        (now,) = change(net, NEW)["listeners"]
        assert (now["inode"], now["before"]) == (row["inode"], NEW)
        assert service not in [one["pid"] for one in now["processes"]]


@pytest.mark.parametrize("kind", [KINDS[0], KINDS[4]], ids=["nginx", "redis"])
def test_a_restart_undoes_it_as_the_row_says(net, kind, latched) -> None:
    (row,) = change(net, NEW)["listeners"]
    assert "(a restart" in row["to_keep"] and "undoes this unless it asks for %d itself" % NEW in row["to_keep"]
    latched.restart()
    (fresh,) = change(net, 511)["listeners"]
    assert fresh["before"] == 511
    assert fresh["inode"] != row["inode"]


def test_a_reload_of_nginx_leaves_it_unless_the_backlog_was_edited(net, tmp_path) -> None:
    net.server.sysctl("net.core.somaxconn", 4096)
    with Nginx(net.server, tmp_path) as nginx_:
        (row,) = change(net, NEW)["listeners"]
        workers = {one["pid"] for one in row["processes"]} - {nginx_.pid}
        nginx_.reload()
        assert lab.wait_for(lambda: not workers & {one["pid"] for one in change(net, NEW)["listeners"][0]["processes"]}, 10)
        (now,) = change(net, NEW)["listeners"]
        assert (now["inode"], now["before"]) == (row["inode"], NEW)
        nginx_.parameters = " backlog=300"
        nginx_.configure(None)
        nginx_.reload()
        assert lab.wait_for(lambda: change(net, NEW, check_mode=True)["listeners"][0]["before"] == 300, 10)
