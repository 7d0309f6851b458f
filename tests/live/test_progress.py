# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a terminal shows while people wait, and what a pipe does not get."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from typing import Tuple

import pytest

pytest.importorskip("ansible.plugins", reason="needs ansible-core")

from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT, command, environment

pytestmark = pytest.mark.ansible
LINE = re.compile(r"Watching: 0 of 3 hosts done after 1\d s(?: of 12 s)?\r")


def ran(callback: str, terminal: bool, seconds: str = "12") -> Tuple[str, str]:
    """Standard output and error of a watch of three hosts that are all this one."""
    ours, theirs = pty.openpty()
    argv = [command("ansible"), "-i", "a,b,c,", "-c", "local", "all", "-m", "linuxnet.tcp.syn_backlog_watch", "-a", "ports=9 duration=" + seconds]
    # The warnings of a busy machine are none of a callback's, and go to standard error as well
    done = subprocess.Popen(
        argv, cwd=ROOT, env=environment(ANSIBLE_STDOUT_CALLBACK=callback), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=theirs if terminal else subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(theirs)
    out, err = done.communicate(timeout=200)
    err = err or ""
    while terminal:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the last one who had it open is gone
            break
        err += more.decode("utf-8", "replace")
    os.close(ours)
    assert done.returncode == 0, out + err
    return out, err


@pytest.mark.parametrize("callback", ["minimal", "oneline"])
def test_a_terminal_shows_how_far_it_is_beside_every_callback(root: None, callback: str) -> None:
    out, err = ran(callback, terminal=True)
    assert LINE.search(err), err
    assert "Watching" not in out


def test_a_pipe_gets_nothing(root: None) -> None:
    out, err = ran("minimal", terminal=False)
    assert "Watching" not in out + err


def test_what_is_quick_says_nothing(root: None) -> None:
    out, err = ran("minimal", terminal=True, seconds="1")
    assert "Watching" not in out + err
