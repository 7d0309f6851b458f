# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The thin writers on plain files, without privilege: what a replacement keeps, refuses and cleans up."""

from __future__ import annotations

import os

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._write.atomic import (
    ChangedMeanwhile,
    current,
    remove_leftovers,
    replace,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._write.lock import Busy, locked


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "a.conf")


def test_made_rewritten_removed(path):
    assert current(path) is None
    replace(path, b"one\n", None)
    assert current(path) == b"one\n" and os.stat(path).st_mode & 0o7777 == 0o644
    os.chmod(path, 0o600)
    replace(path, b"", b"one\n")
    assert current(path) == b"" and os.stat(path).st_mode & 0o7777 == 0o600
    replace(path, None, b"")
    assert current(path) is None
    assert os.listdir(os.path.dirname(path)) == []


@pytest.mark.parametrize("content", [b"new\n", None])
def test_somebody_elses_change_stays(path, content):
    replace(path, b"theirs\n", None)
    for expected in (None, b"what we read\n"):
        with pytest.raises(ChangedMeanwhile):
            replace(path, content, expected)
    assert current(path) == b"theirs\n" and os.listdir(os.path.dirname(path)) == ["a.conf"]


def test_a_link_is_not_followed(path, tmp_path):
    (tmp_path / "target").write_bytes(b"target\n")
    os.symlink("target", path)
    with pytest.raises(OSError):
        current(path)
    with pytest.raises(OSError):
        replace(path, b"x\n", b"target\n")
    assert os.path.islink(path) and (tmp_path / "target").read_bytes() == b"target\n"
    assert sorted(os.listdir(str(tmp_path))) == ["a.conf", "target"]


def test_leftovers(path, tmp_path):
    for name in (".linuxnet-tcp-0123456789abcdef.tmp", ".linuxnet-tcp-0123456789ABCDEF.tmp", "x.tmp"):
        (tmp_path / name).write_bytes(b"")
    remove_leftovers(str(tmp_path))
    assert sorted(os.listdir(str(tmp_path))) == [".linuxnet-tcp-0123456789ABCDEF.tmp", "x.tmp"]
    remove_leftovers(str(tmp_path / "nowhere"))


def test_one_at_a_time(tmp_path):
    path = str(tmp_path / "lock")
    with locked(path) as problem:
        assert problem is None
        with pytest.raises(Busy, match="0.1 seconds"), locked(path, patience=0.1):
            pass
    with locked(path) as problem:
        assert problem is None


def test_no_place_for_a_lock(tmp_path):
    with locked(str(tmp_path / "nowhere" / "lock")) as problem:
        assert "No such file or directory" in problem
    os.symlink("elsewhere", str(tmp_path / "link"))
    with locked(str(tmp_path / "link")) as problem:
        assert problem is not None
    assert not os.path.exists(str(tmp_path / "elsewhere"))


def test_whatever_keeps_a_lock_from_being_had_is_a_reason_and_no_failure(tmp_path):
    os.mkdir(str(tmp_path / "directory"))
    for path, why in ((str(tmp_path / "directory"), "Is a directory"), (str(tmp_path / ("x" * 300)), "File name too long")):
        with locked(path) as problem:
            assert why in problem
    with locked("/dev/null") as problem:
        assert problem == "/dev/null is no regular file"
