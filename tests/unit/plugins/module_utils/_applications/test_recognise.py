# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.application import (
    RELOAD,
    RELOAD_IF_EDITED,
    RESTART,
    SYSTEM,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.known_runtimes import RUNTIMES, UNKNOWN
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.recognise import Hint, at, recognise
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.shelves import ORDER, entries
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenSocket, Process

CATALOGUE = [one for shelf in ORDER for one in entries(shelf)]
ALL = [*CATALOGUE, *RUNTIMES.values(), UNKNOWN]
KNOWN_FIELDS = {"n", "half", "four", "inside", "listen", "port", "program"}


def process(name: str, *argv: str, runtime: str | None = None, pid: int = 100) -> Process:
    return Process(pid, name, argv, None, runtime)


@pytest.mark.parametrize(
    ("holder", "application"),
    [
        (process("nginx", "nginx: master process /usr/sbin/nginx"), "nginx"),
        (process("apache2", "/usr/sbin/apache2", "-k", "start"), "Apache httpd"),
        (process("httpd"), "Apache httpd"),
        (process("sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"), "sshd"),
        (process("php-fpm8.2", "php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)"), "PHP-FPM"),
        (process("redis-server", "/usr/bin/redis-server 127.0.0.1:6379"), "Redis"),
        (process("postgres", "/usr/lib/postgresql/15/bin/postgres", "-D", "/var/lib/x"), "PostgreSQL"),
        (process("gunicorn: maste", "gunicorn: master [app:web]", runtime="python"), "Gunicorn"),
        (process("gunicorn", "/usr/bin/python3", "/usr/bin/gunicorn", "app:web", runtime="python"), "Gunicorn"),
        (process("python3", "/usr/bin/python3", "-m", "uvicorn", "app:web", runtime="python"), "Uvicorn"),
        (process("python3", "python3", "-u", "-m", "http.server", "8000"), "Python http.server"),
        (process("ruby", "puma 5.6.5 (tcp://0.0.0.0:9292) [app]", runtime="ruby"), "Puma"),
        (process("java", "java", "-cp", "x", "org.apache.catalina.startup.Bootstrap", runtime="java"), "Tomcat"),
        (process("java", "java", "-cp", "x", "kafka.Kafka", "server.properties", runtime="java"), "Kafka"),
        (process("beam.smp", "beam.smp", "-s", "rabbit", "boot"), "RabbitMQ"),
        (process("beam.smp", "beam.smp", "-s", "ejabberd"), "ejabberd"),
        (process("beam.smp", "beam.smp", "-s", "mine"), "an Erlang or Elixir program"),
        (process("master", "/usr/lib/postfix/sbin/master", "-w"), "Postfix"),
        (process("master", "/opt/other/master"), ""),
        (process("docker-proxy", runtime="go"), "docker-proxy"),
        (process("anything", runtime="go"), "a Go program"),
        (process("java", "java", "-jar", "app.jar", runtime="java"), "a Java program"),
        (process("python3", "python3", "-c", "nginx"), "a Python program"),
        (process("next-server", "next-server", runtime="node"), "Node.js"),
        (process("thing"), ""),
        (process("", ""), ""),
    ],
)
def test_recognise(holder: Process, application: str) -> None:
    assert recognise([holder]).application.name == application


def test_systemd_opened_the_socket_that_it_shares() -> None:
    assert recognise([process("sshd", pid=900), process("systemd", pid=1)]).application.name == "systemd"


def test_the_oldest_process_tells() -> None:
    hint = recognise([process("nginx", pid=30), process("nginx", pid=20)])
    assert hint.process is not None
    assert hint.process.pid == 20


@pytest.mark.parametrize(
    ("unit", "application"),
    [
        ("nginx.service", "nginx"),
        ("ssh.service", "sshd"),
        ("postgresql@15-main.service", "PostgreSQL"),
        ("php8.2-fpm.service", "PHP-FPM"),
        ("docker-0123.scope", ""),
        ("other.service", ""),
        (None, ""),
    ],
)
def test_without_a_process_the_unit_tells(unit: str | None, application: str) -> None:
    assert recognise([], unit).application.name == application


@pytest.mark.parametrize(
    ("holder", "asked"),
    [
        (process("redis-server", "redis-server", "--tcp-backlog", "64"), 64),
        (process("gunicorn", "python3", "gunicorn", "--backlog=99", "a:b"), 99),
        (process("memcached", "memcached", "-b", "77"), 77),
        (process("memcached", "memcached", "-b77"), 77),
        (process("varnishd", "varnishd", "-p", "listen_depth=500"), 500),
        (process("memcached", "memcached", "-b"), None),
        (process("memcached", "memcached", "-b", "many"), None),
        (process("memcached", "memcached", "-b", "٣"), None),
        (process("memcached", "memcached", "-b", "99999999999999999999"), None),
        (process("nginx", "nginx", "--backlog", "5"), None),
    ],
)
def test_a_backlog_on_the_command_line(holder: Process, asked: int | None) -> None:
    assert recognise([holder]).asked == asked


def test_requested_is_certain_or_none() -> None:
    assert recognise([process("sshd")]).requested(128) == 128
    assert recognise([process("sshd")]).requested(64) is None
    assert recognise([process("cupsd")]).requested(128) is None  # one of several defaults
    assert recognise([process("redis-server", "redis-server", "--tcp-backlog", "64")]).requested(4) == 64


def test_what_the_next_listen_would_latch() -> None:
    assert recognise([process("nginx")]).would_get(4096) == 511
    assert recognise([process("nginx")]).would_get(128) == 128
    assert recognise([process("x", runtime="go")]).would_get(4096) == 4096
    assert recognise([process("lighttpd")]).would_get(8192) == 1024  # the least of its versions
    assert recognise([process("haproxy")]).would_get(4096) is None


@pytest.mark.parametrize("application", ALL, ids=lambda one: one.name or "unknown")
def test_every_entry_is_complete(application) -> None:
    fields = {
        field
        for template in [application.without_restart] + [
            words or "" for one in (application, *application.listeners) for words in (one.change, one.instead, one.restart)
        ]
        for _text, field, _spec, _conversion in string.Formatter().parse(template)
        if field is not None
    }
    assert fields <= KNOWN_FIELDS
    assert application.again in (RESTART, RELOAD, RELOAD_IF_EDITED)
    assert application.change or application.instead
    assert all(one == SYSTEM or one > 0 for one in application.defaults)
    if application.name and not application.name.startswith("a "):
        assert application.source
    assert not any("{" in one.where + one.default for one in (application, *application.listeners)), "words, no template"
    for listener in application.listeners:
        assert listener.what and not listener.what.endswith(".")
        assert not listener.span or len(listener.span) == 2
        assert all(one == SYSTEM or one > 0 for one in listener.defaults)
        assert not (listener.same and (listener.change or listener.instead)), "it is ruled by the program's own setting"
    everything = " ".join(text for text in application if isinstance(text, str))
    assert everything.isprintable()


def test_no_two_entries_share_a_name() -> None:
    names = [application.name for application in ALL]
    assert len(names) == len(set(names))


WORDS = st.text(max_size=30)
PROCESSES = st.builds(
    Process, st.integers(1, 2**22), WORDS, st.lists(WORDS, max_size=5).map(tuple), st.none(),
    st.sampled_from([None, "go", "java", "python", "ruby", "perl", "node", "other"]),
)


@given(st.lists(PROCESSES, max_size=4), st.one_of(st.none(), WORDS))
def test_any_process_is_survived(processes: list[Process], unit: str | None) -> None:
    assert recognise(processes, unit).application in ALL


@given(st.lists(PROCESSES, max_size=2), WORDS, st.integers(0, 65535), st.one_of(st.none(), st.integers(0, 2**31 - 1)))
def test_any_listener_is_survived(processes: list[Process], address: str, port: int, backlog: int | None) -> None:
    hint = at(recognise(processes), address, port, backlog)
    assert at(hint, address, port, backlog) == hint


@given(st.sampled_from([(one, listener) for one in ALL for listener in one.listeners]), st.sampled_from([1, 77, 512]))
def test_a_listener_that_is_not_the_service_has_a_setting_of_its_own_or_none(pair, backlog: int) -> None:
    application, listener = pair
    port = (*listener.ports, *listener.span, 5005)[0]
    title = listener.titles[0].replace("{port}", str(port)).replace("[!/]", "a").replace("*", "x") if listener.titles else ""
    holder = Process(7, "x", (title.strip(),), None, None)
    backlog = listener.backlogs[0] if listener.backlogs else backlog
    hint = at(Hint(application, holder, 99, "-b"), "127.0.0.1", port, backlog)
    assert hint.listener, "told by its own conditions"
    first = next(one for one in application.listeners if one.what == hint.listener)
    if first.same:
        assert (hint.application, hint.asked) == (application, 99)
    else:
        assert (hint.application.change, hint.application.defaults) == (first.change, first.defaults)
        assert (hint.asked, hint.application.options) == (None, ()), "the command line is about the service"


NGINX = "nginx: master process "


@pytest.mark.parametrize(
    ("holder", "application"),
    [
        # one name, several programs
        (process("nginx", NGINX + "/usr/local/openresty/nginx/sbin/nginx -g daemon off;"), "OpenResty"),
        (process("nginx", NGINX + "/usr/bin/nginx -c /etc/nginx/nginx.conf"), "ingress-nginx"),
        (process("nginx", NGINX + "/usr/sbin/nginx -c /etc/nginx/nginx.conf"), "nginx"),
        (process("mysqld", "/usr/sbin/mysqld"), "MySQL"),
        (process("mysqld", "/usr/sbin/mysqld", "--defaults-file=/etc/mysql/mariadb.cnf"), "MariaDB"),
        (Process(7, "mysqld", ("/usr/sbin/mysqld",), "mariadb.service", None), "MariaDB"),
        (process("java", "java", "-Dsolr.solr.home=/x", "-Djetty.home=/y", runtime="java"), "Solr"),
        (process("java", "java", "-Dkc.home.dir=/x", "-cp", "q", runtime="java"), "Quarkus"),
        (process("lua5.4", "lua5.4", "/usr/bin/prosody", "-F"), "Prosody"),
        # a name that another executable took
        (process("nginx", "nginx", runtime="go"), "a Go program"),
        (process("redis-server", "redis-server", runtime="python"), "a Python program"),
        (process("python3", "python3", "/opt/nginx", runtime="python"), "a Python program"),
        (process("caddy", "caddy", "run", runtime="java"), "a Java program"),
        # a renamed binary: its title, or its service
        (process("web", NGINX + "./web"), "nginx"),
        (process("myfpm", "php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)"), "PHP-FPM"),
        (Process(7, "server", ("/opt/server",), "grafana-server.service", "go"), "Grafana"),
        (Process(7, "thing", ("/srv/thing",), "grafana-server.service", "python"), "a Python program"),
        (Process(7, "thing", ("/srv/thing",), "ssh.service", None), ""),
        # the kernel keeps 15 characters of a name
        (process("prometheus-node", runtime="go"), "a Prometheus exporter"),
        (process("transmission-da"), "Transmission"),
        (process("kube-controller", runtime="go"), "kube-controller-manager"),
    ],
)  # fmt: skip
def test_a_program_is_recognised_by_what_it_is(holder: Process, application: str) -> None:
    assert recognise([holder]).application.name == application


def test_there_are_more_than_a_hundred_with_a_source() -> None:
    assert len([one for one in CATALOGUE if one.source]) == len(CATALOGUE) > 150


JVM = process(
    "java", "java", "-Dcom.sun.management.jmxremote.port=7199", "-agentlib:jdwp=transport=dt_socket,server=y,address=*:5005",
    "-jar", "app.jar", runtime="java",
)  # fmt: skip


@pytest.mark.parametrize(
    ("holder", "port", "backlog", "listener"),
    [
        (JVM, 7199, 50, "a JMX port of its Java virtual machine"),
        (JVM, 5005, 1, "the debugging port of its Java virtual machine (JDWP)"),
        (JVM, 719, 50, ""),
        (JVM, 8080, 50, ""),
        (process("kubelet", runtime="go"), 10250, 4096, "the kubelet's own API"),
        (process("php", "php", "-S", "127.0.0.1:8000"), 8000, 4096, "PHP's own server (`php -S`), which is meant for development"),
        (process("php", "php", "server.php"), 8000, 511, ""),
        (process("openvpn"), 7505, 1, "the management interface of OpenVPN"),
        (process("openvpn"), 1194, 32, ""),
        (process("redis-server"), 16379, 511, "the cluster bus of Redis"),
    ],
)
def test_which_listener_it_is(holder: Process, port: int, backlog: int, listener: str) -> None:
    socket = ListenSocket("ipv4", "tcp", "127.0.0.1", port, None, None, 1, 0, 0, backlog, None, None)
    assert recognise([holder], socket=socket).listener == listener
