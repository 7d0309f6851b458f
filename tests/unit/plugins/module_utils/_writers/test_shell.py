# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a shell script sets: a plain command at its top level for certain, everything that may not run as uncertain."""

from __future__ import annotations

import shlex

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot import writer
from ansible_collections.linuxnet.tcp.plugins.module_utils._writers import shell

KEY = "net.core.somaxconn"
FILE = "/proc/sys/net/core/somaxconn"
SET, AGAIN = "sysctl -w net.core.somaxconn=5", "sysctl -w net.core.somaxconn=6"


def told(script, **options):
    """(line, value, whether that is certain) of what a script makes of the setting."""
    return [(one.line, one.value, one.certain) for one in shell.settings(script, **options) if getattr(one, "key", "") == KEY]


def loaded(script):
    return [(one.path, one.certain) for one in shell.settings(script) if isinstance(one, writer.Load)]


@pytest.mark.parametrize("command", [
    "sysctl -w net.core.somaxconn=5", "sysctl net.core.somaxconn=5", "/sbin/sysctl -q -w net/core/somaxconn=5",
    "sudo -n sysctl -w net.core.somaxconn=5", "LANG=C sysctl -w net.core.somaxconn=5", "env A=b nohup sysctl -w net.core.somaxconn=5",
    "timeout 5 sysctl -w net.core.somaxconn=5", "timeout -v 5s sysctl net.core.somaxconn=5", "exec sysctl -w net.core.somaxconn=5",
    "sysctl -w net.core.somaxconn=5 >/dev/null 2>&1", "sysctl -w net.core.somaxconn=5 2>/dev/null", "sysctl -w net.core.somaxconn=5 </dev/null",
    "sysctl -w kernel.x=1 net.core.somaxconn=5", "sysctl -w 'net.core.somaxconn=5' # as wide as nginx's", "true; sysctl -w net.core.somaxconn=5",
    "sh -c 'sysctl -w net.core.somaxconn=5'", "/bin/bash -x -c 'sysctl -w net.core.somaxconn=5'",
    "echo 5 > /proc/sys/net/core/somaxconn", "echo 5 >| /proc/sys/net/core/somaxconn", "echo -n 5 >> /proc/sys/net/core/somaxconn",
    "echo 5 2>/dev/null >/proc/sys/net/core/somaxconn", "/bin/echo 5 > /proc/sys/net/core/somaxconn", "> /proc/sys/net/core/somaxconn echo 5",
    "printf 5 > /proc/sys/net/core/somaxconn", "printf '5\\n' > /proc/sys/net/core/somaxconn", "printf '%s\\n' 5 > /proc/sys/net/core/somaxconn",
    "echo 5 | tee /proc/sys/net/core/somaxconn", "echo 5 |& tee /proc/sys/net/core/somaxconn", "echo 5 | tee /tmp/x /proc/sys/net/core/somaxconn",
    "echo 5 | sudo tee -a /proc/sys/net/core/somaxconn > /dev/null", "sudo echo 5 | tee /proc/sys/net/core/somaxconn",
])  # fmt: skip
def test_a_plain_command_sets_it_for_certain(command):
    assert told(command) == [(1, "5", True)]


@pytest.mark.parametrize("command", [
    "test -e /x && sysctl -w net.core.somaxconn=5", "test -e /x || sysctl -w net.core.somaxconn=5", "(sysctl -w net.core.somaxconn=5)",
    "test -e /x && echo | sysctl -w net.core.somaxconn=5", "if true; then sysctl -w net.core.somaxconn=5; fi",
    "while true; do sysctl -w net.core.somaxconn=5; done", "until false; do sysctl -w net.core.somaxconn=5; done",
    "for i in 1 2; do sysctl -w net.core.somaxconn=5; done", "select i in 1 2; do sysctl -w net.core.somaxconn=5; done",
    "case $1 in start) sysctl -w net.core.somaxconn=5;; esac", "f() { sysctl -w net.core.somaxconn=5; }",
    "function f { sysctl -w net.core.somaxconn=5; }", "test -e /x && sh -c 'sysctl -w net.core.somaxconn=5'",
    "sh -c 'test -e /x && sysctl -w net.core.somaxconn=5'", "test -e /x && echo 5 > /proc/sys/net/core/somaxconn",
    "test -e /x && echo 5 | tee /proc/sys/net/core/somaxconn", "{ sysctl -w net.core.somaxconn=5; }",
])  # fmt: skip
def test_a_command_that_may_not_run_is_uncertain(command):
    assert told(command) == [(1, "5", False)]


@pytest.mark.parametrize("command", [
    "sysctl -w net.core.somaxconn=$N", "sysctl -w net.core.somaxconn=`nproc`", "echo $N > /proc/sys/net/core/somaxconn",
    "echo 5 6 > /proc/sys/net/core/somaxconn",
    "printf x 5 > /proc/sys/net/core/somaxconn", "echo %s 5 > /proc/sys/net/core/somaxconn", "cat /etc/x > /proc/sys/net/core/somaxconn",
    "cat /etc/x | tee /proc/sys/net/core/somaxconn", "echo 5; tee /proc/sys/net/core/somaxconn", "> /proc/sys/net/core/somaxconn",
    "su -c 'sysctl -w net.core.somaxconn=5'", "run 'echo 5 > /proc/sys/net/core/somaxconn'", "run 'tee /proc/sys/net/core/somaxconn'",
    "nice -n 5 sysctl -w net.core.somaxconn=5",
])  # fmt: skip
def test_where_only_a_run_can_tell_the_value_none_is_told(command):
    assert told(command) == [(1, None, False)]


@pytest.mark.parametrize("command", [
    "sysctl net.core.somaxconn", "sysctl -w net.*.somaxconn=5", "echo 5 > /tmp/somaxconn.txt", "echo sysctl", "echo net.core.somaxconn=5",
    "sh -c", "tee", "X=1", "exec", "sudo", "timeout 5", "echo 5 < /proc/sys/net/core/somaxconn", "cat <<< sysctl net.core.somaxconn",
    "echo a#b", "nsenter -t 5 -n sysctl -w net.core.somaxconn=5", "podman run --sysctl net.core.somaxconn=5 x",
    "[ sysctl = net.core.somaxconn= ]", "[[ sysctl = net.core.somaxconn= ]]", "echo 5 | tee -a", "# sysctl -w net.core.somaxconn=5",
])  # fmt: skip
def test_what_sets_nothing_here(command):
    assert told(command) == []
    assert told(command + "\n" + SET)[-1][:2] == (2, "5"), "and what follows is told"


@pytest.mark.parametrize("block", [
    "if x\nthen\n%s\nfi", "case x in\nx)\n%s\n;;\nesac", "for x in y\ndo\n%s\ndone", "while x\ndo\n%s\ndone", "(\n%s\n)",
    "if x\nthen\ny\nelse\n%s\nfi", "until x\ndo\n%s\ndone", "f()\n{\n%s\n}", "function f {\n%s\n}", "function f\n{\n%s\n}",
])  # fmt: skip
def test_behind_a_block_a_command_is_certain_again(block):
    script = "%s\n%s" % (block % SET, AGAIN)
    at = block.split("\n").index("%s") + 1
    assert told(script) == [(at, "5", False), (script.count("\n") + 1, "6", True)]


@pytest.mark.parametrize("begin, end", [("if x\nthen", "fi"), ("while x\ndo", "done"), ("case x in\nx)", "esac"), ("{", "}")])
def test_words_of_a_command_end_no_block(begin, end):
    assert [one[1:] for one in told("%s\necho %s\n%s\n%s\n%s" % (begin, end, SET, end, AGAIN))] == [("5", False), ("6", True)]


def test_words_of_a_command_begin_no_block():
    assert told("echo if { while\n" + SET) == [(2, "5", True)]


def test_blocks_in_blocks():
    assert told("if x\nthen\nif y\nthen\nz\nfi\n%s\nfi\n%s" % (SET, AGAIN)) == [(7, "5", False), (9, "6", True)]
    # a thousand of them, and no more
    assert told("{\n" * 1000 + "}\n" * 999 + SET) == [(2000, "5", False)]
    assert told("{\n" * 1001 + "}\n" * 1000 + SET) == [(2002, "5", True)]


@pytest.mark.parametrize("before", ["x && y; ", "x || y; ", "x & ", "x && y & ", "x | y; ", "X=1; ", "sleep 1 > /dev/null; ", "x && y\n"])
def test_what_stands_behind_a_list_is_certain(before):
    assert told(before + SET) == [(1 + before.count("\n"), "5", True)]


@pytest.mark.parametrize("command", ["exit", "exit 0", "return 1", "exec /usr/sbin/daemon", "command exit", "A=1 exit", "sudo -n exit 1"])
def test_what_ends_a_script_lets_nothing_follow(command):
    assert told("%s\n%s\n%s" % (SET, command, AGAIN)) == [(1, "5", True)]
    assert told("%s; %s; %s" % (SET, command, AGAIN))[0] == (1, "5", True)


@pytest.mark.parametrize("command", ["test -e /x || exit", "if x; then exit 0; fi", "exec > /tmp/log", "exec 3>&1"])
def test_what_may_end_a_script_leaves_doubts_about_what_follows(command):
    assert told("%s\n%s\n%s" % (SET, command, AGAIN)) == [(1, "5", True), (3, "6", False)]


@pytest.mark.parametrize("start", ["set -e", "set -eu", "set -ue", "set -o errexit", "#!/bin/sh -e", "#! /bin/bash -xe"])
def test_a_script_that_ends_at_the_first_failure(start):
    assert told("%s\nrun\n%s" % (start, SET)) == [(3, "5", False)]
    assert told("%s\n%s\n%s" % (start, SET, AGAIN)) == [(2, "5", True), (3, "6", True)], "sysctl fails for none of the two"
    assert told("%s\nX=1\necho x\nset +x\n%s" % (start, SET)) == [(5, "5", True)]


@pytest.mark.parametrize("start", ["set -x", "set -u", "#!/bin/sh", "#!/bin/sh -x", "\n#!/bin/sh -e", "set - x"])
def test_a_script_that_goes_on_after_a_failure(start):
    assert told("%s\nrun\n%s" % (start, SET))[0][1:] == ("5", True)


def test_the_first_line_has_the_number_that_is_told():
    assert told("\n" + SET, first=7) == [(8, "5", True)]
    assert told("#!/bin/sh -e\nrun\n" + SET, first=7) == [(9, "5", True)], "not the first line of a file"


def test_a_continued_line_is_one_that_stands_where_it_begins():
    script = "sysctl -w \\\n -q \\\n net.core.somaxconn=5\n" + AGAIN
    assert told(script) == [(1, "5", True), (4, "6", True)]
    assert told("\n" + SET + " \\") == [(2, "5", True)], "the last line of all"
    assert told("sysctl -w net.core.somax\\\nconn=5") == [], "a new line parts words here"


def test_of_a_line_4096_characters_are_read():
    head = "echo "
    for length, value in ((4096, "51"), (4097, "5"), (4098, "")):
        line = "; sysctl -w net.core.somaxconn=51"
        assert [one[1] for one in told(head + "x" * (length - len(head) - len(line)) + line)] == [value]
    assert told(head.ljust(4095, "x") + "\\\nx\\\n" + SET) == [(3, "5", True)], "4096 with the space: full"
    assert told(head.ljust(4094, "x") + "\\\nx\\\n" + SET) == []
    assert told("\n" + SET.ljust(5000) + "\\") == [(2, "5", True)]


@pytest.mark.parametrize("depth, found", [(1, ("5", True)), (2, ("5", True)), (3, ("5", True)), (4, (None, False))])
def test_three_shells_in_each_other_are_looked_into(depth, found):
    script = SET
    for _shell in range(depth):
        script = "sh -c " + shlex.quote(script)
    assert told("\n" + script) == [(2, *found)]


@pytest.mark.parametrize("start, end", [("<<EOF", "EOF"), ("<< EOF", "EOF"), ("<<-EOF", "\tEOF"), ("<<'EOF'", "EOF"), ('<<"EOF"', "EOF")])
def test_text_that_is_fed_to_a_command_is_none(start, end):
    assert told("cat %s\n%s\n%s\n%s" % (start, SET, end, AGAIN)) == [(4, "6", True)]


def test_a_string_that_is_fed_to_a_command_ends_with_its_line():
    assert told("cat <<< EOF\n" + SET) == [(2, "5", True)]


def test_behind_a_quotation_of_several_lines_nothing_is_certain():
    assert told("echo 'a\n%s'\n%s" % (SET, AGAIN)) == [(2, None, False), (3, "6", False)]


@pytest.mark.parametrize("command, paths", [
    ("sysctl -p", ["/etc/sysctl.conf"]), ("sysctl --load", ["/etc/sysctl.conf"]), ("sysctl -f", ["/etc/sysctl.conf"]),
    ("sysctl -p /etc/a.conf /etc/b.conf", ["/etc/a.conf", "/etc/b.conf"]), ("sysctl -e -qp /etc/a.conf", ["/etc/a.conf"]),
    ("sysctl --load=/etc/a.conf", ["/etc/a.conf"]), ("sysctl -p/etc/a.conf", ["/etc/a.conf"]), ("sysctl -fa/b", ["a/b"]),
    ("sysctl -q -p/etc/a.conf net.core.somaxconn=5", ["/etc/a.conf"]), ("sysctl --load=/a -p /b", ["/a", "/b"]),
    ("timeout 5 sysctl -p /etc/a.conf", ["/etc/a.conf"]), ("sysctl -p $FILE", []), ("sysctl --system", []), ("sysctl -w a.b=/c", []), ("sysctl -q", []),
])  # fmt: skip
def test_files_that_a_command_applies(command, paths):
    assert loaded(command) == [(path, True) for path in paths]
    assert loaded("x && " + command) == [(path, False) for path in paths]
    assert told(command) == []


def test_the_file_that_a_command_applies_gets_no_value():
    assert list(shell.settings("\nsysctl -p /etc/a.conf a.b=1"))[0] == writer.Load(2, "/etc/a.conf", True)


def test_settings_of_any_name_are_told():
    assert list(shell.settings("sysctl -w a.b=1 c/d='2 3'; echo 4 > /proc/sys/e/f")) == [
        writer.Setting(1, "a.b", "1", True), writer.Setting(1, "c.d", "2 3", True), writer.Setting(1, "e.f", "4", True),
    ]  # fmt: skip
