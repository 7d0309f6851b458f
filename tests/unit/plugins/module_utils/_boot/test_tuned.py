# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What TuneD makes of a setting, from its files as text."""

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.dropins import DropIn
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.tuned import (
    Setting,
    asked,
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


@pytest.mark.parametrize(("line", "before", "after"), [
    ("=>5", 5, 5), ("=>6", 5, 6), ("=<5", 6, 5), ("=<6", 5, 5), ("=>", 5, None), ("=<", 5, None), ("='7'", 5, 7), ("=0x10", 5, 16), ("=", 5, None),
    ("=>x", 5, None), ("=<7", None, None),
])  # fmt: skip
def test_operators_at_their_bounds(line, before, after):
    assert outcome("[sysctl]\nnet.core.somaxconn" + line, before) == (after, "/p:2")


@pytest.mark.parametrize(
    ("switch", "again"),
    [("0", False), ("false", False), ("No", False), ("OFF", False), ("n", False), ("1", True), ("yes", True), ("", True), (None, True)],
)
def test_whether_files_are_applied_again(switch, again):
    config = tuned({"vm.x": Setting("1", "/p:1")}, {} if switch is None else {"reapply_sysctl": " %s " % switch})
    assert config.reapplies_key(KEY) is again


def test_files_are_applied_again_in_the_order_of_their_names_and_etc_sysctl_conf_last():
    def told(*files):
        return outcome("[sysctl]\nvm.x=1\n", 5, {}, [(path, b"net.core.somaxconn = %d\n" % value) for path, value in files])

    assert told(("/etc/sysctl.d/b.conf", 1), ("/etc/sysctl.d/a.conf", 2)) == (1, "/etc/sysctl.d/b.conf:1")
    assert told(("/run/sysctl.d/a.conf", 1), ("/etc/sysctl.d/b.conf", 2)) == (2, "/etc/sysctl.d/b.conf:1")
    assert told(("/etc/sysctl.conf", 3), ("/etc/sysctl.d/z.conf", 2)) == (3, "/etc/sysctl.conf:1")
    assert told(("/usr/lib/sysctl.d/z.conf", 2)) == told(("/etc/sysctl.d/z", 2)) == told(("/etc/sysctl.conf.d", 2)) == (5, "")
    assert outcome("[sysctl]\nnet.core.somaxconn=7\n", 5, {}, [("/etc/sysctl.d/a.conf", None)]) == (7, "/p:2")
    assert outcome("[sysctl]\nnet.core.somaxconn=7\n", 5, {}, [("/etc/sysctl.d/a.conf", b"\n net.core.somaxconn =x\nnet.core.somaxconn\n")]) == (
        7,
        "/p:2",
    ), "no number"


def test_what_the_profile_itself_asks_for():
    config = tuned({KEY: Setting(">9", "/p:3")}, {"reapply_sysctl_exclude": "net.core.* ; ,"}, "mine")
    assert asked(config, KEY, 5) == ("mine", 9, "/p:3", False)
    assert asked(config, "vm.x", 5) is None and config.excluded == ("net.core.*",)
    assert asked(tuned({KEY: Setting("9", "/p:3")}, {}), KEY, 5) == ("", 9, "/p:3", True)


@pytest.mark.parametrize(("over", "left"), [
    ("replace=true", {"a.c"}), ("replace=0", {"a.b", "a.c"}), ("replace=1", {"a.c"}), ("enabled=0", {"a.b"}), ("enabled=false", {"a.b"}),
    ("enabled=1", {"a.b", "a.c"}), ("drop=a.b, x;y", {"a.c"}),
    ("type=sysctl", {"a.b", "a.c"}), ("type=vm", {"a.b"}),
])  # fmt: skip
def test_options_of_a_later_profile(over, left):
    profiles = {"/1": "[sysctl]\na.b=1\n", "/2": "[sysctl]\n%s\na.c=2\n" % over}
    assert set(merged(["/1", "/2"], profiles)) == left


def test_up_to_64_profiles_are_included():
    assert len(included("[main]\ninclude=" + ",".join("p%d" % number for number in range(70)))) == 64
    assert included("[main]\ninclude=a b,../x,-c\n") == ["c"]
    assert main_options("a=1\n[x]\nb=2\n") == {"a": "1"}
