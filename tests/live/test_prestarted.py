# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run finds around itself that need not import Ansible: all that the plain program finds, and its end is told alike."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab, prestarted, sandbox
from ansible_collections.linuxnet.tcp.tests.live.commands import BOOTS, ROOT, command, environment
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

SHOWN = """
cd /proc/$PPID; cat cmdline | tr '\\0' ' '; echo; readlink ns/net ns/mnt cwd root; tr '\\0' '\\n' < environ | sort
grep -E '^(Umask|Uid|Gid|Groups|Sig[BIC]|Cap|Seccomp:|NoNew|Cpus_allowed:)' status; cat limits cgroup oom_score_adj; ls -d /run/systemd/system 2>&1; true
"""


@pytest.fixture(autouse=True)
def _kept(root):
    if os.environ.get("ANSIBLE_PRESTARTED") == "0":
        pytest.skip("every run is to be a plain program")


def run(shell: str, prepare: str = "", more: str = "", **named) -> subprocess.CompletedProcess:
    """A playbook that prints what this shell command prints in a worker of Ansible's."""
    tasks = [{"debug": {"msg": "{{ lookup('pipe', shell) }}"}}, *([json.loads(more)] if more else [])]
    playbook = [{"hosts": "localhost", "gather_facts": False, "vars": {"shell": shell}, "tasks": tasks}]
    path = Path("/dev/shm/prestarted-%d.yml" % os.getpid())
    path.write_text(json.dumps(playbook), "utf-8")
    try:
        argv = [command("ansible-playbook"), "-i", "localhost,", "-c", "local", str(path)]
        return prestarted.run(argv, prepare, **{"cwd": ROOT, "env": environment(TOLD="a b"), "timeout": 120, **named})
    finally:
        path.unlink()


def told(done: subprocess.CompletedProcess) -> list[str]:
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = (line for line in done.stdout.splitlines() if '"msg": ' in line)
    return json.loads("{%s}" % line)["msg"].splitlines()


def test_a_run_finds_around_itself_what_the_plain_program_finds(netns, monkeypatch):
    """But that its words on the command line are others."""
    for prepare in ("", BOOTS):
        with netns.enter():
            run("true")  # the first of its kind, or the second
            ours, theirs = told(run(SHOWN, prepare)), None
            with monkeypatch.context() as patched:
                patched.setattr(prestarted, "_keeper", None)
                theirs = told(run(SHOWN, prepare))
        assert "prestarted.py serve" in ours[0] and "prestarted.py" not in theirs[0]
        mounts = [line for line in (*ours, *theirs) if line.startswith("mnt:")]
        assert (os.readlink("/proc/self/ns/mnt") in mounts) == (not prepare)
        drop = {*(mounts if prepare else ()), ours[0], theirs[0], *(line for line in theirs if line.startswith(("PWD=", "OLDPWD=", "_=")))}
        assert [line for line in ours if line not in drop] == [line for line in theirs if line not in drop]
        assert "TOLD=a b" in ours and os.readlink("/proc/self/ns/net") not in ours


@isolated
def test_a_run_finds_the_files_of_a_host_that_is_to_be_changed():
    sandbox.write("/etc/only-here", "yes\n")
    for _number in range(2):
        first, words = told(run("cat /etc/only-here; tr '\\0' ' ' < /proc/$PPID/cmdline"))
        assert first == "yes"
    assert "prestarted.py serve" in words


def test_its_end_is_told(root):
    failing = json.dumps({"command": "false"})
    assert [run("true", more=failing).returncode for _number in range(2)] == [2, 2]
    killed = run("kill -9 $(ps -o ppid= $PPID)")
    assert killed.returncode == -9


def test_what_takes_too_long_is_killed(tmp_path):
    run("true")
    told = tmp_path / "pids"
    for timeout in (2, 10, 50):  # on a busy machine it may not have come so far
        with pytest.raises(subprocess.TimeoutExpired):
            run("echo $(ps -o ppid= $PPID) $$ > %s; exec sleep 100" % told, timeout=timeout)
        if told.exists():
            break
    pid, shell = told.read_text().split()
    os.kill(int(shell), signal.SIGTERM)
    assert lab.wait_for(lambda: not at_work(pid))


def test_whoever_has_fewer_privileges_gets_the_plain_program(root):
    def own_limits() -> None:
        os.umask(0o027)

    asked = "umask; tr '\\0' ' ' < /proc/$PPID/cmdline"
    run("true")
    assert "prestarted.py serve" in told(run(asked))[1]
    umask, words = told(lab.forked(own_limits, run, asked))
    assert umask == "0027" and "prestarted.py" not in words


def test_nothing_of_it_outlives_the_tests(tmp_path):
    """Also where these are killed."""
    script = """
import os, sys, time
from ansible_collections.linuxnet.tcp.tests.live import commands, prestarted
with prestarted.kept():
    for number in range(2):
        commands.run_module("ansible.builtin.ping")
    children = lambda pid: open("/proc/%d/task/%d/children" % (pid, pid)).read().split()
    (keeper,) = children(os.getpid())
    print(keeper, *children(int(keeper)), flush=True)
    os.kill(os.getpid(), 9)
"""
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path), ANSIBLE_HOME=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False)
    pids = done.stdout.split()
    assert done.returncode == -9 and len(pids) == 2, done.stderr
    assert lab.wait_for(lambda: not any(map(at_work, pids)), 20)


def at_work(pid: str) -> bool:
    try:
        return "prestarted.py" in Path("/proc/%s/cmdline" % pid).read_text()
    except OSError:
        return False
