# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host to change: a process of its own in new mount and network namespaces, with sysctl files of its own.

    @isolated
    def test_something() -> None:
        sandbox.write("/etc/sysctl.d/50-a.conf", "net.core.somaxconn = 128\n")

The body runs as root in a child process. Its /etc is an overlay, its /run and the directories of sysctl files are empty,
/proc/sys/net is that of its own network namespace. Nothing of it outlives the child, and nothing reaches the host.
"""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.places import DIRECTORIES
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sysctls import KEYS
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.change import Change, change
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.change_options import NAMES, SYSCTL_FILE, change_spec
from ansible_collections.linuxnet.tcp.tests.live.separate import mount, separate

#: Where the sysctl loaders of this machine are
LOADERS = {"systemd": ["/usr/lib/systemd/systemd-sysctl"], "procps": ["/usr/sbin/sysctl", "--system"]}
_SKIPPED = "skipped: "
LOCK = "/run/linuxnet-tcp.lock"


# ---------------------------------------------------------------- namespaces


def isolated(test: Callable[..., None]) -> Callable[..., None]:
    """Run the test's body in a child process with namespaces of its own; what it raises fails the test."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        if os.geteuid() != 0:
            pytest.skip("needs root: it makes mount and network namespaces")
        reader, writer = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            _child(writer, functools.partial(test, *arguments, **named))
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told = pipe.read().decode("utf-8", "replace")
        _pid, status = os.waitpid(pid, 0)
        if told.startswith(_SKIPPED):
            pytest.skip(told[len(_SKIPPED):])
        if told:
            pytest.fail(told, pytrace=False)
        assert status == 0, "the child ended with status %d" % status

    return run


def _child(writer: int, body: Callable[[], None]) -> None:
    """Never returns."""
    told = ""
    try:
        separate()
        body()
    except pytest.skip.Exception as reason:
        told = _SKIPPED + str(reason)
    except BaseException as error:
        told = _in_short(error) + "\n" + traceback.format_exc()[-60000:]
    try:
        sys.stdout.flush()
        os.write(writer, told.encode("utf-8", "replace"))
    finally:
        os._exit(0 if not told else 1)


def _in_short(error: BaseException) -> str:
    """One line, since pytest's summary shows the first one: what it says, and where."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    said = traceback.format_exception_only(type(error), error)[-1].splitlines()[0]
    return "%s (line %s of %s: %s)" % (said[:500], frame.lineno, os.path.basename(frame.filename), frame.line)


def in_child(body: Callable[[], None]) -> int:
    """Fork, run the body, and leave; the child's pid. Its status is 0 where the body returned."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            body()
            status = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)
    return pid


def ended(pid: int) -> int:
    """Wait for the child: its exit status, or the negative number of the signal that ended it."""
    _pid, status = os.waitpid(pid, 0)
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


# ---------------------------------------------------------------- files and settings, read and written another way


def write(path: str, content: str | bytes, mode: int = 0o644) -> None:
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    os.chmod(path, mode)


def read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def remove(path: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)


def set_sysctls(**values: int) -> None:
    for name, value in values.items():
        with open("/proc/sys/" + KEYS[name].path, "w", encoding="ascii") as file:
            file.write(str(value))


def sysctls(*names: str) -> dict[str, int]:
    values = {}
    for name in names or NAMES:
        with open("/proc/sys/" + KEYS[name].path, encoding="ascii") as file:
            values[name] = int(file.read())
    return values


def reboot(loader: str = "systemd", **start: int) -> dict[str, int]:
    """What the real sysctl loader makes of the files, from these values on; the run-time values are then as before."""
    if not os.path.exists(LOADERS[loader][0]):
        pytest.skip("needs %s, which is not installed" % LOADERS[loader][0])
    now = sysctls()
    set_sysctls(**dict(dict.fromkeys(NAMES, 77), **start))
    mount("-t", "tmpfs", "run", "/run")  # as at boot: empty
    try:
        subprocess.run(LOADERS[loader], capture_output=True, check=False, timeout=20)
        return sysctls()
    finally:
        subprocess.run(["umount", "/run"], check=True)
        set_sysctls(**now)


def snapshot() -> dict[str, Any]:
    """Everything that a change may touch: each file with its bytes and mode, and the run-time values."""
    files = {}
    for directory in (*DIRECTORIES, "/etc", "/run"):
        for entry in os.scandir(directory) if os.path.isdir(directory) else ():
            meant = directory != "/etc" or entry.name.startswith(("sysctl", ".linuxnet"))
            if meant and entry.is_file(follow_symlinks=False) and entry.path != LOCK:
                files[entry.path] = (read(entry.path), entry.stat().st_mode)
    return {"files": files, "sysctls": sysctls()}


@contextmanager
def unchanged() -> Iterator[None]:
    """What happens within changes nothing, on disk or in the kernel."""
    before = snapshot()
    yield
    assert snapshot() == before


# ---------------------------------------------------------------- the module's Python layer


def parameters(**given: Any) -> dict[str, Any]:
    """The parameters of the module as Ansible hands them over: defaults filled in."""
    defaults = {name: spec.get("default") for name, spec in change_spec().items()}
    assert set(given) <= set(defaults)
    return dict(defaults, **given)


def apply(check: bool = False, **given: Any) -> Change:
    return change(parameters(**given), check)


def ours() -> bytes | None:
    """The content of the default file."""
    return read(SYSCTL_FILE)
