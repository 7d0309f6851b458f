# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import parse_level
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sysctls import (
    KEYS,
    boot_default,
    shown_in_namespace,
    valid_range,
)


def test_paths() -> None:
    assert [sysctl.path for sysctl in KEYS.values()][:2] == ["net/core/somaxconn", "net/ipv4/tcp_max_syn_backlog"]


@pytest.mark.parametrize(
    ("name", "level", "expected"),
    [
        ("somaxconn", "6.1.0", (0, 2**31 - 1)),
        ("somaxconn", "3.18", (0, 65535)),
        ("somaxconn", "2.6.32", (-(2**31), 2**31 - 1)),
        ("tcp_syncookies", "5.13", (0, 255)),
        ("tcp_syncookies", "5.10.223", (0, 255)),
        ("tcp_syncookies", "5.4.286", (-(2**31), 2**31 - 1)),
        ("tcp_max_syn_backlog", "6.18", (-(2**31), 2**31 - 1)),
    ],
)
def test_ranges(name: str, level: str, expected: tuple) -> None:
    assert valid_range(name, parse_level(level)) == expected


@pytest.mark.parametrize(
    ("name", "level", "default"),
    [
        ("somaxconn", "5.3", 128), ("somaxconn", "5.4", 4096), ("tcp_syncookies", "2.6.32", 0), ("tcp_syncookies", "2.6.33", 1),
        ("tcp_synack_retries", "6.1", 5), ("tcp_max_syn_backlog", "6.1", None),
    ],
)  # fmt: skip
def test_defaults(name: str, level: str, default: int) -> None:
    assert boot_default(name, parse_level(level)) == default


def test_namespaces() -> None:
    assert not shown_in_namespace("tcp_syncookies", parse_level("4.5"))
    assert shown_in_namespace("tcp_syncookies", parse_level("4.6"))
    assert not shown_in_namespace("netdev_max_backlog", parse_level("7.1"))
