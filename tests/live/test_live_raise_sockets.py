# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of listening socket takes another backlog, in whichever namespace, at the limits that SYNs then find."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._module.raise_listener import set_backlogs
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel import running_kernel
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.sockets import listen_sockets
from ansible_collections.linuxnet.tcp.tests.live import lab

PORT = 8080
PLUS = 1 if running_kernel().rule == "backlog+1" else 0
LISTEN = (
    "import socket, time\n"
    "s = socket.socket(); s.bind(('0.0.0.0', 8080)); s.listen(128); time.sleep(600)\n"
)  # fmt: skip


def change(namespace: lab.Netns | None, backlog: int, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    params = {
        "port": PORT, "backlog": backlog, "address": None, "policy": "exact",
        "network_namespace": namespace.name if namespace else None, **options,
    }  # fmt: skip
    return set_backlogs(params, check_mode)[0]


def backlogs(namespace: lab.Netns) -> list[int | None]:
    """What the kernel says, in the order of the sockets' inodes."""
    return [one.backlog for one in sorted(namespace.call(listen_sockets)[0], key=lambda one: one.inode)]


def moved(result: dict[str, Any]) -> list[tuple[int, int]]:
    return [(row["before"], row["after"]) for row in result["listeners"]]


def burst(net: lab.Pair, count: int = 1000, **named: Any) -> int:
    lab.spoof_syns(net, port=PORT, count=count, **named)
    return lab.half_open_count(net.server, PORT)


@pytest.fixture
def server(net):
    net.server.sysctl("net.core.somaxconn", 4096)
    net.server.sysctl("net.ipv4.tcp_syncookies", 1)
    return net.server


@pytest.mark.parametrize("mptcp", [False, True], ids=["tcp", "mptcp"])
@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_one_socket(net, server, address, mptcp) -> None:
    """An MPTCP socket passes listen() on to the TCP socket that listens for it: both queues are that one's."""
    if mptcp and not os.path.exists("/proc/sys/net/mptcp/enabled"):
        pytest.skip("this kernel has no MPTCP")
    destination = net.server_v6 if ":" in address else net.server_v4
    with lab.listener(server, address, PORT, backlog=64, mptcp=mptcp) as sock:
        assert burst(net, dst=destination) == 64 + PLUS
        result = change(server, 300)
        assert moved(result) == [(64, 300)]
        (row,) = result["listeners"]
        assert row["protocol"] == ("mptcp" if mptcp else "tcp")
        assert row["inode"] == os.fstat(sock.fileno()).st_ino
        assert backlogs(server) == [300]
        assert burst(net, dst=destination) == 300 + PLUS
        assert not change(server, 300)["changed"]


def test_dual_stack_counts_both_families(net, server) -> None:
    with lab.listener(server, "::", PORT, backlog=64, v6only=False):
        assert moved(change(server, 300, address="::")) == [(64, 300)]
        assert burst(net, 200) == 200
        assert burst(net, 200, dst=net.server_v6) == 300 + PLUS


def test_the_accept_queue_moves_as_well(net, server) -> None:
    def waiting() -> int:
        return lab.established_count(server, PORT)

    with lab.listener(server, "0.0.0.0", PORT, backlog=5), lab.connect_many(net.client, net.server_v4, PORT, 30):
        assert lab.wait_for(lambda: waiting() == 6)
        change(server, 20)
        with lab.connect_many(net.client, net.server_v4, PORT, 30):
            assert lab.wait_for(lambda: waiting() == 21)
            assert not lab.wait_for(lambda: waiting() > 21, 1.5)  # dropped SYNs come again after a second


def test_all_members_of_a_group(net, server) -> None:
    with contextlib.ExitStack() as stack:
        for backlog in (64, 64, 300, 64):
            stack.enter_context(lab.listener(server, "0.0.0.0", PORT, backlog=backlog, reuseport=True))
        result = change(server, 300)
        assert sorted(moved(result)) == [(64, 300), (64, 300), (64, 300), (300, 300)]
        assert len(result["diff"]) == 3
        assert burst(net, 4000) == 4 * (300 + PLUS)
        assert not change(server, 300)["changed"]


def test_only_the_address_that_is_named(server) -> None:
    with lab.listener(server, "127.0.0.1", PORT, 64), lab.listener(server, "::1", PORT, 64):
        result = change(server, 300, address="::1")
        assert [row["address"] for row in result["listeners"]] == ["::1"]
        assert sorted(backlogs(server)) == [64, 300]


def test_a_socket_bound_to_a_device(net, server) -> None:
    with lab.listener(server, "0.0.0.0", PORT, 64, device=net.server_device):
        (row,) = change(server, 300)["listeners"]
        assert (row["device"], row["after"]) == (net.server_device, 300)
        assert backlogs(server) == [300]


def test_other_listeners_are_left_alone(server) -> None:
    with lab.listener(server, "0.0.0.0", PORT, 64), lab.listener(server, "0.0.0.0", PORT + 1, 64):
        change(server, 300)
        assert sorted(backlogs(server)) == [64, 300]


# ---------------------------------------------------------------- what is asked for


def test_policies(server) -> None:
    with lab.listener(server, "0.0.0.0", PORT, 500):
        assert moved(change(server, 300, policy="at_least")) == [(500, 500)]
        assert moved(change(server, 600, policy="at_least")) == [(500, 600)]
        assert moved(change(server, 300)) == [(600, 300)]
        assert moved(change(server, 0)) == [(300, 0)]
        assert moved(change(server, -1)) == [(0, 4096)]
        assert moved(change(server, -(2**31))) == [(4096, 4096)]


def test_somaxconn_clamps_and_says_so(server) -> None:
    server.sysctl("net.core.somaxconn", 100)
    with lab.listener(server, "0.0.0.0", PORT, 64):
        for check_mode, before in ((True, 64), (False, 64), (False, 100)):
            params = {"port": PORT, "backlog": 2**31 - 1, "address": None, "policy": "exact", "network_namespace": server.name}
            result, (warning,) = set_backlogs(params, check_mode)
            assert moved(result) == [(before, 100)]
            assert result["listeners"][0]["clamped_by_somaxconn"] is True
            assert "net.core.somaxconn is 100 there" in warning
        assert backlogs(server) == [100]
        server.sysctl("net.core.somaxconn", 4096)
        assert moved(change(server, -1)) == [(100, 4096)]


def test_a_lowered_somaxconn_shrinks_no_listener_that_was_to_grow(server) -> None:
    with lab.listener(server, "0.0.0.0", PORT, 800):
        server.sysctl("net.core.somaxconn", 500)
        for policy in ("exact", "at_least"):
            result = change(server, 1000, policy=policy)
            assert moved(result) == [(800, 800)]
            assert not result["changed"] and result["listeners"][0]["clamped_by_somaxconn"]
        assert backlogs(server) == [800]


def test_check_mode_predicts_and_changes_nothing(server) -> None:
    with lab.listener(server, "0.0.0.0", PORT, 64):
        predicted = change(server, 300, check_mode=True)
        assert backlogs(server) == [64]
        assert change(server, 300) == predicted
        assert predicted["changed"]
        assert predicted["diff"][0]["before"] == "backlog: 64\n" and predicted["diff"][0]["after"] == "backlog: 300\n"
        again = change(server, 300, check_mode=True)
        assert not again["changed"] and again["diff"] == []
        assert again == change(server, 300)


# ---------------------------------------------------------------- other namespaces


def test_a_check_reckons_with_the_somaxconn_that_is_expected(server) -> None:
    """And a run with the one that is in force."""
    server.sysctl("net.core.somaxconn", 500)
    with lab.listener(server, "0.0.0.0", PORT, backlog=64):
        params = {"port": PORT, "backlog": 1000, "address": None, "policy": "exact", "network_namespace": server.name}
        expecting = dict(params, expected_somaxconn=8192)
        predicted, warnings = set_backlogs(expecting, check_mode=True)
        assert (moved(predicted), warnings) == ([(64, 1000)], []) and backlogs(server) == [64]
        clamped, warnings = set_backlogs(expecting)
        assert (moved(clamped), len(warnings)) == ([(64, 500)], 1)
        server.sysctl("net.core.somaxconn", 8192)
        assert moved(set_backlogs(expecting)[0]) == [(500, 1000)] and backlogs(server) == [1000]


@contextlib.contextmanager
def contained(namespace: lab.Netns):
    """A listener in a PID namespace of its own, as in a container; gives its pid as the host sees it."""
    with namespace.popen(["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-c", LISTEN]) as process:
        try:
            assert lab.wait_for(lambda: lab.row_count(namespace, PORT, "0A") == 1)
            (pid,) = pathlib.Path("/proc/%d/task/%d/children" % (process.pid, process.pid)).read_text().split()
            yield int(pid)
        finally:
            process.kill()


@pytest.mark.parametrize("how", ["name", "path", "pid"])
def test_a_container_by_name_path_or_pid(net, server, how) -> None:
    """The clamp is that namespace's own, and the socket stays in it."""
    server.sysctl("net.core.somaxconn", 300)
    with contained(server) as pid:
        spec = {"name": server.name, "path": server.path, "pid": str(pid)}[how]
        result = change(None, 1000, network_namespace=spec)
        (row,) = result["listeners"]
        assert (row["before"], row["after"], row["clamped_by_somaxconn"]) == (128, 300, True)
        assert row["network_namespace"] == {"pid": "pid:" + spec}.get(how, spec)
        assert [process["pid"] for process in row["processes"]] == [pid]
        assert backlogs(server) == [300]
        assert burst(net) == 300 + PLUS


def test_our_own_namespace_is_the_default(server) -> None:
    with lab.listener(server, "0.0.0.0", PORT, 64), server.enter():
        (row,) = change(None, 300)["listeners"]
        assert (row["network_namespace"], row["after"]) == ("host", 300)


def test_the_same_port_in_another_namespace_is_another_listener(net, server) -> None:
    with lab.listener(server, "0.0.0.0", PORT, 64), lab.listener(net.client, "0.0.0.0", PORT, 64):
        change(server, 300)
        assert (backlogs(server), backlogs(net.client)) == ([300], [64])


# ---------------------------------------------------------------- several runs at once


def test_runs_at_once_do_not_interleave(server) -> None:
    """All members of the group have the backlog of one of the runs, and none of the runs failed."""
    script = (
        "import sys\n"
        "from ansible_collections.linuxnet.tcp.plugins.module_utils._module.raise_listener import set_backlogs\n"
        "set_backlogs({'port': 8080, 'backlog': int(sys.argv[1]), 'address': None, 'policy': 'exact',\n"
        "              'network_namespace': sys.argv[2]})\n"
    )
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    wanted = range(1000, 1020)
    with contextlib.ExitStack() as stack:
        for _member in range(4):
            stack.enter_context(lab.listener(server, "0.0.0.0", PORT, 64, reuseport=True))
        runs = [
            subprocess.Popen([sys.executable, "-c", script, str(one), server.name], env=env, stderr=subprocess.PIPE, text=True)
            for one in wanted
        ]
        errors = [run.communicate(timeout=60)[1] for run in runs]
        assert [run.returncode for run in runs] == [0] * len(runs), errors
        assert len(set(backlogs(server))) == 1
        assert backlogs(server)[0] in wanted
