# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import tempfile

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._read.rooted import LIMIT, follow, list_names, read_file

NOBODY = 65534


@pytest.fixture
def tree():
    """A root that every user can enter, with an /etc in it."""
    path = tempfile.mkdtemp()
    os.chmod(path, 0o755)
    os.mkdir(path + "/etc")
    yield path
    shutil.rmtree(path)


@contextlib.contextmanager
def unprivileged():
    """As an ordinary user, for whom modes count."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(was)


def write(tree, path, content="", mode=0o644):
    with open(tree + path, "w", encoding="utf-8") as file:
        file.write(content)
    os.chmod(tree + path, mode)


def test_a_regular_file(tree):
    write(tree, "/etc/a", "x=1\n")
    assert read_file(tree, "/etc/a") == (b"x=1\n", "", "/etc/a")
    assert read_file(tree + "/", "//etc/./a") == (b"x=1\n", "", "/etc/a")


def test_links_stay_inside_the_root(tree):
    write(tree, "/etc/hostname", "inside")
    for link, target in (("/etc/abs", "/etc/hostname"), ("/etc/rel", "hostname"), ("/etc/chain", "abs"),
                         ("/etc/up", "../../../../../etc/hostname")):  # fmt: skip
        os.symlink(target, tree + link)
        assert read_file(tree, link) == (b"inside", "", "/etc/hostname")
    os.symlink("/etc", tree + "/config")
    assert read_file(tree, "/config/hostname").real == "/etc/hostname"
    assert list_names(tree, "/config") == list_names(tree, "/etc")
    os.symlink("/usr", tree + "/etc/outside")  # there on the host, not in this root
    assert list_names(tree, "/etc/outside") == []


def test_what_a_program_reads_nothing_from(tree):
    os.symlink("/nowhere", tree + "/etc/dangling")
    os.symlink("loop", tree + "/etc/loop")
    os.mkdir(tree + "/etc/directory")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(tree + "/etc/socket")
        for name in ("missing", "dangling", "loop", "directory", "socket", "directory/x", "dangling/x"):
            assert read_file(tree, "/etc/" + name)[:2] == (b"", "")
    assert read_file("/", "/dev/null") == (b"", "", "/dev/null")
    with pytest.raises(OSError) as raised:
        follow(tree, "/etc/loop")
    assert raised.value.errno == errno.ELOOP


def test_a_fifo_is_not_opened(tree):
    os.mkfifo(tree + "/etc/fifo")
    os.symlink("fifo", tree + "/etc/link")
    for path in ("/etc/fifo", "/etc/link"):
        assert read_file(tree, path) == (None, "a FIFO, at which the loader would wait", "/etc/fifo")


def test_a_device_is_not_opened():
    assert read_file("/", "/dev/zero") == (None, "a device", "/dev/zero")


def test_a_long_file_is_not_read_whole(tree):
    write(tree, "/etc/long", "x" * LIMIT)
    assert len(read_file(tree, "/etc/long").content) == LIMIT
    write(tree, "/etc/long", "x" * (LIMIT + 1))
    assert read_file(tree, "/etc/long") == (None, "longer than 1048575 bytes", "/etc/long")


def test_what_may_not_be_read(tree):
    write(tree, "/etc/secret", "x", 0)
    os.mkdir(tree + "/etc/closed")
    write(tree, "/etc/closed/a", "x")
    os.chmod(tree + "/etc/closed", 0)
    with unprivileged():
        assert read_file(tree, "/etc/secret") == (None, "permission denied", "")
        assert read_file(tree, "/etc/closed/a").content is None
        with pytest.raises(PermissionError):
            list_names(tree, "/etc/closed")
    os.chmod(tree + "/etc/closed", 0o755)


def test_a_missing_directory_has_no_names(tree):
    write(tree, "/etc/a")
    assert list_names(tree, "/nowhere") == list_names(tree, "/etc/a/b") == list_names(tree, "/etc/a") == []
    assert list_names(tree, "/etc") == ["a"]
