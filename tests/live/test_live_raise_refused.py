# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a running listener cannot be changed: a clear error, and every backlog as it was."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import subprocess
import sys
import tempfile

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._change.raise_plan import (
    NotRaised,
    Step,
    ask_raise,
    plan_raise,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import Process
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.raise_listener import set_backlogs
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import descriptors, processes
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.sockets import listen_sockets
from ansible_collections.linuxnet.tcp.plugins.module_utils._write import listen_backlog
from ansible_collections.linuxnet.tcp.tests.live import lab, seccomp

PORT = 8080
OURSELVES = Process(os.getpid(), "pytest", (), None, None)


@pytest.fixture
def server(netns):
    netns.sysctl("net.core.somaxconn", 4096)
    return netns


@pytest.fixture
def group(server):
    """Three sockets of an SO_REUSEPORT group, in the order in which they are changed."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(lab.listener(server, "0.0.0.0", PORT, 64, reuseport=True)) for _one in range(3)]
        yield sorted(sockets, key=inode)


def inode(sock: socket.socket) -> int:
    return os.fstat(sock.fileno()).st_ino


def parameters(backlog=300, namespace=None, **options):
    return {"port": PORT, "backlog": backlog, "address": None, "policy": "exact", "network_namespace": namespace, **options}


def current(server: lab.Netns) -> dict[int, int | None]:
    return {one.inode: one.backlog for one in server.call(listen_sockets)[0]}


def steps_to(server: lab.Netns, backlog: int = 300) -> list[Step]:
    return plan_raise(ask_raise(parameters(backlog)), server.call(listen_sockets)[0], 4096)


def holders(steps: list[Step], *processes: Process) -> dict[int, list[Process]]:
    return {step.socket.inode: list(processes) for step in steps}


def ended() -> Process:
    """A process that has just ended."""
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        process.wait()
    return Process(process.pid, "gone", (), None, None)


def test_no_listener(server):
    with lab.listener(server, "127.0.0.1", PORT + 1, 64):
        with pytest.raises(NotRaised, match="port: nothing listens on 8080 in network namespace %s, but on 8081" % server.name):
            set_backlogs(parameters(namespace=server.name))
        with pytest.raises(NotRaised, match=r"address: nothing listens on 0\.0\.0\.0 and port 8081 .*127\.0\.0\.1:8081"):
            set_backlogs(parameters(namespace=server.name, port=PORT + 1, address="0.0.0.0"))
        assert list(current(server).values()) == [64]


def test_no_namespace(server):
    with pytest.raises(InvalidOption, match="^network_namespace: 'no-such' is not allowed"):
        set_backlogs(parameters(namespace="no-such"))


def test_a_process_that_ended_is_passed_over_for_the_next(server):
    with lab.listener(server, "0.0.0.0", PORT, 64):
        steps = steps_to(server)
        listen_backlog.apply(steps, holders(steps, ended(), OURSELVES), lambda: current(server))
        assert list(current(server).values()) == [300]


def test_every_process_ended(server, group):
    steps = steps_to(server)
    for change in (listen_backlog.rehearse, lambda *given: listen_backlog.apply(*given, lambda: current(server))):
        with pytest.raises(NotRaised, match="none of the processes that held it .gone, pid [0-9]+. does any more; .*nothing was changed$"):
            change(steps, {**holders(steps, OURSELVES), steps[-1].socket.inode: [ended()]})
        assert set(current(server).values()) == {64}


def test_a_descriptor_that_became_another_socket(server, group, monkeypatch):
    """Between the look at /proc and the duplication: the other socket is left alone."""
    other = group[0]
    steps = [step for step in steps_to(server) if step.socket.inode == inode(group[1])]
    monkeypatch.setattr(descriptors, "descriptors_of", lambda _pid, _inode: [other.fileno()])
    before = os.listdir("/proc/self/fd")
    with pytest.raises(NotRaised, match="nothing was changed$"):
        listen_backlog.apply(steps, holders(steps, OURSELVES), lambda: current(server))
    assert set(current(server).values()) == {64}
    assert os.listdir("/proc/self/fd") == before, "no duplicate is left"


def test_a_socket_that_stopped_listening_is_not_made_to_listen_again(server):
    with lab.listener(server, "0.0.0.0", PORT, 64) as sock:
        steps = steps_to(server)
        sock.shutdown(socket.SHUT_RD)
        assert current(server) == {}
        with pytest.raises(NotRaised):
            listen_backlog.apply(steps, holders(steps, OURSELVES), lambda: current(server))
        assert current(server) == {}


def test_no_duplicate_outlives_the_change(server):
    with lab.listener(server, "0.0.0.0", PORT, 64):
        before = os.listdir("/proc/self/fd")
        set_backlogs(parameters(namespace=server.name))
        assert os.listdir("/proc/self/fd") == before
    assert current(server) == {}


# ---------------------------------------------------------------- some changed, one did not


def test_one_refusal_by_the_kernel_puts_the_others_back(server, group):
    first, second, third = steps_to(server)
    steps = [first, second._replace(after=200), third._replace(after=77)]

    def attempt():
        with pytest.raises(NotRaised) as caught:
            listen_backlog.apply(steps, holders(steps, OURSELVES), lambda: current(server))
        return str(caught.value)

    # Another process than the one that holds the sockets, and it may not call listen(77)
    text = lab.forked(lambda: seccomp.deny(seccomp.listen_number(), errno.EPERM, 77), attempt)
    assert text == (
        "0.0.0.0:8080: listen(77) failed: Operation not permitted; every listener was put back to the backlog that it had"
    )
    assert set(current(server).values()) == {64}


def test_a_backlog_that_did_not_take_puts_all_back(server, group):
    steps = steps_to(server)
    answers = [{**dict.fromkeys(map(inode, group), 300), inode(group[1]): 299}]
    seen = []

    def read_back():
        seen.append(current(server))
        return answers.pop() if answers else current(server)

    with pytest.raises(NotRaised, match=r"its backlog is 299 after listen\(300\); every listener was put back"):
        listen_backlog.apply(steps, holders(steps, OURSELVES), read_back)
    assert set(seen[0].values()) == {300}, "they had been changed"
    assert set(current(server).values()) == {64}


def test_what_cannot_be_put_back_is_said(server, group):
    """Latched before somaxconn was lowered: listen() does not bring that back."""
    server.sysctl("net.core.somaxconn", 50)
    steps = steps_to(server, 40)
    with pytest.raises(NotRaised, match="but these were put back: 0.0.0.0:8080 \\(before 64, now 50\\), 0.0.0.0:8080 \\(before"):
        listen_backlog.apply(steps, holders(steps, OURSELVES), iter_then({}, lambda: current(server)))


def test_backlogs_that_cannot_be_read_back(server, group):
    steps = steps_to(server)

    def refuse():
        raise PermissionError(errno.EPERM, "refused")

    with pytest.raises(NotRaised, match="cannot be read back: .*refused; .*before 64, now not readable"):
        listen_backlog.apply(steps, holders(steps, OURSELVES), refuse)
    assert set(current(server).values()) == {64}


def iter_then(first, rest):
    answers = [first]
    return lambda: answers.pop() if answers else rest()


# ---------------------------------------------------------------- privileges


def failure(params):
    try:
        set_backlogs(params)
    except (NotRaised, InvalidOption) as error:
        return str(error)
    return "it was changed"


@pytest.fixture
def of_root(server):
    """A listener of another process, which is root's."""
    code = "import socket, time; s = socket.socket(); s.bind(('0.0.0.0', %d)); s.listen(64); time.sleep(600)" % PORT
    with server.popen([sys.executable, "-c", code]) as process:
        try:
            assert lab.wait_for(lambda: list(current(server).values()) == [64])
            yield process.pid
        finally:
            process.kill()


def test_without_privilege(server, of_root):
    with server.enter():
        text = lab.unprivileged(failure, parameters())
    assert text.startswith("0.0.0.0:8080: no process is visible that holds its socket ")
    assert "root with CAP_SYS_PTRACE" in text and text.endswith("nothing was changed")
    assert list(current(server).values()) == [64]


def test_without_privilege_nothing_to_change_is_no_failure(server, of_root):
    with server.enter():
        result, warnings = lab.unprivileged(set_backlogs, parameters(64))
    assert not result["changed"]
    assert result["listeners"][0]["processes"] == []
    assert any("CAP_SYS_PTRACE" in warning for warning in warnings)


@pytest.mark.parametrize("hidden, told", [(("listener",), "1 other process could"), (("listener", "tests"), "2 other processes could")])
def test_the_warning_counts_whom_it_could_not_look_into(server, of_root, hidden, told):
    pids = {"listener": of_root, "tests": os.getpid()}
    with tempfile.TemporaryDirectory() as proc:
        os.chmod(proc, 0o755)
        for one in hidden:
            os.symlink("/proc/%d" % pids[one], os.path.join(proc, str(pids[one])))
        found, warnings = lab.unprivileged(processes.owners, set(current(server)), proc)
    assert not found
    assert [told in warning for warning in warnings] == [True]


def test_into_another_namespace_without_privilege(server, of_root):
    with pytest.raises(RuntimeError, match="network namespace .*: (entering it takes CAP_SYS_ADMIN|not permitted)"):
        lab.unprivileged(set_backlogs, parameters(namespace=server.name))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.ENOSYS, "pidfd_getfd(2) is missing, which needs Linux 5.6 or newer (here: %s) and no seccomp filter" % os.uname().release),
        (errno.EPERM, "Operation not permitted. It needs the right to trace the process: root with CAP_SYS_PTRACE"),
    ],
    ids=["ENOSYS", "EPERM"],
)
def test_under_a_seccomp_filter(server, group, code, expected):
    """The first is also what a kernel before 5.6 answers."""
    text = lab.forked(lambda: seccomp.deny(seccomp.PIDFD_GETFD, code), failure, parameters(namespace=server.name))
    assert expected in text
    assert text.endswith("; nothing was changed")
    assert set(current(server).values()) == {64}


def test_check_mode_fails_where_the_run_would(server, group):
    def rehearsal():
        with pytest.raises(NotRaised) as caught:
            set_backlogs(parameters(namespace=server.name), check_mode=True)
        return str(caught.value)

    def deny():
        seccomp.deny(seccomp.PIDFD_GETFD, errno.EPERM)

    # Each child holds the sockets as well, so it may be the process that is named.
    told, done = (
        re.sub(r"pid \d+", "pid N", text)
        for text in (lab.forked(deny, rehearsal), lab.forked(deny, failure, parameters(namespace=server.name)))
    )
    assert told == done
