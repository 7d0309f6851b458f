# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What files set beside the boot loader, taken apart: any text is read, and what is certain is plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot import writer
from ansible_collections.linuxnet.tcp.plugins.module_utils._writers import (
    cloud_init,
    cron,
    interfaces,
    saptune,
    shell,
    udev,
    ufw,
    units,
)

KEY = "net.core.somaxconn"
PIECES = st.sampled_from(
    "sysctl|-w|-p|/etc/x.conf|net.core.somaxconn=5|net/core/somaxconn|=|>|>>|/proc/sys/net/core/somaxconn|tee|echo|5|$N|`x`|"
    "if|then|fi|case|esac|in|)|(|{|}|;|;;|&&|\\|\\||&|<<EOF|EOF|'|\"|\\|#|exit|set|-e|sh|-c|@reboot|root|up|iface|auto|lo|"
    "bootcmd:|- [|]|[Service]|ExecStart=|SYSCTL{|}=\"|RUN+=\"|\n|  |\t".replace("\\|\\|", "OR").split("|")
).map(lambda piece: "||" if piece == "OR" else piece)
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map(" ".join))


@given(TEXTS)
def test_any_text_is_read(text):
    readers = [
        shell.settings(text), udev.settings(text), interfaces.settings(text, text), cron.settings(text, True),
        cron.settings(text, False), cloud_init.settings(text), saptune.settings(text), units.settings(units.unit(text.encode("utf-8", "replace"))),
    ]  # fmt: skip
    last = text.count("\n") + 1
    for reader in readers:
        for found in reader:
            assert 1 <= found.line <= last
            if isinstance(found, writer.Setting):
                assert found.value is not None or not found.certain
                assert found.value is None or not set(found.value) & set("$`")
    ufw.enabled(text), ufw.sysctl_file(text), saptune.notes(text), interfaces.sourced(text)


@given(st.integers(0, 2**31), st.sampled_from(["net.core.somaxconn", "net/core/somaxconn"]), st.booleans())
def test_a_plain_command_is_certain(number, key, quiet):
    line = "sysctl %s-w %s=%d" % ("-q " if quiet else "", key, number)
    assert list(shell.settings(line)) == [writer.Setting(1, KEY, str(number), True)]
    nested = list(shell.settings("sh -c '%s'" % line))
    assert nested == [writer.Setting(1, KEY, str(number), True)]
    assert [one.certain for one in shell.settings("[ -e /x ] && " + line)] == [False]
    assert list(shell.settings("# " + line)) == []


@pytest.mark.parametrize("line", [
    "sysctl net.core.somaxconn", "sysctl -n net.core.somaxconn", "cat /proc/sys/net/core/somaxconn",
    "grep . /proc/sys/net/core/somaxconn > /tmp/x", "ip netns exec blue sysctl -w net.core.somaxconn=5",
    "ssh other sysctl -w net.core.somaxconn=5", "docker run --sysctl net.core.somaxconn=5 x",
    "echo net.core.somaxconn = 5 >> /etc/sysctl.conf", "logger sysctl was here", "sysctl --system",
])  # fmt: skip
def test_what_only_reads_or_sets_it_elsewhere_is_none(line):
    assert [one for one in shell.settings(line) if getattr(one, "key", "") == KEY] == []


def test_a_unit_that_starts_after_the_loader():
    assert units.unit(b"[Service]\nExecStart=/bin/true\n").after_loader
    early = b"[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n"
    assert not units.unit(early).after_loader
    assert units.unit(early + b"[Unit]\nAfter=local-fs.target systemd-sysctl.service\n").after_loader
    assert not units.unit(b"[Unit]\nConditionPathExists=/x\n[Service]\nExecStart=/bin/true\n").after_loader


def test_an_empty_command_of_a_unit_takes_back_those_before():
    text = b"[Service]\nExecStart=sysctl -w a.b=1\nExecStart=\nExecStart=-/sbin/sysctl -w \\\n  net.core.somaxconn=2\n"
    assert list(units.settings(units.unit(text))) == [writer.Setting(4, KEY, "2", True)]


def test_interfaces_that_come_up_by_themselves():
    text = "auto eth0\niface eth0 inet dhcp\n  post-up sysctl -w net.core.somaxconn=5\n"
    text += "iface eth1 inet dhcp\n  up echo 6 > /proc/sys/net/core/somaxconn\n  down sysctl -w net.core.somaxconn=7\n"
    assert list(interfaces.settings(text, text)) == [writer.Setting(3, KEY, "5", True), writer.Setting(5, KEY, "6", False)]
    assert interfaces.sourced("source /etc/network/interfaces.d/*\nsource-directory x\n") == ["/etc/network/interfaces.d/*", "x/*"]


def test_crontabs():
    line = "@reboot root sysctl -w net.core.somaxconn=5\n@daily root sysctl -w net.core.somaxconn=6\n"
    assert list(cron.settings(line, True)) == [writer.Setting(1, KEY, "5", True)]
    assert list(cron.settings(line.replace(" root", ""), False)) == [writer.Setting(1, KEY, "5", True)]
    assert list(cron.settings(line.replace(" root", " www"), True)) == []


def test_rules_of_udev():
    text = '# SYSCTL{a}="1"\nACTION=="add", SYSCTL{net/core/somaxconn}="5"\n'
    text += 'RUN+="/sbin/sysctl -w net.core.somaxconn=6"\nSYSCTL{net.core.somaxconn}="$attr{x}"\n'
    assert list(udev.settings(text)) == [
        writer.Setting(2, KEY, "5", False), writer.Setting(3, KEY, "6", False), writer.Setting(4, KEY, None, False)
    ]  # fmt: skip


@pytest.mark.parametrize("entry", [
    "- sysctl -w net.core.somaxconn=5", "- [ sysctl, -w, net.core.somaxconn=5 ]", '- "echo 5 > /proc/sys/net/core/somaxconn"',
    "- [sh, -c, 'sysctl -w net.core.somaxconn=5']",
])  # fmt: skip
def test_cloud_init(entry):
    text = "#cloud-config\nbootcmd:\n  %s\nusers:\n  - sysctl -w net.core.somaxconn=6\n" % entry
    found = [one for one in cloud_init.settings(text) if one.key == KEY]
    assert [(one.line, one.certain) for one in found] == [(3, False)] and found[0].value in ("5", None)


def test_notes_of_saptune():
    assert saptune.notes('TUNE_FOR_NOTES="1"\nNOTE_APPLY_ORDER="941735 2382421"\n') == ["941735", "2382421"]
    text = "[version]\nx=1\n[sysctl]\n# c\nnet.core.somaxconn = 4096\nnet.ipv4.tcp_syncookies=\n[block]\nnet.core.somaxconn=1\n"
    assert list(saptune.settings(text)) == [
        writer.Setting(5, KEY, "4096", True), writer.Setting(6, "net.ipv4.tcp_syncookies", None, True)
    ]  # fmt: skip


def test_ufw():
    assert ufw.enabled("ENABLED=no\nENABLED=yes\n") and not ufw.enabled("#ENABLED=yes\n")
    assert ufw.sysctl_file("IPT_SYSCTL=/etc/ufw/sysctl.conf\n") == "/etc/ufw/sysctl.conf"
    assert ufw.sysctl_file('IPT_SYSCTL=""\n') is None
