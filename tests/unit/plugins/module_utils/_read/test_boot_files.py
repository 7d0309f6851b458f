# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.values import BootValue
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sysctls import KEYS
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.boot_files import boot_values, read_boot

LEVEL = Level(6, 1, 0)


@pytest.fixture
def root():
    """A root of a host with systemd, which every user can enter."""
    path = tempfile.mkdtemp()
    os.chmod(path, 0o755)
    for directory in ("run/systemd/system", "etc/sysctl.d", "usr/lib/sysctl.d", "usr/lib/systemd", "proc/sys/net/core"):
        os.makedirs(os.path.join(path, directory))
    put(path, "/usr/lib/systemd/libsystemd-shared-252.so")
    put(path, "/proc/sys/net/core/netdev_max_backlog", "1000\n")
    os.symlink("usr/lib", path + "/lib")
    yield path
    shutil.rmtree(path)


def put(root, path, text=""):
    with open(root + path, "w", encoding="utf-8") as file:
        file.write(text)


def value(root, name="somaxconn", **more):
    values, warnings = boot_values([name], root, level=LEVEL, **more)
    return values[name], warnings


def test_all_settings_by_short_name(root):
    put(root, "/etc/sysctl.d/a.conf", "net.core.somaxconn = 4096\nnet.ipv4.tcp_syncookies = 0x2\n")
    values, warnings = boot_values(root=root, level=LEVEL)
    assert list(values) == list(KEYS) and warnings == []
    assert values["somaxconn"][:3] == ("4096", 4096, "/etc/sysctl.d/a.conf:1")
    assert values["tcp_syncookies"][:3] == ("0x2", 2, "/etc/sysctl.d/a.conf:2")
    assert values["netdev_max_backlog"] == BootValue(None, None, None)


@pytest.mark.parametrize("name, refused, taken", [
    ("somaxconn", ["-1", "2147483648"], ["0", "-0", "2147483647"]),
    ("tcp_syncookies", ["-1", "-0", "256"], ["0", "255"]),
    ("tcp_max_syn_backlog", ["2147483648"], ["-1", "2147483647"]),
])  # fmt: skip
def test_what_the_kernel_refuses_is_not_the_value(root, name, refused, taken):
    for text, accepted in [(one, False) for one in refused] + [(one, True) for one in taken]:
        put(root, "/etc/sysctl.d/a.conf", "%s = %s\n" % (KEYS[name].key, text))
        found, _warnings = value(root, name)
        assert (found.value is not None) == accepted
        assert found.source == ("/etc/sysctl.d/a.conf:1" if accepted else None)
        assert len(found.shadowed) == (not accepted)


def test_what_an_older_kernel_takes(root):
    put(root, "/etc/sysctl.d/a.conf", "net.ipv4.tcp_syncookies = 300\nnet.core.somaxconn = 70000\n")
    numbers = {}
    for level in (Level(3, 12), Level(4, 19), Level(6, 1)):
        values, _warnings = boot_values(["tcp_syncookies", "somaxconn"], root, level=level)
        numbers[level.text] = [one.number for one in values.values()]
    assert numbers == {"3.12.0": [300, None], "4.19.0": [300, 70000], "6.1.0": [None, 70000]}


def test_the_merged_usr_is_read_once(root):
    put(root, "/usr/lib/sysctl.d/a.conf", "net.core.somaxconn = 1\n")
    found, _warnings = value(root)
    assert found.source == "/usr/lib/sysctl.d/a.conf:1" and found.shadowed == ()
    assert [dropin.path for dropin in read_boot(root, level=LEVEL).dropins] == ["/usr/lib/sysctl.d/a.conf"]


def test_the_linked_sysctl_conf(root):
    put(root, "/etc/sysctl.conf", "\nnet.core.somaxconn = 1\n")
    assert value(root)[0].shadowed[0][:2] == ("/etc/sysctl.conf:2", "1")
    os.symlink("../sysctl.conf", root + "/etc/sysctl.d/99-sysctl.conf")
    assert value(root)[0][:4] == ("1", 1, "/etc/sysctl.d/99-sysctl.conf:2", ())


def test_a_link_to_dev_null_masks(root):
    put(root, "/usr/lib/sysctl.d/a.conf", "net.core.somaxconn = 1\n")
    os.symlink("/dev/null", root + "/etc/sysctl.d/a.conf")
    found, _warnings = value(root)
    assert found.value is None and found.shadowed[0].reason == "/etc/sysctl.d/a.conf masks this file"


def test_a_fifo_does_not_stop_the_reading(root):
    os.mkfifo(root + "/etc/sysctl.d/a.conf")
    put(root, "/etc/sysctl.d/0.conf", "net.core.somaxconn = 1\n")
    found, warnings = value(root)
    assert found.value is None and "FIFO" in found.doubt
    assert warnings == ["The boot value of somaxconn cannot be told: " + found.doubt]
    put(root, "/etc/sysctl.d/b.conf", "net.core.somaxconn = 2\n")
    assert value(root)[0].number == 2 and value(root)[1] == []


@contextlib.contextmanager
def unprivileged():
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


def test_unreadable_files_and_directories(root):
    put(root, "/etc/sysctl.d/a.conf", "net.core.somaxconn = 1\n")
    os.chmod(root + "/etc/sysctl.d/a.conf", 0)
    with unprivileged():
        values, warnings = boot_values(["somaxconn", "tcp_syncookies"], root, level=LEVEL)
    assert [one.value for one in values.values()] == [None, None]
    doubt = "/etc/sysctl.d/a.conf cannot be read (permission denied)"
    assert warnings == ["The boot value of somaxconn, tcp_syncookies cannot be told: " + doubt]
    os.chmod(root + "/etc/sysctl.d", 0)
    with unprivileged():
        assert value(root)[0].doubt == "/etc/sysctl.d cannot be read (permission denied)"
    os.chmod(root + "/etc/sysctl.d", 0o755)


def test_the_kernel_command_line(root):
    put(root, "/proc/cmdline", "quiet sysctl.net.core.somaxconn=5\n")
    assert value(root)[0][:3] == ("5", 5, "kernel command line")
    assert boot_values(["somaxconn"], root, level=Level(5, 7, 19))[0]["somaxconn"].value is None
    os.unlink(root + "/proc/sys/net/core/netdev_max_backlog")  # as in any network namespace but the initial one
    assert value(root)[0].value is None


def test_a_credential(root):
    os.makedirs(root + "/etc/credstore")
    put(root, "/etc/credstore/sysctl.extra", "net.core.somaxconn = 7\n")
    put(root, "/etc/sysctl.d/zz.conf", "net.core.somaxconn = 1\n")
    assert value(root)[0].source == "/etc/credstore/sysctl.extra:1"
    assert value(root, loader="procps")[0].source == "/etc/sysctl.d/zz.conf:1"
    os.rename(root + "/usr/lib/systemd/libsystemd-shared-252.so", root + "/usr/lib/systemd/libsystemd-shared-250.so")
    assert value(root)[0].source == "/etc/sysctl.d/zz.conf:1"


def test_what_a_reboot_takes_away(root):
    for directory in ("/run/sysctl.d", "/run/elsewhere", "/run/credentials", "/run/credentials/@system"):
        os.mkdir(root + directory)
    put(root, "/usr/lib/sysctl.d/a.conf", "net.core.somaxconn = 1\n")
    put(root, "/run/sysctl.d/a.conf", "net.core.somaxconn = 2\n")
    gone = "gone after a reboot: /run starts empty"
    for loader in ("systemd", "procps"):
        found, warnings = value(root, loader=loader)
        assert (found.number, found.source, warnings) == (1, "/usr/lib/sysctl.d/a.conf:1", [])
        assert found.shadowed == (("/run/sysctl.d/a.conf:1", "2", gone),)
        assert value(root, loader=loader, reboot=False)[0].number == 2
    os.chmod(root + "/run/sysctl.d/a.conf", 0)
    with unprivileged():
        assert value(root)[0].doubt is None
    # A link that stays masks, its target gone.
    put(root, "/run/elsewhere/a.conf", "net.core.somaxconn = 3\n")
    os.symlink("/run/elsewhere/a.conf", root + "/etc/sysctl.d/a.conf")
    found = value(root)[0]
    assert found.value is None and ("/etc/sysctl.d/a.conf:1", "3", gone) in found.shadowed
    put(root, "/run/credentials/@system/sysctl.extra", "net.core.somaxconn = 4\n")  # handed over at each boot
    assert value(root)[0].number == 4


def test_what_tuned_makes_of_it(root):
    for directory in ("etc/tuned", "usr/lib/tuned/t", "run/sysctl.d", "run/tuned"):
        os.makedirs(os.path.join(root, directory))
    put(root, "/run/tuned/tuned.pid")
    put(root, "/etc/tuned/active_profile", "t")
    put(root, "/usr/lib/tuned/t/tuned.conf", "[sysctl]\nvm.swappiness=10\nnet.core.somaxconn=>2048\n")
    profile = "/usr/lib/tuned/t/tuned.conf:3"

    def told(**more):
        found, warnings = value(root, **more)
        assert warnings == ([] if found.doubt is None else ["The boot value of somaxconn cannot be told: " + found.doubt])
        return found.number, found.source

    assert told() == (None, None) and told(defaults={"somaxconn": 128}) == (2048, profile)
    assert told(defaults={"somaxconn": 4096}) == (None, None), "nothing sets it: it is high enough as it is"
    assert value(root, defaults={"somaxconn": 4096})[0].tuned == ("t", 4096, profile, True)
    assert value(root, "tcp_syncookies")[0].tuned is None
    put(root, "/usr/lib/sysctl.d/a.conf", "net.core.somaxconn=5")
    assert told() == (2048, profile)
    assert value(root)[0].shadowed[0][:2] == ("/usr/lib/sysctl.d/a.conf:1", "5")
    put(root, "/run/sysctl.d/b.conf", "net.core.somaxconn=7")
    assert told() == (2048, profile)  # gone by the time that TuneD applies files again
    put(root, "/etc/sysctl.d/b.conf", "net.core.somaxconn=6")
    assert told() == (6, "/etc/sysctl.d/b.conf:1")
    assert value(root)[0].tuned == ("t", 2048, profile, True), "also where a file decides after it"
    put(root, "/etc/tuned/tuned-main.conf", "reapply_sysctl = 0\n")
    assert told() == (2048, profile) and not value(root)[0].tuned.reapplies


def test_warnings_of_the_loader_come_out(root):
    os.rmdir(root + "/run/systemd/system")
    assert "assume" not in "".join(value(root, loader="systemd")[1])
    put(root, "/usr/lib/systemd/systemd-sysctl")
    assert "boot values assume systemd-sysctl" in value(root)[1][0]


def test_this_host_can_be_read():
    values, _warnings = boot_values()
    assert list(values) == list(KEYS)
