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
    wrong = data.draw(st.sampled_from([last[:at] + last[at + 1:], last[:at] + "x" + last[at:], last[:at] + "x" + last[at + 1:]]))
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
