# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.cmdline import SOURCE, assignments
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.resolve import resolve
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.values import NONE, BootFiles

PATH = "net/core/somaxconn"


def told(cmdline):
    return [(one.key, one.value) for one in assignments(cmdline)]


@pytest.mark.parametrize("cmdline, expected", [
    ("quiet sysctl.net.core.somaxconn=1 ro", [(PATH, "1")]),
    ("sysctl/net/core/somaxconn=1", [(PATH, "1")]),
    ("sysctl.net/core/somaxconn=1", [(PATH, "1")]),
    ("sysctl.net.core.somaxconn=1\n", [(PATH, "1")]),
    ('sysctl.net.core.somaxconn="1 2"', [(PATH, "1 2")]),
    ('"sysctl.net.core.somaxconn=1 2"', [(PATH, "1 2")]),
    ('sysctl.net.core.somaxconn=1"2"', [(PATH, '1"2"')]),
    ('sysctl.net.core.somaxconn="1', [(PATH, "1")]),
    ("sysctl.net.core.somaxconn=1 sysctl.net.core.somaxconn=2", [(PATH, "1"), (PATH, "2")]),
    ("sysctl.net.core.somaxconn=1 -- sysctl.net.core.somaxconn=2", [(PATH, "1")]),
    ("--=1 sysctl.net.core.somaxconn=2", [(PATH, "2")]),
    ("sysctl.net.core.somaxconn= sysctl.net.core.somaxconn", []),
    ("sysctlx.net.core.somaxconn=1 Sysctl.net.core.somaxconn=1 xsysctl.net.core.somaxconn=1", []),
    ('x="sysctl.net.core.somaxconn=1 sysctl.net.core.somaxconn=2"', []),
    ("", []),
])  # fmt: skip
def test_command_lines(cmdline, expected):
    assert told(cmdline) == expected


def test_what_linux_6_1_did():
    """The command line with which user-mode Linux 6.1 came up with 111, 222, 7, 1, 2 and 119."""
    cmdline = (
        "mem=128M ro con0=fd:0,fd:1 con=null quiet sysctl.net.core.somaxconn=111 "
        'sysctl.net.ipv4.tcp_max_syn_backlog="222 5" sysctl/net/ipv4/tcp_synack_retries=7 '
        "sysctl.net/ipv4/tcp_abort_on_overflow=1 sysctl.net.ipv4.tcp_syncookies=2 sysctl.net.ipv4.tcp_syncookies=2x "
        "sysctl.net.core.netdev_max_backlog=0x77 -- sysctl.net.core.somaxconn=999 root=98:0 console=tty0"
    )
    boot = BootFiles(NONE, (), (), (), cmdline)
    expected = {
        "net.core.somaxconn": 111, "net.ipv4.tcp_max_syn_backlog": 222, "net.ipv4.tcp_synack_retries": 7,
        "net.ipv4.tcp_abort_on_overflow": 1, "net.ipv4.tcp_syncookies": 2, "net.core.netdev_max_backlog": 119,
    }  # fmt: skip
    assert {key: value.number for key, value in resolve(boot, expected).items()} == expected


def test_the_source_has_no_line():
    assert assignments("sysctl.a.b=1")[0].source == SOURCE


@given(st.text('ab=" -\n', max_size=30))
def test_never_fails(text):
    assignments(text)
    assert told("sysctl.a.b=1 " + text)[:1] == [("a/b", "1")]


@pytest.mark.parametrize("cmdline, expected", [
    ('"sysctl.a.b=1', [("a/b", "1")]), ('"', []), ('""', []), ('sysctl.a.b=""', []), ('sysctl.a.b="', []), ('sysctl.a.b="1" x', [("a/b", "1")]),
    ('"sysctl.a.b=1"', [("a/b", "1")]),
    ('"sysctl.a.b"=1', [('a/b"', "1")]), ("=sysctl.a.b=1", []), ("sysctl.a.b==1", [("a/b", "=1")]),
    ("x\xa0sysctl.a.b=1\x0bsysctl.a.c=2\x0csysctl.a.d=3", [("a/b", "1"), ("a/c", "2"), ("a/d", "3")]),
    ("sysctl..a//b.=1", [("a/b", "1")]), ("  sysctl.a.b=1  ", [("a/b", "1")]), ('a"b c" sysctl.a.b=1', [("a/b", "1")]), ('a"b sysctl.a.b=1', []),
    ('sysctl.a.b="1 2" sysctl.a.c=3', [("a/b", "1 2"), ("a/c", "3")]),
    ("-- sysctl.a.b=1", []), ('"--" sysctl.a.b=1', []), ("x-- sysctl.a.b=1", [("a/b", "1")]),
])  # fmt: skip
def test_quotes_and_separators(cmdline, expected):
    assert told(cmdline) == expected


def test_assignments_are_numbered_from_nought():
    assert [(one.order, one.line, one.pattern, one.source) for one in assignments("sysctl.a=1 x sysctl.b=2")] == [(0, 0, False, SOURCE), (1, 0, False, SOURCE)]
