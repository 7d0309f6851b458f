# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role, as users run it: applied, unchanged, predicted, refused, and judged by what the kernel says."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import unix_diag
from ansible_collections.linuxnet.tcp.tests.live import lab, sandbox
from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT, run_playbook
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

pytestmark = pytest.mark.ansible

TUNE = ROOT / "playbooks" / "tune.yml"
LISTENERS = [{"port": port, "backlog": 1000} for port in (8001, 8002, 8003)]
SMALL = {"somaxconn": 128, "tcp_max_syn_backlog": 256, "tcp_syncookies": 1}


class Run:
    """What a run of the role said: its recap, and the modules that it sent to the target."""

    def __init__(self, *extra: str, playbook: Any = TUNE, **variables: Any) -> None:
        given = {"syn_backlog_%s" % name: value for name, value in variables.items()}
        done = run_playbook(playbook, "-vvv", "-e", json.dumps(dict(given, tune_become=False)), *extra)
        self.output = done.stdout + done.stderr
        self.succeeded = done.returncode == 0
        recap = re.search(r"localhost +: (.*)", done.stdout)
        self.recap = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", recap.group(1))} if recap else {}
        self.on_target = [name.rpartition("/")[2] for name in re.findall(r"Using module file (\S+)\.py", done.stdout)]

    def message(self) -> str:
        """The last message: that of the task that failed."""
        return json.loads('"%s"' % re.findall(r'"msg": "(.*)"', self.output)[-1])


def ok(run: Run) -> Run:
    assert run.succeeded, run.output
    return run


@contextmanager
def listening(*ports: int, backlog: int = 128):
    sockets = [socket.create_server(("0.0.0.0", port), backlog=backlog) for port in ports]
    try:
        yield
    finally:
        for sock in sockets:
            sock.close()


def differences(run: Run) -> list[str]:
    """All that --diff showed, line by line."""
    return [line for line in run.output.splitlines() if re.match(r"(---|\+\+\+|@@|[-+]\S)", line)]


def warned(run: Run) -> bool:
    return "[WARNING]" in run.output


def latched(*ports: int) -> list[int]:
    """The backlogs, read by another way than the collection's."""
    lines = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout.splitlines()
    backlogs = {int(words[3].rpartition(":")[2]): int(words[2]) for words in map(str.split, lines)}
    return [backlogs[port] for port in ports]


@isolated
def test_applied_once_and_then_unchanged_in_one_target_task() -> None:
    sandbox.set_sysctls(**SMALL)
    with listening(8001, 8002, 8003):
        first = ok(Run(somaxconn=5000, listeners=LISTENERS))
        assert first.recap["changed"] == 1, first.output
        assert first.on_target == ["syn_backlog"] + ["syn_backlog_listener"] * 3 + ["syn_backlog_info"]
        assert sandbox.sysctls("somaxconn", "tcp_max_syn_backlog") == {"somaxconn": 5000, "tcp_max_syn_backlog": 4096}
        assert sandbox.reboot()["somaxconn"] == 5000
        assert latched(8001, 8002, 8003) == [1000] * 3

        with sandbox.unchanged():
            second = ok(Run(somaxconn=5000, listeners=LISTENERS))
        assert second.recap["changed"] == 0
        assert second.on_target == ["syn_backlog"]
        assert second.recap["skipped"] == 0
        assert len(ok(Run(somaxconn=5000, verify=False)).on_target) == 1


@isolated
def test_check_mode_predicts_and_changes_nothing() -> None:
    """Also a raise that today's somaxconn would still clamp, and one that it would let through in part."""
    sandbox.set_sysctls(**SMALL)
    group = [socket.socket() for _member in range(2)]
    for member in group:
        member.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        member.bind(("127.0.0.1", 8002))
        member.listen(128)
    with listening(8001), listening(8003, backlog=64):
        given = {"somaxconn": 5000, "listeners": LISTENERS}
        with sandbox.unchanged():
            predicted = ok(Run("--check", "--diff", **given))
        assert latched(8001, 8002, 8003) == [128, 128, 64]
        assert not warned(predicted), predicted.output
        real = ok(Run("--diff", **given))
        assert latched(8001, 8002, 8003) == [1000] * 3
        assert predicted.recap["changed"] == real.recap["changed"] == 1
        shown = differences(predicted)
        assert shown == differences(real) and "+net.core.somaxconn = 5000" in shown
        assert shown.count("+backlog: 1000") == 4 and "-backlog: 64" in shown
        again = ok(Run("--check", "--diff", **given))
        assert again.recap["changed"] == 0 and differences(again) == []


@isolated
def test_a_check_that_fails_is_no_change() -> None:
    """Nor does a listener count as changed that is missing."""
    sandbox.set_sysctls(**SMALL)
    with sandbox.unchanged():
        missing = Run("--check", somaxconn=128, tcp_max_syn_backlog=256, listeners=LISTENERS[:1])
    assert not missing.succeeded and "nothing listens on 8001" in missing.output
    assert '"changed": true' not in missing.output


@isolated
@pytest.mark.parametrize("selected", [("--tags", "syn_backlog_verify"), ("--skip-tags", "syn_backlog_apply")], ids=" ".join)
def test_a_part_can_be_checked_too(selected: tuple[str, str]) -> None:
    """Where no task predicts a change, the state is judged as without --check."""
    sandbox.set_sysctls(somaxconn=5000, tcp_max_syn_backlog=5000, tcp_syncookies=1)
    sandbox.apply(somaxconn=5000, tcp_max_syn_backlog=5000, tcp_syncookies=1)
    with listening(8001):
        with sandbox.unchanged():
            predicted = Run("--check", *selected, somaxconn=5000, listeners=LISTENERS[:1])
        if selected[0] == "--skip-tags":
            assert ok(predicted).recap["changed"] == 1  # the raise
        else:
            assert "0.0.0.0:8001 admits 128 of the 1000 wanted" in predicted.message()
        assert ok(Run("--check", *selected, somaxconn=5000)).on_target == ["syn_backlog_info"]


@isolated
def test_a_skipped_part_takes_nothing_from_the_others() -> None:
    """What is verified has been looked at, and after what was done."""
    sandbox.set_sysctls(**SMALL)
    given = {"somaxconn": 5000, "listeners": LISTENERS[:1]}
    with listening(8001):
        unapplied = Run("--skip-tags", "syn_backlog_apply", **given)
        assert not unapplied.succeeded and "net.core.somaxconn is 128 now" in unapplied.message()
        assert not Run("--skip-tags", "syn_backlog_apply,syn_backlog_listeners", **given).succeeded
        assert "admits 128 of the 1000" in Run("--skip-tags", "syn_backlog_listeners", **given).message()
        raised = ok(Run("--skip-tags", "syn_backlog_apply", **given))
        assert raised.on_target == ["syn_backlog_info", "syn_backlog_listener", "syn_backlog_info"]


@isolated
def test_what_falls_short_fails_with_the_knob_that_binds() -> None:
    sandbox.set_sysctls(**SMALL)
    asked = {"listeners": [{"port": 8001, "backlog": 1000}], "tcp_max_syn_backlog": None}
    with listening(8001):
        clamped = Run(somaxconn=None, **asked)
        assert not clamped.succeeded
        assert "0.0.0.0:8001 admits 128 of the 1000 wanted, 872 short; bound by somaxconn." in clamped.message()
        assert "(syn_backlog_somaxconn: 1000)" in clamped.message()

        dropping = Run(somaxconn=4096, tcp_syncookies=0, policy="exact", **asked)
        assert not dropping.succeeded
        assert "admits 193 of the 1000 wanted, 807 short; bound by tcp_max_syn_backlog." in dropping.message()
        assert latched(8001) == [1000]  # it was raised; that has no effect yet

        assert ok(Run(tcp_syncookies=1, **asked)).recap["changed"] == 1


@isolated
def test_nobody_listens() -> None:
    missing = Run(listeners=[{"port": 8001, "backlog": 1000}])
    assert not missing.succeeded
    assert "nothing listens on 8001" in missing.output


@isolated
def test_tags_select_a_part() -> None:
    sandbox.set_sysctls(**SMALL)
    given = {"somaxconn": 5000, "listeners": LISTENERS[:1]}
    with listening(8001):
        with sandbox.unchanged():
            only_looked = Run("--tags", "syn_backlog_verify", **given)
        assert not only_looked.succeeded and only_looked.recap["changed"] == 0
        assert "net.core.somaxconn is 128 now, wanted at least 5000 | " in only_looked.message()
        assert "0.0.0.0:8001 admits 128 of the 1000 wanted" in only_looked.message()

        assert ok(Run("--tags", "syn_backlog_apply", **given)).recap["changed"] == 1
        assert latched(8001) == [128]
        assert ok(Run("--tags", "syn_backlog_listeners", **given)).recap["changed"] == 1
        assert latched(8001) == [1000]
        assert ok(Run("--tags", "syn_backlog_verify", **given)).on_target == ["syn_backlog_info"]


@isolated
@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"policy": "lower"}, "syn_backlog_policy"),
        ({"somaxconn": "many"}, "syn_backlog_somaxconn"),
        ({"listeners": [{"backlog": 1000}]}, "port"),
        ({"listeners": [{"port": 80, "backlog": 5, "adress": "::"}]}, "adress"),
        ({"restart_units": {"nginx": True}}, "syn_backlog_restart_units"),
        ({"listeners": [{"port": 80, "backlog": 2**31}]}, "backlog: 2147483648 is not allowed"),
        (
            {"listeners": [{"port": 80, "backlog": 700, "policy": "exact"}, {"port": 80, "backlog": 900}]},
            "'exact 700 on *:80 and at_least 900 on *:80' is not allowed; the same listener cannot have both",
        ),
    ],
)
def test_bad_variables_never_reach_the_target(variables: dict[str, Any], told: str) -> None:
    refused = Run(**variables)
    assert not refused.succeeded
    assert told in refused.message() and refused.on_target == []


@isolated
def test_a_file_that_would_win_is_told_before_anything_changes() -> None:
    sandbox.set_sysctls(**SMALL)
    sandbox.write("/etc/sysctl.d/99-zzz-vendor.conf", "\nnet.core.somaxconn = 128\n")
    with sandbox.unchanged():
        refused = Run(somaxconn=5000)
    assert not refused.succeeded
    assert "/etc/sysctl.d/99-zzz-vendor.conf:2" in refused.output
    warned = ok(Run(somaxconn=5000, on_shadowed="warn"))
    assert warned.recap["changed"] == 1 and sandbox.sysctls("somaxconn") == {"somaxconn": 5000}


@isolated
def test_absent_takes_it_back() -> None:
    ok(Run(somaxconn=5000, tcp_max_syn_backlog=6000))
    assert b"5000" in sandbox.ours()
    assert ok(Run(state="absent")).recap["changed"] == 1
    assert sandbox.ours() is None
    assert ok(Run(state="absent")).recap["changed"] == 0


@isolated
def test_absent_takes_out_what_no_variable_names_any_more() -> None:
    ok(Run(somaxconn=5000, tcp_synack_retries=6, tcp_abort_on_overflow=1))
    ok(Run(somaxconn=None))
    assert b"net.core.somaxconn = 5000" in sandbox.ours()  # a variable that loses its value leaves its line
    nothing = dict.fromkeys(("somaxconn", "tcp_max_syn_backlog", "tcp_syncookies"))
    assert ok(Run(state="absent", **nothing)).recap["changed"] == 1
    assert sandbox.ours() is None


@isolated
def test_a_service_that_owns_no_listener_is_told() -> None:
    with listening(8001):
        run = ok(Run(restart_units=["ngnix"]))
        assert "ngnix.service owns no listener here" in run.output
        assert "owns no listener here" not in ok(Run()).output


@isolated
def test_only_what_is_named_is_managed() -> None:
    """A sysctl without a value stays, and with none of them only the listeners are looked at."""
    sandbox.set_sysctls(**SMALL)
    with listening(8001, backlog=5):
        run = ok(Run(somaxconn=None, tcp_max_syn_backlog=None, tcp_syncookies=None, listeners=[{"port": 8001, "backlog": 100}]))
        assert run.on_target == ["syn_backlog_info", "syn_backlog_listener", "syn_backlog_info"]
        assert latched(8001) == [100]
    assert sandbox.ours() is None
    assert sandbox.sysctls(*SMALL) == SMALL


def test_another_network_namespace(netns: lab.Netns) -> None:
    """Without a file, unless that is asked for, which is refused."""
    netns.sysctl("net.core.somaxconn", 128)
    given = {"network_namespace": netns.name, "somaxconn": 5000, "listeners": LISTENERS[:1]}
    with lab.listener(netns, "0.0.0.0", 8001, backlog=128):
        assert ok(Run(**given)).recap["changed"] == 1
        assert netns.sysctl("net.core.somaxconn") == "5000"
        assert ok(Run(**given)).recap["changed"] == 0
        assert "persist" in Run(persist=True, **given).message()


def test_a_restarted_service_is_awaited_in_its_network_namespace(netns: lab.Netns, tmp_path: Path) -> None:
    """The handlers as they stand, behind a restart of nothing."""
    playbook = tmp_path / "await.yml"
    playbook.write_text(json.dumps([{
        "hosts": "localhost", "gather_facts": False,
        "vars": {"__syn_backlog_tuned": {"restart": [], "ports": [8001]}},
        "tasks": [{"include_tasks": str(ROOT / "roles" / "syn_backlog" / "handlers" / "main.yml")}],
    }]))  # fmt: skip
    with lab.listener(netns, "0.0.0.0", 8001):
        run = ok(Run(playbook=playbook, network_namespace=netns.name))
    assert run.on_target == ["syn_backlog_read_info"]


@isolated
def test_a_unix_socket_is_raised_by_its_path() -> None:
    path = "/run/app.sock"
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as sock:
        sock.bind(path)
        sock.listen(16)
        given = {"somaxconn": 5000, "listeners": [{"path": path, "backlog": 1000}]}
        missing = Run("--tags", "syn_backlog_verify", **given)
        assert "%s admits 16 of the 1000 wanted" % path in missing.message()
        first = ok(Run(**given))
        assert first.recap["changed"] == 1
        assert first.on_target == ["syn_backlog", "syn_backlog_listener", "syn_backlog_info"]
        assert {one.path: one.backlog for one in unix_diag.listeners()[0]}[path] == 1000
        assert ok(Run(**given)).recap["changed"] == 0
    gone = Run(somaxconn=5000, listeners=[{"path": "/run/gone.sock", "backlog": 1000}])
    assert "/run/gone.sock" in gone.message()


@isolated
def test_an_audit_shows_the_table_and_the_facts() -> None:
    playbook = "/run/audit.yml"
    sandbox.write(playbook, json.dumps([{
        "hosts": "localhost", "gather_facts": False,
        "tasks": [
            {"import_role": {"name": "linuxnet.tcp.syn_backlog", "tasks_from": "audit"}},
            {"debug": {"msg": "fact: {{ ansible_facts['syn_backlog']['listeners'][0]['port'] }}"}},
        ],
    }]))  # fmt: skip
    with listening(8001, 8002), sandbox.unchanged():
        audit = ok(Run(playbook=playbook, ports=[8001]))
    assert audit.on_target == ["syn_backlog_read_info"] and audit.recap["changed"] == 0
    assert "LISTENER" in audit.output and "0.0.0.0:8001" in audit.output and "fact: 8001" in audit.output
    assert "0.0.0.0:8002" not in audit.output
