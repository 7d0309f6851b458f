# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that set a sysctl beside the sysctl loader, each kind where it lies on a host."""

from __future__ import annotations

import os

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot import writer
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import other_writers

SET = "sysctl -w net.core.somaxconn=5\n"
SCRIPT = "#!/bin/sh\n" + SET


@pytest.fixture
def host(tmp_path):
    def put(path, text="", mode=0o644):
        file = tmp_path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.chmod(str(file), mode)

    put.root = str(tmp_path)
    return put


def found(host, systemd=True):
    return [tuple(one) for one in other_writers.other_writers(host.root, systemd)[0]]


def enable(host, unit, text="[Service]\nExecStart=/bin/true\n"):
    host("/lib/systemd/system/" + unit, text)
    host("/etc/systemd/system/multi-user.target.wants/" + unit)


def test_a_host_that_has_none(host):
    host("/etc/rc.local", "#!/bin/sh\nexit 0\n", 0o755)
    enable(host, "x.service")
    assert other_writers.other_writers(host.root) == ((), [])


def test_each_kind(host):
    host("/etc/ufw/ufw.conf", "ENABLED=yes\n")
    host("/etc/default/ufw", "IPT_SYSCTL=/etc/ufw/sysctl.conf\n")
    host("/etc/ufw/sysctl.conf", "net/core/somaxconn=5\nnet/core/rmem_max=1\n")
    host("/etc/ufw/after.init", SCRIPT, 0o755)
    host("/lib/udev/rules.d/60-x.rules", 'SYSCTL{net/core/somaxconn}="5"\n')
    host("/etc/rc.local", SCRIPT, 0o755)
    host("/etc/network/interfaces", "auto lo\niface lo inet loopback\n up " + SET + "source interfaces.d/*\n")
    host("/etc/network/interfaces.d/eth0", "iface eth0 inet dhcp\n up " + SET)
    host("/etc/network/if-up.d/tune", SCRIPT, 0o755)
    host("/etc/NetworkManager/dispatcher.d/tune", SCRIPT, 0o755)
    host("/etc/networkd-dispatcher/routable.d/tune", SCRIPT, 0o755)
    host("/etc/crontab", "@reboot root " + SET)
    host("/var/spool/cron/crontabs/root", "@reboot " + SET)
    host("/var/spool/cron/crontabs/www", "@reboot " + SET)
    host("/etc/cloud/cloud.cfg.d/99.cfg", "runcmd:\n - " + SET)
    host("/etc/saptune/override/1", "[sysctl]\nnet.core.somaxconn = 5\n")
    host("/etc/sysconfig/saptune", 'NOTE_APPLY_ORDER="1"\n')
    for unit in ("ufw", "cron", "saptune", "bpftune"):
        enable(host, unit + ".service")
    enable(host, "networking.service", "[Unit]\nDefaultDependencies=no\nAfter=systemd-sysctl.service\n[Service]\nExecStart=ifup -a\n")
    enable(host, "tune.service", "[Service]\nExecStart=/usr/local/sbin/tune\n")
    host("/usr/local/sbin/tune", SCRIPT, 0o755)
    enable(host, "direct.service", "[Service]\nExecStart=" + SET)
    host("/etc/systemd/system/cron.service.d/x.conf", "[Service]\nExecStartPre=" + SET)
    host("/etc/systemd/system/timers.target.wants/late.timer")
    host("/etc/systemd/system/late.service", "[Service]\nExecStart=" + SET)
    key, backlog = "net.core.somaxconn", "net.core.netdev_max_backlog"
    assert found(host) == [
        ("ufw", "/etc/ufw/sysctl.conf:1", key, "5", "after"),
        ("ufw", "/etc/ufw/after.init:2", key, "5", "after"),
        ("udev", "/lib/udev/rules.d/60-x.rules:1", key, "5", "unknown"),
        ("rc.local", "/etc/rc.local:2", key, "5", "after"),
        ("ifupdown", "/etc/network/interfaces:3", key, "5", "after"),
        ("ifupdown", "/etc/network/interfaces.d/eth0:2", key, "5", "unknown"),
        ("ifupdown", "/etc/network/if-up.d/tune:2", key, "5", "unknown"),
        ("NetworkManager", "/etc/NetworkManager/dispatcher.d/tune:2", key, "5", "unknown"),
        ("networkd-dispatcher", "/etc/networkd-dispatcher/routable.d/tune:2", key, "5", "unknown"),
        ("cron", "/etc/crontab:1", key, "5", "after"),
        ("cron", "/var/spool/cron/crontabs/root:1", key, "5", "after"),
        ("cloud-init", "/etc/cloud/cloud.cfg.d/99.cfg:2", key, "5", "unknown"),
        ("saptune", "/etc/saptune/override/1:2", key, "5", "after"),
        ("cron.service", "/etc/systemd/system/cron.service.d/x.conf:2", key, "5", "after"),
        ("direct.service", "/lib/systemd/system/direct.service:2", key, "5", "after"),
        ("late.service", "/etc/systemd/system/late.service:2", key, "5", "unknown"),
        ("tune.service", "/usr/local/sbin/tune:2", key, "5", "after"),
        ("bpftune", "bpftune.service", backlog, None, "runtime"),
    ]


def test_what_nothing_starts_is_none(host):
    host("/etc/rc.local", SCRIPT)
    host("/etc/network/if-up.d/tune", SCRIPT)
    host("/lib/systemd/system/direct.service", "[Service]\nExecStart=" + SET)
    host("/etc/saptune/override/1", "[sysctl]\nnet.core.somaxconn = 5\n")
    host("/etc/sysconfig/saptune", 'NOTE_APPLY_ORDER="1"\n')
    host("/etc/cloud/cloud.cfg", "bootcmd:\n - " + SET)
    host("/etc/cloud/cloud-init.disabled")
    assert found(host) == []


def test_a_file_that_a_script_applies(host):
    host("/etc/rc.local", "#!/bin/sh\nsysctl -e -p /etc/tune.conf\n", 0o755)
    host("/etc/tune.conf", "# c\nnet.core.somaxconn = 5\nnet.core.x = 1\n")
    assert found(host, systemd=False) == [("rc.local", "/etc/tune.conf:2", "net.core.somaxconn", "5", "after")]


def test_hostile_names_and_values_are_shown_harmless(host):
    enable(host, "a\x1b[31m{{x}}.service", "[Service]\nExecStart=sysctl -w net.core.somaxconn='5\x07{{ y }}'\n")
    (one,) = other_writers.other_writers(host.root)[0]
    for text in (one.by, one.source, one.value):
        assert text.isprintable() and "{{" not in text


def test_it_ends_with_many_and_long_files(host, monkeypatch):
    monkeypatch.setattr(other_writers, "MOST_FILES", 20)
    for number in range(40):
        host("/etc/network/if-up.d/%02d" % number, SCRIPT, 0o755)
    writers, warnings = other_writers.other_writers(host.root)
    assert 10 < len(writers) <= 20 and "there are more than 20" in warnings[0]
    monkeypatch.undo()
    os.makedirs(host.root + "/etc/udev/rules.d")
    os.mkfifo(host.root + "/etc/udev/rules.d/1.rules")
    host("/etc/udev/rules.d/2.rules", "x" * (other_writers._LIMIT + 1))
    assert len(other_writers.other_writers(host.root)[0]) == 40


def test_the_way_of_the_running_host_is_that_of_another_root(host, monkeypatch):
    """Files of the running host are opened without asking for each directory: links and what is no file as well."""
    host("/etc/rc.local.real", SCRIPT, 0o755)
    os.symlink("rc.local.real", host.root + "/etc/rc.local")
    budget = other_writers._Budget("/")
    assert budget.read(host.root + "/etc/rc.local").decode() == SCRIPT
    assert budget.read(host.root + "/etc/rc.local.real") == b"", "it was read already"
    assert budget.read(host.root + "/etc") == b"" and budget.read(host.root + "/nothing") == b""
    assert writer.AFTER == "after"
