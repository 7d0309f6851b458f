# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each shape that facts are held to: what fits is the same object, what does not is null, cut or left out."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import shapes, validated

TEXT, NUMBER = shapes.Text(5), shapes.Number()


@pytest.mark.parametrize("shape, told, given_on", [
    (TEXT, "abcde", "abcde"), (TEXT, "abcdef", "abcd…"), (TEXT, "é", "é"), (TEXT, "\udc00", "?"), (TEXT, 5, None), (TEXT, None, None),
    (shapes.Text(), "x" * 4096, "x" * 4096),
    (shapes.Text(), "x" * 4097, "x" * 4095 + "…"), (NUMBER, 0, 0), (NUMBER, -(2**63), -(2**63)), (NUMBER, -(2**63) - 1, None), (NUMBER, 2**64 - 1, 2**64 - 1),
    (NUMBER, 2**64, None),
    (NUMBER, True, None), (NUMBER, 1.0, None), (NUMBER, "1", None), (shapes.Decimal(), 1.5, 1.5), (shapes.Decimal(), 2**64 - 1, 2**64 - 1),
    (shapes.Decimal(), 2**65, None),
    (shapes.Decimal(), float("inf"), None), (shapes.Decimal(), float("nan"), None), (shapes.Decimal(), False, None), (shapes.Decimal(), -(2**63), -(2**63)),
    (shapes.Decimal(), -(2.0**64), None),
    (shapes.Flag(), True, True), (shapes.Flag(), False, False), (shapes.Flag(), 1, None), (shapes.Flag(), None, None),
])  # fmt: skip
def test_single_values(shape: Any, told: Any, given_on: Any) -> None:
    admitted = shape.admitted(told)
    assert admitted == given_on and type(admitted) is type(given_on)


def same(shape: Any, told: Any) -> bool:
    """Whether it is handed on as it is, uncopied."""
    return shape.admitted(told) is told


def test_a_part_keeps_its_names() -> None:
    part = shapes.Part({"a": NUMBER, "b": NUMBER})
    assert same(part, {"a": 1, "b": None}) and same(part, {})
    assert part.admitted({"a": 1, "c": 2}) == {"a": 1} and part.admitted({"a": "x"}) == {"a": None} and part.admitted({1: 2}) == {}
    assert part.admitted(7) is None and shapes.Part({"a": NUMBER}, there=True).admitted(7) == {}
    whole = shapes.Part({"a": NUMBER, "b": shapes.Items(NUMBER, 2, there=True)}, whole=True)
    assert whole.admitted({"a": 1}) == {"a": 1, "b": []} and whole.admitted({}) == {"a": None, "b": []} and whole.admitted(7) is None
    assert same(whole, {"a": 1, "b": [2]}) and shapes.Part({"a": NUMBER}, whole=True, there=True).admitted(7) == {"a": None}


def test_named_values_of_one_shape() -> None:
    named = shapes.Named(NUMBER, 2)
    assert same(named, {"a": 1, "b": None}) and named.admitted({"a": 1, "b": 2, "c": 3}) == {"a": 1, "b": 2} and named.admitted([]) is None
    assert named.admitted({1: 2, "b": "x"}) == {"b": None} and named.admitted({"\udc00": 1}) == {}
    assert same(named, {"x" * 4096: 1}) and named.admitted({"x" * 4097: 1}) == {}
    known = shapes.Named(NUMBER, 2, ("a",))
    assert same(known, {"a": 1}) and known.admitted({"a": 1, "b": 2, 3: 4}) == {"a": 1}


def test_items_of_one_shape() -> None:
    items = shapes.Items(NUMBER, 2)
    assert same(items, [1, 2]) and same(items, (1,)) and same(items, []) and items.admitted([1, 2, 3]) == [1, 2] and items.admitted([None, "x"]) == []
    assert items.admitted([1, None]) == [1] and items.admitted("ab") is None and items.admitted(None) is None
    assert shapes.Items(NUMBER, 2, there=True).admitted(None) == []


def test_anything_that_is_not_too_deep_too_long_or_too_much() -> None:
    shape = shapes.Anything(depth=2, longest=3, most=7)
    for told in (None, True, 5, 1.5, "x", [], {}, [[1]], {"a": {"b": 1}}, [1, 2, 3], {"a": 1, "b": 2, "c": 3}):
        assert same(shape, told)
    for told, given_on in (
        ([[[1]]], [["…"]]), ({"a": {"b": {}}}, {"a": {"b": "…"}}), ([1, 2, 3, 4], "…"), ({"a": 1, "b": 2, "c": 3, "d": 4}, "…"), ([2**64], ["…"]),
        ({"a": {1}}, {"a": "…"}),
        ({1: 2, "a": 3}, {"a": 3}), ({"\udc00": 1}, {}), (["\udc00"], ["?"]), ([[1, 2, 3], [4, 5]], [[1, 2, 3], "…"]), ([[1, 2, 3], [4]], [[1, 2, 3], [4]]),
    ):  # fmt: skip
        assert shape.admitted(told) == given_on
    assert same(shapes.Anything(), [[[[[[[[1]]]]]]]]) and shapes.Anything().admitted([[[[[[[[[1]]]]]]]]]) == [[[[[[[["…"]]]]]]]]
    assert same(shapes.Anything(), [1] * 4096) and shapes.Anything().admitted([1] * 4097) == "…"


def test_the_door_takes_so_many_and_no_more() -> None:
    long = "x" * (1 << 20)
    assert validated.listings([long, long + "x"]) == [long, long[:-1] + "…"] and validated.listings(None) == []
    assert len(validated.listings(["x"] * 1001)) == 1000
    queue = {"accept_queue": {"why": {"pids": list(range(5000))}}, "processes": [{"pid": 1}] * 5000}
    row = validated.gathered({"listeners": [queue]})["listeners"][0]
    assert len(row["accept_queue"]["why"]["pids"]) == len(row["processes"]) == 4096
    assert validated.gathered(None) == {} and validated.answered(None) is None and validated.changed(None) == {}
    assert row["syn_queue"] == {"used": None, "limit": None, "new_peer_limit": None, "on_full": None} and row["fast_open"] is None
    assert validated.gathered({"half_open": {"listeners": None}})["half_open"]["listeners"] == []
