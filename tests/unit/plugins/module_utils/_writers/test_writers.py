# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What files set beside the sysctl loader, taken apart: any text is read, and what is certain is plain."""

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
    'bootcmd:|- [|]|[Service]|ExecStart=|SYSCTL{|}="|RUN+="|\n|  |\t'.replace("\\|\\|", "OR").split("|")
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


def of(found):
    return [tuple(one) for one in found]


COMMAND = "sysctl -w net.core.somaxconn=5"


@pytest.mark.parametrize("key, name", [
    ("net.core.somaxconn", KEY), ("net/core/somaxconn", KEY), ("/proc/sys/net/core/somaxconn", KEY), ("proc/sys/net/core/somaxconn", KEY),
    ("net//core/.somaxconn", KEY), ("proc/sys/proc/sys/a", "proc.sys.a"), ("/proc/sysx", "proc.sysx"),
])  # fmt: skip
def test_a_setting_has_one_name_however_it_is_spelled(key, name):
    assert writer.dotted(key) == name


@pytest.mark.parametrize("entry, value", [
    ("bootcmd:\n  - %s" % COMMAND, "5"), ("runcmd:\n- - %s" % COMMAND, "5"), ("bootcmd :\n  - '%s'" % COMMAND, "5"), ("runcmd:\n  - \"%s\"" % COMMAND, "5"),
    ("runcmd:\n  - [sysctl, -w, net.core.somaxconn=5]", "5"), ("runcmd:\n  - [ sysctl , '-w' , \"net.core.somaxconn=5\" ]", "5"),
    ("x: 1\nruncmd: [sysctl, -w, net.core.somaxconn=5]", "5"), ("runcmd:\n  - |\n   %s" % COMMAND, "5"), ("runcmd:\n  - [sh, -c, '%s']" % COMMAND, "5"),
    ("runcmd:\n  - 'echo 5 > /proc/sys/net/core/somaxconn'", "5"), ("runcmd:\n  - echo $N > /proc/sys/net/core/somaxconn", None),
])  # fmt: skip
def test_commands_of_cloud_init_in_each_spelling(entry, value):
    last = entry.count("\n") + 1
    assert of(cloud_init.settings(entry + "\n")) == [(last, KEY, value, False)]


@pytest.mark.parametrize("text", [
    "users:\n  - %s\n" % COMMAND, "runcmd:\n  # - %s\n" % COMMAND, "runcmd:\n  - true\nwrite_files:\n  - %s\n" % COMMAND, "%s\n" % COMMAND,
    "runcmd:\n  - true\n_x:\n  - %s\n" % COMMAND, "xruncmd:\n  - %s\n" % COMMAND, "runcmds:\n  - %s\n" % COMMAND, "runcmd:\n  - '\n  - \"\n  -\n  - [\n  - ]\n",
])  # fmt: skip
def test_what_cloud_init_does_not_run_is_none(text):
    assert of(cloud_init.settings(text)) == []


@pytest.mark.parametrize("line, with_user, found", [
    ("@reboot " + COMMAND, False, True), ("@reboot root " + COMMAND, True, True), ("  @reboot\troot\t" + COMMAND, True, True),
    ("@reboot www " + COMMAND, True, False), ("@daily " + COMMAND, False, False), ("@reboot", False, False),
    ("@reboot", True, False), ("@reboot root", True, False), ("* * * * * " + COMMAND, False, False), ("@reboot exec " + COMMAND, False, True),
])  # fmt: skip
def test_lines_that_cron_runs_at_boot(line, with_user, found):
    assert of(cron.settings("# c\n\n" + line, with_user)) == [(3, KEY, "5", True)] * found


def test_a_percent_sign_of_a_crontab():
    assert of(cron.settings("@reboot sysctl -w 'kernel.core_pattern=core.\\%p'", False)) == [(1, "kernel.core_pattern", "core.%p", True)]
    assert of(cron.settings("@reboot test -e /x && %s" % COMMAND, False)) == [(1, KEY, "5", False)]


@pytest.mark.parametrize("stanza, certain", [
    ("auto eth0\niface eth0 inet dhcp", True), ("allow-auto lo eth0\niface eth0 inet dhcp", True), ("allow-hotplug eth0\niface eth0 inet dhcp", False),
    ("iface eth0 inet dhcp", False), ("auto eth1\niface eth0 inet dhcp", False), ("auto eth0\niface eth0 inet dhcp\nauto eth1", False),
    ("auto eth0\niface eth0 inet dhcp\nallow-hotplug eth1", False), ("auto eth0\niface", False), ("auto eth0\nmapping eth0", False),
    ("auto eth0\niface eth0 inet dhcp\n# up\n\n  address 1.2.3.4", True),
])  # fmt: skip
def test_commands_of_interfaces(stanza, certain):
    for command in ("up", "post-up", "pre-up"):
        text = "%s\n  %s %s" % (stanza, command, COMMAND)
        assert of(interfaces.settings(text, text)) == [(text.count("\n") + 1, KEY, "5", certain)]
    for command in ("down", "pre-down", "# up", "up\n#"):
        text = "%s\n  %s %s" % (stanza, command, COMMAND)
        assert of(interfaces.settings(text, text)) == []
    text = "%s\n  up test -e /x && %s" % (stanza, COMMAND)
    assert [one.certain for one in interfaces.settings(text, text)] == [False]


def test_an_interface_is_automatic_where_another_file_says_so():
    text = "iface eth0 inet dhcp\n up " + COMMAND
    assert of(interfaces.settings(text, "auto eth0\n" + text)) == [(2, KEY, "5", True)]


@pytest.mark.parametrize("line, paths", [
    ("source a b/*", ["a", "b/*"]), ("source", []), ("source-directory a b/", ["a/*", "b/*"]), ("source-directory", []), ("# source a", []), ("iface a", []),
    ("", []),
])  # fmt: skip
def test_files_that_interfaces_name(line, paths):
    assert interfaces.sourced("source first\n" + line) == ["first", *paths]


@pytest.mark.parametrize("rule, value", [
    ('SYSCTL{net/core/somaxconn}="5"', "5"), ('SYSCTL{net.core.somaxconn} := "5"', "5"), ('ACTION=="add", SYSCTL{/proc/sys/net/core/somaxconn}="5"', "5"),
    ('SYSCTL{net/core/somaxconn}="$kernel"', None), ('SYSCTL{net/core/somaxconn}="%k"', None), ('RUN+="/sbin/sysctl -w net.core.somaxconn=5"', "5"),
    ('RUN{program}+="/sbin/sysctl -w net.core.somaxconn=5"', "5"), ('RUN:="/sbin/sysctl net.core.somaxconn=5"', "5"),
    ('ACTION=="add", \\\n  SYSCTL{net/core/somaxconn}="5"', "5"), ('ACTION=="add", \\\n# no comment\\\n SYSCTL{net/core/somaxconn}="5"', "5"),
])  # fmt: skip
def test_rules_of_udev_in_each_spelling(rule, value):
    assert of(udev.settings("# c\n" + rule + "\n")) == [(2, KEY, value, False)]
    assert of(udev.settings(rule + "\n" + rule)) == [(1, KEY, value, False), (2 + rule.count("\n"), KEY, value, False)]


@pytest.mark.parametrize(
    "rule", ['# SYSCTL{net/core/somaxconn}="5"', '  # RUN+="sysctl net.core.somaxconn=5"', 'SYSCTL{net/core/somaxconn}=="5"', 'ENV{x}="5"']
)
def test_rules_of_udev_that_set_none(rule):
    assert of(udev.settings(rule)) == []


def test_a_continued_line_has_a_longest_length():
    """65,536 bytes: what goes on behind them is another line."""
    rule = 'SYSCTL{net/core/somaxconn}="5"'
    for held, line in ((65535, 1), (65536, 3)):
        assert [one.line for one in udev.settings("x" * held + "\\\nx\\\n" + rule)] == [line]
    for held, line in ((65534, 1), (65535, 3)):  # and a space in a unit
        text = b"[Service]\nX=" + b"x" * (held - 2) + b"\\\nx\\\nExecStart=sysctl -w net.core.somaxconn=5"
        assert [one.number for one in units.lines(text)] == ([2] if line == 1 else [2, 4])


@pytest.mark.parametrize("unit, after", [
    ("", True), ("DefaultDependencies=yes", True), ("DefaultDependencies=no", False), ("DefaultDependencies=0", False), ("DefaultDependencies=False", False),
    ("DefaultDependencies=off", False), ("DefaultDependencies=no\nAfter=x.target sysinit.target", True), ("DefaultDependencies=no\nAfter=basic.target", True),
    ("DefaultDependencies=no\nAfter=a.service\nAfter=multi-user.target", True), ("DefaultDependencies=no\nAfter=graphical.target", True),
    ("DefaultDependencies=no\nBefore=sysinit.target", False), ("DefaultDependencies=no\n[Install]\nAfter=sysinit.target", False),
    ("ConditionPathExists=/x", False), ("AssertPathExists=/x", False), ("# ConditionPathExists=/x", True), ("; AssertPathExists=/x", True),
    ("[Install]\nConditionPathExists=/x\nDefaultDependencies=no", True), ("ConditionPathExists=/x\nAfter=sysinit.target", False),
])  # fmt: skip
def test_whether_a_unit_starts_after_the_loader(unit, after):
    assert units.unit(("[Unit]\n%s\n[Service]\nExecStart=/bin/true\n" % unit).encode()).after_loader is after


@pytest.mark.parametrize("service, found", [
    ("ExecStart=" + COMMAND, [(4, "5")]), ("ExecStartPre=-@+!:" + COMMAND, [(4, "5")]), ("ExecStartPost = " + COMMAND, [(4, "5")]), ("ExecStop=" + COMMAND, []),
    ("ExecStart=sysctl -w \\\n  net.core.somaxconn=5\nExecStart=" + COMMAND, [(4, "5"), (6, "5")]),
    ("ExecStart=sysctl -w \\\n# as nginx asks for\n; it\n  net.core.somaxconn=5", [(4, "5")]), ("ExecStart=sysctl -w \\\n\nnet.core.somaxconn=5", []),
    ("ExecStart=%s\nExecStart=" % COMMAND, []), ("ExecStart=sysctl -w \\\n[Install]", []), ("[Install]\nExecStart=" + COMMAND, []),
    ("#ExecStart=" + COMMAND, []),
])  # fmt: skip
def test_commands_of_a_unit(service, found):
    told = units.settings(units.unit(("[Unit]\n\n[Service]\n%s\n" % service).encode()))
    assert of(told) == [(line, KEY, value, True) for line, value in found]


def test_a_percent_sign_of_a_unit():
    told = units.settings(units.unit(b"[Service]\nExecStart=sysctl -w kernel.core_pattern=core.%%p"))
    assert of(told) == [(2, "kernel.core_pattern", "core.%p", True)]


@pytest.mark.parametrize("text, names", [
    ('NOTE_APPLY_ORDER="1 2 SAP-x.y"', ["1", "2", "SAP-x.y"]), ("NOTE_APPLY_ORDER=1", ["1"]), ('  NOTE_APPLY_ORDER="1"\nNOTE_APPLY_ORDER="2"', ["2"]),
    ('#NOTE_APPLY_ORDER="1"', []), ("", []), ('NOTE_APPLY_ORDER=""', []), ('NOTE_APPLY_ORDER="../x a/b 1"', ["1"]),
])  # fmt: skip
def test_the_notes_that_saptune_applies(text, names):
    assert saptune.notes(text) == names


@pytest.mark.parametrize("line, found", [
    ("net.core.somaxconn=5", [(3, KEY, "5", True)]), (" net.core.somaxconn = '5' ", [(3, KEY, "5", True)]), ("net.core.somaxconn =", [(3, KEY, None, True)]),
    ("#net.core.somaxconn=5", []), (";net.core.somaxconn=5", []), ("net.core.somaxconn", []), ("", []), ("[vm]\nnet.core.somaxconn=5", []),
    ("[vm]\n[SYSCTL]\nnet.core.somaxconn=5=6", [(5, KEY, "5=6", True)]),
])  # fmt: skip
def test_what_a_note_of_saptune_sets(line, found):
    assert of(saptune.settings("net.core.somaxconn=1\n[sysctl]\n" + line)) == found


@pytest.mark.parametrize("text, on", [
    ("ENABLED=yes", True), ('ENABLED="Yes"', True), ("ENABLED='yes'", True), ("  ENABLED=yes", True), ("ENABLED=yes\nENABLED=no", False),
    ("ENABLED=", False), ("", False), ("XENABLED=yes", False), ("ENABLED=true", False),
])  # fmt: skip
def test_whether_ufw_does_anything(text, on):
    assert ufw.enabled(text) is on


@pytest.mark.parametrize(
    "text, path",
    [("IPT_SYSCTL=/a", "/a"), ('IPT_SYSCTL="/a b"', "/a b"), ("IPT_SYSCTL='/a'", "/a"), ("IPT_SYSCTL=a", None), ("IPT_SYSCTL=", None), ("", None)],
)
def test_the_file_that_ufw_applies(text, path):
    assert ufw.sysctl_file(text) == path
