# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import socket
import sys

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._read.descriptors import descriptors_of


@pytest.mark.skipif(sys.platform != "linux", reason="reads the running kernel")
def test_our_own_socket_and_its_copies():
    with socket.socket() as sock:
        copy = os.dup(sock.fileno())
        try:
            inode = os.fstat(copy).st_ino
            assert descriptors_of(os.getpid(), inode) == sorted([sock.fileno(), copy])
        finally:
            os.close(copy)
    assert descriptors_of(os.getpid(), inode) == []


def test_other_links_numbers_and_processes_that_ended(tmp_path):
    descriptors = tmp_path / "12" / "fd"
    descriptors.mkdir(parents=True)
    for name, goal in {"0": "/dev/null", "10": "socket:[5]", "9": "socket:[5]", "3": "socket:[55]", "x": "socket:[5]"}.items():
        (descriptors / name).symlink_to(goal)
    (descriptors / "7").write_text("no link")
    assert descriptors_of(12, 5, str(tmp_path)) == [9, 10]
    assert descriptors_of(13, 5, str(tmp_path)) == []
