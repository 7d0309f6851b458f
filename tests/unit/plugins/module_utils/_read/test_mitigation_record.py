# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Union

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.mitigation import empty
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.mitigation_record import (
    Found,
    network_namespace,
    place,
    read_record,
)

RECORD = dict(empty(), since="2026-11-20T09:30:00Z")


def written(path: Path, content: Union[str, bytes, Any], mode: int = 0o600) -> str:
    data = content if isinstance(content, bytes) else (content if isinstance(content, str) else json.dumps(content)).encode()
    path.write_bytes(data)
    path.chmod(mode)
    return str(path)


def test_no_file_is_no_mitigation(tmp_path: Path) -> None:
    assert read_record(str(tmp_path / "no" / "record.json")) == Found(None, None)
    (tmp_path / "file").write_text("")
    assert read_record(str(tmp_path / "file" / "record.json")) == Found(None, None)


def test_a_record_is_read(tmp_path: Path) -> None:
    own = dict(RECORD, network_namespace=network_namespace())
    assert read_record(written(tmp_path / "record.json", own)) == Found(own, None)


def test_the_record_of_another_network_namespace_is_not_ours(tmp_path: Path) -> None:
    found = read_record(written(tmp_path / "record.json", dict(RECORD, network_namespace=1)))
    assert found.record is None and "another network namespace" in str(found.problem)


def test_the_record_of_another_boot_is_stale_whatever_its_namespace(tmp_path: Path) -> None:
    for namespace in (1, network_namespace(), None):
        there = dict(RECORD, boot_id="0" * 36, network_namespace=namespace)
        found = read_record(written(tmp_path / "record.json", there))
        assert (found.record, found.problem) == (None, None)
        assert str(found.stale).endswith("is the record of another boot: what it tells of ended with that.")


def test_the_record_of_a_network_namespace_that_is_gone_is_stale(tmp_path: Path) -> None:
    found = read_record(written(tmp_path / "record.json", dict(RECORD, boot_id=place().boot_id, network_namespace=1)))
    assert (found.record, found.problem) == (None, None)
    assert "of another network namespace: what it tells of ended" in str(found.stale)


def test_the_record_of_here_is_never_stale(tmp_path: Path) -> None:
    at = place()
    every = dict(RECORD, boot_id=at.boot_id, network_namespace=at.network_namespace, namespace_cookie=at.cookie)
    for unknown in ((), ("boot_id",), ("namespace_cookie",), ("boot_id", "namespace_cookie")):
        one = dict(every, **dict.fromkeys(unknown))
        assert read_record(written(tmp_path / "record.json", one)) == Found(one, None, None)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "7", b"\xff\xfe", '{"schema": 2}', "[" * 100000, "NaN", '{"schema": 1, "since": "\\ud800"}'],
)
def test_a_file_that_is_no_record_is_told(tmp_path: Path, content: Any) -> None:
    found = read_record(written(tmp_path / "record.json", content))
    assert found.record is None and found.problem and found.problem.isprintable()


def test_only_what_nobody_else_could_have_written(tmp_path: Path) -> None:
    for mode in (0o620, 0o602, 0o666):
        assert "only root may write" in str(read_record(written(tmp_path / "record.json", RECORD, mode)).problem)
    target = written(tmp_path / "target.json", RECORD)
    os.symlink(target, str(tmp_path / "link.json"))
    assert "cannot be read" in str(read_record(str(tmp_path / "link.json")).problem)
    os.mkfifo(str(tmp_path / "pipe"), 0o600)
    assert "only root may write" in str(read_record(str(tmp_path / "pipe")).problem)
    assert "only root may write" in str(read_record(str(tmp_path)).problem)


def test_a_file_without_end_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path / "record.json", RECORD)
    os.truncate(path, 1 << 33)
    assert "longer than" in str(read_record(path).problem)
