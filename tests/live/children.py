# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes that a test lets run beside itself, inside a namespace of the lab: started, awaited, ended by their id."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import IO, cast

from ansible_collections.linuxnet.tcp.tests.live import lab

_READY = b"ready\n"
_PR_SET_PDEATHSIG = 1
_LONGEST_START = 20.0  # seconds


@contextlib.contextmanager
def child(namespace: lab.Netns | None, module: str, *arguments: object) -> Iterator[subprocess.Popen]:
    """A module of tests/live as a process of its own, so that this one's interpreter lock slows nobody.

    Entered once the process has called `ready()`; ended by SIGTERM when the `with` ends, and by
    the kernel should this process die first.
    """
    argv = [sys.executable, "-m", "%s.%s" % (__package__, module), *(str(argument) for argument in arguments)]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    with namespace.enter() if namespace else contextlib.nullcontext():
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    with process:
        try:
            _await(process)
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()


def _await(process: subprocess.Popen) -> None:
    output = cast(IO[bytes], process.stdout)
    if not select.select([output], [], [], _LONGEST_START)[0] or output.readline() != _READY:
        raise AssertionError("%s did not become ready" % process.args)


def ready() -> None:
    """Said by the child when it does what it is for."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    sys.stdout.buffer.write(_READY)
    sys.stdout.flush()
