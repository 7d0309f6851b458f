# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listening UNIX sockets: what is told of a queue is what connects, and the remedies let more in."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._change.raise_plan import NotRaised
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._module import watch
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.gather import gather
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.options import (
    gathering_spec,
    parse_gathering_options,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.raise_listener import set_backlogs
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import unix_diag
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel import running_kernel
from ansible_collections.linuxnet.tcp.tests.live import lab, watching

RAISES = pytest.mark.skipif(running_kernel().level < Level(5, 6), reason="pidfd_getfd(2) came with Linux 5.6")


def gathered(namespace: lab.Netns, **options: Any) -> dict[str, Any]:
    params = {name: option.get("default") for name, option in gathering_spec().items()}
    params.update({"kernel_log_source": "none", "gather_subset": ["unix", "findings"], **options})
    return namespace.call(gather, parse_gathering_options(params))[0]


def row_of(namespace: lab.Netns, path: str) -> dict[str, Any]:
    (row,) = [one for one in gathered(namespace)["unix_listeners"] if one["path"] == path]
    return row


def told(namespace: lab.Netns) -> list[dict[str, Any]]:
    return [one for one in gathered(namespace)["findings"] if one["id"] == "unix-accept-queue-full"]


def raised(namespace: lab.Netns, check: bool = False, **given: Any) -> dict[str, Any]:
    params = dict.fromkeys(("port", "address", "inode", "network_namespace", "expected_somaxconn"))
    return namespace.call(set_backlogs, {**params, "policy": "exact", **given}, check)[0]


@contextlib.contextmanager
def listening(namespace: lab.Netns, name: bytes, backlog: int, kind: int = socket.SOCK_STREAM):
    def start() -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, kind)
        sock.bind(name)
        lab.relisten(sock, backlog)
        return sock

    with contextlib.closing(namespace.call(start)) as sock:
        yield sock


def connects(name: bytes, most: int = 6000, kind: int = socket.SOCK_STREAM) -> int:
    """How many connections find room, until one fails with the error that nginx logs."""
    with contextlib.ExitStack() as stack:
        for number in range(most):
            client = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX, kind)))
            client.setblocking(False)
            try:
                client.connect(name)
            except BlockingIOError as error:
                assert error.errno == 11
                return number
        return most


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_SEQPACKET])
@pytest.mark.parametrize("backlog, somaxconn", [(0, 4096), (1, 4096), (5, 4096), (128, 4096), (128, 64), (5000, 4096), (300, 300)])
def test_the_limit_is_what_connects(netns, tmp_path, backlog, somaxconn, kind):
    netns.sysctl("net.core.somaxconn", somaxconn)
    path = str(tmp_path / "s")
    with listening(netns, path.encode(), backlog, kind):
        row = row_of(netns, path)
        assert row["type"] == ("stream" if kind == socket.SOCK_STREAM else "seqpacket")
        assert row["bound_by"] == ("somaxconn" if backlog >= somaxconn else "application")
        assert row["accept_queue"] == {"used": 0, "limit": min(backlog, somaxconn) + 1}
        assert connects(path.encode(), kind=kind) == row["accept_queue"]["limit"]


def test_names_of_every_kind(netns, tmp_path):
    there, gone, other = (str(tmp_path / name) for name in ("there", "gone", "other"))
    hostile = b"\0{{ 1 }}\x1b[31m\xff\n"
    with contextlib.ExitStack() as stack:
        for name in (there.encode(), gone.encode(), other.encode(), b"\0web", hostile):
            stack.enter_context(listening(netns, name, 5))
        os.unlink(gone)
        os.unlink(other)
        stack.enter_context(listening(netns, other.encode(), 6))
        rows = gathered(netns)["unix_listeners"]
        found = sorted((row["path"], row["file"], row["backlog"]) for row in rows)
        assert found == sorted([
            (there, "there", 5), (gone, "deleted", 5), (other, "replaced", 5), (other, "there", 6), ("@web", None, 5),
            ("@{ { 1 }}\\x1b[31m\\xff\\n", None, 5),
        ])  # fmt: skip
        assert all(row["processes"][0]["pid"] == os.getpid() for row in rows)


def test_those_of_another_namespace_are_not_ours(netns, net, tmp_path):
    with listening(netns, str(tmp_path / "s").encode(), 5):
        assert gathered(net.server)["unix_listeners"] == []
        (row,) = gathered(net.server, network_namespaces=[netns.name])["unix_listeners"]
        assert row["network_namespace"] == netns.name


def test_where_netlink_is_refused_the_queue_is_unknown(netns, tmp_path):
    def refuse(_body):
        raise PermissionError(1, "Operation not permitted")

    with listening(netns, str(tmp_path / "s").encode(), 5), listening(netns, b"\0a b", 5):
        found, warnings = netns.call(unix_diag.listeners, refuse)
        assert [(one.path, one.accept_used, one.backlog) for one in found] == [("@a b", None, None), (str(tmp_path / "s"), None, None)]
        assert "their queues and backlogs are unknown" in warnings[0]
        assert {one.inode for one in found} == {one.inode for one in netns.call(unix_diag.listeners)[0]}


def test_a_full_queue_is_told_in_the_words_of_the_web_server(netns, tmp_path):
    """Before, nothing was said: such sockets were not looked at."""
    path = str(tmp_path / "php-fpm.sock")
    with listening(netns, path.encode(), 4), contextlib.ExitStack() as stack:
        assert told(netns) == []
        for _number in range(5):
            client = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
            client.connect(path)
        (found,) = told(netns)
        assert (found["severity"], found["subject"]) == ("critical", path)
        assert "unix:%s failed (11: Resource temporarily unavailable)" % path in found["summary"]
        assert found["evidence"]["accept_queue_used"] == found["evidence"]["accept_queue_limit"] == 5
        assert found["evidence"]["why"]["cause"] in ("unknown", "busy")
        assert "path=%s" % path in found["remedy"]


def test_the_watch_sees_what_a_look_misses(netns, tmp_path):
    """A burst of half a second: the snapshot after it shows nothing, the watch its peak and a backlog to try."""
    path = str(tmp_path / "s")
    with listening(netns, path.encode(), 20) as sock, listening(netns, b"\0idle", 5):
        looks, over = watching.Looks(), threading.Event()
        took: list[float] = []

        def burst() -> None:
            looks.wait(20)
            begin = time.monotonic()
            with contextlib.ExitStack() as stack:
                for _number in range(21):
                    stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX))).connect(path)
                looks.wait(1)
                time.sleep(max(0.0, begin + 0.5 - time.monotonic()))
                for _number in range(21):
                    sock.accept()[0].close()
            looks.wait(1)  # this one finds nobody, and ends what was full
            took.append(time.monotonic() - begin)
            time.sleep(3 * took[0])  # a burst is short: most looks find nobody

        def burst_and_end() -> None:
            try:
                burst()
            finally:
                over.set()

        def stopped() -> bool:
            looks.asked()
            return over.is_set()

        thread = threading.Thread(target=burst_and_end)
        thread.start()
        options = watch.parse({"duration": 600, "interval": 0.01, "ports": None, "network_namespaces": [], "drop_reasons": False})
        found, _warnings = netns.call(watch.watch, options, stopped)
        thread.join()
        (row,) = found["unix_listeners"]
        assert (row["path"], row["accept_queue"]["peak"], row["accept_queue"]["limit"]) == (path, 21, 21)
        assert 0.2 <= row["accept_queue"]["seconds_full"] <= took[0]
        assert row["recommended_backlog"] == 128 and "watch again" in row["recommended_because"]
        assert row_of(netns, path)["accept_queue"]["used"] == 0


@RAISES
def test_a_running_socket_is_raised_and_lowered(netns, tmp_path):
    path = str(tmp_path / "s")
    with listening(netns, path.encode(), 5) as sock:
        assert raised(netns, check=True, path=path, backlog=300)["changed"]
        assert connects(path.encode()) == 6, "check mode changes nothing"
        made = raised(netns, path=path, backlog=300)
        (row,) = made["listeners"]
        assert (row["path"], row["type"], row["before"], row["after"]) == (path, "stream", 5, 300)
        while True:  # what the clients before left behind
            sock.settimeout(0)
            try:
                sock.accept()[0].close()
            except BlockingIOError:
                break
        assert connects(path.encode()) == 301
        assert not raised(netns, path=path, backlog=300)["changed"]


@pytest.mark.parametrize("given, words", [
    ({"path": "relative", "backlog": 5}, "path: 'relative' is not allowed"),
    ({"path": "/x", "port": 80, "backlog": 5}, "port: 80 is not allowed"),
    ({"path": "/x", "address": "::", "backlog": 5}, "address: '::' is not allowed"),
    ({"path": "/nowhere", "backlog": 5}, "path: no process listens on /nowhere"),
])  # fmt: skip
def test_what_cannot_be_is_refused_by_name(netns, given, words):
    with pytest.raises((InvalidOption, NotRaised)) as refused:
        raised(netns, **given)
    assert str(refused.value).startswith(words)


# ---------------------------------------------------------------- real programs behind a real nginx

SLOW = 0.02  # seconds that each request takes, so that a burst has to wait
GUNICORN_APP = "def app(environ, start):\n    import time; time.sleep(%s)\n    start('200 OK', [('Content-Length', '3')]); return [b'ok\\n']\n" % SLOW
PHP = "<?php usleep(%d); echo 'ok';\n" % (SLOW * 1e6)
PUMA_APP = "run lambda { |env| sleep %s; [200, { 'content-type' => 'text/plain' }, ['ok']] }\n" % SLOW
POOL = """\
[global]
error_log = {0}/fpm.log
daemonize = no
[www]
user = nobody
group = nogroup
listen = {0}/app.sock
listen.mode = 0666
listen.backlog = {1}
pm = static
pm.max_children = 1
"""
NGINX = """\
daemon off; master_process off; worker_processes 1; pid {0}/nginx.pid; error_log {0}/error.log;
events {{ worker_connections 2048; }}
http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
  server {{ listen 127.0.0.1:8080 backlog=1024; location / {{ {1} }} }} }}
"""
CLIENTS = """
import socket, sys
socks = []
for _ in range(int(sys.argv[1])):
    one = socket.create_connection(("127.0.0.1", 8080), 30)
    one.sendall(b"GET / HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n")
    socks.append(one)
print(sum(b" 502 " in one.recv(4096).split(b"\\r\\n")[0] + b" " for one in socks))
"""


def gunicorn(directory: str, backlog: int) -> list[str]:
    write(directory + "/app.py", GUNICORN_APP)
    return ["gunicorn", "--chdir", directory, "--bind", "unix:%s/app.sock" % directory, "--workers", "1", "--backlog", str(backlog), "app:app"]


def php_fpm(directory: str, backlog: int) -> list[str]:
    write(directory + "/index.php", PHP)
    write(directory + "/fpm.conf", POOL.format(directory, backlog))
    return ["php-fpm8.2", "--nodaemonize", "--fpm-config", directory + "/fpm.conf"]


def uwsgi(directory: str, backlog: int) -> list[str]:
    write(directory + "/app.py", GUNICORN_APP.replace("def app(", "def application("))
    return [
        "uwsgi", "--plugin", "python3", "--chdir", directory, "--wsgi", "app", "--socket", directory + "/app.sock", "--chmod-socket=666",
        "--listen", str(backlog), "--master", "--die-on-term",
    ]  # fmt: skip


def puma(directory: str, backlog: int) -> list[str]:
    write(directory + "/config.ru", PUMA_APP)
    return ["puma", "--dir", directory, "--threads", "1:1", "--bind", "unix://%s/app.sock?backlog=%d" % (directory, backlog), directory + "/config.ru"]


PROXY = "proxy_pass http://unix:{0}/app.sock;"
PROGRAMS = {
    "gunicorn": (gunicorn, PROXY, "Gunicorn", "change --backlog on the command line"),
    "php-fpm8.2": (
        php_fpm,
        "fastcgi_pass unix:{0}/app.sock; fastcgi_param SCRIPT_FILENAME {0}/index.php; fastcgi_param REQUEST_METHOD GET;",
        "PHP-FPM",
        "listen.backlog",
    ),
    "uwsgi": (
        uwsgi,
        ("uwsgi_pass unix:{0}/app.sock; uwsgi_param REQUEST_METHOD GET; uwsgi_param PATH_INFO /; uwsgi_param SERVER_NAME x; "
         "uwsgi_param SERVER_PORT 80; uwsgi_param SERVER_PROTOCOL HTTP/1.0;"),
        "uWSGI",
        "--listen",
    ),
    "puma": (puma, PROXY, "Puma", "backlog="),
}  # fmt: skip


def write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o644)


@contextlib.contextmanager
def behind_nginx(netns: lab.Netns, directory: str, name: str, backlog: int):
    start, way = PROGRAMS[name][:2]
    write(directory + "/nginx.conf", NGINX.format(directory, way.format(directory)))
    path = directory + "/app.sock"
    with open(directory + "/app.log", "wb") as output:
        with netns.popen(start(directory, backlog), stdout=output, stderr=output) as first:
            with netns.popen(["nginx", "-c", directory + "/nginx.conf"]) as second:
                try:
                    assert lab.wait_for(lambda: os.path.exists(path) and lab.row_count(netns, 8080, "0A") == 1, 30)
                    assert lab.wait_for(lambda: failures(netns, 1) == 0, 30)
                    yield path
                finally:
                    for process in (second, first):
                        process.send_signal(signal.SIGTERM)
                        process.wait(20)


def failures(netns: lab.Netns, clients: int) -> int:
    """How many of so many clients at once get 502."""
    done = netns.run([sys.executable, "-c", CLIENTS, str(clients)], capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout)


@RAISES
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_burst_into_a_program_behind_nginx_and_both_remedies(netns, name):
    """Before, the error stood in nginx's log, and no tool said which knob it was."""
    if shutil.which(name) is None:
        pytest.skip("%s is not installed" % name)
    netns.sysctl("net.core.somaxconn", 4096)
    netns.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        with behind_nginx(netns, directory, name, 16) as path:
            assert failures(netns, 100) > 0
            with open(directory + "/error.log", encoding="utf-8") as log:
                assert "failed (11: Resource temporarily unavailable)" in log.read()
            row = row_of(netns, path)
            assert (row["backlog"], row["bound_by"]) == (16, "application")
            assert PROGRAMS[name][3] in row["remedy"], row["remedy"]
            made = raised(netns, path=path, backlog=512)
            assert made["changed"] and PROGRAMS[name][2] in made["listeners"][0]["to_keep"]
            assert failures(netns, 100) == 0, "raised while it ran"
        with behind_nginx(netns, directory, name, 512):
            assert failures(netns, 100) == 0, "configured"
