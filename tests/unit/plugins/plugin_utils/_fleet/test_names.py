# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from typing import Iterable, List, Set

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.names import in_short


def folded(names: Iterable[str]) -> List[str]:
    told = in_short(names, 1000)
    return told.split(", ") if told else []


def unfolded(told: str) -> Set[str]:
    found = re.search(r"\[([0-9]+):([0-9]+)\]", told)
    if not found:
        return {told}
    first, last = found.groups()
    width = len(first) if first.startswith("0") else 0
    return {told[: found.start()] + str(one).zfill(width) + told[found.end() :] for one in range(int(first), int(last) + 1)}


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], []),
        (["web"], ["web"]),
        (["web1", "web2", "web3"], ["web[1:3]"]),
        (["web%d" % one for one in range(8, 12)], ["web[8:11]"]),
        (["web08", "web09", "web10", "web12"], ["web[08:10]", "web12"]),
        (["web9", "web09", "web010"], ["web010", "web09", "web9"]),
        (["a1.example.com", "a2.example.com", "db"], ["a[1:2].example.com", "db"]),
        (["10.0.0.1", "10.0.0.2", "10.0.1.1"], ["10.0.0.[1:2]", "10.0.1.1"]),
        (["web[1:3]", "web1"], ["web1", "web[1:3]"]),
    ],
)
def test_ranges(names: List[str], told: List[str]) -> None:
    assert folded(names) == told


@given(st.sets(st.from_regex(r"\A(web|db)[0-9]{0,3}(\.a)?\Z")))
def test_no_name_is_lost_and_none_comes_in(names: Set[str]) -> None:
    told = folded(names)
    assert set().union(*map(unfolded, told)) == names
    assert sum(len(unfolded(one)) for one in told) == len(names), "each once"


def test_in_short() -> None:
    names = ["web%d" % one for one in range(1, 21, 2)] + ["db1", "db2", "db3"]
    assert in_short(names, 2) == "db[1:3], web1 and 9 more"
    assert in_short(names[:2], 2) == "web1, web3"
