# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.lines import procps_lines, systemd_key, systemd_lines

PATH = "net/core/somaxconn"
V3, V4 = (3, 3, 17), (4, 0, 2)


def systemd(content):
    return [tuple(line) for line in systemd_lines(content)]


def procps(content, version=V4):
    return [tuple(line) for line in procps_lines(content, version)]


BOTH = [
    (b"net.core.somaxconn=1", [(1, PATH, "1")]),
    (b"net.core.somaxconn = 1 \n", [(1, PATH, "1")]),
    (b"\t net/core/somaxconn\t=\t1 2 \n", [(1, PATH, "1 2")]),
    (b"-net.core.somaxconn=1\n", [(1, PATH, "1")]),
    (b"net.core.somaxconn=1 # why\n", [(1, PATH, "1 # why")]),
    (b"net.core.somaxconn==1\n", [(1, PATH, "=1")]),
    (b"# net.core.somaxconn=1\n ; net.core.somaxconn=2\n\n\nnet.core.somaxconn=3\n", [(5, PATH, "3")]),
    (b"net.core.somaxconn=1\r\nnet.core.somaxconn=2\r\n", [(1, PATH, "1"), (2, PATH, "2")]),
    (b"net.core.somaxconn=\\\n1\n", [(1, PATH, "\\")]),
    (b"net.core.somaxconn\n1\n", []),
    (b"\xef\xbb\xbfnet.core.somaxconn=1\n", [(1, "\ufeffnet/core/somaxconn", "1")]),
    (b"net.core.somaxconn=\xff\n", [(1, PATH, "\\xff")]),
    (b"net.core/somaxconn=1\n", [(1, "net/core.somaxconn", "1")]),
    (b"net/core.somaxconn=1\n", [(1, "net/core.somaxconn", "1")]),
    (b"", []),
]


@pytest.mark.parametrize("content, lines", BOTH)
def test_what_all_loaders_agree_on(content, lines):
    assert systemd(content) == procps(content, V4) == procps(content, V3) == lines


@pytest.mark.parametrize("content, lines", [
    (b"-net.core.somaxconn\n", [(1, PATH, None)]),
    (b"- net.core.somaxconn = 1\n", [(1, PATH, "1")]),
    (b"net.core.somaxconn=\n", [(1, PATH, "")]),
    (b"a.b=1\ra.c=2\n\ra.d=3\n\na.e=4\0a.f=5", [
        (1, "a/b", "1"), (1, "a/c", "2"), (2, "a/d", "3"), (4, "a/e", "4"), (4, "a/f", "5")]),
    (b"\vnet.core.somaxconn=1\v\n", [(1, "\vnet/core/somaxconn", "1\v")]),
    (b"=5\n", [(1, "", "5")]),
])  # fmt: skip
def test_systemd_lines(content, lines):
    assert systemd(content) == lines


@pytest.mark.parametrize("content, lines", [
    (b"-net.core.somaxconn\n", [(1, PATH, None)]),
    (b"--net.core.somaxconn = 1\n", [(1, PATH, "1")]),
    (b"- net.core.somaxconn = 1\n", [(1, " net/core/somaxconn", "1")]),
    (b"net.core.somaxconn=\n", [(1, PATH, "")]),
    (b"\vnet.core.somaxconn=1\v\n", [(1, PATH, "1")]),
    (b"net.core.somaxconn=1\0net.core.somaxconn=2\n", [(1, PATH, "1")]),
    (b"a.b=1\ra.c=2\n", [(1, "a/b", "1\ra.c=2")]),
    (b"/net//core/somaxconn=1\n", [(1, "/net//core/somaxconn", "1")]),
])  # fmt: skip
def test_procps_4_lines(content, lines):
    assert procps(content) == lines


@pytest.mark.parametrize("content, lines", [
    (b"-net.core.somaxconn\n", []),
    (b"net.core.somaxconn=\n", []),
    (b"==net.core.somaxconn=1\n", [(1, PATH, "1")]),
    (b"net.core.somaxconn=1\r2\n", [(1, PATH, "1")]),
    (b"net.core.somaxconn=1\v\n", [(1, PATH, "1\v")]),
])  # fmt: skip
def test_procps_3_lines(content, lines):
    assert procps(content, V3) == lines


def test_procps_3_3_15_takes_the_dash_for_a_part_of_the_name():
    assert procps(b"-net.core.somaxconn=1\n", (3, 3, 15)) == [(1, "-" + PATH, "1")]


@pytest.mark.parametrize("key", [
    "net.core.somaxconn", "net/core/somaxconn", "/net/core/somaxconn", ".net.core.somaxconn", "net..core.somaxconn",
    "net//core/somaxconn", "net/core/somaxconn/", "net/./core/somaxconn",
])  # fmt: skip
def test_spellings_of_one_setting_for_systemd(key):
    assert systemd_key(key) == PATH


def test_an_interface_with_a_dot_in_its_name():
    assert systemd_key("net.ipv4.conf.eth0/100.rp_filter") == "net/ipv4/conf/eth0.100/rp_filter"
    assert systemd_key("net/ipv4/conf/eth0.100/rp_filter") == "net/ipv4/conf/eth0.100/rp_filter"


BYTES = st.binary(max_size=60) | st.lists(
    st.sampled_from([b"a.b", b"=", b"-", b"#", b"\n", b"\r", b"\0", b" ", b"1", b"\v", b"*"]), max_size=20
).map(b"".join)


@given(BYTES, st.sampled_from([(3, 3, 15), V3, (4, 0, 0), (4, 0, 6)]))
def test_any_bytes_are_taken_and_line_numbers_stay_inside_the_file(content, version):
    last = content.count(b"\n") + 1
    for lines in (systemd(content), procps(content, version)):
        numbers = [line[0] for line in lines]
        assert numbers == sorted(numbers) and all(1 <= number <= last for number in numbers)


@given(BYTES)
def test_a_systemd_key_names_the_same_when_it_is_read_again(content):
    for _number, key, _value in systemd(content):
        if "/" in key and "." not in key.split("/", 1)[0]:
            assert systemd_key(key) == key
