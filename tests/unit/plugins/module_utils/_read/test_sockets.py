# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
import socket
import sys
import threading

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import proc_net, sockets

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the running kernel")


def refuse(_body):
    raise PermissionError(errno.EACCES, "sock_diag: Permission denied")
    yield  # pylint: disable=unreachable


@pytest.fixture
def listener():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(6)
        yield sock


def inode(sock):
    return os.fstat(sock.fileno()).st_ino


def test_sock_diag_tells_the_backlog(listener):
    found, warnings = sockets.listen_sockets()
    assert warnings == []
    assert [one.backlog for one in found if one.inode == inode(listener)] == [6]


def test_where_netlink_refuses_proc_answers_and_the_warning_says_what_is_lost(listener):
    found, warnings = sockets.listen_sockets(refuse)
    told = [one for one in found if one.inode == inode(listener)]
    assert [(one.address, one.port, one.backlog) for one in told] == [("127.0.0.1", listener.getsockname()[1], None)]
    assert len(warnings) == 1
    assert "Permission denied" in warnings[0] and "backlog" in warnings[0]


def test_half_open_entries_fall_back_too():
    tally, warnings = sockets.half_open([0], dump=refuse)
    assert tally.whole.total == 0
    assert len(warnings) == 1 and "Permission denied" in warnings[0]


def test_a_thread_reads_its_own_table():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(proc_net.directory()))
    thread.start()
    thread.join()
    assert seen == ["/proc/thread-self/net"]
