# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drop-in's bytes: ours change, every other byte stays, and both loaders read what was meant."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.edit import (
    HEADER,
    assigned,
    names_setting,
    with_settings,
    without_settings,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.lines import procps_lines, systemd_lines
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.number import kernel_integer

KEY = "net.core.somaxconn"
OTHER = "net.ipv4.tcp_syncookies"

LINES = [
    b"net.core.somaxconn = 128", b"net/core/somaxconn=128", b"-net.core.somaxconn=1", b"-net.core.somaxconn", b"- net.core.somaxconn",
    b"net..core.somaxconn=3", b"/net/core//somaxconn = 4", b"net.core/somaxconn=5", b"--net.core.somaxconn=5", b"\vnet.core.somaxconn=6\v",
    b"net.core.somaxconn", b"net.core.somaxconn=", b"=net.core.somaxconn=7", b"#net.core.somaxconn=9", b" ; net.core.somaxconn=9",
    b"net.core.som*=10", b"net.ipv4.tcp_syncookies = 2", b"net.ipv4.tcp_fin_timeout=60  ", b"net.ipv4.tcp_fin_timeout = 30", b"", b"  \t",
    b"garbage", b"vm.note = net.core.somaxconn", b"net.core.somaxconn_x=1", b"\xff\xfe=1", b"net.core.somaxconn = 0x1000 # why",
]  # fmt: skip
ENDS = [b"\n"] * 6 + [b"\r\n", b"\r", b"\n\r", b"\0", b"\n\0", b"\r\n\0"]


@st.composite
def contents(draw, ends=tuple(ENDS)):
    lines = draw(st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(ends)), max_size=8))
    content = b"".join(line + end for line, end in lines)
    return content + draw(st.sampled_from([b"", b"", b"# no line feed", b"net.core.somaxconn=5"]))


SANE = contents([b"\n", b"\r\n"])
VALUES = st.integers(0, 2**31 - 1)


def values(content: bytes, path: str) -> list:
    """What each loader writes last to the setting: systemd keeps the last line, procps writes each in turn."""
    readings = [list(systemd_lines(content))] + [list(procps_lines(content, version)) for version in ((3, 3, 17), (4, 0, 4))]
    found = []
    for lines in readings:
        ours = [line for line in lines if [part for part in line.key.split("/") if part] == path.split("/")]
        found.append(ours[-1].value if ours else None)
    return found


@given(st.one_of(st.none(), contents()), VALUES)
@example(b"a=1\rnet.core.somaxconn=5\rb=2", 5)
@example(b"net.core.somaxconn=5\0", 5)
@example(b"a=5\rnet.core.somaxconn = 128\nnet.core.somaxconn = 128\n", 0)
def test_every_loader_reads_the_value(content, value):
    after = with_settings(content, {KEY: value})
    assert [kernel_integer(one or "") for one in values(after, "net/core/somaxconn")] == [value] * 3
    assert assigned(after, KEY) == value
    assert with_settings(after, {KEY: value}) == after


@given(contents(), VALUES)
def test_other_bytes_stay(content, value):
    """What is left when ours are taken out is what it was, but for a line feed at the end of a file without one."""
    before = without_settings(content, [KEY])
    after = without_settings(with_settings(content, {KEY: value}), [KEY])
    assert after in (before, before + b"\n", before + b"\r\n")
    if before.endswith(b"\n") or not before:
        assert after == before


@given(SANE, VALUES)
def test_other_lines_are_read_as_before(content, value):
    after = with_settings(content, {KEY: value})
    for read in (systemd_lines, lambda text: procps_lines(text, (4, 0, 4))):
        assert others(read(after)) == others(read(content))
    unset = without_settings(content, [KEY])
    assert others(systemd_lines(unset)) == others(systemd_lines(content))
    assert not names_setting(unset, KEY)


def others(lines) -> list:
    found = [(line.key, line.value) for line in lines if line.key]
    return [one for one in found if [part for part in one[0].strip(" -\v").split("/") if part] != ["net", "core", "somaxconn"]]


@given(contents(), VALUES, st.integers(0, 2))
def test_settings_do_not_meddle_with_each_other(content, one, other):
    after = with_settings(content, {KEY: one, OTHER: other})
    assert (assigned(after, KEY), assigned(after, OTHER)) == (one, other)
    gone = without_settings(after, [KEY])
    assert assigned(gone, OTHER) == other and not names_setting(gone, KEY)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, HEADER + b"net.core.somaxconn = 5\n"),
        (b"", b"net.core.somaxconn = 5\n"),
        (b"a=1", b"a=1\nnet.core.somaxconn = 5\n"),
        (b"a=1\r\nb=2\r\n", b"a=1\r\nb=2\r\nnet.core.somaxconn = 5\r\n"),
        (b"a=1\r\nb=2", b"a=1\r\nb=2\r\nnet.core.somaxconn = 5\r\n"),
        (b"net.core.somaxconn=5", b"net.core.somaxconn=5"),
        (b"net.core.somaxconn = 0x5 # five\n", b"net.core.somaxconn = 0x5 # five\n"),
        (b"net.core.somaxconn=1 # one\na=1\n", b"net.core.somaxconn=5\na=1\n"),
        (b"net.core.somaxconn=5\na=1\nnet.core.somaxconn=5\n", b"a=1\nnet.core.somaxconn=5\n"),
        (b"-net.core.somaxconn\n", b"net.core.somaxconn = 5\n"),
        (b"  -net/core/somaxconn =  1\n", b"  -net/core/somaxconn =  5\n"),
        (b"net.core.somaxconn=5\n-net.core.somaxconn\n", b"net.core.somaxconn = 5\n"),
        (b"a=1\rnet.core.somaxconn=1\nb=2\n", b"a=1\r\nb=2\nnet.core.somaxconn = 5\n"),
        (b"#net.core.somaxconn=1\n", b"#net.core.somaxconn=1\nnet.core.somaxconn = 5\n"),
    ],
)
def test_by_hand(before, after):
    assert with_settings(before, {KEY: 5}) == after


def test_a_file_with_our_header_alone_goes():
    made = with_settings(None, {KEY: 5, OTHER: 1})
    assert without_settings(made, [OTHER]) == with_settings(None, {KEY: 5})
    assert without_settings(made, [KEY, OTHER]) is None
    assert without_settings(made + b"\n \n", [KEY, OTHER]) is None
    assert without_settings(made + b"# mine\n", [KEY, OTHER]) == HEADER + b"# mine\n"
    assert without_settings(b"net.core.somaxconn=5\n", [KEY]) == b""
