# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.boot_files import boot_values
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.tuned import reapplies_files, tuned_settings

KEY = "net.core.somaxconn"
THROUGHPUT = "[main]\nsummary=x\n\n[sysctl]\nvm.swappiness=10\n%s=>2048  # at least\n" % KEY


@pytest.fixture
def root(tmp_path):
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    (tmp_path / "usr/lib").mkdir(parents=True)
    return str(tmp_path)


def put(root, path, text):
    os.makedirs(os.path.dirname(root + path), exist_ok=True)
    with open(root + path, "w", encoding="utf-8") as file:
        file.write(text)


def test_no_tuned(root):
    assert tuned_settings(root) == {}


def test_a_profile_and_what_it_includes(root):
    put(root, "/etc/tuned/active_profile", "mine\n")
    put(root, "/etc/tuned/mine/tuned.conf", "[main]\ninclude = throughput-performance, -none\n")
    put(root, "/usr/lib/tuned/throughput-performance/tuned.conf", THROUGHPUT)
    told = tuned_settings(root)
    assert told[KEY] == (">2048", "/usr/lib/tuned/throughput-performance/tuned.conf:6", "throughput-performance")
    put(root, "/etc/tuned/mine/tuned.conf", "[sysctl]\nnet/core/somaxconn = 7\n[main]\ninclude=throughput-performance\n")
    assert tuned_settings(root)[KEY] == ("7", "/etc/tuned/mine/tuned.conf:2", "mine")


def test_the_administrators_profile_comes_first_and_may_include_the_one_it_hides(root):
    put(root, "/etc/tuned/active_profile", "p")
    put(root, "/etc/tuned/profiles/p/tuned.conf", "[main]\ninclude=p\n[sysctl]\na.b=1\n")
    put(root, "/usr/lib/tuned/profiles/p/tuned.conf", "[sysctl]\na.b=2\na.c=3\n")
    assert {key: one.value for key, one in tuned_settings(root).items()} == {"a.b": "1", "a.c": "3"}


@pytest.mark.parametrize("name", ["../../etc", "a/b", "missing", "-"])
def test_names_that_lead_nowhere(root, name):
    put(root, "/etc/tuned/active_profile", name)
    put(root, "/etc/tuned.conf", "[sysctl]\na.b=1\n")
    assert tuned_settings(root) == {}


@pytest.mark.parametrize("text, answer", [
    ("", True), ("reapply_sysctl = 1\n", True), ("reapply_sysctl = 0\n", False), ("# reapply_sysctl = 0\n", True),
    ("reapply_sysctl=False\n", False),
])  # fmt: skip
def test_whether_files_are_applied_again(root, text, answer):
    put(root, "/etc/tuned/tuned-main.conf", text)
    assert reapplies_files(root) == answer


def test_the_boot_value_comes_with_a_warning_where_tuned_changes_it(root):
    put(root, "/etc/tuned/active_profile", "t")
    put(root, "/usr/lib/tuned/t/tuned.conf", THROUGHPUT)

    def warnings():
        values, told = boot_values(["somaxconn", "tcp_syncookies"], root, level=Level(4, 18))
        return values["somaxconn"].number, told

    told = (
        "TuneD's profile t sets somaxconn to >2048 once it starts (/usr/lib/tuned/t/tuned.conf:6): "
        "the boot value told is the one before that"
    )
    assert warnings() == (None, [told])
    put(root, "/usr/lib/sysctl.d/a.conf", KEY + "=5")
    assert warnings() == (5, [told])
    put(root, "/etc/sysctl.d/b.conf", KEY + "=6")
    assert warnings() == (6, [])
    put(root, "/etc/tuned/tuned-main.conf", "reapply_sysctl = 0")
    assert warnings() == (6, [told])
