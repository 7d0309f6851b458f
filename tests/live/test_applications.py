# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real daemons, reported with the right process, backlog, knob and remedy; and the remedies followed.

Where a remedy says that a reload is enough, or that it is not, the daemon itself is asked.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import time

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.units import Unit
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.cgroups import mount_of_cgroup2, units_of_cgroups
from ansible_collections.linuxnet.tcp.tests.live import daemons, lab
from ansible_collections.linuxnet.tcp.tests.live.report import Reported, report

NGINX = (daemons.Nginx, "nginx", 511, "`backlog=%d` on `listen 8080`")
APACHE = (daemons.Apache, "apache2", 511, "`ListenBacklog %d`")
HAPROXY = (daemons.Haproxy, "haproxy", 1500, "`backlog %d` in the frontend that binds 8080")
REDIS = (daemons.Redis, "redis-server", 511, "`tcp-backlog %d`")
CONFIGURABLE = pytest.mark.parametrize(
    ("kind", "process", "default", "setting"),
    [NGINX, APACHE, HAPROXY, REDIS],
    ids=["nginx", "apache", "haproxy", "redis"],
)


@pytest.fixture
def namespace(netns: lab.Netns) -> lab.Netns:
    netns.sysctl("net.core.somaxconn", 4096)
    netns.sysctl("net.ipv4.tcp_max_syn_backlog", 4096)
    netns.sysctl("net.ipv4.tcp_syncookies", 1)
    return netns


def settled(daemon: daemons.Daemon, backlog: int) -> bool:
    """Whether the listener comes to have this backlog; daemons take a reload in their own time."""
    def latched() -> bool:
        try:
            return daemon.listens() and report(daemon.namespace, daemon.port).backlog == backlog
        except ValueError:  # the old socket is closed, and the new one not there yet
            return False

    return lab.wait_for(latched, 10, 0.05)


def unmoved(daemon: daemons.Daemon, backlog: int) -> bool:
    """Whether it still has this backlog when the reload is well over."""
    time.sleep(2)
    return report(daemon.namespace, daemon.port).backlog == backlog


def family(pid: int) -> set[int]:
    """A process and its children: HAProxy's master leaves the listeners to its worker."""
    return {pid, *map(int, pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split())}


def follow_sysctls(told: Reported, namespace: lab.Netns) -> None:
    """Run every `sysctl -w` that the remedy names."""
    commands = re.findall(r"`sysctl -w ([a-z0-9_.]+)=([0-9]+)`", told.remedy)
    assert commands, told.remedy
    for key, value in commands:
        namespace.sysctl(key, value)


# ---------------------------------------------------------------- bound by the application


@CONFIGURABLE
def test_the_default_backlog(namespace, tmp_path, kind, process, default, setting) -> None:
    with kind(namespace, tmp_path) as daemon:
        told = report(namespace, daemon.port)
        assert told.names == {process}
        assert told.pids & family(daemon.pid)
        assert told.backlog == default
        assert told.bound_by == "application"
        assert "To admit more, set " + setting % 4096 in told.remedy
        assert "no sysctl raises it" in told.remedy


@CONFIGURABLE
@pytest.mark.parametrize("backlog", [2000, 64])
def test_a_changed_backlog(namespace, tmp_path, kind, process, default, setting, backlog) -> None:
    with kind(namespace, tmp_path, backlog) as daemon:
        told = report(namespace, daemon.port)
        assert told.names == {process}
        assert told.backlog == backlog
        assert told.bound_by == "application"
        assert setting % 4096 in told.remedy


@CONFIGURABLE
def test_the_edit_that_the_remedy_names_and_a_restart(namespace, tmp_path, kind, process, default, setting) -> None:
    with kind(namespace, tmp_path) as daemon:
        told = report(namespace, daemon.port)
        wanted = int(re.search(setting.replace("%d", "([0-9]+)"), told.remedy).group(1))
        daemon.configure(wanted)
        daemon.restart()
        assert report(namespace, daemon.port).backlog == wanted


def test_nginx_takes_a_changed_backlog_on_reload(namespace, tmp_path) -> None:
    with daemons.Nginx(namespace, tmp_path) as nginx:
        told = report(namespace, nginx.port)
        assert told.lasting.endswith("then run `kill -HUP %d`." % nginx.pid)
        nginx.configure(4096)
        nginx.reload()
        assert settled(nginx, 4096)


@pytest.mark.parametrize(
    ("kind", "process", "default", "setting"), [APACHE, HAPROXY], ids=["apache", "haproxy"]
)
def test_who_needs_a_restart_does_not_listen_again_on_reload(namespace, tmp_path, kind, process, default, setting) -> None:
    with kind(namespace, tmp_path) as daemon:
        assert "then restart " in report(namespace, daemon.port).remedy
        daemon.configure(3000)
        daemon.reload()
        assert unmoved(daemon, default)


def test_sshd_has_no_setting(namespace, tmp_path) -> None:
    with daemons.Sshd(namespace, tmp_path) as sshd:
        for somaxconn in (4096, 128):
            namespace.sysctl("net.core.somaxconn", somaxconn)
            told = report(namespace, sshd.port)
            assert told.names == {"sshd"}
            assert told.pids == {sshd.pid}
            assert told.backlog == 128
            assert told.bound_by == "application", "it asks for exactly 128, whatever somaxconn is"
            assert "sshd has the 128 compiled in, and no setting or sysctl raises it" in told.remedy
            assert "`Backlog=4096`" in told.remedy


def test_memcached_says_so_on_its_command_line(namespace, tmp_path) -> None:
    command = ("memcached", "memcached", "-p", "{port}", "-l", "0.0.0.0", "-U", "0", "-u", "root", "-b", "4096")
    with daemons.Command(namespace, tmp_path, *command) as memcached:
        told = report(namespace, memcached.port)
        assert (told.backlog, told.bound_by) == (4096, "application"), "it asked for 4096 and got that"
        assert "change -b on the command line of memcached to 8192 (now 4096" in told.remedy
        namespace.sysctl("net.core.somaxconn", 512)
        memcached.restart()
        told = report(namespace, memcached.port)
        assert (told.backlog, told.bound_by) == (512, "somaxconn")
        follow_sysctls(told, namespace)
        memcached.restart()
        assert report(namespace, memcached.port).backlog == 4096


# ---------------------------------------------------------------- bound by somaxconn


@CONFIGURABLE
def test_a_low_somaxconn(namespace, tmp_path, kind, process, default, setting) -> None:
    namespace.sysctl("net.core.somaxconn", 128)
    with kind(namespace, tmp_path) as daemon:
        told = report(namespace, daemon.port)
        assert told.names == {process}
        assert told.backlog == 128
        assert told.bound_by == "somaxconn"
        assert told.remedy.startswith("Raise net.core.somaxconn above 128 (`sysctl -w net.core.somaxconn=4096`")
        assert "keeps 128 until listen() is called again" in told.remedy

        follow_sysctls(told, namespace)
        late = report(namespace, daemon.port)
        assert (late.backlog, late.bound_by) == (128, "application")
        assert int(re.search(r"restart [^,]+ \(pid ([0-9]+)\)", late.remedy).group(1)) in family(daemon.pid)

        daemon.restart()
        assert report(namespace, daemon.port).backlog == default


@CONFIGURABLE
def test_more_than_somaxconn_is_asked_for(namespace, tmp_path, kind, process, default, setting) -> None:
    namespace.sysctl("net.core.somaxconn", 1000)
    with kind(namespace, tmp_path, 2000) as daemon:
        told = report(namespace, daemon.port)
        assert (told.backlog, told.bound_by) == (1000, "somaxconn")
        follow_sysctls(told, namespace)
        daemon.restart()
        assert report(namespace, daemon.port).backlog == 2000


@CONFIGURABLE
def test_somaxconn_is_lowered_later(namespace, tmp_path, kind, process, default, setting) -> None:
    with kind(namespace, tmp_path) as daemon:
        namespace.sysctl("net.core.somaxconn", 256)
        told = report(namespace, daemon.port)
        assert (told.backlog, told.bound_by) == (default, "somaxconn")
        assert "its next listen() would shrink it to 256" in told.remedy
        daemon.restart()
        assert report(namespace, daemon.port).backlog == 256


@CONFIGURABLE
def test_beyond_a_somaxconn_that_was_lowered(namespace, tmp_path, kind, process, default, setting) -> None:
    with kind(namespace, tmp_path) as daemon:
        namespace.sysctl("net.core.somaxconn", 256)
        told = report(namespace, daemon.port)
        wanted = int(re.search("to admit more, set " + setting.replace("%d", "([0-9]+)"), told.remedy).group(1))
        follow_sysctls(told, namespace)
        daemon.configure(wanted)
        daemon.restart()
        assert report(namespace, daemon.port).backlog == wanted >= 2 * default


def test_a_somaxconn_just_above_the_default_is_raised_too(namespace, tmp_path) -> None:
    namespace.sysctl("net.core.somaxconn", 512)
    with daemons.Nginx(namespace, tmp_path) as nginx:
        told = report(namespace, nginx.port)
        assert (told.backlog, told.bound_by) == (511, "application")
        follow_sysctls(told, namespace)
        nginx.configure(int(re.search("`backlog=([0-9]+)`", told.remedy).group(1)))
        nginx.reload()
        assert settled(nginx, 4096)


@pytest.mark.parametrize("named", ["name", "path", "pid"])
def test_the_commands_for_another_namespace_run_there(namespace, tmp_path, named) -> None:
    somaxconn = pathlib.Path("/proc/sys/net/core/somaxconn")
    namespace.sysctl("net.core.somaxconn", 128)
    with daemons.Nginx(namespace, tmp_path) as nginx:
        asked = {"name": namespace.name, "path": namespace.path, "pid": "pid:%d" % nginx.pid}[named]
        told = report(namespace, nginx.port, asked)
        assert (told.row["network_namespace"], told.bound_by) == (asked, "somaxconn")
        assert "/etc/sysctl.d" not in told.remedy
        (command,) = re.findall("`([^`]*sysctl -w [^`]*)`", told.remedy)
        before = somaxconn.read_text()
        subprocess.run(command, shell=True, check=True, capture_output=True)
        assert somaxconn.read_text() == before, "the host keeps its own"
        assert namespace.sysctl("net.core.somaxconn") == "4096"
        nginx.restart()
        assert report(namespace, nginx.port).backlog == 511


@pytest.mark.parametrize(
    ("kind", "name"),
    [(daemons.Nginx, "nginx.conf"), (daemons.Apache, "apache.conf"), (daemons.Haproxy, "haproxy.cfg")],
    ids=["nginx", "apache", "haproxy"],
)
def test_the_configuration_file_of_the_command_line_is_named(namespace, tmp_path, kind, name) -> None:
    with kind(namespace, tmp_path) as daemon:
        remedy = report(namespace, daemon.port).remedy
        assert " in %s and what it includes (" % (tmp_path / name) in remedy
        assert "Debian" not in remedy


def test_nginx_does_not_listen_again_on_a_plain_reload(namespace, tmp_path) -> None:
    namespace.sysctl("net.core.somaxconn", 128)
    with daemons.Nginx(namespace, tmp_path) as nginx:
        assert "a reload does only where the configured backlog has changed" in report(namespace, nginx.port).remedy
        namespace.sysctl("net.core.somaxconn", 4096)
        nginx.reload()
        assert unmoved(nginx, 128)


def test_redis_listens_again_when_its_bind_is_repeated(namespace, tmp_path) -> None:
    namespace.sysctl("net.core.somaxconn", 128)
    with daemons.Redis(namespace, tmp_path) as redis:
        told = report(namespace, redis.port)
        assert "or repeat its present bind with `redis-cli -p 8080 CONFIG SET bind" in told.remedy
        follow_sysctls(told, namespace)
        argv = [daemons.program("redis-cli", "redis-tools"), "-p", str(redis.port), "CONFIG", "SET", "bind", "0.0.0.0"]
        assert namespace.run(argv, capture_output=True, text=True).stdout.strip() == "OK"
        assert settled(redis, 511)


def test_sshd_listens_again_on_reload(namespace, tmp_path) -> None:
    namespace.sysctl("net.core.somaxconn", 64)
    with daemons.Sshd(namespace, tmp_path) as sshd:
        told = report(namespace, sshd.port)
        assert (told.backlog, told.bound_by) == (64, "somaxconn")
        assert "then run `kill -HUP %d`" % sshd.pid in told.remedy
        assert "It then gets the 128 that it asks for by default." in told.remedy
        follow_sysctls(told, namespace)
        sshd.reload()
        assert settled(sshd, 128)


# ---------------------------------------------------------------- bound by the SYN queue's sysctls


def test_the_last_quarter_rule(namespace, tmp_path) -> None:
    with daemons.Nginx(namespace, tmp_path) as nginx:
        namespace.sysctl("net.ipv4.tcp_syncookies", 0)
        namespace.sysctl("net.ipv4.tcp_max_syn_backlog", 128)
        told = report(namespace, nginx.port)
        assert told.bound_by == "tcp_max_syn_backlog"
        assert "limit of 97 half-open connections" in told.remedy
        command = re.search(r"tcp_max_syn_backlog=([0-9]+)", told.remedy)
        namespace.sysctl("net.ipv4.tcp_max_syn_backlog", command.group(1))
        assert report(namespace, nginx.port).bound_by == "application"


def test_cookies_for_everybody(namespace, tmp_path) -> None:
    with daemons.Nginx(namespace, tmp_path) as nginx:
        namespace.sysctl("net.ipv4.tcp_syncookies", 2)
        told = report(namespace, nginx.port)
        assert told.bound_by == "syncookies"
        follow_sysctls(told, namespace)
        assert report(namespace, nginx.port).bound_by == "application"


# ---------------------------------------------------------------- others, as far as they are installed

ASYNCIO = (
    "import asyncio\n"
    "async def main():\n"
    "    server = await asyncio.start_server(lambda reader, writer: None, '0.0.0.0', {port})\n"
    "    await server.serve_forever()\n"
    "asyncio.run(main())\n"
)
JAVA = (
    "public class Listen { public static void main(String[] a) throws Exception {\n"
    "  new java.net.ServerSocket(8080, %s, java.net.InetAddress.getByName(\"0.0.0.0\")); Thread.sleep(600000);\n"
    "} }\n"
)  # fmt: skip
GO = 'package main\nimport ("net"; "time")\nfunc main() { net.Listen("tcp4", ":8080"); time.Sleep(10 * time.Minute) }\n'
FPM = "[global]\nerror_log = /dev/stderr\ndaemonize = no\n[www]\nuser = nobody\nlisten = 0.0.0.0:8080\npm = static\npm.max_children = 1\n"
SQUID = (
    "http_port 0.0.0.0:8080\npid_filename none\naccess_log none\ncache_log /dev/stderr\nvisible_hostname localhost\n"
    "max_filedescriptors 2000\nshutdown_lifetime 0 seconds\n"
)
WSGI = "def application(environ, start_response): return []\n"


@pytest.mark.parametrize(
    ("application", "backlog", "knob", "package", "argv"),
    [
        ("lighttpd", None, None, "lighttpd", ["lighttpd", "-D", "-f", "{dir}/lighttpd.conf"]),
        ("memcached", 1024, "application", "memcached", ["memcached", "-p", "{port}", "-l", "0.0.0.0", "-U", "0", "-u", "root"]),
        ("memcached", 77, "application", "memcached", ["memcached", "-p", "{port}", "-l", "0.0.0.0", "-b", "77", "-u", "root"]),
        ("PHP-FPM", 4096, "somaxconn", "php8.2-fpm", ["php-fpm8.2", "-R", "-F", "-y", "{dir}/fpm.conf"]),
        ("Squid", 500, "application", "squid", ["squid", "-N", "-f", "{dir}/squid.conf"]),
        ("Gunicorn", 2048, "application", "gunicorn", ["gunicorn", "-b", "0.0.0.0:{port}", "wsgi"]),
        (
            "Gunicorn", 99, "application", "gunicorn",
            ["gunicorn", "-b", "0.0.0.0:{port}", "--backlog", "99", "wsgi"],
        ),
        (
            "uWSGI", 100, "application", "uwsgi-core uwsgi-plugin-python3",
            ["uwsgi-core", "--plugin", "python3", "--http-socket", "0.0.0.0:{port}", "--wsgi-file", "{dir}/wsgi.py"],
        ),
        ("Node.js", 511, "application", "nodejs", ["node", "-e", "require('http').createServer().listen({port}, '0.0.0.0')"]),
        (
            "Node.js", 33, "application", "nodejs",
            ["node", "-e", "require('http').createServer().listen({port}, '0.0.0.0', 33)"],
        ),
        ("Python http.server", 5, "application", "python3", [sys.executable, "-m", "http.server", "-b", "0.0.0.0", "{port}"]),
        ("a Python program", 100, "application", "python3", [sys.executable, "-c", ASYNCIO]),
        ("a Java program", 50, "application", "default-jdk-headless", ["java", "{dir}/Listen.java"]),
    ],
    ids=lambda value: value if isinstance(value, (str, int)) else "",
)
def test_other_servers(namespace, tmp_path, application, backlog, knob, package, argv) -> None:
    (tmp_path / "lighttpd.conf").write_text('server.port = 8080\nserver.document-root = "%s"\n' % tmp_path)
    if application == "lighttpd":
        backlog, knob = (1024, "application") if lighttpd_version() < (1, 4, 79) else (4096, "somaxconn")
    (tmp_path / "fpm.conf").write_text(FPM)
    (tmp_path / "squid.conf").write_text(SQUID)
    (tmp_path / "wsgi.py").write_text(WSGI)
    (tmp_path / "Listen.java").write_text(JAVA % 0)
    with daemons.Command(namespace, tmp_path, package, *argv) as daemon:
        told = report(namespace, daemon.port)
        assert told.application == application
        assert daemon.pid in told.pids
        assert (told.backlog, told.bound_by) == (backlog, knob)
        assert ("To admit more, " if knob == "application" else "Raise net.core.somaxconn ") in told.remedy


def lighttpd_version() -> tuple[int, ...]:
    told = subprocess.run([daemons.program("lighttpd", "lighttpd"), "-v"], check=True, capture_output=True, text=True).stdout
    return tuple(int(part) for part in re.match(r"lighttpd/([0-9.]+)", told).group(1).split("."))


@pytest.fixture(scope="session")
def go_program(tmp_path_factory) -> str:
    """A Go program that listens on port 8080, stripped as most are."""
    directory = tmp_path_factory.mktemp("go")
    (directory / "listen.go").write_text(GO)
    environment = dict(os.environ, GOCACHE=str(directory / "cache"), GO111MODULE="off", HOME=str(directory))
    argv = ["go", "build", "-ldflags", "-s -w", "-o", str(directory / "listen"), str(directory / "listen.go")]
    try:
        subprocess.run(argv, check=True, env=environment, capture_output=True)
    except FileNotFoundError:
        pytest.skip("go is not installed (Debian package golang-go)")
    return str(directory / "listen")


def test_go_follows_somaxconn_after_a_restart(namespace, tmp_path, go_program) -> None:
    namespace.sysctl("net.core.somaxconn", 300)
    with daemons.Command(namespace, tmp_path, "", go_program) as daemon:
        told = report(namespace, daemon.port)
        assert told.application == "a Go program"
        assert (told.backlog, told.bound_by) == (300, "somaxconn")
        follow_sysctls(told, namespace)
        late = report(namespace, daemon.port)
        assert (late.backlog, late.bound_by) == (300, "application")
        assert "To admit more, restart listen (pid %d)" % daemon.pid in late.remedy
        assert late.lasting.endswith("Nothing has to be edited.")
        daemon.restart()
        assert report(namespace, daemon.port).backlog == 4096


def test_a_name_that_would_like_to_be_more(namespace, tmp_path) -> None:
    code = (
        "import socket, time\n"
        "open('/proc/self/comm', 'w').write('a\\nb\\x1b[5m{{7}}')\n"
        "s = socket.socket(); s.bind(('0.0.0.0', {port})); s.listen(9); time.sleep(600)\n"
    )
    with daemons.Command(namespace, tmp_path, "python3", sys.executable, "-c", code) as daemon:
        assert lab.wait_for(lambda: report(namespace, daemon.port).names == {"a\\nb\\x1b[5m{ {7}}"})
        assert report(namespace, daemon.port).remedy.isprintable()


# ---------------------------------------------------------------- units


@pytest.fixture
def service_group(root):
    """A cgroup2 group that looks like a service's; removed at the end."""
    mount = mount_of_cgroup2(pathlib.Path("/proc/self/mountinfo").read_text())
    if mount is None:
        pytest.skip("no cgroup2 file system is mounted")
    group = pathlib.Path(mount) / "system.slice" / ("lab-%d.service" % os.getpid())
    had_slice = group.parent.exists()
    try:
        group.mkdir(parents=True)
    except OSError as error:
        pytest.skip("cannot make a control group: %s" % error)
    yield group
    assert lab.wait_for(lambda: not (group / "cgroup.procs").read_text())
    group.rmdir()
    if not had_slice:
        group.parent.rmdir()


def test_the_unit_comes_from_the_process_and_from_the_socket(namespace, tmp_path, service_group) -> None:
    move = "echo $$ > %s/cgroup.procs && exec %s" % (service_group, daemons.program("redis-server", "redis-server"))
    command = ("redis-server", "sh", "-c", move + " --port {port} --bind 0.0.0.0 --save ''")
    with daemons.Command(namespace, tmp_path, *command) as daemon:
        told = report(namespace, daemon.port)
        assert [process.unit for process in told.processes] == [service_group.name]
        assert "`systemctl restart %s`" % service_group.name in told.remedy
        if told.socket.cgroup_id is None:
            pytest.skip("this kernel does not tell a socket's control group (Linux 5.8 and later do)")
        assert told.socket.cgroup_id == service_group.stat().st_ino
        assert units_of_cgroups({told.socket.cgroup_id}) == ({told.socket.cgroup_id: Unit(service_group.name)}, ())
