# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("jinja2", reason="the page is made on the controller: needs jinja2")

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.compare import (
    HOW,
    Comparison,
    earlier_report,
    lines,
    summed,
    worse,
)
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.host import audited
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._report.reports import reports
from ansible_collections.linuxnet.tcp.tests.unit.plugins.plugin_utils.fleets import (
    NO_ROUTE,
    facts,
    finding,
    fleet,
    full,
    listener,
)


def compared(before: Dict[str, Any], now: Dict[str, Any]) -> Dict[str, Any]:
    comparison = Comparison(earlier_report("earlier.json", json.dumps(before)))
    for name in now:
        comparison.add(audited(name, now[name]))
    return comparison.told()


def changes(before: Any, now: Any) -> List[Tuple[str, str, str]]:
    told = compared({"a": before}, {"a": now})
    return [(how, row["about"], row["change"]) for how in HOW for row in told[how]]


WIDER = listener(backlog=4096, accept_queue={"used": 0, "limit": 4097}, syn_queue=dict(listener()["syn_queue"], limit=4097))


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (facts(listener()), facts(listener(inode=9, processes=[], accept_queue={"used": 99, "limit": 512})), []),
        (facts(listener()), facts(full()), [("worse", "0.0.0.0:80", "accept queue full, before it was ok")]),
        (facts(full()), facts(listener()), [("better", "0.0.0.0:80", "ok, before it was accept queue full")]),
        (facts(listener()), facts(WIDER), [
            ("better", "0.0.0.0:80", "its SYN queue admits 4097, before it was 512"),
            ("better", "0.0.0.0:80", "its accept queue admits 4097, before it was 512"),
        ]),
        (facts(listener(drops=9)), facts(listener(drops=10)), [("worse", "0.0.0.0:80", "it goes on dropping connections")]),
        (facts(listener(drops=9)), facts(listener(drops=9)), []),
        (facts(listener()), facts(listener(), listener(port=81)), [("new", "0.0.0.0:81", "it listens now, ok")]),
        (facts(listener()), facts(listener(), full(port=81)), [
            ("worse", "0.0.0.0:81", "accept queue full, and it is new"), ("new", "0.0.0.0:81", "it listens now, accept queue full"),
        ]),
        (facts(listener(), full(port=81), findings=[finding(subject="0.0.0.0:81")]), facts(listener()),
         [("gone", "0.0.0.0:81", "it listens no more, before it was accept queue full")]),
        (facts(findings=[]), facts(findings=[finding(subject="x")]), [("worse", "x", "accept-queue-overflow (critical)")]),
        (facts(findings=[finding(subject="x")]), facts(), [("better", "x", "accept-queue-overflow is over")]),
        (facts(findings=[finding(subject="x")]), facts(findings=[finding(subject="x", severity="warning")]),
         [("better", "x", "accept-queue-overflow (warning, before it was critical)")]),
        (facts(listener()), facts(full(), findings=[finding()]), [("worse", "0.0.0.0:80", "accept queue full, before it was ok")]),
        (facts(), NO_ROUTE, [("worse", "host", "it gives no answer, and did before")]),
        (NO_ROUTE, facts(), [("better", "host", "it answers again")]),
        (NO_ROUTE, {"error": "broke"}, []),
    ],
)  # fmt: skip
def test_what_changed(before: Any, now: Any, told: Any) -> None:
    assert changes(before, now) == told


def test_hosts_come_and_go_and_many_are_told_once() -> None:
    before = {"web%d" % number: facts(full()) for number in range(1, 61)}
    now = {"web%d" % number: facts(listener()) for number in range(2, 62)}
    told = compared(before, now)
    assert not worse(told)
    assert list(lines(told)) == [
        "better: 59 hosts: web[2:60]: 0.0.0.0:80: ok, before it was accept queue full",
        "new: web61: it is not in the earlier report",
        "gone: web1: it is not in this audit",
    ]
    assert summed(told) == "Since earlier.json: nothing worse, 1 better, 1 new, 1 gone."


def test_a_report_of_another_version_is_compared_as_far_as_it_goes() -> None:
    now = facts(full(), findings=[finding(subject="x")])
    bare = {"address": "0.0.0.0", "port": 80, "accept_queue": {"used": 0, "limit": 512}}
    assert changes({"listeners": [bare]}, now) == [], "its state was not known"
    assert changes({"kernel": {}, "sysctls": {}}, now) == [], "neither listeners nor findings were told"
    assert changes({"schema": 99, "listeners": "elsewhere", "findings": []}, now) == [("worse", "x", "accept-queue-overflow (critical)")]
    assert changes({"schema": 99, "sockets": []}, now) == [("better", "host", "it answers again")]
    apart = earlier_report("x", json.dumps({"schema": 2, "hosts": {"a": facts(listener())}}))
    assert list(apart.answers) == ["a"]


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"a": 3}', "[" * 100_000])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^x/report.json is no report.json: "):
        earlier_report("x/report.json", text)


def test_all_three_outputs_tell_and_the_next_audit_reads_them() -> None:
    before, now = fleet(40, seed=1), fleet(41, seed=2)
    first = reports(before, 140)
    assert not first.worse
    made = reports(now, 140, (), earlier_report("audit/report.json", "".join(first.files["report.json"])))
    assert made.worse and "Since audit/report.json: " in made.last_line and "\nworse: " in made.text
    second = "".join(made.files["report.json"])
    assert set(json.loads(second)["_compared"]) == {"earlier", *HOW}
    page = "".join(made.files["report.html"])
    assert "Since audit/report.json: " in page
    again = reports(now, 140, (), earlier_report("audit/report.json", second))
    assert not again.worse and again.last_line.endswith("Since audit/report.json: nothing worse, nothing better, nothing new, nothing gone.")


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=2),
                            st.dictionaries(st.sampled_from(["listeners", "findings", "error", "kernel", "port", "id"]), inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["a", "b", "_compared"]), ANYTHING, max_size=3))
def test_no_earlier_report_breaks_an_audit(before: Dict[str, Any]) -> None:
    try:
        earlier = earlier_report("x", json.dumps(before))
    except ValueError:
        return
    comparison = Comparison(earlier)
    comparison.add(audited("a", facts(listener(), findings=[finding()])))
    for line in lines(comparison.told()):
        assert line.isprintable()
