# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""syn_backlog_watch and the playbook as users call them, through Ansible."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT, run_module, run_on_a_terminal, run_playbook

pytestmark = pytest.mark.ansible
WATCH = "linuxnet.tcp.syn_backlog_watch"

ALONE = """
import json, signal, sys
from ansible_collections.linuxnet.tcp.plugins.module_utils._module import run_watch
class Module:
    params = json.loads(sys.argv[1])
    warnings = []
    def warn(self, text): self.warnings.append(text)
    def fail_json(self, msg): raise SystemExit(msg)
print("ready", flush=True)
print(json.dumps([run_watch.watch_or_fail(Module()), Module.warnings]))
"""


def send_soon(net, count):
    """SYNs as soon as packets are counted, however long Ansible takes to start."""

    def send():
        assert lab.wait_for(lambda: net.server.call(counted) > 0, 60, pause=0.1)
        time.sleep(1)
        lab.spoof_syns(net, port=80, count=count)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def counted():
    """How many packet sockets there are (packet(7)), in the namespace of this thread."""
    with open("/proc/thread-self/net/packet", encoding="ascii") as sockets:
        return len(sockets.readlines()) - 1


@pytest.mark.parametrize("extra", [(), ("--check",)])
def test_the_contract(net, extra):
    with lab.listener(net.server, "0.0.0.0", 80, backlog=511):
        timer = send_soon(net, 40)
        result = run_module(WATCH, {"duration": 8, "ports": [80]}, namespace=net.server, extra=extra)
        timer.join()
    assert not result["failed"] and not result["changed"]
    told = result["watch"]
    assert set(told) == {"seconds", "looks", "longest_gap", "cpu_seconds", "listeners", "unix_listeners", "layers", "namespaces", "findings"}
    (row,) = told["listeners"]
    expected = {"network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": 80, "backlog": 511}
    assert {name: row[name] for name in expected} == expected
    assert row["syns"]["arrived"] == 40 and 8 <= told["seconds"] < 9
    assert set(row["accept_queue"]) == {"limit", "samples", "peak", "p50", "p95", "p99", "seconds_full", "histogram"}
    assert row["accept_queue"]["limit"] == 512 and row["syn_queue"]["peak"] == 40


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"duration": 0.5}, "duration: 0.5 is not allowed; the allowed range is 1 to 3600"),
        ({"duration": "nan"}, "duration: nan is not allowed"),
        ({"interval": 0}, "interval: 0.0 is not allowed; the allowed range is 0.001 to 10"),
        ({"ports": [0]}, "ports: 0 is not allowed"),
        ({"network_namespaces": ["no-such"]}, "network_namespaces: 'no-such' is not allowed"),
    ],
)
def test_bad_input_is_refused_by_name(arguments, message, root):
    result = run_module(WATCH, arguments)
    assert result["failed"] and message in result["msg"]


def alone(net, **params):
    """The module without Ansible, in a process of its own."""
    asked = dict({"duration": 60.0, "interval": 0.01, "ports": None, "network_namespaces": None, "drop_reasons": False}, **params)
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    process = net.server.popen(
        [sys.executable, "-c", ALONE, json.dumps(asked)], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    assert process.stdout.readline() == "ready\n"
    return process


def counting(net, *processes):
    """Wait until each of the processes has a packet socket, and give them time for the rest of what they open."""

    def sockets():
        with open("/proc/thread-self/net/packet", encoding="ascii") as table:
            return {"socket:[%s]" % line.split()[8] for line in table.readlines()[1:]}

    def opened(pid):
        for one in os.scandir("/proc/%d/fd" % pid):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                yield os.readlink(one.path)

    def one_each():
        found = net.server.call(sockets)
        return all(found.intersection(opened(process.pid)) for process in processes)

    assert lab.wait_for(one_each, 60, pause=0.1)
    time.sleep(1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_what_there_is_so_far(net, number):
    with lab.listener(net.server, "0.0.0.0", 80, backlog=511):
        begin = time.monotonic()
        with alone(net) as process:
            counting(net, process)
            lab.spoof_syns(net, port=80, count=30)
            process.send_signal(number)
            told, warnings = json.loads(process.stdout.read())
        took = time.monotonic() - begin
    assert told["listeners"][0]["syns"]["arrived"] == 30 and told["seconds"] < took < 60
    assert any("ended by a signal" in warning for warning in warnings)


def test_several_at_once_and_one_killed(net):
    """What is counted is each watch's own; a kill leaves no packet socket behind."""
    with lab.listener(net.server, "0.0.0.0", 80, backlog=511):
        with alone(net) as first, alone(net) as second, alone(net) as third:
            counting(net, first, second, third)
            lab.spoof_syns(net, port=80, count=25)
            first.kill()
            first.wait()
            lab.spoof_syns(net, port=80, count=10)
            for one in (second, third):
                one.terminate()
                assert json.loads(one.stdout.read())[0]["listeners"][0]["syns"]["arrived"] == 35
                one.wait()  # its output ends before its packet sockets do
        with net.server.enter(), open("/proc/thread-self/net/packet", encoding="ascii") as table:
            assert len(table.read().splitlines()) == 1


def test_the_playbook_leaves_a_table_and_json(net, tmp_path):
    with lab.listener(net.server, "0.0.0.0", 80, backlog=511):
        timer = send_soon(net, 40)
        done = run_playbook(
            "linuxnet.tcp.watch", "-e", json.dumps({"watch_duration": 8, "watch_directory": str(tmp_path)}), namespace=net.server
        )
        timer.join()
    assert done.returncode == 0, done.stdout + done.stderr
    report = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "0.0.0.0:80" in report and "|█|" in report and report.splitlines()[-1].startswith("Result: 1 listener on 1 host watched")
    seen = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert seen["localhost"]["listeners"][0]["syns"]["arrived"] == 40


def test_the_playbook_shows_the_table_once_on_a_terminal(net, tmp_path):
    with lab.listener(net.server, "0.0.0.0", 80, backlog=511):
        done = run_on_a_terminal(
            "linuxnet.tcp.watch", "-e", json.dumps({"watch_duration": 1, "watch_directory": str(tmp_path)}), namespace=net.server
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("0.0.0.0:80 ") == 1 and "\x1b[1mResult: 1 listener on 1 host watched" in done.stdout
    assert "\x1b" not in (tmp_path / "report.txt").read_text(encoding="utf-8")
