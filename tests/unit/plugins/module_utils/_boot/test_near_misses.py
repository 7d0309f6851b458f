# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot import lines, mentions, near_misses
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.dropins import DropIn
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sysctls import KEYS

NAMES = tuple(key.key for key in KEYS.values())


def told(text, look=near_misses.applied):
    return list(look(DropIn("/etc/sysctl.d/a.conf", text.encode("utf-8", "surrogateescape")), NAMES))


@given(st.sampled_from(NAMES), st.integers(0, 10**6), st.sampled_from(["%s=%d", "%s = %d", "-%s = %d", "  %s\t=%d ", "%s=%d # why"]))
def test_a_line_that_is_right_is_none(key, number, shape):
    for spelled in (key, key.replace(".", "/")):
        assert told(shape % (spelled, number)) == []


@given(st.sampled_from(NAMES), st.integers(0, 10**6), st.data())
def test_a_letter_too_many_or_too_few_is_told_with_the_right_line(key, number, data):
    start, last = key.rpartition(".")[0], key.rpartition(".")[2]
    at = data.draw(st.integers(0, len(last) - 1))
    wrong = data.draw(st.sampled_from([last[:at] + last[at + 1 :], last[:at] + "x" + last[at:], last[:at] + "x" + last[at + 1 :]]))
    assume(wrong != last)
    text = "%s.%s = %d" % (start, wrong, number)
    (found,) = told(text)
    assert (found.key, found.instead) == (key, "%s = %d" % (key, number))
    assert told(found.instead) == []


@given(st.text(max_size=400))
def test_any_text_is_read_and_what_is_told_prints(text):
    for look in (near_misses.applied, near_misses.not_applied):
        for found in told(text, look):
            assert found.key in NAMES and all(word.isprintable() for word in found)
            right = list(lines.systemd_lines(found.instead.encode()))
            assert [line.key for line in right] == [found.key.replace(".", "/")]


@pytest.mark.parametrize("line", [
    "net.ipv4.tcp_syn_retries = 3", "net.core.netdev_budget = 3", "net.ipv4.conf.all.log_martians = 1", "net.core.somaxconn", "-net.core.somaxconn",
    "net.*.somaxconn = 5", "net.ipv4.tcp_synack_retries", "", "#net.core.somaxcon = 1", "kernel.sysrq=1", "net.core.optmem_max = 3",
])  # fmt: skip
def test_other_lines_are_none(line):
    assert told(line) == []


def test_only_files_that_may_hold_one_are_looked_at():
    assert not mentions.may_nearly_be_set(b"# net.core.somaxconn = 5\nkernel.sysrq = 1\n")
    assert mentions.may_nearly_be_set(b"net.core.somaxcon = 5\n")


K = "net.core.somaxconn"


@pytest.mark.parametrize("line, value, reason", [
    ("net.core.somaxconn 5", "5", near_misses.NO_EQUALS), ("sysctl -w net.core.somaxconn=5", "5", near_misses.COMMAND),
    ("  sysctl net.core.somaxconn=5", "5", near_misses.COMMAND),
    ("net.core/somaxconn = 5", "5", near_misses.MIXED), ("net/core.somaxconn = 5", "5", near_misses.MIXED),
    ("\ufeffnet.core.somaxconn=5", "5", near_misses.MARKED),
    ("/proc/sys/net/core/somaxconn = 5", "5", near_misses.NO_SUCH_SETTING), ("net.ipv4.somaxconn = 5", "5", near_misses.NO_SUCH_SETTING),
    ("somaxconn = 5", "5", near_misses.NO_SUCH_SETTING),
    ("net.core.SOMAXCONN = 5", "5", near_misses.NO_SUCH_SETTING), ("net.core.somaxcnn=5", "5", near_misses.NO_SUCH_SETTING),
    ("-net.core.somaxcon = 5 ", "5", near_misses.NO_SUCH_SETTING),
    ("net.core.somaxco = 5", "5", near_misses.NO_SUCH_SETTING), ("net.core.soomaaxconn = 5", "5", near_misses.NO_SUCH_SETTING),
    ("net.core.somaxcom=", "", near_misses.NO_SUCH_SETTING),
    ("net.core.xomaxcomn = 5", "5", near_misses.NO_SUCH_SETTING), ("net.core.somaxcomn 5", "5", near_misses.NO_SUCH_SETTING),
    ("\ufeffnet.core.somaxcon=5", "5", near_misses.NO_SUCH_SETTING),
])  # fmt: skip
def test_a_line_that_sets_nothing_and_why(line, value, reason):
    (found,) = told("kernel.x = 1\n" + line)
    assert found == near_misses.NearMiss(K, "/etc/sysctl.d/a.conf:2", value, reason, "%s = %s" % (K, value))


@pytest.mark.parametrize("line", [
    "net.core.somax = 5", "net.core.xomaxcomnx = 5", "net.core.soomaaxxconn = 5", "net.core.smxcnn = 5", ";net.core.somaxcon = 5", "  # net.core.somaxcon = 5",
    "net.core.somaxcon",
    ".=5", "/ = 5", "net.co?e.somaxcon = 5", "net.core.somaxco[n] = 5", "net.{core}.somaxcon = 5", "\ufeff", ".net.core.somaxconn = 5",
    "/net/core/somaxconn/ = 5", "net..core.somaxconn = 5",
])  # fmt: skip
def test_what_is_too_far_from_it_or_right(line):
    assert told(line) == []


def test_every_line_about_it_in_a_file_that_no_loader_reads():
    assert [(one.source, one.reason) for one in told("x\nnet.core.somaxconn = 5\n#net.core.somaxconn = 5", near_misses.not_applied)] == [
        ("/etc/sysctl.d/a.conf:2", near_misses.NOT_CONF),
    ]  # fmt: skip


def test_long_lines_and_values_are_cut():
    (found,) = told("net.core.somaxcon = " + "x" * 300)
    assert len(found.value) == 256 and found.value.endswith("…") and len(found.instead) == 300
    assert told("net.core.somaxcon 5".rjust(4096)) and not told("net.core.somaxcon5 5".rjust(4098 + 2)[:4097])
    assert told(" " * 4096 + "net.core.somaxcon = 5") == []


def test_a_name_between_two_settings_means_none():
    keys = ("a.abcdefgh", "a.abcdxyzw")

    def look(text):
        return [one.key for one in near_misses.applied(DropIn("/x", text), keys)]

    assert (look(b"a.abcdefg=1"), look(b"a.abcdxyz=1"), look(b"a.abcdefzw=1")) == (["a.abcdefgh"], ["a.abcdxyzw"], [])
    assert list(near_misses.applied(DropIn("/x", None), keys)) == []


@pytest.mark.parametrize("content, nearly", [
    (b"MAX_CON = 1", True), (b"a\n  ; backlog\n", False), (b"a\n b.cookies=1", True), (b"x.synack", True), (b"abort", True), (b"OVERFLOW", True),
    (b"x = 1", False), (b"", False),
])  # fmt: skip
def test_what_a_misspelt_name_still_has(content, nearly):
    assert mentions.may_nearly_be_set(content) is nearly
