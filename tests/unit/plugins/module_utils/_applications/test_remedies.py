# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.amounts import worthwhile_backlog
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.at_once import for_host, parted
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.index import ORDER, entries
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.known_runtimes import RUNTIMES
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.recognise import Hint, recognise
from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.remedies import Situation, remedy
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import queue_limits
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.rules import syn_queue_rule
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.binding import KNOBS, bound_by
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import Process
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.units import Unit

NOW = Level(6, 18, 0)
NAMES = {
    "somaxconn": "net.core.somaxconn",
    "tcp_max_syn_backlog": "net.ipv4.tcp_max_syn_backlog",
    "syncookies": "net.ipv4.tcp_syncookies",
}


def told(*situation: Any, **named: Any) -> tuple[str, str]:
    """bound_by of a listener, and what lasts of its remedy."""
    knob, text = whole(*situation, **named)
    return knob, parted(text)[0]


def at_once(*situation: Any, **named: Any) -> str:
    """The sentence of its remedy that raises it as it runs."""
    return parted(whole(*situation, **named)[1])[1]


def whole(
    holders: list[Process],
    backlog: int,
    somaxconn: int = 4096,
    max_syn: int = 4096,
    cookies: int = 1,
    level: Level = NOW,
    unit: Unit | None = None,
    address: str = "0.0.0.0",
    port: int = 80,
    namespace: str | None = None,
    alone: bool = True,
) -> tuple[str, str]:
    """bound_by and remedy of a listener, composed as a reader of the live host does it."""
    rule = syn_queue_rule(level)
    hint = recognise(holders, unit.name if unit else None)
    knob = bound_by(level, rule, backlog, somaxconn, max_syn, cookies, hint.requested(backlog))
    limits = queue_limits(level, rule, backlog, max_syn, cookies)
    return knob, remedy(Situation(knob, level, rule, backlog, somaxconn, max_syn, cookies, limits, hint, unit, address, port, namespace, alone))


def process(name: str, *argv: str, runtime: str | None = None, pid: int = 812) -> list[Process]:
    return [Process(pid, name, argv, None, runtime)]


def service(name: str) -> Unit:
    return Unit(name + ".service")


def test_nginx_by_default() -> None:
    knob, text = told(process("nginx"), 511, unit=service("nginx"))
    assert knob == "application"
    assert text == (
        "To admit more, set `backlog=4096` on `listen 80` in /etc/nginx/sites-enabled/ (Debian) or /etc/nginx/conf.d/ "
        "(RHEL) (511 is the default; no sysctl raises it), then run `systemctl reload nginx.service`."
    )


def test_nginx_under_a_low_somaxconn() -> None:
    knob, text = told(process("nginx"), 128, somaxconn=128, unit=service("nginx"))
    assert knob == "somaxconn"
    assert text == (
        "Raise net.core.somaxconn above 128 (`sysctl -w net.core.somaxconn=4096`, and in /etc/sysctl.d), then run "
        "`systemctl restart nginx.service`: the running socket keeps 128 until listen() is called again, which a reload "
        "does only where the configured backlog has changed. It then gets the 511 that it asks for by default."
    )


def test_a_socket_older_than_somaxconn_needs_no_edit() -> None:
    knob, text = told(process("app", runtime="go"), 128, unit=service("app"))
    assert knob == "application"
    assert text.startswith("To admit more, run `systemctl restart app.service`: net.core.somaxconn (4096) now allows 4096")
    assert text.endswith("Nothing has to be edited.")


def test_a_configured_backlog_below_the_default() -> None:
    knob, text = told(process("nginx"), 64, unit=service("nginx"), address="10.0.0.1")
    assert knob == "application"
    assert text.startswith("To admit more, set `backlog=4096` on `listen 10.0.0.1:80`"), "nobody sets somaxconn to 64"
    assert text.endswith("(now 64; default: 511; no sysctl raises it), then run `systemctl reload nginx.service`.")
    text = told(process("nginx"), 128, unit=service("nginx"))[1]
    assert text.startswith("To admit more, run `systemctl restart nginx.service`: net.core.somaxconn (4096) now allows 511")
    assert "Where its configuration itself asks for 128, set `backlog=4096`" in text


@pytest.mark.parametrize("backlog", [5, 50, 100, 511, 512, 128, 1024, 2048, 65535])
def test_only_a_plausible_somaxconn_is_suspected(backlog: int) -> None:
    text = told(process("app"), backlog, somaxconn=100000)[1]
    suspected = "If net.core.somaxconn was %d when it started, the restart alone is enough." % backlog
    assert (suspected in text) == (backlog in (128, 512, 1024, 2048, 65535))


def test_a_somaxconn_just_above_is_raised_too() -> None:
    text = told(process("nginx"), 511, somaxconn=512)[1]
    assert text.startswith(
        "To admit more, first raise net.core.somaxconn (now 512) to 4096 (`sysctl -w net.core.somaxconn=4096`, and in "
        "/etc/sysctl.d), then set `backlog=4096` on `listen 80`"
    )
    assert told(process("nginx"), 511, somaxconn=1024)[1].startswith("To admit more, set `backlog=1024`")


@given(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1))
def test_a_backlog_worth_setting_is_double_where_the_kernel_takes_that(backlog: int, most: int) -> None:
    wanted = worthwhile_backlog(backlog, most, NOW)
    assert wanted >= min(2 * backlog, 2**31 - 1)
    assert worthwhile_backlog(backlog, most, Level(3, 12, 0)) <= 65535


def test_a_backlog_on_the_command_line() -> None:
    knob, text = told(process("redis-server", "redis-server", "--tcp-backlog", "64"), 64, port=6379)
    assert knob == "application"
    assert text == (
        "To admit more, change --tcp-backlog on the command line of Redis to 4096 (now 64; no sysctl raises it), then restart Redis (pid 812)."
    )


def test_a_compiled_in_backlog() -> None:
    for somaxconn in (128, 4096):
        knob, text = told(process("sshd"), 128, somaxconn=somaxconn, unit=service("ssh"), port=22)
        assert knob == "application"
        assert "`Backlog=4096` in its [Socket] section: sshd has the 128 compiled in" in text
        assert ("first raise net.core.somaxconn (now 128) to 4096" in text) == (somaxconn == 128)


def test_a_lowered_somaxconn() -> None:
    knob, text = told(process("nginx"), 511, somaxconn=128)
    assert knob == "somaxconn"
    assert text == (
        "Raise net.core.somaxconn (now 128) to 4096 (`sysctl -w net.core.somaxconn=4096`, and in /etc/sysctl.d) before "
        "nginx is restarted: the running socket latched 511 before somaxconn was lowered, and its next listen() would "
        "shrink it to 128. After that, to admit more, set `backlog=4096` on `listen 80` in /etc/nginx/sites-enabled/ "
        "(Debian) or /etc/nginx/conf.d/ (RHEL) (511 is the default), then run `kill -HUP 812`."
    )


def test_beyond_a_lowered_somaxconn() -> None:
    go = told(process("app", runtime="go"), 1024, somaxconn=128, unit=service("app"))[1]
    assert go.endswith("After that, to admit more, run `systemctl restart app.service`: it then gets at least 4096.")
    sshd = told(process("sshd"), 128, somaxconn=64, unit=service("ssh"))[1]
    assert "to admit more than the 128 that sshd has compiled in, let systemd hold the port" in sshd
    old = told(process("nginx"), 511, somaxconn=128, max_syn=1024, level=Level(3, 10, 0))[1]
    assert "After that, to admit more, first raise net.ipv4.tcp_max_syn_backlog (now 1024) to 4096" in old
    assert "net.core.somaxconn (now 4096)" not in old
    most = told(process("nginx"), 65535, somaxconn=128, max_syn=10**6, level=Level(3, 11, 0))[1]
    assert most.startswith("Raise net.core.somaxconn (now 128) to 65535 ")
    assert "to admit more" not in most


def test_new_peers_without_cookies() -> None:
    knob, text = told(process("nginx"), 511, max_syn=128, cookies=0)
    assert knob == "tcp_max_syn_backlog"
    assert "lifts the limit of 97 half-open connections" in text
    assert "net.ipv4.tcp_max_syn_backlog=1024" in text
    assert queue_limits(NOW, "backlog+1", 511, 1024, 0).half_open == 512, "the value named is enough"


def test_an_old_kernel_needs_both() -> None:
    knob, text = told(process("nginx"), 511, max_syn=1024, level=Level(3, 10, 0))
    assert knob == "application"
    assert "first raise net.ipv4.tcp_max_syn_backlog (now 1024) to 4096" in text
    knob, text = told(process("nginx"), 511, max_syn=128, level=Level(3, 10, 0), unit=service("nginx"))
    assert knob == "tcp_max_syn_backlog"
    assert "systemctl restart nginx.service" in text


def test_a_kernel_whose_somaxconn_is_at_its_end() -> None:
    knob, text = told(process("nginx"), 65535, somaxconn=65535, max_syn=10**6, level=Level(3, 11, 0))
    assert knob == "somaxconn"
    assert "the most that this kernel takes" in text


@pytest.mark.parametrize(
    ("namespace", "inside"),
    [
        ("web", "ip netns exec web "),
        ("pid:23141", "nsenter --net --target 23141 "),
        ("/run/docker/netns/a b", "nsenter --net='/run/docker/netns/a b' "),
    ],
)
def test_commands_for_another_namespace_run_there(namespace: str, inside: str) -> None:
    low = told(process("nginx"), 128, somaxconn=128, namespace=namespace)[1]
    assert low.startswith(
        "Raise net.core.somaxconn above 128 inside network namespace %s (`%ssysctl -w net.core.somaxconn=4096`, and "
        "where that namespace is set up), then restart nginx (pid 812): " % (namespace, inside)
    )
    texts = [
        low,
        told(process("nginx"), 511, somaxconn=128, namespace=namespace)[1],
        told(process("nginx"), 511, somaxconn=512, namespace=namespace)[1],
        told(process("nginx"), 511, cookies=2, namespace=namespace)[1],
        told(process("nginx"), 511, max_syn=128, cookies=0, namespace=namespace)[1],
        told(process("redis-server"), 128, somaxconn=128, namespace=namespace)[1],
        told([], 64, namespace=namespace)[1],
    ]
    for text in texts:
        assert "/etc/sysctl.d" not in text
        commands = re.findall("`((?:%s)?(?:sysctl|ss|redis-cli) [^`]*)`" % re.escape(inside), text)
        assert commands and all(command.startswith(inside) for command in commands), text


def test_what_an_old_kernel_has_once_for_all_namespaces_is_set_on_the_host() -> None:
    text = told(process("nginx"), 511, max_syn=128, level=Level(3, 10, 0), namespace="web")[1]
    assert text.startswith("Raise net.ipv4.tcp_max_syn_backlog above 128 (`sysctl -w net.ipv4.tcp_max_syn_backlog=511`, ")
    assert "/etc/sysctl.d" in text
    text = told(process("nginx"), 511, somaxconn=128, max_syn=1024, level=Level(3, 10, 0), namespace="web")[1]
    assert "`ip netns exec web sysctl -w net.core.somaxconn=4096`" in text
    assert "`sysctl -w net.ipv4.tcp_max_syn_backlog=4096`" in text


def test_a_container_starts_with_the_sysctls_that_it_is_made_with() -> None:
    docker = Unit("docker-%s.scope" % ("a" * 64))
    text = told(process("apache2"), 128, somaxconn=128, unit=docker, namespace="pid:812")[1]
    assert "`nsenter --net --target 812 sysctl -w net.core.somaxconn=4096`, and `--sysctl net.core.somaxconn=4096`" in text
    assert "then make container aaaaaaaaaaaa anew with that sysctl" in text
    assert "docker restart" not in text, "it would begin in a new namespace, with the old value"
    pod = told(process("apache2"), 128, somaxconn=128, unit=Unit("crio-%s.scope" % ("b" * 64)), namespace="pid:812")[1]
    assert "securityContext.sysctls of its pod" in pod and "the pod of container bbbbbbbbbbbb anew" in pod
    assert "once its kubelet allows it (--allowed-unsafe-sysctls)" in pod, "or the pod does not start"
    on_node = told(process("apache2"), 128, somaxconn=128, unit=Unit("cri-containerd-%s.scope" % ("b" * 64)))[1]
    assert "and in /etc/sysctl.d of the node: its pod has hostNetwork, and Kubernetes lets no such pod set a net.* sysctl" in on_node
    on_host = told(process("apache2"), 128, somaxconn=128, unit=Unit("docker-%s.scope" % ("b" * 64)))[1]
    assert "and in /etc/sysctl.d of the host, whose network its container uses" in on_host
    drops = {"max_syn": 128, "cookies": 0, "unit": Unit("crio-%s.scope" % ("b" * 64)), "namespace": "pid:812"}
    cookies = told(process("apache2"), 4096, **drops)[1]
    assert "net.ipv4.tcp_syncookies=1`, and in securityContext.sysctls of its pod)" in cookies, "which each pod may"
    on_the_host = told(process("apache2"), 128, somaxconn=128, unit=docker)[1]
    assert "then run `docker restart aaaaaaaaaaaa`" in on_the_host, "it shares the host's namespace"
    edit = told(process("apache2"), 511, unit=docker, namespace="pid:812")[1]
    assert "then run `docker restart aaaaaaaaaaaa`" in edit, "no sysctl changes"
    latched = told(process("apache2"), 128, unit=docker, namespace="pid:812")[1]
    assert latched.startswith("To admit more, run `docker restart aaaaaaaaaaaa`: net.core.somaxconn (4096) now allows 511"), "nor here"


@pytest.mark.parametrize(
    ("holder", "where"),
    [
        (process("nginx", "nginx: master process /usr/sbin/nginx -c /srv/web/nginx.conf"), "/srv/web/nginx.conf"),
        (process("nginx", "nginx", "-c", "/srv/nginx.conf", "-g", "daemon off;"), "/srv/nginx.conf"),
        (process("haproxy", "haproxy", "-W", "-f", "/a.cfg", "-f", "/b.cfg"), "/a.cfg or /b.cfg"),
        (process("apache2", "/usr/sbin/apache2", "-DFOREGROUND", "-f", "/srv/a.conf"), "/srv/a.conf"),
        (process("redis-server", "redis-server", "/srv/redis.conf"), "/srv/redis.conf"),
        (process("postgres", "postgres", "-D", "/var", "-c", "config_file=/etc/pg.conf"), "/etc/pg.conf"),
    ],
)
def test_the_configuration_that_the_command_line_names(holder: list[Process], where: str) -> None:
    text = told(holder, 300)[1]
    assert " in %s and what it includes (" % where in text
    assert "Debian" not in text


@pytest.mark.parametrize(
    "holder",
    [
        process("nginx", "nginx: worker process"),
        process("nginx", "nginx", "-c", "relative.conf"),
        process("nginx", "nginx", "-c", "/a`reboot`"),
        process("nginx", "nginx", "-c"),
        process("nginx"),
    ],
)
def test_else_the_usual_places_are_named(holder: list[Process]) -> None:
    assert "in /etc/nginx/sites-enabled/ (Debian) or /etc/nginx/conf.d/ (RHEL)" in told(holder, 511)[1]


def test_a_title_is_no_configuration() -> None:
    text = told(process("redis-server", "/usr/bin/redis-server 127.0.0.1:6379"), 511)[1]
    assert "in /etc/redis/redis.conf" in text


def test_ipv6_addresses_are_written_as_configurations_do() -> None:
    assert "`listen [::]:80`" in told(process("nginx"), 511, address="::")[1]


def test_what_could_not_be_read() -> None:
    hint = recognise([])
    text = remedy(Situation(None, NOW, "backlog+1", None, None, None, None, None, hint, None, "::", 80))
    assert "could not be read here" in text


LEVELS = st.sampled_from([Level(2, 6, 32), Level(3, 10, 0), Level(3, 12, 0), Level(4, 4, 0), Level(6, 1, 125), NOW])
COUNTS = st.one_of(st.sampled_from([0, 1, 5, 128, 511, 4095, 4096, 65535]), st.integers(0, 2**31 - 1))
WORDS = st.text(max_size=20)
KNOWN = sorted(
    program.replace("*", "1").replace("[23]", "3").replace("[0-9]", "3")
    for application in [one for part in ORDER for one in entries(part)] + list(RUNTIMES.values())
    for program in application.programs + application.shared
)
PROCESSES = st.builds(
    Process,
    st.integers(1, 2**22),
    st.one_of(WORDS, st.sampled_from(KNOWN)),
    st.lists(st.one_of(WORDS, st.sampled_from(["--backlog", "--tcp-backlog", "-b", "64", "rabbit"])), max_size=4).map(tuple),
    st.none(),
    st.sampled_from([None, "go", "java", "python", "ruby", "perl", "node", "dotnet"]),
)
UNITS = st.one_of(
    st.none(),
    st.builds(Unit, st.one_of(WORDS, st.sampled_from(["nginx.service", "docker-%s.scope" % ("a" * 64)]))),
    st.builds(Unit, WORDS.map(lambda word: word + ".service"), st.integers(0, 2**32)),
)


@settings(max_examples=400)
@given(
    st.lists(PROCESSES, max_size=3),
    COUNTS,
    COUNTS,
    st.integers(-(2**31), 2**31 - 1),
    st.integers(0, 3),
    LEVELS,
    UNITS,
    st.one_of(WORDS, st.sampled_from(["0.0.0.0", "::", "10.0.0.1"])),
    st.integers(0, 65535),
    st.one_of(st.none(), WORDS, st.sampled_from(["blue", "pid:812"])),
    st.booleans(),
)
def test_always_one_printable_line_that_names_the_knob(
    holders, backlog, somaxconn, max_syn, cookies, level, unit, address, port, namespace, alone
) -> None:
    knob, text = whole(holders, backlog, somaxconn, max_syn, cookies, level, unit, address, port, namespace, alone)
    assert text.isprintable()
    lasting, now = parted(text)
    assert text == (lasting + " " + now).strip()
    if now:
        (command,) = re.findall("`([^`]*)`", for_host(now, "web 1"))
        words = shlex.split(command)
        assert words[:5] == ["ansible", "web 1", "-b", "-m", "linuxnet.tcp.syn_backlog_listener"]
        given = dict(word.split("=", 1) for word in words[6].split())
        assert int(given["backlog"]) > backlog and given.get("network_namespace") == namespace
        assert given["port"] == str(port) and given.get("address") == (None if alone else address)
    assert "{{" not in text
    assert text.endswith(".")
    if knob == "application":
        assert text.startswith("To admit more, ")
        assert "no sysctl raises it" in text or "no setting or sysctl raises it" in text or "last listen()" in text
    else:
        assert NAMES[knob] in text


@given(
    st.sampled_from([None, "nonsense", *KNOBS]),
    st.one_of(st.none(), COUNTS),
    st.one_of(st.none(), COUNTS),
    st.one_of(st.none(), COUNTS),
    st.one_of(st.none(), st.integers(0, 3)),
    st.lists(PROCESSES, max_size=2),
)
def test_a_missing_value_never_raises(knob, backlog, somaxconn, max_syn, cookies, holders) -> None:
    situation = Situation(knob, NOW, "backlog+1", backlog, somaxconn, max_syn, cookies, None, recognise(holders), None, "0.0.0.0", 80)
    text = remedy(situation)
    assert text
    assert text.isprintable()


NOW_80 = "At once, until it restarts: `ansible HOST -b -m linuxnet.tcp.syn_backlog_listener -a 'port=80 backlog=4096'`."


def test_a_running_listener_can_be_raised_at_once() -> None:
    assert at_once(process("nginx"), 511) == NOW_80
    assert for_host(NOW_80, "web1") == NOW_80.replace("HOST", "web1")
    assert at_once(process("sshd"), 128) == NOW_80, "also where it has no setting"
    assert at_once(process("nginx"), 511, somaxconn=512) == NOW_80, "after somaxconn, which comes first"
    assert at_once(process("nginx"), 128, somaxconn=128) == NOW_80, "a restart gives it 511"
    assert at_once(process("nginx"), 511, somaxconn=128) == NOW_80
    assert at_once([], 64) == NOW_80, "its process is not visible without root"
    instead = NOW_80.replace("At once, until it restarts:", "Or, without a restart:")
    assert at_once(process("app", runtime="go"), 128) == instead, "its next listen() asks for as much"
    assert at_once(process("app", runtime="go"), 128, somaxconn=128) == instead


def test_the_one_listener_that_is_meant_is_named() -> None:
    assert "'port=80 address=:: backlog=4096'" in at_once(process("nginx"), 511, address="::", alone=False)
    assert "'port=80 backlog=4096'" in at_once(process("nginx"), 511, address="10.0.0.1")
    for namespace in ("blue", "pid:812", "/run/docker/netns/1-ab"):
        text = at_once(process("nginx"), 511, namespace=namespace)
        assert "'port=80 backlog=4096 network_namespace=%s'" % namespace in text


@pytest.mark.parametrize(
    ("backlog", "named"),
    [
        (511, {"level": Level(5, 5, 19)}),  # no pidfd_getfd(2)
        (511, {"namespace": "a b"}),
        (511, {"namespace": "{{ x }}"}),
        (511, {"namespace": "it's"}),
        (511, {"cookies": 2}),
        (511, {"cookies": 0, "max_syn": 128}),
    ],
)
def test_where_that_is_not_possible_or_no_use(backlog: int, named: dict[str, Any]) -> None:
    assert at_once(process("nginx"), backlog, **named) == ""


SESSION = process("sshd", "sshd: root@notty")
NOTHING = "To admit more, there is nothing to set: this is %s, with %d compiled in, and no setting or sysctl raises it."


@pytest.mark.parametrize(
    ("holder", "backlog", "address", "port", "what"),
    [
        (process("named", "/usr/sbin/named"), 5, "127.0.0.1", 953, "the control channel of BIND (rndc)"),
        (SESSION, 128, "127.0.0.1", 8022, "a port that an ssh client forwards (`ssh -R`)"),
        (process("sshd", "sshd: root"), 128, "0.0.0.0", 8022, "a port that an ssh client forwards (`ssh -R`)"),
        (process("sshd-session", "sshd-session: a"), 128, "::", 8022, "a port that an ssh client forwards (`ssh -R`)"),
        (SESSION, 128, "::1", 6010, "an X11 display that an ssh session forwards"),
        (process("ssh", "ssh", "-L", "1:b:2"), 128, "127.0.0.1", 1, "a port that this ssh client forwards (`ssh -L` or `ssh -D`)"),
    ],
)
def test_a_listener_that_is_not_the_service_gets_no_setting_of_it(holder, backlog, address, port, what) -> None:
    knob, text = told(holder, backlog, address=address, port=port)
    assert knob == "application"
    assert text == NOTHING % (what, backlog)
    low = told(holder, backlog, somaxconn=backlog - 1, address=address, port=port)[1]
    assert low.endswith(" This is %s." % what)
    assert "tcp-listen-queue" not in low and "ssh.socket" not in low


@pytest.mark.parametrize(
    ("port", "backlog", "change"),
    [
        (15671, 1024, "set `management.ssl.backlog = 4096` in /etc/rabbitmq/rabbitmq.conf"),
        (25672, 128, "add `-kernel inet_dist_listen_options [{backlog,4096}]` to RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS in "),
        (5672, 128, "set `tcp_listen_options.backlog = 4096` in /etc/rabbitmq/rabbitmq.conf"),
        (15672, 1024, "there is nothing to set: this is the management interface of RabbitMQ, with 1024 compiled in"),
    ],
)
def test_the_setting_that_rules_this_listener_is_given(port: int, backlog: int, change: str) -> None:
    text = told(process("beam.smp", "beam.smp", "-s", "rabbit", "boot"), backlog, port=port)[1]
    assert text.startswith("To admit more, " + change)
    assert ("This is " in text) == (port in (15671, 25672))


def test_the_service_beside_it_keeps_its_setting() -> None:
    assert "`tcp-listen-queue 4096;`" in told(process("named"), 10, port=53)[1]
    listening = process("sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups")
    assert "ssh.socket" in told(listening, 128, port=8022)[1]


# ---------------------------------------------------------------- word for word


def situation(**changed: Any) -> Situation:
    level = changed.get("level", NOW)
    known = Situation("application", level, syn_queue_rule(level), 511, 4096, 4096, 1, None, recognise(process("thing")), None, "0.0.0.0", 80)
    return known._replace(**changed)


def lasting(**changed: Any) -> str:
    return parted(remedy(situation(**changed)))[0]


def test_a_unix_socket_is_spoken_of_by_its_path() -> None:
    path = {"path": "/run/x.sock", "address": "", "port": 0, "rule": "power_of_two", "tcp_max_syn_backlog": 5}
    nginx = lasting(hint=recognise(process("nginx")), **path)
    assert nginx.startswith("To admit more, set `backlog=4096` on `listen unix:/run/x.sock` in /etc/nginx/"), "no SYN queue comes first"
    assert lasting(hint=recognise([]), **path) == (
        "To admit more, find the process that holds /run/x.sock (`ss -lxp` as root) and raise the backlog that it passes to listen(2) (now 511; no "
        "sysctl raises it), "
        "then restart its process."
    )
    assert lasting(bound_by=None, backlog=None, **path).startswith("Read the backlog of /run/x.sock with `ss -lx`: it could not be read here")
    assert "'path=/run/x.sock backlog=4096'" in remedy(situation(**path))


@pytest.mark.parametrize("part", ORDER)
def test_no_application_is_told_a_port_that_a_unix_socket_has_not(part: str) -> None:
    for one in entries(part):
        hint = Hint(one, None)
        if "port" not in (one.restart or ""):  # docker-proxy has no UNIX socket
            assert "port 0" not in remedy(situation(hint=hint, path="/run/x.sock", address="", port=0)), one.name


def test_php_fpm_is_found_by_its_socket_or_its_port() -> None:
    fpm = recognise(process("php-fpm8.1"))
    assert "in the pool that listens on /run/x.sock in /etc/php/" in remedy(situation(hint=fpm, path="/run/x.sock", address="", port=0))
    assert "in the pool that listens on port 80 in /etc/php/" in remedy(situation(hint=fpm))


def test_nobody_is_seen_to_hold_a_port() -> None:
    assert lasting(hint=recognise([])).startswith(
        "To admit more, find the process that holds port 80 (`ss -ltnp 'sport = :80'` as root) and raise the backlog"
    )
    assert "`nsenter --net --target 7 ss -ltnp 'sport = :80'`" in lasting(hint=recognise([]), namespace="pid:7")
    assert "`ip netns exec blue ss -ltn`" in lasting(bound_by=None, backlog=None, namespace="blue")


@pytest.mark.parametrize(("knob", "words"), [
    ("application", "the backlog that the application passes to listen(2)"), ("somaxconn", "net.core.somaxconn"),
    ("tcp_max_syn_backlog", "net.ipv4.tcp_max_syn_backlog"),
    ("syncookies", "net.ipv4.tcp_syncookies"),
])  # fmt: skip
def test_how_far_is_not_known_where_a_value_could_not_be_read(knob: str, words: str) -> None:
    expected = "Change %s; how far is not known here, because a value could not be read." % words
    assert lasting(bound_by=knob, somaxconn=None) == lasting(bound_by=knob, backlog=None) == expected
    if knob == "tcp_max_syn_backlog":
        assert lasting(bound_by=knob, tcp_max_syn_backlog=None) == lasting(bound_by=knob, limits=None) == expected


def test_what_binds_is_not_known() -> None:
    assert lasting(bound_by=None).startswith("Read net.core.somaxconn, net.ipv4.tcp_max_syn_backlog and net.ipv4.tcp_syncookies: one of them")
    assert "tcp_syncookies inside network namespace blue: one" in lasting(bound_by=None, namespace="blue")


def test_cookies_for_every_syn() -> None:
    assert lasting(bound_by="syncookies") == (
        "Set net.ipv4.tcp_syncookies to 1 (`sysctl -w net.ipv4.tcp_syncookies=1`, and in /etc/sysctl.d): with 2 every SYN is answered with a cookie "
        "and the SYN queue "
        "stays empty; no backlog changes that."
    )


def test_a_cap_of_old_kernels_alone_or_with_the_last_quarter() -> None:
    old = Level(3, 10, 0)
    limits = queue_limits(old, "power_of_two", 511, 128, 1)
    capped = {"bound_by": "tcp_max_syn_backlog", "level": old, "tcp_max_syn_backlog": 128, "limits": limits}
    assert lasting(**capped) == (
        "Raise net.ipv4.tcp_max_syn_backlog above 128 (`sysctl -w net.ipv4.tcp_max_syn_backlog=511`, and in /etc/sysctl.d), then restart thing (pid "
        "812): this kernel "
        "caps the SYN queue with it when listen() is called."
    )
    without_cookies = {**capped, "tcp_syncookies": 0, "limits": queue_limits(old, "power_of_two", 511, 128, 0)}
    both = lasting(**without_cookies)
    assert "lifts the limit of 97 half-open connections from new peers, or keep it at 0 and raise net.ipv4.tcp_max_syn_backlog above 128" in both
    assert both.endswith("Then restart thing (pid 812): this kernel also caps the SYN queue with tcp_max_syn_backlog when listen() is called.")
    new = {"bound_by": "tcp_max_syn_backlog", "tcp_max_syn_backlog": 128, "tcp_syncookies": 0, "limits": queue_limits(NOW, "backlog+1", 511, 128, 0)}
    assert lasting(**new).endswith("(`sysctl -w net.ipv4.tcp_max_syn_backlog=1024`, and in /etc/sysctl.d); either takes effect at once.")


def test_what_it_gets_after_somaxconn_was_raised() -> None:
    low = {"bound_by": "somaxconn", "backlog": 128, "somaxconn": 128}
    assert lasting(**low).endswith("until listen() is called again. It then gets what it asks for, which may be no more than 128.")
    assert lasting(hint=recognise(process("app", runtime="go")), **low).endswith("the running socket keeps 128 until listen() is called again.")
    asked = recognise(process("redis-server", "redis-server", "--tcp-backlog", "600"))
    assert lasting(hint=asked, **low).endswith(" It then gets the 600 that it asks for with --tcp-backlog.")
    less = recognise(process("redis-server", "redis-server", "--tcp-backlog", "128"))
    assert lasting(hint=less, **low).endswith(
        "Where its configuration asks for no more than 128, change --tcp-backlog on the command line of Redis to 4096 as well."
    )
    assert lasting(hint=recognise(process("haproxy")), **low).count("Where its configuration asks for no more than 128, ") == 1


def test_the_next_listen_gets_more_by_itself() -> None:
    asked = recognise(process("gunicorn", "gunicorn", "--backlog", "600"))
    assert lasting(hint=asked, backlog=100) == (
        "To admit more, restart Gunicorn (pid 812): net.core.somaxconn (4096) now allows 600, but the running socket keeps the 100 of its last "
        "listen() (its --backlog "
        "asks for 600). Nothing has to be edited."
    )
    assert "Or, without a restart:" in remedy(situation(hint=asked, backlog=100))
    assert "(its default is 511). Where its configuration itself asks for 128, set" in lasting(hint=recognise(process("nginx")), backlog=128)


def test_what_a_lowered_somaxconn_would_shrink() -> None:
    lowered = {"bound_by": "somaxconn", "backlog": 600, "somaxconn": 599}
    assert lasting(**lowered).startswith(
        "Raise net.core.somaxconn (now 599) to 4096 (`sysctl -w net.core.somaxconn=4096`, and in /etc/sysctl.d) before thing is restarted"
    )
    assert "the running socket latched 600 before somaxconn was lowered, and its next listen() would shrink it to 599." in lasting(**lowered)
    at_its_end = lasting(bound_by="somaxconn", backlog=2**31 - 1, somaxconn=5)
    assert at_its_end.endswith("its next listen() would shrink it to 5.") and "to admit more" not in at_its_end


def test_what_is_raised_first() -> None:
    old = {"level": Level(3, 10, 0), "rule": "power_of_two", "somaxconn": 600, "tcp_max_syn_backlog": 1000}
    assert lasting(**old).startswith(
        "To admit more, first raise net.core.somaxconn (now 600) to 4096 (`sysctl -w net.core.somaxconn=4096`, and in /etc/sysctl.d) and "
        "net.ipv4.tcp_max_syn_backlog "
        "(now 1000) to 4096 (`sysctl -w net.ipv4.tcp_max_syn_backlog=4096`, and in /etc/sysctl.d), then "
    )
    raised = {**old, "somaxconn": 4096, "tcp_max_syn_backlog": 4096}
    assert "first raise" not in lasting(somaxconn=4096, tcp_max_syn_backlog=1) and "first raise" not in lasting(**raised)


@pytest.mark.parametrize(
    ("backlog", "somaxconn", "suspected"), [(128, 4096, True), (128, 129, True), (128, 128, False), (127, 4096, False), (511, 4096, False)]
)
def test_an_older_somaxconn_may_be_all_that_is_behind_it(backlog: int, somaxconn: int, suspected: bool) -> None:
    assert (" the restart alone is enough." in lasting(backlog=backlog, somaxconn=somaxconn)) is suspected
    assert " the restart alone is enough." not in lasting(
        hint=recognise(process("redis-server", "redis-server", "--tcp-backlog", "128")), backlog=128
    )


def test_the_most_that_a_kernel_takes() -> None:
    at_its_end = {"bound_by": "somaxconn", "backlog": 65535, "somaxconn": 65535, "level": Level(4, 0, 0)}
    assert lasting(**at_its_end) == "net.core.somaxconn is at 65535, the most that this kernel takes: spread the load over more sockets."
    newer = {**at_its_end, "level": Level(4, 1, 0)}
    one_less = {**at_its_end, "backlog": 65534, "somaxconn": 65534}
    assert lasting(**newer).startswith("Raise net.core.somaxconn above 65535 (`sysctl -w net.core.somaxconn=131072`")
    assert lasting(**one_less).startswith("Raise net.core.somaxconn above 65534 (`sysctl -w net.core.somaxconn=65535`")


def test_an_address_as_a_configuration_writes_it() -> None:
    for address, listen in (("0.0.0.0", "80"), ("10.0.0.1", "10.0.0.1:80"), ("::1", "[::1]:80"), ("", "80")):
        assert "on `listen %s` in" % listen in lasting(hint=recognise(process("nginx")), address=address)
