# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications import amounts, at_once
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.application import (
    LIBC,
    RELOAD,
    RELOAD_IF_EDITED,
    RESTART,
    RUST,
    SYSTEM,
    Application,
    Listener,
    fixed,
    in_go,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.index import ORDER, entries
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.known_runtimes import RUNTIMES, UNKNOWN
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.recognise import (
    Hint,
    at,
    default_of,
    programs_of,
    recognise,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import parse_level
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenSocket, Process

CATALOGUE = [one for part in ORDER for one in entries(part)]
ALL = [*CATALOGUE, *RUNTIMES.values(), UNKNOWN]
KNOWN_FIELDS = {"n", "half", "four", "inside", "listen", "port", "place", "program"}


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
        for template in [application.without_restart]
        + [words or "" for one in (application, *application.listeners) for words in (one.change, one.instead, one.restart)]
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
    Process,
    st.integers(1, 2**22),
    WORDS,
    st.lists(WORDS, max_size=5).map(tuple),
    st.none(),
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


# ---------------------------------------------------------------- which of its listeners, bound by bound


def which(one: Listener, address: str = "0.0.0.0", port: int = 80, backlog: int | None = 128, holder: Process | None = None) -> str:
    application = Application("thing", ("thing",), "set it", listeners=(one,), restart="restart thing", defaults=(7,))
    return at(Hint(application, holder), address, port, backlog).listener


@pytest.mark.parametrize(("port", "told"), [(79, ""), (80, "x"), (81, "")])
def test_a_listener_by_its_port(port: int, told: str) -> None:
    assert which(Listener("x", (80,)), port=port) == told


@pytest.mark.parametrize(("port", "told"), [(99, ""), (100, "x"), (150, "x"), (200, "x"), (201, "")])
def test_a_listener_by_a_range_of_ports(port: int, told: str) -> None:
    assert which(Listener("x", span=(100, 200)), port=port) == told


@pytest.mark.parametrize(("backlog", "told"), [(1, "x"), (2, ""), (None, "")])
def test_a_listener_by_what_it_latched(backlog: int | None, told: str) -> None:
    assert which(Listener("x", backlogs=(1, 50)), backlog=backlog) == told


@pytest.mark.parametrize(
    ("address", "told"),
    [("127.0.0.1", "x"), ("127.1.2.3", "x"), ("::1", "x"), ("::ffff:127.0.0.1", "x"), ("0.0.0.0", ""), ("::", ""), ("10.127.0.1", "")],
)
def test_a_listener_by_its_address(address: str, told: str) -> None:
    assert which(Listener("x", loopback=True), address=address) == told
    assert which(Listener("x"), address=address) == "x"


@pytest.mark.parametrize(
    ("holder", "told"),
    [
        (process("a", "a", "-l", "80"), "x"),
        (process("a", "a", "-l", "800"), ""),
        (process("a", "-l", "80", "b"), "x"),
        (process("a"), ""),
        (None, ""),
    ],
)
def test_a_listener_by_its_command_line(holder: Process | None, told: str) -> None:
    assert which(Listener("x", titles=("* {port} *",)), holder=holder) == told


def test_all_conditions_of_a_listener_hold() -> None:
    one = Listener("x", (80,), backlogs=(1,), loopback=True)
    assert which(one, "127.0.0.1", 80, 1) == "x"
    assert [which(one, *other) for other in (("10.0.0.1", 80, 1), ("127.0.0.1", 81, 1), ("127.0.0.1", 80, 2))] == ["", "", ""]


def test_a_listener_that_is_not_the_service_keeps_the_services_restart() -> None:
    service = Application("thing", ("thing",), "set it", restart="restart thing", options=("-b",), without_restart="send it HUP", again=RELOAD)
    own = at(Hint(service._replace(listeners=(Listener("x", change="set that"),)), None, 5, "-b"), "::", 1, 2)
    assert (own.application.change, own.application.restart, own.application.again, own.asked) == ("set that", "restart thing", RESTART, None)
    assert (own.application.without_restart, own.listener) == ("", "x")
    same = at(Hint(service._replace(listeners=(Listener("x", same=True),)), None, 5, "-b"), "::", 1, 2)
    assert (same.application.change, same.asked, same.listener) == ("set it", 5, "x")


# ---------------------------------------------------------------- what a hint says


def test_what_to_call_it() -> None:
    assert recognise([process("nginx")]).program == "nginx"
    assert recognise([process("web", "nginx: master process ./web")]).program == "nginx"
    assert recognise([process("mine", runtime="go")]).program == "mine", "of the many programs in Go"
    assert recognise([process("beam.smp", "beam.smp", "-s", "mine")]).program == "beam.smp"
    assert (recognise([process("thing")]).program, recognise([process("thing")]).known) == ("thing", False)
    assert (recognise([]).program, recognise([], "nginx.service").program, recognise([process("nginx")]).known) == ("its process", "nginx", True)
    assert Hint(RUNTIMES["go"]).program == RUNTIMES["go"].name


def test_what_the_next_listen_latches_at_the_bounds() -> None:
    def least(*defaults: int, asked: int | None = None, somaxconn: int = 100) -> int | None:
        return Hint(Application("x", ("x",), None, defaults=defaults), None, asked).would_get(somaxconn)

    assert (least(99), least(100), least(101), least(SYSTEM), least(0), least()) == (99, 100, 100, 100, 0, None)
    assert (least(99, 50), least(SYSTEM, 99), least(50, asked=7), least(asked=0)) == (50, 99, 7, 0)


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        (("python3", "-m", "uvicorn", "x"), ["python3", "python3", "uvicorn"]), (("python3", "-m"), ["python3", "python3"]),
        (("python3", "-c", "x"), ["python3", "python3"]),
        (("python3", "-u", "/srv/a/web.py", "b"), ["python3", "python3", "web.py"]), (("python3", "-"), ["python3", "python3"]),
        (("python3",), ["python3", "python3"]),
        (("gunicorn: master [x]", "y"), ["python3", "gunicorn", "y"]), (("/usr/bin/web -x: y",), ["python3", "web"]), (("",), ["python3"]), ((), ["python3"]),
        (("python3", "-e", "x"), ["python3", "python3"]),
    ],
)  # fmt: skip
def test_names_of_a_process(argv: tuple, names: list) -> None:
    assert programs_of(process("python3", *argv, runtime="python")) == names


def test_only_an_interpreter_has_a_script() -> None:
    assert programs_of(process("x", "/bin/x", "nginx")) == ["x", "x"]
    assert programs_of(process("x", "/usr/bin/ruby2.7", "/srv/puma")) == ["x", "ruby2.7", "puma"]
    assert programs_of(process("x", "x", "/srv/puma", runtime="ruby")) == ["x", "x", "puma"]
    assert programs_of(process("x", "x", "/srv/a.jar", runtime="java")) == ["x", "x"]


@pytest.mark.parametrize(
    ("argv", "files"),
    [
        (("nginx: master process nginx -c /srv/nginx.conf",), ("/srv/nginx.conf",)), (("nginx: master process nginx",), ()),
        (("nginx", "-c", "/srv/n.conf"), ("/srv/n.conf",)),
        (("nginx", "-c/srv/n.conf"), ("/srv/n.conf",)), (("nginx", "-c", "n.conf"), ()), (("nginx", "-c"), ()), (("nginx", "-c", "/a b"), ()),
        (("nginx", "-c", "/{{ x }}"), ()),
        (("nginx", "-c", "/" + "a" * 254), ("/" + "a" * 254,)), (("nginx", "-c", "/" + "a" * 255), ()), (("nginx", "-c", "/a", "-c", "/b"), ("/a", "/b")),
    ],
)  # fmt: skip
def test_configuration_files_on_the_command_line(argv: tuple, files: tuple) -> None:
    assert recognise([process("nginx", *argv)]).configured_in == files


def test_the_first_argument_may_name_the_configuration() -> None:
    assert recognise([process("redis-server", "redis-server", "/etc/redis.conf", "/x")]).configured_in == ("/etc/redis.conf",)
    assert recognise([process("redis-server", "redis-server")]).configured_in == ()


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        (("--tcp-backlog", "0"), (0, "--tcp-backlog")), (("--tcp-backlog=5",), (5, "--tcp-backlog")),
        (("--tcp-backlog", str(2**31 - 1)), (2**31 - 1, "--tcp-backlog")),
        (("--tcp-backlog", str(2**31)), (None, "")), (("--tcp-backlog", "x", "--tcp-backlog", "7"), (7, "--tcp-backlog")), (("--tcp-backlogs=5",), (None, "")),
        (("--tcp-backlog",), (None, "")),
        (("--tcp-backlog5",), (None, "")), (("--tcp-backlog=",), (None, "")), (("--tcp-backlog", "-1"), (None, "")),
    ],
)  # fmt: skip
def test_how_a_command_line_names_a_backlog(argv: tuple, asked: tuple) -> None:
    hint = recognise([process("redis-server", "redis-server", *argv)])
    assert (hint.asked, hint.asked_by) == asked


def test_the_one_default_of_an_application() -> None:
    def default(*defaults: int) -> int | None:
        return default_of(Application("x", ("x",), None, defaults=defaults))

    assert (default(5), default(5, 6), default(), default(SYSTEM)) == (5, None, None, None)


def test_a_unit_names_a_service_by_its_name_before_the_instance() -> None:
    assert [recognise([], unit).application.name for unit in ("nginx", "nginx.socket", ".service", "@nginx.service", "xnginx.service")] == [""] * 5
    holder = Process(7, "renamed", ("/srv/renamed",), "nginx.service", None)
    assert recognise([holder]).application.name == "nginx"
    assert recognise([process("thing"), holder]).application.name == "nginx", "the second process"
    assert recognise([holder._replace(runtime="go")]).application.name == "a Go program"


# ---------------------------------------------------------------- how much


def test_twice_as_much_and_4096_at_least() -> None:
    new, old = parse_level("6.1"), parse_level("4.0")
    for backlog, most, wanted in (
        (1, 1, 4096), (128, 128, 4096), (2048, 9, 4096), (2049, 9, 8192), (4096, 9, 8192), (4097, 9, 16384), (5000, 10000, 10000), (5000, 9999, 16384),
        (5000, 16384, 16384),
        (5000, 16383, 16383), (100, 300, 300), (100, 199, 4096), (2**30, 9, 2**31 - 1), (2**31 - 1, 9, 2**31 - 1),
    ):  # fmt: skip
        assert amounts.worthwhile_backlog(backlog, most, new) == wanted
    assert [amounts.worthwhile_backlog(60000, 9, level) for level in (old, new)] == [65535, 131072]
    assert [amounts.largest_backlog(level) for level in (old, new)] == [65535, 2**31 - 1]


def test_three_quarters_hold_what_is_wanted() -> None:
    assert [amounts.keeping_three_quarters(one) for one in (0, 1, 191, 192, 383, 384, 2**31)] == [256, 256, 256, 512, 512, 1024, 2**31 - 1]


@pytest.mark.parametrize(
    ("value", "plausible"),
    [
        (64, False),
        (127, False),
        (128, True),
        (129, False),
        (1000, True),
        (1024, True),
        (4096, True),
        (10000, True),
        (20000, True),
        (50000, True),
        (65000, True),
        (65535, True),
        (65536, True),
        (0, False),
    ],
)
def test_what_anybody_sets_somaxconn_to(value: int, plausible: bool) -> None:
    assert amounts.plausible_somaxconn(value) is plausible


def test_the_command_that_raises_at_once() -> None:
    new = parse_level("5.6")
    command = at_once.raise_at_once(at_once.INSTEAD, new, 80, 512)
    assert command == " Or, without a restart: `ansible HOST -b -m linuxnet.tcp.syn_backlog_listener -a 'port=80 backlog=512'`."
    assert "'port=80 address=::1 backlog=512 network_namespace=blue'" in at_once.raise_at_once(at_once.INSTEAD, new, 80, 512, "::1", "blue")
    assert "'path=/run/x backlog=5'" in at_once.raise_path_at_once(at_once.INSTEAD, new, "/run/x", 5)
    assert "'path=@x backlog=5 network_namespace=/proc/5'" in at_once.raise_path_at_once(at_once.INSTEAD, new, "@x", 5, "/proc/5")
    assert at_once.raise_at_once(at_once.INSTEAD, parse_level("5.5.19"), 80, 512) == ""
    for address, namespace in (("fe80::1%eth0", None), ("web", None), (None, "a b"), (None, "-x"), (None, "")):
        assert at_once.raise_at_once(at_once.INSTEAD, new, 80, 512, address, namespace) == ""
    assert [at_once.raise_path_at_once(at_once.INSTEAD, new, path, 5) for path in ("run/x", "/a b", "/a'b", "")] == [""] * 4


def test_a_remedy_and_its_command_part_and_get_a_hosts_name() -> None:
    command = at_once.raise_at_once(at_once.UNTIL_RESTART, parse_level("6.1"), 80, 512)
    assert at_once.parted("Set it." + command) == ("Set it.", command[1:])
    assert at_once.parted("Set it.") == ("Set it.", "")
    assert at_once.for_host(command[1:], "web 1").startswith("At once, until it restarts: `ansible 'web 1' -b -m linuxnet")
    assert at_once.for_host("Set it.", "web1") == "Set it."


def test_what_an_entry_is_unless_it_says_otherwise() -> None:
    plain = at(
        Hint(Application("thing", ("thing",), "set it", options=("-b",), listeners=(Listener("x", change="set that"),)), None, 5, "-b"), "::", 1, 2
    )
    assert (plain.application.change, plain.asked, plain.application.again) == ("set that", None, RESTART), "a listener has its own setting"
    assert which(Listener("x"), "10.0.0.1") == "x", "and is on any address"


def test_defaults_of_c_libraries_and_runtimes_in_words() -> None:
    libc, rust, golang = fixed("x", "x", **LIBC), fixed("y", "y", **RUST), in_go("z", "z")
    assert [Hint(one).would_get(10**6) for one in (libc, rust, golang)] == [128, 128, 10**6]
    assert [Hint(libc).would_get(somaxconn) for somaxconn in (100, 128, 129)] == [100, 128, 128]
    assert (libc.default_words, rust.default_words) == ("SOMAXCONN of its C library", "128 or 1024, by version of mio")
    assert (Application("x", ("x",), None, defaults=(5, SYSTEM)).default_words, Application("x", ("x",), None, defaults=(5,)).default_words) == (
        "5 or all that net.core.somaxconn allows, by version", "5",
    )  # fmt: skip
    assert Application("x", ("x",), None).default_words == "" and max(libc.defaults) == 4096 and max(rust.defaults) == 1024


def test_a_java_virtual_machine_listens_for_debuggers_and_for_jmx() -> None:
    titles = {50: ["-Dcom.sun.management.jmxremote.port=5005", "-Dcom.sun.management.jmxremote.rmi.port=5005"],
              1: ["-agentlib:jdwp=transport=dt_socket,address=5005", "-agentlib:jdwp=address=*:5005,server=y"]}  # fmt: skip
    for backlog, arguments in titles.items():
        for argument in arguments:
            hint = at(recognise([process("java", "java", argument, "-jar", "x", runtime="java")]), "0.0.0.0", 5005, backlog)
            assert hint.listener and hint.application.defaults == (backlog,), argument
