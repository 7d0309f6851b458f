# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs commands beside each other: the same environment for both, in turn, and how long each took."""

from __future__ import annotations

import contextlib
import glob
import os
import resource
import subprocess
import sys
import tempfile
import time
from typing import Callable, Dict, Iterator, List, Sequence, Tuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.dirname(sys.executable)


def environment() -> Dict[str, str]:
    """What a user's shell has, with the collection and its peers to be found and byte code kept."""
    build = os.path.join(ROOT, ".build")
    collections = [os.path.join(ROOT, ".collections"), *glob.glob(os.path.join(sys.prefix, "lib", "python*", "site-packages"))]
    known = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    return dict(
        known,
        PATH=BIN + os.pathsep + os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
        PYTHONPYCACHEPREFIX=os.path.join(build, "cache", "pycache"),
        ANSIBLE_HOME=os.path.join(build, "ansible"),
        ANSIBLE_CONFIG=os.path.join(ROOT, "ansible.cfg"),
        ANSIBLE_COLLECTIONS_PATH=os.pathsep.join(collections),
        ANSIBLE_PYTHON_INTERPRETER=sys.executable,
        ANSIBLE_NOCOLOR="1",
    )


def ansible(*words: str) -> List[str]:
    """An ad-hoc command on this host."""
    return [os.path.join(BIN, "ansible"), "localhost", *words]


def run(argv: Sequence[str], **more: str) -> str:
    """Its output; it has to succeed."""
    done = subprocess.run(
        argv, env=dict(environment(), **more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, check=False
    )
    if done.returncode != 0:
        raise SystemExit("%s\n%s" % (" ".join(argv), done.stdout[-3000:]))
    return done.stdout


def seconds(argv: Sequence[str]) -> float:
    """How long a whole command takes."""
    begin = time.perf_counter()
    run(argv)
    return time.perf_counter() - begin


def cpu(argv: Sequence[str]) -> float:
    """Seconds of CPU that a command and all its children took here."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(argv)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def paired(rounds: int, *commands: Sequence[str], clock: Callable[[Sequence[str]], float] = seconds) -> List[List[float]]:
    """Of each command its times, all of them in turn after a first run that does not count."""
    for argv in commands:
        clock(argv)
    times: List[List[float]] = [[] for _command in commands]
    for _round in range(rounds):
        for argv, taken in zip(commands, times):
            taken.append(clock(argv))
    return times


@contextlib.contextmanager
def idle_host() -> Iterator[List[str]]:
    """What to put before a command so that it runs on a host that has nothing to do: an empty network namespace."""
    name = "bench-%d" % os.getpid()
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield ["ip", "netns", "exec", name]
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


@contextlib.contextmanager
def module_files(*asked: Tuple[str, str]) -> Iterator[List[str]]:
    """The file that Ansible sends for each module and its arguments, to be run by hand."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for number, (module, arguments) in enumerate(asked):
            place = os.path.join(folder, str(number))
            kept = {"ANSIBLE_REMOTE_TMP": place, "ANSIBLE_PIPELINING": "0", "ANSIBLE_KEEP_REMOTE_FILES": "1"}
            run(ansible("-m", module, *(["-a", arguments] if arguments else [])), **kept)
            found += glob.glob(os.path.join(place, "*", "AnsiballZ_*.py"))
        yield found
