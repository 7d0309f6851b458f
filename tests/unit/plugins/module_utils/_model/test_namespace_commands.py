# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.namespace_commands import prefix


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [
        (None, ""),
        ("host", ""),
        ("web", "ip netns exec web "),
        ("pid:812", "nsenter --net --target 812 "),
        ("/run/docker/netns/x", "nsenter --net=/run/docker/netns/x "),
        ("a b", "ip netns exec 'a b' "),
    ],
)
def test_prefix(namespace: str | None, expected: str) -> None:
    assert prefix(namespace) == expected


@given(st.text(min_size=1), st.sampled_from(["", "/", "pid:"]))
def test_a_shell_takes_any_name_for_one_word(name: str, kind: str) -> None:
    namespace = kind + name
    words = shlex.split(prefix(namespace) + "true")
    if namespace == "host":
        assert words == ["true"]
    elif namespace.startswith("pid:"):
        assert words == ["nsenter", "--net", "--target", namespace[4:], "true"]
    elif namespace.startswith("/"):
        assert words == ["nsenter", "--net=" + namespace, "true"]
    else:
        assert words == ["ip", "netns", "exec", namespace, "true"]
