# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts as the controller takes them in: what is as documented passes as it is, and whatever else comes in has its types."""

from __future__ import annotations

import copy
import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import shapes, validated

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 5))
with open(os.path.join(ROOT, "tests", "data", "gathered", "busy_host.json"), encoding="utf-8") as file:
    BUSY = json.load(file)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3))


def test_a_true_structure_passes_as_it_is() -> None:
    before = copy.deepcopy(BUSY)
    assert validated.gathered(BUSY) is BUSY
    assert before == BUSY
    assert validated.answered(dict(BUSY, warnings=["one"])) == dict(BUSY, warnings=["one"])


@given(st.sets(st.sampled_from(sorted(BUSY))))
def test_so_does_one_of_fewer_parts(names: Any) -> None:
    asked = {name: BUSY[name] for name in names}
    assert validated.gathered(asked) is asked


@given(ANY_JSON)
@settings(max_examples=300)
def test_anything_comes_in_and_what_came_in_passes(value: Any) -> None:
    for enter in (validated.gathered, validated.answered, validated.changed, validated.listings):
        once = enter(value)
        assert json.dumps(enter(once)) == json.dumps(once)
    for name in BUSY:
        once = validated.gathered({name: value})
        assert json.dumps(validated.gathered(once)) == json.dumps(once)


def with_listener(**changes: Any) -> Any:
    return {"listeners": [dict(BUSY["listeners"][0], **changes)]}


@pytest.mark.parametrize(
    ("name", "told", "given_on"),
    [
        ("port", "80", None),
        ("port", True, None),
        ("port", 1 << 64, None),
        ("port", 80.0, None),
        ("address", ["0.0.0.0"], None),
        ("remedy", "x" * 5000, "x" * 4095 + "…"),
        ("unit", "a\ud800b", "a?b"),
        ("processes", None, []),
        ("processes", [{"pid": 1, "name": "a", "more": 1}, 7, {"pid": "2"}], [{"pid": 1, "name": "a"}, {"pid": None}]),
        ("accept_queue", 5, {}),
        ("syn_queue", {"used": 1}, {"used": 1, "limit": None, "new_peer_limit": None, "on_full": None}),
        ("reuseport", [], None),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_null_or_cut(name: str, told: Any, given_on: Any) -> None:
    row = validated.gathered(with_listener(**{name: told}))["listeners"][0]
    assert row[name] == given_on
    assert {key: value for key, value in row.items() if key != name} == {
        key: value for key, value in BUSY["listeners"][0].items() if key != name
    }


def test_unknown_names_stay_outside_and_missing_ones_of_a_row_are_null() -> None:
    assert validated.gathered(dict(BUSY, more=1, error="x")) == BUSY
    assert validated.gathered(with_listener(more=1)) == with_listener()
    assert validated.gathered({"listeners": [{}]})["listeners"][0]["backlog"] is None
    assert validated.gathered({"sysctls": {"somaxconn": {}, "vm.swappiness": {"runtime": 1}}}) == {"sysctls": {"somaxconn": {}}}


def test_a_wrong_part_is_null_rather_than_empty() -> None:
    """That nothing could be read is not that nothing is there."""
    for name in BUSY:
        assert validated.gathered({name: 7}) == {name: 7 if name == "schema" else None}


def test_lists_are_bounded() -> None:
    assert len(validated.gathered({"findings": BUSY["findings"] * 100})["findings"]) == 1000
    assert len(validated.gathered({"listeners": [{}] * 70000})["listeners"]) == 65536
    assert len(validated.gathered({"counters": {str(one): one for one in range(2000)}})["counters"]) == 1000


def test_evidence_is_bounded_in_depth_and_size() -> None:
    deep: Any = 1
    for _level in range(5000):
        deep = [deep]
    shape = shapes.Anything(depth=2, longest=3, most=6)
    assert shape.admitted({"a": [1, [2]], "b": [1, 2, 3, 4]}) == {"a": [1, "…"], "b": "…"}
    assert shape.admitted(float("nan")) == "…" and shape.admitted({1: 2, "b": {3}}) == {"b": "…"}
    assert shape.admitted([[1, 2], [3, 4], [5]]) == [[1, 2], "…", "…"]
    given_on = validated.gathered({"findings": [{"evidence": {"a": deep}}], "mitigation": {"record": deep}})
    assert "…" in json.dumps(given_on, ensure_ascii=False)


def test_a_record_that_is_none_is_left_for_its_own_reader_to_refuse() -> None:
    """Null would say that no mitigation is in force."""
    for told in ([], "x", 7, float("nan"), 1 << 70, ["x"] * 10000, {"schema": 1, "blocks": [{}] * 10000}):
        assert validated.gathered({"mitigation": {"record": told}})["mitigation"]["record"] is not None
