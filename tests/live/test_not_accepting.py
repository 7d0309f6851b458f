# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why an application does not accept: real processes in each state, whose accept queue real clients have filled."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import standstill
from ansible_collections.linuxnet.tcp.tests.live import lab, serving
from ansible_collections.linuxnet.tcp.tests.live import not_accepting as worker
from ansible_collections.linuxnet.tcp.tests.live.children import child
from ansible_collections.linuxnet.tcp.tests.live.test_findings import gather, gathering_spec, parse_gathering_options


@contextlib.contextmanager
def waiting(net):
    """Clients want in, as many as it takes until the accept queue stays full."""
    with contextlib.ExitStack() as stack:
        for _round in range(50):
            stack.enter_context(lab.connect_many(net.client, net.server_v4, 80, worker.BACKLOG))
            if all(full(net.server, pause) for pause in (0.02, 0.1, 0.1)):
                break
        else:
            raise AssertionError("it accepts them all")
        yield


def full(namespace, pause):
    time.sleep(pause)
    return lab.accept_queue(namespace, 80) > worker.BACKLOG


def gathered(**options):
    """(the first finding, the facts, the warnings)"""
    params = {name: option.get("default") for name, option in gathering_spec().items()}
    params.update(kernel_log_source="none", gather_subset=["findings", "listeners"], ports=[80])
    params.update(options)
    facts, warnings = gather(parse_gathering_options(params))
    return facts["findings"][0], facts, warnings


def look(net, **options):
    """(the finding, the warnings) while its accept queue is full."""
    with waiting(net):
        found, facts, warnings = net.server.call(gathered, **options)
    assert (found["id"], found["severity"], found["subject"]) == ("accept-queue-overflow", "critical", "0.0.0.0:80")
    assert facts["listeners"][0]["accept_queue"]["why"] == found["evidence"]["why"]
    assert facts["listeners"][0]["remedy"] == found["remedy"]
    return found, warnings


def why(net, **named):
    found, warnings = look(net, **named)
    assert [one for one in warnings if "accept" in one or "descriptor" in one] == []
    return found["evidence"]["why"], found


def program(net, what, argument="-"):
    return child(net.server, "not_accepting", what, 80, argument)


def state_of(pid):
    return Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[0]


# ---------------------------------------------------------------- the process itself


def test_no_descriptor_is_left(net):
    with program(net, "descriptors") as process:
        told, found = why(net)
        limits = (worker.DESCRIPTORS, worker.DESCRIPTORS, 2 * worker.DESCRIPTORS)
        assert (told["cause"], told["open"], told["limit"], told["hard_limit"]) == ("descriptors", *limits)
        assert told["pid"] == process.pid
        command = "prlimit --pid %d --nofile=%d:%d" % (process.pid, limits[2], limits[2])
        assert "`%s`" % command in found["remedy"] and "EMFILE" in found["summary"]
        subprocess.run(shlex.split(command), check=True)
        with lab.connect_many(net.client, net.server_v4, 80, 20) as clients:  # the remedy holds what it promises
            assert lab.completed(clients, 2) == 20


def test_it_is_stopped(net):
    with serving.application(net.server, 80, worker.BACKLOG, accepts=False) as app:
        told, found = why(net)
        assert (told["cause"], told["frozen"], told["state"], told["pid"]) == ("stopped", False, "T", app.pid)
        command = re.search("`(kill -CONT [0-9]+)`", found["remedy"]).group(1)
        subprocess.run(shlex.split(command), check=True)
        with lab.connect_many(net.client, net.server_v4, 80, 20) as clients:
            assert lab.completed(clients, 2) == 20


def test_it_is_traced(net):
    """PTRACE_SEIZE and PTRACE_INTERRUPT, which is how strace stops a process."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    with program(net, "asleep") as process:
        if libc.ptrace(0x4206, process.pid, None, None) != 0:
            pytest.skip("ptrace: " + os.strerror(ctypes.get_errno()))
        try:
            assert libc.ptrace(0x4207, process.pid, None, None) == 0
            lab.wait_for(lambda: state_of(process.pid) == "t")
            os.waitpid(process.pid, 0x40000000)
            told, found = why(net)
        finally:
            libc.ptrace(17, process.pid, None, None)
    assert (told["cause"], told["state"], told["tracer"]) == ("stopped", "t", os.getpid())
    assert "`ps -o pid,args -p %d`" % os.getpid() in found["remedy"]


def test_it_is_blocked_in_the_kernel(net, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with program(net, "blocked", fifo) as process:
        try:
            lab.wait_for(lambda: state_of(process.pid) == "D")
            told, found = why(net)
        finally:
            os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))  # the child goes on
        assert (told["cause"], told["state"], told["pid"], told["processes"]) == ("blocked", "D", process.pid, 2)
        assert told["wchan"] is None or told["wchan"] in found["summary"]
        assert "`cat /proc/%d/task/%d/stack`" % (process.pid, process.pid) in found["remedy"]


@pytest.mark.parametrize("count", [1, 2])
def test_every_thread_is_busy(net, count):
    with program(net, "busy", count) as process:
        told, found = why(net)
    assert (told["cause"], told["threads"], told.get("busy_threads")) == ("busy", count, count), told
    assert (told["every_thread"], told["pid"]) == (True, process.pid)
    assert ("only thread" if count == 1 else "All of its 2 threads") in found["summary"]


def test_a_single_thread_is_busy(net):
    with program(net, "one_busy", 5) as process:
        told, found = why(net)
        assert told["tid"] in {int(name) for name in os.listdir("/proc/%d/task" % process.pid)} - {process.pid}
    assert (told["cause"], told["threads"], told["busy_threads"]) == ("busy", 5, 1)
    assert told["every_thread"] is False
    assert "1 of its 5 threads is busy" in found["summary"]


def test_the_busy_worker_of_a_sleeping_master(net):
    with program(net, "prefork", 1) as process:
        told, _found = why(net)
    assert (told["cause"], told["processes"]) == ("busy", 2)
    assert told["pid"] != process.pid


def test_one_busy_worker_of_many_explains_nothing(net):
    with program(net, "prefork", 5):
        told, _found = why(net)
    assert (told["cause"], told["processes"]) == ("unknown", 6)


def test_it_sleeps_and_nobody_knows_why(net):
    with program(net, "asleep") as process:
        told, found = why(net)
    assert (told["cause"], told["state"], told["pid"], told["threads"]) == ("unknown", "S", process.pid, 1)
    assert found["remedy"].startswith("See what it is busy with: `ss -tlnp")


def test_nothing_is_read_where_no_accept_queue_is_full(net, monkeypatch):
    monkeypatch.setattr(standstill, "look", None)
    with program(net, "asleep"), lab.connect_many(net.client, net.server_v4, 80, worker.BACKLOG) as clients:
        assert lab.completed(clients, 5) == worker.BACKLOG
        assert lab.wait_for(lambda: lab.accept_queue(net.server, 80) == worker.BACKLOG)
        _finding, facts, _warnings = net.server.call(gathered)
    assert facts["listeners"][0]["accept_queue"] == {"used": worker.BACKLOG, "limit": worker.BACKLOG + 1}


# ---------------------------------------------------------------- control groups


@contextlib.contextmanager
def group(hierarchy, *names):
    """A group for each name, one within the other; gone in the end, when nobody is in it any more."""
    top = Path(hierarchy) / ("lab-%d" % os.getpid())
    paths = [top.joinpath(*names[:count]) for count in range(len(names) + 1)]
    try:
        for path in paths:
            path.mkdir()
    except OSError as error:
        pytest.skip("control groups cannot be made here: %s" % error)
    try:
        yield paths
    finally:
        for path in reversed(paths):
            lab.wait_for(lambda path=path: not (path / "cgroup.procs").read_text())
            path.rmdir()


def mounted(kind, controller=None):
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _device, directory, found, options = line.split()[:4]
        if found == kind and (controller is None or controller in options.split(",")):
            return directory
    pytest.skip("no hierarchy %s %s is mounted" % (kind, controller or ""))


def write(path, text):
    try:
        path.write_text(text)
    except OSError as error:
        pytest.skip("%s cannot be written: %s" % (path, error))


@pytest.mark.parametrize("of_parent", [False, True])
@pytest.mark.parametrize("version", [1, 2])
def test_its_cgroup_is_throttled(net, version, of_parent):
    hierarchy = mounted("cgroup", "cpu") if version == 1 else mounted("cgroup2")
    if version == 2 and "cpu" not in (Path(hierarchy) / "cgroup.controllers").read_text().split():
        pytest.skip("the cpu controller is not in the hierarchy of version 2")
    with group(hierarchy, "a group") as (outer, inner):
        if version == 2:
            write(Path(hierarchy) / "cgroup.subtree_control", "+cpu")
            write(outer / "cgroup.subtree_control", "+cpu")
        limited = outer if of_parent else inner
        if version == 1:
            write(limited / "cpu.cfs_quota_us", "10000")
        else:
            write(limited / "cpu.max", "10000 100000")
        with program(net, "busy", 1) as process:
            write(inner / "cgroup.procs", str(process.pid))
            told, found = why(net)
    assert (told["cause"], told["cgroup"], told["cgroup_version"]) == ("throttled", str(limited), version)
    assert (told["quota_us"], told["period_us"], told["pid"]) == (10000, 100000, process.pid)
    assert 1 <= told["periods_throttled"] <= told["periods"]
    wanted = "echo 20000 > %s/cpu.cfs_quota_us" if version == 1 else "echo '20000 100000' > %s/cpu.max"
    shown = re.search("`(echo [^`]*)`", found["remedy"]).group(1)
    assert shown.replace("'/", "/").rstrip("'") == wanted % limited


@pytest.mark.parametrize("of_parent", [False, True])
@pytest.mark.parametrize("version", [1, 2])
def test_its_cgroup_is_frozen(net, version, of_parent):
    hierarchy = mounted("cgroup", "freezer") if version == 1 else mounted("cgroup2")
    with group(hierarchy, "a group") as (outer, inner), contextlib.ExitStack() as stack:
        frozen = outer if of_parent else inner
        name, on, off = ("freezer.state", "FROZEN", "THAWED") if version == 1 else ("cgroup.freeze", "1", "0")
        switch = frozen / name
        if not switch.exists():
            pytest.skip("this kernel has no %s" % switch.name)
        app = stack.enter_context(serving.application(net.server, 80, worker.BACKLOG))
        write(inner / "cgroup.procs", str(app.pid))
        stack.callback(switch.write_text, off)
        write(switch, on)
        shows, word = (switch, "FROZEN") if version == 1 else (frozen / "cgroup.events", "frozen 1")
        assert lab.wait_for(lambda: word in shows.read_text())  # the kernel freezes a moment later
        told, found = why(net)
        assert (told["cause"], told["frozen"], told["pid"]) == ("stopped", True, app.pid)
        assert (told["cgroup"], told["cgroup_version"]) == (str(frozen), version)
        command = re.search("`(echo [^`]*)`", found["remedy"]).group(1)
        subprocess.run(["sh", "-c", command], check=True)
        with lab.connect_many(net.client, net.server_v4, 80, 20) as clients:
            assert lab.completed(clients, 2) == 20


# ---------------------------------------------------------------- what cannot be read


def test_a_process_that_is_gone():
    process = subprocess.Popen(["true"])
    process.wait()
    seen, warnings = standstill.look([process.pid])
    assert seen == {}
    assert warnings == ["pid %d: why it does not accept could not be read: No such file or directory" % process.pid]


def test_a_process_that_goes_meanwhile():
    with subprocess.Popen(["sleep", "60"]) as process:

        def end(_seconds):
            process.send_signal(signal.SIGKILL)
            process.wait()

        seen, warnings = standstill.look([process.pid], sleep=end)
    assert seen == {}
    assert len(warnings) == 1


def test_without_privilege_the_cause_is_unknown(net):
    with program(net, "descriptors"), waiting(net):
        found, _facts, warnings = net.server.call(lab.unprivileged, gathered)
    told = found["evidence"]["why"]
    assert told == {
        "cause": "unknown", "pid": None, "pids": [], "processes": 0, "tid": None, "thread": None, "state": None, "wchan": None,
        "threads": None,
    }  # fmt: skip
    assert any("why it does not accept is not known" in one for one in warnings)


def test_descriptors_that_may_not_be_counted_are_null_and_warned_of(root, monkeypatch):
    monkeypatch.setattr(standstill, "_size", lambda _directory: 0)  # which Linux 6.2 tells everybody
    seen, warnings = lab.unprivileged(standstill.look, [1])
    assert (seen[1].open, seen[1].threads[0].tid) == (None, 1)
    assert warnings == ["pid 1: its open descriptors could not be counted"]


def test_a_hostile_name_stays_harmless(net):
    with program(net, "hostile_name"):
        told, _found = why(net)
    assert (told["cause"], told["thread"]) == ("unknown", r"a) D { { 1 }}\x1b\n")
