# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
import sys

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._read.processes import owners


def make(
    proc: pathlib.Path,
    pid: int,
    *inodes: int,
    comm: bytes = b"app\n",
    cmdline: bytes = b"/usr/bin/app\0-d\0",
    cgroup: str = "0::/system.slice/app.service\n",
    exe: str = "/usr/bin/app",
) -> pathlib.Path:
    directory = proc / str(pid)
    (directory / "fd").mkdir(parents=True)
    for number, inode in enumerate(inodes):
        (directory / "fd" / str(number)).symlink_to("socket:[%d]" % inode)
    (directory / "fd" / "90").symlink_to("/dev/null")
    (directory / "fd" / "91").symlink_to("pipe:[7]")
    (directory / "comm").write_bytes(comm)
    (directory / "cmdline").write_bytes(cmdline)
    (directory / "cgroup").write_text(cgroup)
    (directory / "exe").symlink_to(exe)
    return directory


def test_our_own_listener() -> None:
    with socket.socket() as listener:
        listener.listen(1)
        inode = os.fstat(listener.fileno()).st_ino
        found, _warnings = owners({inode, 1})
    mine = [process for process in found[inode] if process.pid == os.getpid()]
    assert len(mine) == 1
    assert mine[0].runtime == "python"
    assert mine[0].argv
    assert set(found) == {inode}


def test_a_process_that_inherited_it_holds_it_too() -> None:
    with socket.socket() as listener:
        listener.listen(1)
        listener.set_inheritable(True)
        inode = os.fstat(listener.fileno()).st_ino
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; print(1, flush=True); sys.stdin.read()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False,
        )
        assert child.stdin and child.stdout
        try:
            child.stdout.readline()
            found, _warnings = owners([inode])
        finally:
            child.communicate()
    assert {os.getpid(), child.pid} <= {process.pid for process in found[inode]}
    assert [process.pid for process in found[inode]] == sorted(process.pid for process in found[inode])


def test_one_walk_tells_all(tmp_path: pathlib.Path) -> None:
    make(tmp_path, 30, 1001, 1001, 1002)
    make(tmp_path, 4, 1001, 5555)
    make(tmp_path, 7, 5555)
    (tmp_path / "self").mkdir()
    found, warnings = owners({1001, 1002, 1003}, str(tmp_path))
    assert {inode: [process.pid for process in held] for inode, held in found.items()} == {1001: [4, 30], 1002: [30]}
    assert warnings == ()
    process = found[1002][0]
    assert (process.name, process.argv, process.unit) == ("app", ("/usr/bin/app", "-d"), "app.service")


def test_a_units_user(tmp_path: pathlib.Path) -> None:
    make(tmp_path, 5, 9, cgroup="0::/user.slice/user-7.slice/user@7.service/app.slice/web.service\n")
    process = owners({9}, str(tmp_path))[0][9][0]
    assert (process.unit, process.unit_user) == ("web.service", 7)


def test_hostile_names_come_out_printable(tmp_path: pathlib.Path) -> None:
    make(tmp_path, 5, 9, comm=b"a\nb\x1b[31m{{x\n", cmdline=b"{{ lookup('pipe') }}\0\xff\x00\n\0", cgroup="0::/\n")
    process = owners({9}, str(tmp_path))[0][9][0]
    assert process.name == "a\\nb\\x1b[31m{ {x"
    assert process.argv == ("{ { lookup('pipe') }}", "\ufffd", "\\n")
    assert process.unit is None


def test_a_very_long_command_line_is_cut(tmp_path: pathlib.Path) -> None:
    make(tmp_path, 5, 9, cmdline=b"x" * 300000 + b"\0")
    (argument,) = owners({9}, str(tmp_path))[0][9][0].argv
    assert len(argument) == 1024


def test_a_process_that_ends_meanwhile_is_none(tmp_path: pathlib.Path) -> None:
    directory = make(tmp_path, 5, 9)
    (directory / "comm").unlink()
    (tmp_path / "6").mkdir()
    assert owners({9}, str(tmp_path)) == ({}, ())


def test_a_process_without_command_line_and_control_group(tmp_path: pathlib.Path) -> None:
    directory = make(tmp_path, 5, 9)
    (directory / "cmdline").unlink()
    (directory / "cgroup").unlink()
    (directory / "exe").unlink()
    process = owners({9}, str(tmp_path))[0][9][0]
    assert (process.argv, process.unit, process.runtime) == ((), None, None)


def test_nothing_asked_nothing_walked(tmp_path: pathlib.Path) -> None:
    assert owners(set(), str(tmp_path / "absent")) == ({}, ())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every process")
def test_closed_processes_are_counted_in_one_warning(tmp_path: pathlib.Path) -> None:
    for pid in (5, 6):
        (make(tmp_path, pid, 9) / "fd").chmod(0)
    kernel_thread = make(tmp_path, 7, cmdline=b"")
    (kernel_thread / "fd").chmod(0)
    try:
        found, warnings = owners({9}, str(tmp_path))
    finally:
        for pid in (5, 6, 7):
            (tmp_path / str(pid) / "fd").chmod(0o700)
    assert found == {}
    assert len(warnings) == 1
    assert "2 other processes" in warnings[0]
