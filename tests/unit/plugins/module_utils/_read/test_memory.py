# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine's memory, read here and from files that tell none."""

from __future__ import annotations

import os

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._read.memory import read_memory


def test_the_memory_of_this_machine():
    total, warnings = read_memory()
    assert warnings == []
    assert total == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    "content, expected",
    [
        (b"MemTotal:       24737212 kB\nMemFree: 1 kB\n", 24737212 * 1024),
        (b"SwapTotal: 5 kB\nMemTotal: 7 kB\n", 7168),
        (b"MemTotal: many kB\n", None),
        (b"MemTotal: " + b"9" * 99 + b" kB\n", None),
        (b"\xff\x00", None),
        (b"", None),
    ],
)
def test_what_the_file_says(tmp_path, content, expected):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "meminfo").write_bytes(content)
    total, warnings = read_memory(str(tmp_path))
    assert total == expected
    assert warnings == ([] if expected else ["memory: /proc/meminfo tells no MemTotal"])


def test_a_host_without_the_file(tmp_path):
    total, warnings = read_memory(str(tmp_path))
    assert total is None and warnings == ["memory: /proc/meminfo cannot be read: No such file or directory"]
