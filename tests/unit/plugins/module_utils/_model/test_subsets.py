# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.subsets import ALL, resolve_subset

NAMES = st.sampled_from(sorted(ALL) + ["all", "min"])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["all"], ALL),
        ([], ALL),
        (["min"], {"sysctls"}),
        (["!kernel_log"], ALL - {"kernel_log"}),
        (["listeners", "counters"], {"sysctls", "listeners", "counters"}),
        (["!all"], {"sysctls"}),
        (["!all", "listeners"], {"sysctls", "listeners"}),
        (["!min", "boot"], {"boot"}),
        (["!sysctls"], ALL - {"sysctls"}),
    ],
)
def test_subsets(asked: list, expected: set) -> None:
    assert resolve_subset(asked) == expected


@given(st.lists(st.tuples(st.booleans(), NAMES), max_size=6))
def test_any_combination_is_a_part_of_all_and_order_does_not_matter(parts: list) -> None:
    asked = [("!" if negated else "") + name for negated, name in parts]
    assert resolve_subset(asked) <= ALL
    assert resolve_subset(asked) == resolve_subset(asked[::-1])


@pytest.mark.parametrize("name", ["listener", "!everything", "", "!", "Sysctls"])
def test_unknown_names_are_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        resolve_subset(["sysctls", name])
    assert str(caught.value).startswith("gather_subset: {0!r} is not allowed".format(name))
    assert "kernel_log" in str(caught.value)
