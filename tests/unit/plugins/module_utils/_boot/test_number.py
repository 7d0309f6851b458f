# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.number import kernel_integer

# Measured on Linux 6.18 by writing each to net.ipv4.tcp_max_syn_backlog
MEASURED = [
    ("7", 7), ("0x10", 16), ("0X1F", 31), ("010", 8), ("09", None), ("0x", None), ("+7", None), ("-1", -1), (" 7", 7),
    ("\v7", 7), ("7 8", 7), ("7 abc", 7), ("7abc", None), ("7\t#x", 7), ("7 # comment", 7), ("7\r", None),
    ("7\v", None), ("7,", None), ("", None), (" ", None), ("4294967296", None), ("2147483648", None), ("- 7", None),
    ("-0", 0), ("0b1", None), ("7;", None), ("7e1", None), ('"7"', None), ("-2147483648", -2147483648),
    ("-2147483649", None), ("18446744073709551617", None), ("00000000000000000007", 7),
    ("000000000000000000007", None), ("-00000000000000000007", None), ("0x00000000000000000a", 10),
    ("7                                   # long", 7), ("7\0", None), ("--7", None),
]  # fmt: skip


@pytest.mark.parametrize("text, number", MEASURED)
def test_as_measured(text, number):
    assert kernel_integer(text) == number


INTS = st.integers(-(2**31), 2**31 - 1)


@given(INTS, st.sampled_from(["{}", " {}", "\t\v{}", "{} ", "{}\t", "{} # why", "{}\n"]))
def test_every_int_in_decimal(number, form):
    assert kernel_integer(form.format(number)) == number


@given(INTS)
def test_every_int_in_hex_and_octal(number):
    sign = "-" if number < 0 else ""
    assert kernel_integer("%s0x%x" % (sign, abs(number))) == number
    assert kernel_integer("%s0%o" % (sign, abs(number))) == number


@given(st.integers(max_value=-(2**31) - 1) | st.integers(min_value=2**31))
def test_no_number_beyond_an_int(number):
    assert kernel_integer(str(number)) is None


@given(st.text())
def test_never_fails(text):
    number = kernel_integer(text)
    assert number is None or -(2**31) <= number < 2**31
