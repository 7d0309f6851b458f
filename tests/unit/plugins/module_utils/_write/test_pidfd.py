# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
import socket
import sys

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._write import pidfd


@pytest.mark.parametrize(
    ("machine", "word", "numbers"),
    [
        ("x86_64", 8, (434, 438)), ("aarch64", 8, (434, 438)), ("riscv64", 8, (434, 438)), ("armv7l", 4, (434, 438)),
        ("ppc64le", 8, (434, 438)), ("s390x", 8, (434, 438)), ("i686", 4, (434, 438)), ("loongarch64", 8, (434, 438)),
        ("alpha", 8, (544, 548)), ("ia64", 8, (1458, 1462)), ("mips", 4, (4434, 4438)), ("mips64", 8, (5434, 5438)),
        ("mips64", 4, (None, None)),
    ],
)  # fmt: skip
def test_the_numbers_of_syscall_tbl(machine, word, numbers):
    assert (pidfd.number_of(434, machine, word), pidfd.number_of(438, machine, word)) == numbers


@pytest.fixture
def kernel():
    if sys.platform != "linux":
        pytest.skip("calls the running kernel")
    try:
        os.close(pidfd.duplicate(os.getpid(), 0))
    except OSError as error:
        pytest.skip("pidfd_getfd(2) is not to be had here: %s" % error)


def test_a_copy_of_our_own(kernel):
    with socket.socket() as sock:
        copy = pidfd.duplicate(os.getpid(), sock.fileno())
        try:
            assert copy != sock.fileno()
            assert os.fstat(copy).st_ino == os.fstat(sock.fileno()).st_ino
            assert not os.get_inheritable(copy)
        finally:
            os.close(copy)


def test_no_descriptor_is_left(kernel):
    before = os.listdir("/proc/self/fd")
    os.close(pidfd.duplicate(os.getpid(), 0))
    with pytest.raises(OSError) as caught:
        pidfd.duplicate(os.getpid(), 99999)
    assert caught.value.errno == errno.EBADF
    assert os.listdir("/proc/self/fd") == before


def test_a_process_that_ended(kernel):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    with pytest.raises(OSError) as caught:
        pidfd.duplicate(child, 0)
    assert caught.value.errno == errno.ESRCH
