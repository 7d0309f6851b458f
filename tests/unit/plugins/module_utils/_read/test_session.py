# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Optional

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import session

CONNECTION = "SSH_CONNECTION=192.0.2.10 50022 192.0.2.1 22"


def process(proc: Path, pid: int, parent: int, *environment: str, name: str = "sh") -> None:
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "stat").write_text("%d (%s) S %d %d 0 0" % (pid, name, parent, pid))
    (folder / "environ").write_bytes(b"".join(one.encode("utf-8", "surrogateescape") + b"\0" for one in environment))


def test_it_is_found_above_a_sudo_that_dropped_it(tmp_path: Path) -> None:
    process(tmp_path, 1, 0)
    process(tmp_path, 20, 1, CONNECTION, "HOME=/root")
    process(tmp_path, 30, 20, "SUDO_USER=me", name="sudo) S 7 (x")
    process(tmp_path, 40, 30, "SUDO_USER=me")
    assert session.controller(40, str(tmp_path)) == "192.0.2.10"
    assert session.controller(1, str(tmp_path)) is None


def test_an_environment_that_may_not_be_read_is_passed_over(tmp_path: Path) -> None:
    process(tmp_path, 20, 1, CONNECTION)
    process(tmp_path, 30, 20)
    (tmp_path / "30" / "environ").unlink()
    assert session.controller(30, str(tmp_path)) == "192.0.2.10"


def test_parents_that_go_in_a_circle_end(tmp_path: Path) -> None:
    process(tmp_path, 20, 30)
    process(tmp_path, 30, 20)
    assert session.controller(20, str(tmp_path)) is None


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("2001:db8::5 50022 2001:db8::1 22", "2001:db8::5"),
        ("fe80::1%eth0 50022 fe80::2%eth0 22", "fe80::1"),
        ("::ffff:192.0.2.10 50022 192.0.2.1 22", "192.0.2.10"),
        ("0.0.0.0/0 50022 192.0.2.1 22", None),
        ("UNKNOWN 65535 UNKNOWN 65535", None),
        ("192.0.2.10", None),
        ("", None),
        ("\x1b[2J{{ x }} 1 2 3", None),
        ("\udcff\udcfe 1 2 3", None),
        ("1" * 100000 + " 1 2 3", None),
    ],
)
def test_what_anybody_may_have_put_there(tmp_path: Path, told: str, address: Optional[str]) -> None:
    process(tmp_path, 20, 1, "A=SSH_CONNECTION=10.0.0.1 1 2 3", "SSH_CONNECTION=" + told)
    assert session.controller(20, str(tmp_path)) == address


def test_a_real_process_finds_what_its_parent_has() -> None:
    code = "import sys; sys.path[:] = {0!r}; from {1} import controller; print(controller())".format(sys.path, session.__name__)
    environment = dict(os.environ, SSH_CONNECTION="192.0.2.10 50022 192.0.2.1 22")
    child = ["env", "-u", "SSH_CONNECTION", sys.executable, "-c", code]
    done = subprocess.run(["sh", "-c", '"$@"; true', "sh", *child], env=environment, stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"192.0.2.10\n"
