# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The story that so many hosts have seen: a flood warning, two sysctls raised in vain, and what helps at last.

An application calls listen(128) and more connections come than that. Raising tcp_max_syn_backlog changes nothing,
with a restart or without; neither does raising somaxconn. Each time the facts say why. Then the module raises the
running listener, and the next burst of SYNs finds the new limit.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel import running_kernel
from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.commands import run_module, run_playbook

pytestmark = pytest.mark.ansible
PORT = 8080
KERNEL = running_kernel()
PLUS = 1 if KERNEL.rule == "backlog+1" else 0
INFO, LISTENER = "linuxnet.tcp.syn_backlog_info", "linuxnet.tcp.syn_backlog_listener"
APPLICATION = """
import socket
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", 8080))
server.listen(128)
while True:
    client, _address = server.accept()
    with client:
        client.recv(1)
        client.sendall(b"served")
"""


@contextlib.contextmanager
def application(net: lab.Pair) -> Iterator[subprocess.Popen]:
    with net.server.popen([sys.executable, "-c", APPLICATION]) as process:
        try:
            assert lab.wait_for(lambda: lab.row_count(net.server, PORT, "0A") == 1)
            yield process
        finally:
            process.kill()
            process.wait()
    # What was half-open goes with its listener, but only when the next SYN-ACK is due
    assert lab.wait_for(lambda: lab.half_open_count(net.server, PORT) == 0, 40)


def burst(net: lab.Pair, count: int = 1000) -> int:
    lab.spoof_syns(net, port=PORT, count=count)
    return lab.half_open_count(net.server, PORT)


def told(net: lab.Pair) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The listener's row, and the findings by id."""
    arguments = {"gather_subset": ["listeners", "findings"], "ports": [PORT], "kernel_log_source": "none"}
    facts = run_module(INFO, arguments, namespace=net.server, boots=True)["syn_backlog"]
    (row,) = facts["listeners"]
    return row, {one["id"]: one for one in facts["findings"]}


def raised(net: lab.Pair, *extra: str, **more: Any) -> dict[str, Any]:
    return run_module(LISTENER, {"port": PORT, "backlog": 4096, **more}, net.server, extra=extra)


@pytest.mark.skipif(KERNEL.level < Level(5, 6), reason="pidfd_getfd(2) came with Linux 5.6")
def test_the_story(net) -> None:
    net.server.sysctl("net.core.somaxconn", 128)
    net.server.sysctl("net.ipv4.tcp_max_syn_backlog", 2048)
    net.server.sysctl("net.ipv4.tcp_syncookies", 1)

    with application(net):
        assert burst(net) == 128 + PLUS

    # First try: tcp_max_syn_backlog, and a restart
    net.server.sysctl("net.ipv4.tcp_max_syn_backlog", 4096)
    with application(net):
        assert burst(net) == 128 + PLUS, "no effect"
        row, findings = told(net)
        assert row["bound_by"] == "somaxconn"
        assert "tcp_max_syn_backlog" not in row["remedy"]
        why = findings["tcp-max-syn-backlog-without-effect"]
        assert why["severity"] == "warning"
        assert "tcp_syncookies" in why["summary"] + why["remedy"]

    # Second try: somaxconn, and a restart
    net.server.sysctl("net.core.somaxconn", 4096)
    with application(net) as process:
        assert burst(net) == 128 + PLUS, "no effect either"
        row, findings = told(net)
        assert (row["bound_by"], row["backlog"]) == ("application", 128)
        assert "no sysctl raises it" in row["remedy"]
        assert findings["listener-bound-by-application"]["severity"] == "warning"

        # What helps: the backlog itself, in the application that runs
        predicted = raised(net, "--check")
        assert burst(net) == 128 + PLUS, "check mode changes nothing"
        result = raised(net)
        assert not result["failed"], result
        assert result["changed"] and predicted["changed"]
        (listener,) = result["listeners"]
        assert (listener["before"], listener["after"], listener["inode"]) == (128, 4096, row["inode"])
        assert [one["pid"] for one in listener["processes"]] == [process.pid]
        assert "undoes this unless it asks for 4096 itself" in listener["to_keep"]
        assert predicted["listeners"] == result["listeners"]
        assert burst(net, 10000) == 4096 + PLUS

        row, findings = told(net)
        assert (row["backlog"], row["syn_queue"]["limit"], row["inode"]) == (4096, 4096 + PLUS, listener["inode"])
        assert "listener-bound-by-application" not in findings
        assert not raised(net)["changed"]
        assert process.poll() is None
        with net.client.call(socket.create_connection, (net.server_v4, PORT), 10) as client:
            client.sendall(b"?")
            assert client.recv(6) == b"served"


PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/linuxnet.tcp.syn_backlog:
      port: 8080
      backlog: 300
  tasks:
    - linuxnet.tcp.syn_backlog_listener:
      check_mode: true
      diff: true
      register: predicted
    - linuxnet.tcp.syn_backlog_listener:
      diff: true
      register: done
    - linuxnet.tcp.syn_backlog_listener:
      diff: true
      register: again
    - linuxnet.tcp.syn_backlog_listener:
        backlog: 200
        policy: at_least
      register: silent
    - ansible.builtin.assert:
        that:
          - predicted.changed and done.changed and not again.changed and not silent.changed
          - predicted.listeners == done.listeners
          - predicted.diff == done.diff
          - done.diff | length == 1
          - done.diff[0].before.split() == ['backlog:', '128']
          - done.diff[0].after.split() == ['backlog:', '300']
          - again.diff == []
          - silent.diff is not defined
          - silent.listeners[0].after == 300
"""


def test_check_and_diff_in_a_playbook(net, tmp_path) -> None:
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    net.server.sysctl("net.core.somaxconn", 4096)
    with application(net):
        done = run_playbook(tmp_path / "play.yml", namespace=net.server)
        assert done.returncode == 0, done.stdout + done.stderr
        assert burst(net) == 300 + PLUS


def test_failures_are_clear(net) -> None:
    result = raised(net)
    assert result["failed"] and not result["changed"]
    assert result["msg"].startswith("port: nothing listens on 8080 in this network namespace, nor on any other port")
    assert "address: " in raised(net, address="localhost")["msg"]
    assert "network_namespace: 'nowhere' is not allowed" in raised(net, network_namespace="nowhere")["msg"]
    assert "port: 0 is not allowed" in run_module(LISTENER, {"port": 0, "backlog": 1})["msg"]
    assert "backlog: 2147483648 is not allowed" in run_module(LISTENER, {"port": 80, "backlog": 2**31})["msg"]


def test_a_clamp_is_a_warning(net) -> None:
    net.server.sysctl("net.core.somaxconn", 200)
    with application(net):
        result = raised(net)
        assert result["listeners"][0]["after"] == 200 and result["listeners"][0]["clamped_by_somaxconn"]
        assert "net.core.somaxconn is 200 there and clamps" in " ".join(result["stderr_of_ansible"].split())
        assert burst(net) == 200 + PLUS
