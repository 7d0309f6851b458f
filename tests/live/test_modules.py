# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as users call them, through Ansible, on listeners and floods of their own."""

from __future__ import annotations

import json
import os
import pwd
import re
import subprocess
import sys

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.commands import (
    ROOT,
    command,
    environment,
    run_module,
    run_on_a_terminal,
    run_playbook,
)

pytestmark = pytest.mark.ansible
INFO, FACTS, LIMITS = ("linuxnet.tcp.syn_backlog_" + name for name in ("info", "facts", "limits"))


@pytest.fixture
def flooded(net):
    """A server with somaxconn 200, where 20 of 129 half-open connections wait on port 8080 and two wait for accept()."""
    net.server.sysctl("net.core.somaxconn", 200)
    with lab.listener(net.server, "0.0.0.0", 8080, backlog=128):
        lab.spoof_syns(net, port=8080, count=20)
        with lab.connect_many(net.client, net.server_v4, 8080, 2) as clients:
            assert lab.completed(clients, 5) == 2
            yield net


def test_facts_are_all_that_facts_returns(flooded):
    result = run_module(FACTS, namespace=flooded.server)
    assert set(result) - {"failed", "stderr_of_ansible", "warnings"} == {"ansible_facts", "changed"}
    assert set(result["ansible_facts"]) - {"discovered_interpreter_python"} == {"syn_backlog"}
    facts = result["ansible_facts"]["syn_backlog"]
    parts = {"sysctls", "listeners", "unix_listeners", "memory", "half_open", "counters", "kernel_log", "mitigation", "findings"}
    assert set(facts) == parts | {"schema", "kernel"}
    assert facts["schema"] == 1
    assert facts["kernel"]["release"] == os.uname().release
    assert facts["sysctls"]["somaxconn"]["runtime"] == 200


def test_a_listener_under_load(flooded):
    facts = run_module(INFO, {"gather_subset": ["listeners", "half_open"]}, namespace=flooded.server)["syn_backlog"]
    assert set(facts) == {"schema", "kernel", "sysctls", "listeners", "memory", "half_open"}
    (row,) = facts["listeners"]
    plus = 1 if facts["kernel"]["rule"] == "backlog+1" else 0
    expected = {
        "network_namespace": "host", "protocol": "tcp", "family": "ipv4", "address": "0.0.0.0", "port": 8080, "device": None,
        "dual_stack": False, "backlog": 128, "accept_queue": {"used": 2, "limit": 129}, "drops": 0, "reuseport": None,
        "syn_queue": {"used": 20, "limit": 128 + plus, "new_peer_limit": None, "on_full": "cookies"},
        "bound_by": "application",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert [process["pid"] for process in row["processes"]] == [os.getpid()]
    assert facts["half_open"]["total"] == facts["half_open"]["distinct_sources"] == 20
    assert sum(source["count"] for source in facts["half_open"]["sources"]) == 20


def test_a_query_returns_its_matches_alone(flooded):
    result = run_module(INFO, {"query": "listeners[?bound_by == 'application'].port"}, namespace=flooded.server)
    assert result["matches"] == [8080]
    assert "syn_backlog" not in result
    nothing = run_module(INFO, {"query": "no_such_part"}, namespace=flooded.server)
    assert nothing["matches"] is None


def test_ports_select(flooded):
    with lab.listener(flooded.server, "0.0.0.0", 8081):
        lab.spoof_syns(flooded, port=8081, count=3)
        facts = run_module(INFO, {"ports": [8081]}, namespace=flooded.server)["syn_backlog"]
    assert [row["port"] for row in facts["listeners"]] == [8081]
    assert facts["half_open"]["total"] == 3


def test_counters_over_a_window(flooded):
    with lab.connect_many(flooded.client, flooded.server_v4, 8080, 1):
        result = run_module(INFO, {"gather_subset": ["counters"], "counters_window": 0.3}, namespace=flooded.server)
    delta = result["syn_backlog"]["counters_delta"]
    assert 0.3 <= delta["seconds"] < 5
    assert delta["ListenDrops"] == 0


def test_other_namespaces(flooded):
    arguments = {"network_namespaces": [flooded.server.name], "gather_subset": ["listeners", "counters"]}
    facts = run_module(INFO, arguments)["syn_backlog"]
    assert [(row["network_namespace"], row["port"]) for row in facts["listeners"]] == [(flooded.server.name, 8080)]
    (view,) = facts["network_namespaces"]
    assert view["name"] == flooded.server.name
    assert view["sysctls"]["somaxconn"] == 200
    assert "ListenDrops" in view["counters"]


def test_every_namespace(flooded):
    facts = run_module(INFO, {"network_namespaces": ["all"], "gather_subset": ["listeners"]})["syn_backlog"]
    names = [view["name"] for view in facts["network_namespaces"]]
    assert names[0] == "host" and flooded.server.name in names and flooded.client.name in names
    assert (flooded.server.name, 8080) in [(row["network_namespace"], row["port"]) for row in facts["listeners"]]


def test_check_mode_is_the_same(flooded):
    checked, done = (
        run_module(INFO, {"gather_subset": ["listeners"]}, flooded.server, extra=extra) for extra in (["--check"], [])
    )
    assert checked["syn_backlog"]["listeners"] == done["syn_backlog"]["listeners"]
    assert not checked["changed"]


def test_short_names_in_a_fresh_clone(tmp_path, root):
    """`ansible localhost -m syn_backlog_facts` with nothing set up but the checkout."""
    clone = tmp_path / "anywhere"
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    clone.mkdir()
    subprocess.run(["cp", "-a", "--parents", *files.split("\n")[:-1], clone], cwd=ROOT, check=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE", "PYTHONPATH"))}
    env["ANSIBLE_CALLBACK_RESULT_FORMAT"] = "json"
    for argv in (["-m", "syn_backlog_facts"], ["-m", "syn_backlog_info", "-a", "query=kernel.rule"]):
        done = subprocess.run(
            [command("ansible"), "localhost", *argv], cwd=clone, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert '"power_of_two"' in done.stdout or '"backlog' in done.stdout


def test_limits_of_the_host(netns):
    netns.sysctl("net.core.somaxconn", 128)
    result = run_module(LIMITS, {"listen_backlog": 511}, namespace=netns)
    assert result["limits"]["backlog"] == 128
    assert result["limits"]["bound_by"] == "somaxconn"
    assert result["kernel"]["release"] == os.uname().release
    assert result["recommended"] is None


def test_limits_of_another_kernel():
    arguments = {
        "kernel_release": "2.6.38", "listen_backlog": 4096, "somaxconn": 4096, "tcp_max_syn_backlog": 4096,
        "tcp_syncookies": 1, "tcp_synack_retries": 5,
    }  # fmt: skip
    assert run_module(LIMITS, arguments)["limits"]["syn_queue"] == 8192


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        (INFO, {"gather_subset": ["listener"]}, r"^gather_subset: 'listener' is not allowed; allowed are all, min, boot,"),
        (INFO, {"ports": [70000]}, r"^ports: 70000 is not allowed; the allowed range is 1 to 65535$"),
        (INFO, {"ports": [0]}, r"^ports: 0 is not allowed"),
        (INFO, {"counters_window": -1}, r"^counters_window: -1.0 is not allowed; the allowed range is 0 to 3600$"),
        (INFO, {"top_sources": 1001}, r"^top_sources: 1001 is not allowed; the allowed range is 0 to 1000$"),
        (INFO, {"kernel_log_max_age": -1}, r"^kernel_log_max_age: -1 is not allowed"),
        (INFO, {"kernel_log_source": "/no/such.log"}, r"kernel_log_source: '/no/such\.log'"),
        (INFO, {"kernel_log_source": "dmesg"}, r"kernel_log_source: 'dmesg'.*(auto|kmsg)"),
        (INFO, {"network_namespaces": ["no-such-ns"]}, r"network_namespaces: 'no-such-ns'"),
        (INFO, {"network_namespaces": ["/etc/passwd"]}, r"network_namespaces: '/etc/passwd'"),
        (INFO, {"kernel_rule": "backlog-1"}, r"kernel_rule.*power_of_two"),
        (INFO, {"calibrate": "maybe"}, r"calibrate.*auto.*always.*never"),
        (INFO, {"query": "listeners[?"}, r"query: 'listeners\[\?' is not a valid JMESPath expression"),
        (INFO, {"query": ""}, r"query: '' is not a JMESPath expression"),
        (INFO, {"query": "no_such_function(@)"}, r"query: .*no_such_function"),
        (FACTS, {"ports": [70000]}, r"^ports: 70000 is not allowed; the allowed range is 1 to 65535$"),
        (LIMITS, {"listen_backlog": 2**32}, r"^listen_backlog: 4294967296 is not allowed; the allowed range is -2147483648 to"),
        (LIMITS, {"kernel_release": "six"}, r"^kernel_release: 'six' is not allowed; expected a release such as"),
        (LIMITS, {"somaxconn": -5}, r"^somaxconn: -5 is not allowed; the allowed range is 0 to 2147483647$"),
        (LIMITS, {"tcp_syncookies": 300}, r"^tcp_syncookies: 300 is not allowed; the allowed range is 0 to 255$"),
    ],
)
def test_bad_input_is_refused_by_name(module, arguments, message):
    result = run_module(module, arguments)
    assert result["failed"]
    assert re.search(message, result["msg"]), result["msg"]
    assert "Traceback" not in result["stderr_of_ansible"]


def test_templates_in_a_process_name_stay_text(net, tmp_path):
    """A process may call itself anything; nothing of it is ever evaluated on the controller."""
    code = (
        "import ctypes, socket, time\n"
        "ctypes.CDLL(None).prctl(15, b'{{7*7}}\\x1b[2J', 0, 0, 0)\n"
        "s = socket.create_server(('0.0.0.0', 8090)); print('up', flush=True); time.sleep(60)\n"
    )
    playbook = tmp_path / "names.yml"
    playbook.write_text(
        """
- hosts: all
  gather_facts: false
  tasks:
    - linuxnet.tcp.syn_backlog_info:
        query: "listeners[].processes[].name"
      register: names
    - linuxnet.tcp.syn_backlog_facts:
    - ansible.builtin.copy:
        dest: "{{ target }}"
        content: "{{ names.matches[0] }}|{{ ansible_facts['syn_backlog']['listeners'][0]['processes'][0]['name'] }}"
"""
    )
    holder = net.server.popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "up\n"
        done = run_playbook(playbook, "-e", json.dumps({"target": str(tmp_path / "out")}), namespace=net.server)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    one, other = (tmp_path / "out").read_text().split("|")
    assert one == other
    assert "7*7" in one and "49" not in one and "\x1b" not in one


def test_without_root_nothing_is_left_out(flooded, tmp_path):
    """As nobody: listeners, limits and sysctls come; what needs privilege is null or empty and is warned of."""
    with_root = run_module(INFO, {}, flooded.server)["syn_backlog"]
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {"_ansible_remote_tmp": str(tmp_path)}})
    tmp_path.chmod(0o777)
    home = pwd.getpwnam("nobody")
    # The interpreter's and the checkout's files may be root's alone: root loads what nobody could not. A real run needs
    # none of this, since Ansible gives all that a module may import to the user who runs it.
    code = (
        "import contextlib, importlib, io, os, pkgutil, sys; sys.argv = ['m', %r]\n"
        "from ansible_collections.linuxnet.tcp.plugins import module_utils\n"
        "for one in pkgutil.walk_packages(module_utils.__path__, module_utils.__name__ + '.'): importlib.import_module(one.name)\n"
        "from ansible_collections.linuxnet.tcp.plugins.modules.syn_backlog_info import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main()\n"
        "os.setgroups([]); os.setgid(%d); os.setuid(%d); main()" % (arguments, home.pw_gid, home.pw_uid)
    )
    done = flooded.server.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(PYTHONPATH=str(ROOT / ".collections"))
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    facts = result["syn_backlog"]
    limits = [(row["port"], row["backlog"], row["accept_queue"], row["syn_queue"]["limit"]) for row in facts["listeners"]]
    assert limits == [
        (row["port"], row["backlog"], row["accept_queue"], row["syn_queue"]["limit"]) for row in with_root["listeners"]
    ]
    assert facts["sysctls"]["somaxconn"]["runtime"] == 200
    assert facts["half_open"]["total"] == 20
    assert facts["listeners"][0]["processes"] == []
    warnings = json.dumps(result["warnings"])
    assert "open files of" in warnings and "kernel's default of net.ipv4.tcp_max_syn_backlog" in warnings


def run_audit(directory, namespace, *extra, strategy="linear", **more):
    """The playbook's end."""
    arguments = json.dumps(dict(more, audit_directory=str(directory)))
    playbook = ROOT / "playbooks" / "audit.yml"
    return run_playbook(playbook, "-e", arguments, *extra, namespace=namespace, boots=True, ANSIBLE_STRATEGY=strategy)


def audit(directory, namespace, *extra, **more):
    """What the playbook leaves: its end, the table's lines, and the JSON."""
    done = run_audit(directory, namespace, *extra, **more)
    table = (directory / "report.txt").read_text().splitlines()
    return done, table, json.loads((directory / "report.json").read_text())


def test_an_audit_of_a_healthy_host_is_short_and_ends_with_a_clear_line(net, tmp_path):
    port = 8123  # which no test floods: the kernel's log is the whole machine's
    with lab.listener(net.server, "0.0.0.0", port, backlog=128):
        done, table, report = audit(tmp_path, net.server)
    assert done.returncode == 0, done.stdout + done.stderr
    assert table[-1] == "Result: 1 listener on 1 host: no queue is full and no listener has dropped a connection."
    assert [line.split()[0] for line in table[2:4]] == ["LISTENER", "0.0.0.0:%d" % port]
    assert not [line for line in table if line.startswith(("critical", "warning"))]
    assert len(table) < 20
    assert report["localhost"]["listeners"][0]["port"] == port


def test_an_audit_does_not_advise_more_room_where_nobody_accepts(net, tmp_path):
    net.server.sysctl("net.core.somaxconn", 4097)  # undone by the next boot
    with lab.listener(net.server, "0.0.0.0", 8080, backlog=3):
        with lab.connect_many(net.client, net.server_v4, 8080, 20) as clients:
            assert lab.completed(clients) >= 4
            done, table, report = audit(tmp_path, net.server)
    assert done.returncode == 0, done.stdout + done.stderr
    told = " ".join(" ".join(table).split())
    (row,) = report["localhost"]["listeners"]
    assert row["remedy"].startswith("See what it is busy with: `ss -tlnp 'sport = :8080'`")
    assert row["remedy"] == report["localhost"]["findings"][0]["remedy"]
    assert "`ss -tlnp 'sport = :8080'`" in told and " WHAT TO DO 0.0.0.0:8080 " in told
    assert "critical: 0.0.0.0:8080: 4 connections wait for accept(2)" in told
    assert "warning: net.core.somaxconn: " in told
    assert table[-1].startswith("Result: 1 listener on 1 host: 2 need attention: 0.0.0.0:8080 (accept queue full), net.core.")
    assert max(map(len, table)) <= 140
    for warning in report["localhost"]["warnings"]:
        assert "note: " + warning.split()[0] in told


FLEET = """
near ansible_connection=local
far ansible_host=127.0.0.1 ansible_port=1 ansible_connection=ssh
odd ansible_connection=local ansible_python_interpreter=/bin/false
undefined ansible_connection=local ansible_host="{{ of_nothing }}"
last ansible_connection=local
"""
SILENT = ("far", "odd", "undefined")


@pytest.mark.parametrize(("strategy", "more"), [("linear", {"audit_serial": 1}), ("free", {})], ids=["in batches", "free"])
def test_an_audit_names_the_hosts_that_did_not_answer(flooded, tmp_path, strategy, more):
    """Also in batches of one, so that nothing is left of the fleet but what one report of all batches tells."""
    (tmp_path / "fleet.ini").write_text(FLEET)
    done, table, report = audit(
        tmp_path, flooded.server, "-i", str(tmp_path / "fleet.ini"), strategy=strategy,
        audit_hosts="near,far,odd,undefined,last", **more,
    )  # fmt: skip
    assert done.returncode != 0
    assert set(report) == {"near", "last", *SILENT}
    assert [name for name, facts in report.items() if "listeners" in facts] == ["last", "near"]
    for name in SILENT:
        assert set(report[name]) - {"unreachable"} == {"error"} and "no answer" in "".join(line for line in table if line.startswith(name + ": "))
    assert report["far"]["unreachable"] is True and "unreachable" not in report["odd"]
    assert table[-1].startswith("Result: 2 of 5 hosts answered, 2 listeners: ")
    assert table[-1].endswith("; no answer from far, odd, undefined.")
    assert table[-1] in " ".join(done.stdout.split())
    # one task a host, and one more on the controller
    counted = dict(re.findall(r"^(\w+) +: ok=(\d+)", done.stdout, re.MULTILINE))
    assert counted == dict.fromkeys(report, "1"), done.stdout


def test_an_audit_tells_what_changed_since_an_earlier_one(net, tmp_path):
    """And its exit status tells whether anything got worse; the earlier report may be the one that it replaces."""
    net.server.sysctl("net.core.somaxconn", 4096)
    with lab.listener(net.server, "0.0.0.0", 8080, backlog=3):
        audit(tmp_path, net.server)
        same, table, _report = audit(tmp_path, net.server, audit_compare=str(tmp_path / "report.json"))
        assert same.returncode == 0 and "nothing worse, nothing better, nothing new, nothing gone." in table[-1]
        with lab.connect_many(net.client, net.server_v4, 8080, 20) as clients:
            assert lab.completed(clients) >= 4
            done, table, report = audit(tmp_path, net.server, audit_compare=str(tmp_path / "report.json"))
    assert done.returncode != 0
    assert "worse: localhost: 0.0.0.0:8080: accept queue full, before it was ok" in table
    assert report["_compared"]["worse"][0]["hosts"] == ["localhost"]
    assert "accept queue full, before it was ok" in (tmp_path / "report.html").read_text()
    with lab.listener(net.server, "0.0.0.0", 8080, backlog=30):
        better, table, _report = audit(tmp_path, net.server, audit_compare=str(tmp_path / "report.json"))
    assert better.returncode == 0, better.stdout + better.stderr
    assert "better: localhost: 0.0.0.0:8080: ok, before it was accept queue full" in table


def test_an_audit_tells_all_of_a_host_on_request(net, tmp_path):
    with lab.listener(net.server, "0.0.0.0", 8123, backlog=128):
        _done, table, _report = audit(tmp_path, net.server, audit_details="localhost")
        assert "localhost in detail" in table and " WHAT TO DO" in " ".join(table)
        wrong = run_audit(tmp_path / "none", net.server, audit_details="lokalhost")
    assert wrong.returncode != 0 and "is no host of this play" in wrong.stdout and not (tmp_path / "none").exists()


@pytest.mark.parametrize("plain", [False, True], ids=["colours", "NO_COLOR"])
def test_an_audit_is_in_colours_on_a_terminal_alone(net, tmp_path, plain):
    with lab.listener(net.server, "0.0.0.0", 8080, backlog=3), lab.connect_many(net.client, net.server_v4, 8080, 20) as clients:
        assert lab.completed(clients) >= 4
        done = run_on_a_terminal(
            ROOT / "playbooks" / "audit.yml", "-e", "audit_directory=%s" % tmp_path,
            namespace=net.server, plain=plain, ANSIBLE_LOG_PATH=str(tmp_path / "log"),
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("\x1b[31maccept queue full\x1b[0m" in done.stdout) != plain
    assert done.stdout.count("Result: ") >= 1
    for name in ("report.txt", "report.json", "report.html", "log"):
        assert "\x1b" not in (tmp_path / name).read_text() and (name != "log" or "Result: " in (tmp_path / name).read_text())


def test_an_audit_in_check_mode_shows_the_table_and_writes_nothing(flooded, tmp_path):
    done = run_audit(tmp_path / "new", flooded.server, "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "LISTENER" in done.stdout and "0.0.0.0:8080" in done.stdout and "Result: 1 listener on 1 host: " in done.stdout
    assert os.listdir(tmp_path) == []


def without_nulls(told):
    if isinstance(told, dict):
        return {name: without_nulls(value) for name, value in told.items() if value is not None}
    return [without_nulls(one) for one in told] if isinstance(told, list) else told


@pytest.mark.parametrize("window", [0, 0.1])
def test_an_audit_takes_a_hostile_answer_as_text(net, tmp_path, window):
    """The interpreter is the host's own: what it prints is the module's result."""
    trap = "{{ lookup('ansible.builtin.pipe', 'touch %s/sprung') }}" % tmp_path
    finding = {"severity": "warning", "subject": [trap], "summary": "\x1b[2J" + trap, "remedy": {trap: trap}, "id": trap}
    listener = {"port": trap, "address": trap, "family": [], "reuseport": {"members": trap}, "remedy": trap, "processes": [trap]}
    gathered = {"kernel": {"rule": trap}, "sysctls": {}, "listeners": [listener, trap], "findings": [finding], trap: trap}
    interpreter = tmp_path / "python"
    interpreter.write_text("#!/bin/sh\ncat <<'EOF'\n%s\nEOF\n" % json.dumps({"syn_backlog": gathered, "warnings": [trap]}))
    interpreter.chmod(0o755)
    (tmp_path / "fleet.ini").write_text(
        "evil ansible_connection=local ansible_python_interpreter=%s\ngood ansible_connection=local\n" % interpreter
    )
    done, table, report = audit(tmp_path, net.server, "-i", str(tmp_path / "fleet.ini"), audit_hosts="evil,good", audit_counters_window=window)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "sprung").exists()
    # What has the wrong type is null or gone. Findings are our own, but of a host that gathered over a window: it judged itself.
    theirs = [] if window == 0 else [{"id": trap, "severity": "warning", "summary": "\x1b[2J" + trap}]
    known = {"accept_queue": {}, "address": trap, "processes": [], "remedy": trap, "reuseport": {}, "syn_queue": {}}
    evil = {"kernel": {"rule": trap}, "sysctls": {}, "listeners": [known], "findings": theirs, "warnings": [trap]}
    assert without_nulls(report["evil"]) == evil and "listeners" in report["good"]
    assert all(line.isprintable() for line in table) and not [line for line in table if "{{" in line]
    assert table[-1].startswith("Result: 1 listener on 2 hosts: ")


def test_a_report_is_made_once_or_refused(tmp_path):
    playbook = tmp_path / "play.yml"
    task = {"linuxnet.tcp.audit_report": {"results": "no_such", "directory": str(tmp_path / "made")}}
    inventory = ["-i", "a,b,", "-c", "local"]
    for strategy, message in (("free", "bypasses the host loop"), ("linear", "no answer from a, b.")):
        playbook.write_text(json.dumps([{"hosts": "a,b", "gather_facts": False, "strategy": strategy, "tasks": [task]}]))
        done = run_playbook(playbook, *inventory)
        assert done.returncode != 0 and message in " ".join((done.stdout + done.stderr).split())
        assert (tmp_path / "made").exists() == (strategy == "linear")
    assert json.loads((tmp_path / "made" / "report.json").read_text()) == dict.fromkeys("ab", {"error": "it was not asked"})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "missing required arguments: results"),
        ({"results": "x", "width": "wide"}, "'width' is of type"),
        ({"results": "x", "folder": "y"}, "folder"),
        ({"results": "x", "compare": "/dev/null/x"}, "compare: the earlier report cannot be read: [Errno 20] Not a directory: '/dev/null/x'"),
        ({"results": "x", "compare": "/dev/null"}, "compare: the earlier report cannot be read: /dev/null is no report.json: "),
        ({"results": "x", "details": ["nobody"]}, "details: 'nobody' is no host of this play"),
        ({"results": "x", "directory": "/dev/null/x"}, "directory: the report cannot be written: [Errno 20] Not a directory: '/dev/null/x'"),
    ],
)
def test_a_report_refuses_what_it_cannot_do(arguments, message):
    result = run_module("linuxnet.tcp.audit_report", arguments)
    assert result["failed"] and message in result["msg"]
