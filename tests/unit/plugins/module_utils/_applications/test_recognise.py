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
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.recognise import recognise
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.shelves import ORDER, entries
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import Process

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
        for template in (application.change or "", application.instead, application.restart, application.without_restart)
        for _text, field, _spec, _conversion in string.Formatter().parse(template)
        if field is not None
    }
    assert fields <= KNOWN_FIELDS
    assert application.again in (RESTART, RELOAD, RELOAD_IF_EDITED)
    assert application.change or application.instead
    assert all(one == SYSTEM or one > 0 for one in application.defaults)
    if application.name and not application.name.startswith("a "):
        assert application.source
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
