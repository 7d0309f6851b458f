# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import os
import pathlib
import struct
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._read.executables import is_go, runtime_of


def note(name: bytes, kind: int, content: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "III", len(name), len(content), kind) + name + content


def elf(*notes: bytes, wide: bool = True, order: str = "<") -> bytes:
    """An ELF file with one program header per note, the first of another kind (PT_LOAD)."""
    size = 56 if wide else 32
    start = 64
    content_at = start + size * (len(notes) + 1)
    kinds = [(1, 0, 0)]
    for one in notes:
        kinds.append((4, content_at, len(one)))
        content_at += len(one)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    if wide:
        header = ident + struct.pack(order + "HHIQQQIHHHHHH", 2, 62, 1, 0, start, 0, 0, 64, size, len(kinds), 0, 0, 0)
        table = b"".join(struct.pack(order + "IIQQQQQQ", kind, 4, at, 0, 0, length, 0, 4) for kind, at, length in kinds)
    else:
        header = ident + struct.pack(order + "HHIIIIIHHHHHH", 2, 3, 1, 0, start, 0, 0, 52, size, len(kinds), 0, 0, 0)
        table = b"".join(struct.pack(order + "IIIIIIII", kind, at, 0, 0, length, 0, 4, 4) for kind, at, length in kinds)
    return header.ljust(start, b"\0") + table + b"".join(notes)


GNU = note(b"GNU\0", 3, b"\x01" * 20)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("wide", [True, False])
def test_gos_build_id_tells(wide: bool, order: str) -> None:
    go = note(b"Go\0\0", 4, b"an-id", order)
    assert is_go(io.BytesIO(elf(GNU, go, wide=wide, order=order)))
    assert is_go(io.BytesIO(elf(GNU + go, wide=wide, order=order)))
    assert not is_go(io.BytesIO(elf(GNU, wide=wide, order=order)))


def test_another_note_of_that_name_does_not() -> None:
    assert not is_go(io.BytesIO(elf(note(b"Go\0\0", 5, b"x"))))
    assert not is_go(io.BytesIO(elf(GNU[:12] + b"Go\0\0")))


@given(st.binary(max_size=200))
def test_no_file_without_the_note_is_go(data: bytes) -> None:
    assume(b"Go\0\0" not in data)
    assert not is_go(io.BytesIO(data))
    assert not is_go(io.BytesIO(b"\x7fELF\x02\x01" + data))
    assert not is_go(io.BytesIO(b"\x7fELF\x01\x02" + data))


@given(st.integers(0, 400))
def test_a_file_that_is_cut_before_the_note(length: int) -> None:
    whole = elf(GNU, note(b"Go\0\0", 4, b"an-id"))
    cut = whole[:length]
    assert is_go(io.BytesIO(cut)) == (b"Go\0\0" in cut)


def test_this_process() -> None:
    assert runtime_of("/proc/self") == "python", os.path.realpath(sys.executable)


@pytest.mark.parametrize(
    ("executable", "runtime"),
    [
        ("/usr/lib/jvm/java-17/bin/java", "java"),
        ("/usr/bin/node", "node"),
        ("/usr/bin/python3.11 (deleted)", "python"),
        ("/usr/bin/ruby3.1", "ruby"),
        ("/usr/bin/perl", "perl"),
        ("/usr/bin/dotnet", "dotnet"),
        ("/usr/bin/nodes-of-a-cluster", None),
    ],
)
def test_by_the_name_of_the_executable(tmp_path: pathlib.Path, executable: str, runtime: str | None) -> None:
    (tmp_path / "exe").symlink_to(executable)
    assert runtime_of(str(tmp_path)) == runtime


def test_by_the_contents_of_the_executable(tmp_path: pathlib.Path) -> None:
    (tmp_path / "program").write_bytes(elf(note(b"Go\0\0", 4, b"an-id")))
    (tmp_path / "exe").symlink_to("program")
    assert runtime_of(str(tmp_path)) == "go"


def test_no_executable(tmp_path: pathlib.Path) -> None:
    assert runtime_of(str(tmp_path)) is None
