# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is not resolved must be what resolving would say: whatever stands in the files, and whoever reads them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.dropins import DropIn
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.mentions import may_be_set, unset
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.values import (
    CONTAINER,
    NONE,
    OTHER,
    PROCPS,
    SYSTEMD,
    BootFiles,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.writer import Writer
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sysctls import KEYS
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.boot_values import values_at_boot

LEVEL = Level(6, 18)
PIECES = st.sampled_from(
    [
        "net", "core", "ipv4", "somaxconn", "tcp_syncookies", "kernel", "conf", ".", ".", "/", "/", "..", "*", "?", "[a-z]", "{core,x}",
        "-", "#", ";", " ", "\t", "=", "=", "5", "1", "\r", "\n", "\n", "\0", "\\", "net.core.somaxconn = 5\n", "net.*.conf.x = 1\n",
        "# net.core.somaxconn = 5\n", "net.ipv4.conf.*.rp_filter = 2\n", "net.ipv4.* = 1\n", "-net.core.somaxconn\n",
    ]
)  # fmt: skip
CONTENTS = st.none() | st.lists(PIECES, max_size=14).map(lambda parts: "".join(parts).encode())
PATHS = st.sampled_from(["/etc/sysctl.d/a.conf", "/run/sysctl.d/b.conf", "/usr/lib/sysctl.d/c.conf", "/etc/sysctl.conf", "/etc/sysctl.d/.h.conf"])
FILES = st.lists(st.builds(lambda path, content: DropIn(path, content, "" if content is not None else "denied", path), PATHS, CONTENTS), max_size=3)
BOOTS = st.builds(
    lambda loader, version, files, line: BootFiles(loader, version, tuple({one.path: one for one in files}.values()), (), line),
    st.sampled_from([SYSTEMD, PROCPS, OTHER, NONE, CONTAINER]), st.sampled_from([(), (3, 3, 15), (4, 0, 6), (239,), (255,)]), FILES,
    st.sampled_from(["", "", "sysctl.net.core.somaxconn=7"]),
)  # fmt: skip


@settings(max_examples=600)
@given(BOOTS, st.booleans())
def test_what_nothing_may_set_resolves_to_nothing(boot, reboot):
    if not may_be_set(boot, [KEYS[name].key for name in KEYS]):
        assert unset(boot, KEYS) == values_at_boot(boot, KEYS, LEVEL, reboot=reboot)


@pytest.mark.parametrize(
    ("content", "may"),
    [
        (b"", False),
        (b"# net.core.somaxconn = 5\n\t; net.ipv4.tcp_syncookies=1\nkernel.pid_max = 5\n", False),
        (b"net.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.all.rp_filter\nkernel.core_pattern=|/lib/x %P\n", False),
        (b"net.core.somaxconn = 5\n", True),
        (b"net.ipv4.* = 5\n", True),
        (b"net..ipv4/tcp_* = 5\n", True),
        (b"* = 5\n", True),
        (b"x = [1]\nnet.core.s[o]maxconn = 5\n", True),
        (b"a\0", True),
        (None, True),
    ],
)
def test_what_most_hosts_have_is_not_resolved(content, may):
    boot = BootFiles(SYSTEMD, (252,), (DropIn("/etc/sysctl.d/a.conf", content, "", "/etc/sysctl.d/a.conf"),), (), "")
    assert may_be_set(boot, [KEYS[name].key for name in KEYS]) is may


def loaded(content=b"", **changes):
    dropin = DropIn("/etc/sysctl.d/a.conf", content, "", "/etc/sysctl.d/a.conf")
    return BootFiles(SYSTEMD, (252,), (dropin,), (), "")._replace(**changes)


@pytest.mark.parametrize(("content", "may"), [
    (b"net.core.somaxconn_max = 5", True), (b"  ;net.core.somaxconn = 5", False), (b"\v#net.core.somaxconn = 5", False), (b"x\n\tnet/core/somaxconn=1", True),
    (b"net.ipv4.conf.*.x=1", False),
    (b"net.ipv4.tcp_?yncookies=1", True), (b"-net.ipv4.*", True), (b"vm.*=1", False), (b"/net//ipv4/*=1", True), (b"kernel.x = *", False),
    (b"n{e}t.core=1", True), (b"net\\.core=1", True),
    (b"= *", True), (b"*", True), (b"net.core.rmem_* = 1", False),
])  # fmt: skip
def test_patterns_by_what_stands_before_their_first_wildcard(content, may):
    assert may_be_set(loaded(content), [KEYS[name].key for name in KEYS]) is may


def test_what_else_may_set_one():
    keys = [KEYS[name].key for name in KEYS]
    assert not may_be_set(loaded(), keys)
    assert may_be_set(loaded(cmdline="sysctl.a=1"), keys) and may_be_set(loaded(unlisted=(DropIn("/etc/sysctl.d", None, "denied"),)), keys)
    writer = Writer("cron", "/etc/crontab:1", "net.core.somaxconn", "5", "after")
    assert may_be_set(loaded(writers=(writer,)), keys) and not may_be_set(loaded(writers=(writer._replace(key="vm.x"),)), keys)
    assert [unset(loaded(loader=loader), ["somaxconn"])["somaxconn"].doubt is None for loader in (SYSTEMD, CONTAINER)] == [True, False]
