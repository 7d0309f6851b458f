# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What TuneD makes of a setting, from its files as text."""

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.dropins import DropIn
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.tuned import (
    effect,
    included,
    main_options,
    merged,
    profile_names,
    tuned,
)

KEY = "net.core.somaxconn"
OFF = {"reapply_sysctl": "0"}


def outcome(profile, before, main=None, files=()):
    dropins = [DropIn(path, content) for path, content in files]
    return effect(tuned(merged(["/p"], {"/p": profile}), OFF if main is None else main), KEY, before, dropins)


@pytest.mark.parametrize(
    ("line", "before", "after"),
    [
        ("net.core.somaxconn=2048", 5000, 2048),
        ("net.core.somaxconn = 2048  # why", 5000, 2048),
        ("net/core/somaxconn=2048", 5000, 2048),
        ('net.core.somaxconn="2048"', 5000, 2048),
        ("net.core.somaxconn=>2048", 5000, 5000),
        ("net.core.somaxconn=>2048", 128, 2048),
        ("net.core.somaxconn=<2048", 5000, 2048),
        ("net.core.somaxconn=<2048", 128, 128),
        ("net.core.somaxconn=>2048", None, None),
        ("net.core.somaxconn=${size}", 5000, None),
    ],
)
def test_a_value_and_its_operator(line, before, after):
    assert outcome("[main]\nsummary=x\n[sysctl]\n" + line + "\n", before) == (after, "/p:4")


@pytest.mark.parametrize(
    "profile",
    [
        "[sysctl]\nvm.swappiness=1\n",
        "[sysctl]\n#net.core.somaxconn=1\n;net.core.somaxconn=1\n",
        "[net]\nnet.core.somaxconn=1\n",
        "[sysctl]\nenabled=False\nnet.core.somaxconn=1\n",
        "[sysctl]\ntype=script\nnet.core.somaxconn=1\n",
        "",
    ],
)
def test_what_does_not_set_it(profile):
    assert outcome(profile, 5000) == (5000, "")


def test_a_unit_of_another_name():
    assert outcome("[mine]\ntype=sysctl\nnet.core.somaxconn=7\n", 5000) == (7, "/p:3")


def test_later_profiles_replace_drop_and_clear():
    base = "[sysctl]\nnet.core.somaxconn=1\nvm.swappiness=2\n"
    for over, expected in (
        ("[sysctl]\nnet.core.somaxconn=9\n", "9"),
        ("[sysctl]\nvm.swappiness=9\n", "1"),
        ("[sysctl]\ndrop=net.core.somaxconn\n", None),
        ("[sysctl]\nreplace=1\nvm.swappiness=9\n", None),
    ):
        settings = merged(["/base", "/over"], {"/base": base, "/over": over})
        assert (settings[KEY].value if KEY in settings else None) == expected


def test_applying_the_files_again():
    profile = "[sysctl]\nvm.swappiness=1\n"
    ours = ("/etc/sysctl.d/99-zz.conf", b"net.core.somaxconn = 5000\n")
    theirs = ("/run/sysctl.d/99-zz.conf", b"x=1\nnet.core.somaxconn = 7\n")
    conf = ("/etc/sysctl.conf", b"net.core.somaxconn = 9\n")
    assert outcome(profile, 5000, {}, [ours]) == (5000, "/etc/sysctl.d/99-zz.conf:1")
    assert outcome(profile, 5000, {}, [ours, theirs]) == (7, "/run/sysctl.d/99-zz.conf:2")  # /run masks /etc for TuneD
    assert outcome(profile, 5000, {}, [conf, ours]) == (9, "/etc/sysctl.conf:1")
    assert outcome(profile, 5000, OFF, [conf, ours]) == (5000, "")
    assert outcome(profile, 5000, {"reapply_sysctl_exclude": "vm.*, net.core.*"}, [conf]) == (5000, "")
    assert outcome("[main]\n", 5000, {}, [conf]) == (5000, "")  # no sysctl unit, nothing is applied
    assert outcome(profile, 5000, {}, [("/etc/sysctl.d/a.conf", b"net/core/somaxconn=1\n-net.core.somaxconn=2\n")]) == (5000, "")


def test_names_and_includes():
    assert profile_names("balanced  my-profile\n../../etc/x $(id)\n") == ["balanced", "my-profile"]
    assert included("[main]\ninclude=base, -optional ;third\n") == ["base", "optional", "third"]
    assert included("[sysctl]\ninclude=base\n") == []
    assert main_options("# x\nreapply_sysctl = 0\n\nupdate_interval=10\n")["reapply_sysctl"] == "0"
