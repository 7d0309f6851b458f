# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level, parse_level


@pytest.mark.parametrize(
    ("text", "level", "shown"),
    [
        ("6.1.176", Level(6, 1, 176), "6.1.176"),
        ("2.6.32.2", Level(2, 6, 32, 2), "2.6.32.2"),
        ("2.6.32-5-amd64", Level(2, 6, 32), "2.6.32"),
        ("6.13-rc3", Level(6, 13), "6.13.0"),
        ("5.15.153.1-microsoft-standard-WSL2", Level(5, 15, 153), "5.15.153"),
        ("4.18.0-553.el8_10.x86_64", Level(4, 18), "4.18.0"),
    ],
)
def test_releases(text: str, level: Level, shown: str) -> None:
    assert parse_level(text) == level
    assert parse_level(text).text == shown


@pytest.mark.parametrize("text", ["", "6", "six.one", "-6.1", " 6.1.2", "v6.1", "6.1.x", "6.1.192999999", "x" * 1000, "\x1b[31m"])
def test_malformed_releases_are_named(text: str) -> None:
    with pytest.raises(ValueError, match="not a kernel release") as caught:
        parse_level(text)
    assert len(str(caught.value)) < 300
    assert "\x1b" not in str(caught.value)


@given(st.tuples(*[st.integers(0, 999)] * 3), st.tuples(*[st.integers(0, 999)] * 3))
def test_order_is_that_of_versions(one: tuple, other: tuple) -> None:
    levels = [parse_level(".".join(str(number) for number in numbers)) for numbers in (one, other)]
    assert (levels[0] < levels[1]) == (one < other)
