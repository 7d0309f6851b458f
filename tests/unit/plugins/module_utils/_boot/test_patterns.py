# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cheap questions about a key of a sysctl file, before it is matched in full."""

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.patterns import is_pattern, may_match

KEY = "net/ipv4/tcp_syncookies"


@pytest.mark.parametrize("pattern", ["*", "net/*", "net/*/x", "./net//ipv4/tcp_*", "n{et,o}/x", "net/ipv[46]/x", "ne?/x", "net\\/x", KEY, "net/ipv4"])
def test_it_may_be_about_the_setting(pattern: str) -> None:
    assert may_match(pattern, KEY)


@pytest.mark.parametrize("pattern", ["net/ipv4/conf/*/rp_filter", "net/core/*", "net/core/som*", "ipv4/*", KEY + "/x"])
def test_it_names_another_setting(pattern: str) -> None:
    assert not may_match(pattern, KEY)


def test_what_the_loaders_take_for_a_pattern() -> None:
    assert all(map(is_pattern, ("a*", "a?", "[a]")))
    assert not any(map(is_pattern, ("a", "{a,b}", "a\\b", "]")))
