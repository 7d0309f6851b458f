# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.recognise import (
    DAEMONS,
    FRAMEWORKS,
    RUNTIMES,
    recognise,
)
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


def told(
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
) -> tuple[str, str]:
    """bound_by and remedy of a listener, composed as a reader of the live host does it."""
    rule = syn_queue_rule(level)
    hint = recognise(holders, unit.name if unit else None)
    knob = bound_by(level, rule, backlog, somaxconn, max_syn, cookies, hint.requested(backlog))
    limits = queue_limits(level, rule, backlog, max_syn, cookies)
    return knob, remedy(
        Situation(
            knob, level, rule, backlog, somaxconn, max_syn, cookies, limits, hint, unit, address, port, namespace
        )
    )


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
    assert "run `systemctl restart nginx.service`" in text
    assert "Where its configuration itself asks for 64, set `backlog=4096` on `listen 10.0.0.1:80`" in text


def test_a_backlog_on_the_command_line() -> None:
    knob, text = told(process("redis-server", "redis-server", "--tcp-backlog", "64"), 64, port=6379)
    assert knob == "application"
    assert text == (
        "To admit more, change --tcp-backlog on the command line of Redis to 4096 (now 64; no sysctl raises it), then "
        "restart Redis (pid 812)."
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
        "Raise net.core.somaxconn (now 128) to 511 or more before nginx is restarted: the running socket latched 511 "
        "before somaxconn was lowered, and its next listen() would shrink it to 128."
    )


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


def test_the_namespace_is_named() -> None:
    assert "inside network namespace web" in told(process("nginx"), 128, somaxconn=128, namespace="web")[1]


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
    for application in DAEMONS + FRAMEWORKS + tuple(RUNTIMES.values())
    for program in application.programs
)
PROCESSES = st.builds(
    Process, st.integers(1, 2**22), st.one_of(WORDS, st.sampled_from(KNOWN)),
    st.lists(st.one_of(WORDS, st.sampled_from(["--backlog", "--tcp-backlog", "-b", "64", "rabbit"])), max_size=4).map(tuple),
    st.none(), st.sampled_from([None, "go", "java", "python", "ruby", "perl", "node", "dotnet"]),
)
UNITS = st.one_of(
    st.none(),
    st.builds(Unit, st.one_of(WORDS, st.sampled_from(["nginx.service", "docker-%s.scope" % ("a" * 64)]))),
    st.builds(Unit, WORDS.map(lambda word: word + ".service"), st.integers(0, 2**32)),
)


@settings(max_examples=400)
@given(
    st.lists(PROCESSES, max_size=3), COUNTS, COUNTS, st.integers(-(2**31), 2**31 - 1), st.integers(0, 3), LEVELS,
    UNITS, WORDS, st.integers(0, 65535), st.one_of(st.none(), WORDS),
)
def test_always_one_printable_line_that_names_the_knob(
    holders, backlog, somaxconn, max_syn, cookies, level, unit, address, port, namespace
) -> None:
    knob, text = told(holders, backlog, somaxconn, max_syn, cookies, level, unit, address, port, namespace)
    assert text.isprintable()
    assert "{{" not in text
    assert text.endswith(".")
    if knob == "application":
        assert text.startswith("To admit more, ")
        assert "no sysctl raises it" in text or "no setting or sysctl raises it" in text or "last listen()" in text
    else:
        assert NAMES[knob] in text


@given(
    st.sampled_from([None, "nonsense", *KNOBS]), st.one_of(st.none(), COUNTS), st.one_of(st.none(), COUNTS),
    st.one_of(st.none(), COUNTS), st.one_of(st.none(), st.integers(0, 3)), st.lists(PROCESSES, max_size=2),
)
def test_a_missing_value_never_raises(knob, backlog, somaxconn, max_syn, cookies, holders) -> None:
    situation = Situation(
        knob, NOW, "backlog+1", backlog, somaxconn, max_syn, cookies, None, recognise(holders), None, "0.0.0.0", 80
    )
    text = remedy(situation)
    assert text
    assert text.isprintable()
