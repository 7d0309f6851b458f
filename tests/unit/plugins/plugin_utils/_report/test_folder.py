# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator, List

import pytest

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._report.folder import replace_all, would_change

OLD = {"a.txt": ["old a"], "b.txt": ["old b"]}


def broken() -> Iterator[str]:
    yield "half"
    raise ValueError("no more")


def modes(*paths: Path) -> List[int]:
    return [path.stat().st_mode & 0o7777 for path in paths]


@pytest.fixture
def private_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("private_umask")
def test_a_folder_is_made_that_all_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "x" / "y"
    assert replace_all(str(folder), {"a.txt": ["one ", "×\ud800\n"]})
    assert (folder / "a.txt").read_bytes() == "one ×\\ud800\n".encode()
    assert modes(folder, folder / "a.txt") == [0o755, 0o644]


def test_a_folder_that_is_there_keeps_its_mode_and_what_else_is_in_it(tmp_path: Path) -> None:
    os.chmod(str(tmp_path), 0o1777)
    (tmp_path / "mine").write_text("x")
    replace_all(str(tmp_path), OLD)
    assert modes(tmp_path) == [0o1777] and sorted(os.listdir(str(tmp_path))) == ["a.txt", "b.txt", "mine"]


def test_it_tells_whether_anything_changes(tmp_path: Path) -> None:
    folder = str(tmp_path / "x")
    for contents in (OLD, dict(OLD, **{"b.txt": ["old", " c"]}), {"a.txt": ["old"]}, {"c.txt": []}):
        assert would_change(folder, contents)
        assert replace_all(folder, contents)
        assert not would_change(folder, contents)
        assert not replace_all(folder, contents)


def test_asking_writes_nothing(tmp_path: Path) -> None:
    assert would_change(str(tmp_path / "x"), OLD)
    assert os.listdir(str(tmp_path)) == []


def test_no_file_is_replaced_before_all_new_ones_are_complete(tmp_path: Path) -> None:
    replace_all(str(tmp_path), OLD)
    with pytest.raises(ValueError, match="no more"):
        replace_all(str(tmp_path), {"a.txt": ["new a"], "b.txt": broken()})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "old a", "b.txt": "old b"}


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("theirs")
    (tmp_path / "a.txt").symlink_to("target")
    replace_all(str(tmp_path), {"a.txt": ["new"]})
    assert (tmp_path / "target").read_text() == "theirs"
    assert not (tmp_path / "a.txt").is_symlink() and (tmp_path / "a.txt").read_text() == "new"


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(OSError):
        replace_all(str(tmp_path), {"b.txt": ["new"]})
    assert os.listdir(str(tmp_path)) == ["b.txt"]
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        replace_all(str(tmp_path / "file" / "x"), OLD)
