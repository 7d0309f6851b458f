# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of `ansible` and `ansible-playbook` that need not import Ansible, which is half of a short run.

A keeper process notes with which environment and in which directory programs are run. Where both are met for the second
time, it starts a Python with them that imports Ansible and from there on forks for each run. The fork goes into the
namespaces of whoever asked, and runs the program's own file. So what runs is what a user runs, and all that Ansible reads
while it is imported (its settings, the environment) is read from the same place.

The plain program is run for the first of a kind, for whoever is another user than the tests began as, has fewer
privileges, other limits or other namespaces than of network and mounts, and always where ANSIBLE_PRESTARTED is 0. What
starts, ends or measures the program itself takes subprocess, not this.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

_MOST = 1 << 18  # bytes of a request: an environment, and the words of a command
_PR_SET_PDEATHSIG = 1
_ENTERED = {"net": 0x40000000, "mnt": 0x00020000}  # namespaces that a run is moved into, and their flags of setns(2)
_UNSHARE = _ENTERED["mnt"]
_PLAIN = b"{}"  # the keeper's answer where a plain program is to be run


# ---------------------------------------------------------------- whoever wants a program run


class _Keeper:
    """The keeper process, and the circumstances in which it was started."""

    def __init__(self) -> None:
        self.door, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            argv = [sys.executable, "-I", __file__, "keep", str(other.fileno())]
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, pass_fds=[other.fileno()])
        self.circumstances = _circumstances()

    def end(self) -> None:
        self.door.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_keeper: _Keeper | None = None


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Within this, `run` may run programs that need no start."""
    global _keeper
    if os.geteuid() == 0 and os.environ.get("ANSIBLE_PRESTARTED") != "0":  # others may not enter a namespace
        _keeper = _Keeper()
    try:
        yield
    finally:
        if _keeper is not None:
            _keeper.end()
        _keeper = None


def _circumstances() -> dict[str, str]:
    """What a process inherits from its parent beside what `run` hands over."""
    with open("/proc/thread-self/status", encoding="ascii", errors="replace") as lines:
        status = dict(line.rstrip().partition(":\t")[::2] for line in lines)
    names = "Umask Uid Gid Groups SigBlk SigIgn CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Cpus_allowed Mems_allowed"
    found = {name: status.get(name, "") for name in names.split()}
    for name in ("limits", "cgroup", "oom_score_adj"):
        with open("/proc/thread-self/" + name, encoding="ascii") as file:
            found[name] = file.read()
    for name in set(os.listdir("/proc/thread-self/ns")) - set(_ENTERED):
        found[name] = os.readlink("/proc/thread-self/ns/" + name)
    found["root"] = os.readlink("/proc/thread-self/root")
    return found


def run(argv: list[str], prepare: str = "", **named: Any) -> subprocess.CompletedProcess:
    """subprocess.run(…, capture_output=True, text=True, check=False) of a program of Ansible's.

    :param prepare: shell commands that run before it, in mount namespaces of its own.
    :param named: cwd, env and timeout.
    """
    done = _asked(argv, prepare, **named) if _keeper and _circumstances() == _keeper.circumstances else None
    if done is not None:
        return done
    words = ["unshare", "--mount", "sh", "-ec", prepare + '\nexec "$@"', "sh", *argv] if prepare else argv
    return subprocess.run(words, capture_output=True, text=True, check=False, **named)


def _asked(argv: list[str], prepare: str, cwd: Any, env: dict[str, str], timeout: float) -> subprocess.CompletedProcess | None:
    """What came of it; None where it has to be run as a plain program."""
    assert _keeper is not None
    with contextlib.ExitStack() as stack:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.enter_context(ours)
        output = [stack.enter_context(open(os.memfd_create(name), "w+b")) for name in ("stdout", "stderr")]
        spaces = [stack.enter_context(open("/proc/thread-self/ns/" + name, "rb")) for name in _ENTERED]
        request = json.dumps({"argv": argv, "prepare": prepare, "cwd": str(cwd), "env": env}).encode()
        with theirs:
            handed = [theirs.fileno(), *(file.fileno() for file in (*output, *spaces))]
            try:
                _send(_keeper.door, request, handed)
            except OSError:
                return None
        try:
            answer, fds = _received(ours, timeout)
            if not fds:  # the keeper's word, or nothing from a process that ended before it forked
                return None
            (pidfd,) = fds
            try:
                answer, _none = _received(ours, timeout)
            except BaseException:
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                raise
            finally:
                os.close(pidfd)
        except TimeoutError:
            raise subprocess.TimeoutExpired(argv, timeout) from None
        if answer is None:
            raise AssertionError("nobody told how this ended: %s" % argv)
        told = []
        for file in output:
            file.seek(0)
            told.append(io.TextIOWrapper(file).read())
        return subprocess.CompletedProcess(argv, answer["status"], *told)


# ---------------------------------------------------------------- messages with descriptors


def _send(door: socket.socket, message: bytes, fds: list[int]) -> None:
    door.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])


def _receive(door: socket.socket) -> tuple[bytes, list[int]]:
    message, ancillary, _flags, _address = door.recvmsg(_MOST, socket.CMSG_SPACE(8 * 4), socket.MSG_CMSG_CLOEXEC)
    fds = array.array("i")
    for _level, _kind, data in ancillary:
        fds.frombytes(data)
    return message, list(fds)


def _received(door: socket.socket, timeout: float) -> tuple[Any, list[int]]:
    """An answer, None where whoever had to give it is gone."""
    door.settimeout(timeout)
    message, fds = _receive(door)
    return json.loads(message) if message else None, fds


# ---------------------------------------------------------------- the keeper


def _keep(door: socket.socket) -> None:
    """Hand each request to the process that imported Ansible with this environment in this directory."""
    met: set[str] = set()
    doors: dict[str, socket.socket] = {}
    processes = []
    while True:
        message, fds = _receive(door)
        if not message:
            break
        request = json.loads(message)
        kind = json.dumps([request["cwd"], request["env"], os.path.dirname(request["argv"][0])], sort_keys=True)
        handed = False
        if kind in met:
            with contextlib.suppress(OSError):  # it ended by itself, or the directory is none of ours
                if kind not in doors:
                    process, doors[kind] = _started(request)
                    processes.append(process)
                _send(doors[kind], message, fds)
                handed = True
        met.add(kind)
        if not handed:
            with socket.socket(fileno=os.dup(fds[0])) as reply, contextlib.suppress(OSError):
                _send(reply, _PLAIN, [])
        for fd in fds:
            os.close(fd)
    for other in doors.values():
        other.close()
    for process in processes:
        process.wait()


def _started(request: dict[str, Any]) -> tuple[subprocess.Popen, socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        argv = [sys.executable, __file__, "serve", str(theirs.fileno()), os.path.dirname(request["argv"][0])]
        with open(os.memfd_create("told"), "wb") as told:
            process = subprocess.Popen(
                argv, cwd=request["cwd"], env=request["env"], stdin=subprocess.DEVNULL, stdout=told, stderr=told, pass_fds=[theirs.fileno()]
            )
    return process, ours


# ---------------------------------------------------------------- the process that forks


def _serve(door: socket.socket) -> list[str] | None:
    """Fork for each request; in the fork, return the words of the program to run. None where nobody can ask any more."""
    running: dict[int, tuple[int, socket.socket]] = {}
    poller = select.poll()
    poller.register(door, select.POLLIN)
    while True:
        for fd, _events in poller.poll():
            if fd != door.fileno():
                poller.unregister(fd)
                pid, reply = running.pop(fd)
                _pid, status = os.waitpid(pid, 0)
                os.close(fd)
                with reply, contextlib.suppress(OSError):
                    _send(reply, json.dumps({"status": os.waitstatus_to_exitcode(status)}).encode(), [])
                continue
            message, fds = _receive(door)
            if not message:
                return None
            if _nobody_waits(fds[0]):
                for other in fds:
                    os.close(other)
                continue
            pid = os.fork()
            if pid == 0:
                door.close()
                for other_pidfd, (_other, other_reply) in running.items():
                    os.close(other_pidfd)
                    other_reply.close()
                return _become(json.loads(message), *fds)
            reply, *others = fds
            for other in others:
                os.close(other)
            pidfd = os.pidfd_open(pid)
            running[pidfd] = pid, socket.socket(fileno=reply)
            poller.register(pidfd, select.POLLIN)
            try:
                _send(running[pidfd][1], b"{}", [pidfd])
            except OSError:
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def _nobody_waits(reply: int) -> bool:
    """Whether whoever asked has given up, or is dead."""
    poller = select.poll()
    poller.register(reply, 0)
    return bool(poller.poll(0))


def _become(request: dict[str, Any], reply: int, stdout: int, stderr: int, *spaces: int) -> list[str]:
    """The calling process as whoever asked would have started it."""
    os.close(reply)
    for fd, number in ((stdout, 1), (stderr, 2)):
        os.dup2(fd, number)
        os.close(fd)
    libc = ctypes.CDLL(None, use_errno=True)
    for fd, flag in zip(spaces, _ENTERED.values()):
        if libc.setns(fd, flag) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)
    if request["prepare"]:
        if libc.unshare(_UNSHARE) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        subprocess.run(["sh", "-ec", request["prepare"]], check=True)
    os.chdir(request["cwd"])
    return request["argv"]


#: What `ansible` and `ansible-playbook` import at their start, and what every run of theirs imports later. No plugin is
#: among it, only what plugins are made of
_IMPORTED = (
    "cli.adhoc", "cli.playbook", "executor.process.worker", "executor.task_executor", "parsing.yaml.dumper",
    "playbook.handler_task_include", "playbook.role_include", "plugins.action", "plugins.become", "plugins.cache", "plugins.connection",
    "plugins.inventory", "plugins.shell", "plugins.strategy", "plugins.vars", "utils.encrypt",
)  # fmt: skip


def _import_ansible() -> None:
    """Import what every run needs; end where that is seen from outside."""
    for name in _IMPORTED:
        importlib.import_module("ansible." + name)
    from ansible import constants

    if os.fstat(1).st_size or constants.DEFAULT_LOG_PATH or threading.active_count() > 1:
        sys.exit("what it said, its log or its threads would be missing in a fork")


def _begin_anew() -> None:
    """Do once more what Ansible does at import for one process alone: its temporary directory, its way to write.

    Modules as they travel to a target are built once for all forks, as Ansible builds them once for all hosts of a run.
    """
    import atexit

    from ansible import constants
    from ansible.config import manager
    from ansible.utils import display

    atexit.unregister(manager.cleanup_tmp_file)
    built = os.path.join(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache")
    place = constants.config.get_config_value("DEFAULT_LOCAL_TMP", variables=vars(constants))
    constants.set_constant("DEFAULT_LOCAL_TMP", place)
    own = os.path.join(place, "ansiballz_cache")
    _link_all(built, own)
    atexit.register(_link_all, own, built)  # before the directory is removed
    for stream in (sys.stdout, sys.stderr):
        display._synchronize_textiowrapper(stream, display.Display()._lock)


def _link_all(source: str, target: str) -> None:
    """Have each module that was built in one directory in the other one, too."""
    for folder in (source, target):
        os.makedirs(folder, exist_ok=True)
    for name in os.listdir(source):
        if not name.endswith((".lock", "-part")):
            with contextlib.suppress(FileExistsError):
                os.link(os.path.join(source, name), os.path.join(target, name))


def main(part: str, fd: str, *programs: str) -> None:
    # A terminal sends it to us, too. To ignore it would pass on to what is started; where it is ignored already, it shall
    interrupted = signal.getsignal(signal.SIGINT)
    if interrupted != signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    door = socket.socket(fileno=int(fd))
    os.set_inheritable(door.fileno(), False)
    if part == "keep":
        _keep(door)
        return
    sys.path[0] = programs[0]
    _import_ansible()
    gc.collect()
    gc.freeze()
    argv = _serve(door)
    if argv is not None:
        signal.signal(signal.SIGINT, interrupted)
        _begin_anew()
        sys.argv = argv
        runpy.run_path(argv[0], run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
