# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.watch_answer import answer
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._text.watch_table import blocks, watch_table


def row(port: int, dropped: int = 0, peak: int = 0, **more: t.Any) -> dict[str, t.Any]:
    syns = {"arrived": 100, "before_listener": 0, "answered": 100 - dropped, "repeated": 0, "dropped": dropped, "unexplained": 0}
    queue = {
        "limit": 512, "samples": 10, "peak": peak, "p50": 0, "p95": 0, "p99": 3, "seconds_full": 0.0,
        "histogram": [{"upto": 0, "samples": 9}, {"upto": 1, "samples": 0}, {"upto": 2, "samples": 1}],
    }  # fmt: skip
    return dict(
        {
            "network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": port, "device": None, "inode": port,
            "backlog": 511, "syns": syns, "dropped": dropped, "accept_queue": queue, "syn_queue": queue,
            "connections_per_second": 10.0, "recommended_backlog": 511, "reuseport": None,
        },
        **more,
    )  # fmt: skip


def watched(*listeners: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return dict({"seconds": 10.0, "looks": 10, "listeners": list(listeners), "layers": [], "namespaces": [], "findings": []}, **more)


def test_the_listener_that_lost_most_comes_first() -> None:
    lines = watch_table({"a": watched(row(80), row(443, dropped=50, peak=20))}).splitlines()
    assert lines[0] == "a: watched for 10.0 s, 10 looks"
    assert lines[2].split()[:6] == ["LISTENER", "SYNS", "ANSWERED", "DROPPED", "BEFORE", "PEAK"]
    assert lines[3].split()[:6] == ["0.0.0.0:443", "100", "50", "50", "0", "20/512"]
    assert lines[4].split()[0] == "0.0.0.0:80" and lines[4].endswith("|█ ▂|")


def test_hosts_in_trouble_come_first_and_those_without_an_answer_before_them() -> None:
    critical = {"id": "x", "severity": "critical", "subject": "0.0.0.0:80", "summary": "Bad.", "remedy": "Do it.", "evidence": {}}
    shown = watch_table({"a": watched(row(80)), "b": watched(row(80), findings=[critical]), "c": {"error": "unreachable"}})
    assert shown.index("c: no answer: unreachable") < shown.index("b: watched") < shown.index("a: watched")
    assert "critical: 0.0.0.0:80: Bad.\n    Do it." in shown
    assert shown.splitlines()[-1] == (
        "Result: 2 listeners on 2 hosts watched, 1 host with losses or full queues, 1 host gave no answer."
    )


def test_what_is_not_known_is_a_question_mark() -> None:
    blind = dict(row(80, syns=None, connections_per_second=None, recommended_backlog=None), dropped=None)
    assert watch_table({"a": watched(blind)}).splitlines()[3].split()[:5] == ["0.0.0.0:80", "?", "?", "?", "?"]


def test_layers_and_warnings_are_told() -> None:
    lost = {"network_namespace": "web", "layer": "netfilter", "reason": "NETFILTER_DROP", "where": "nft_do_chain", "dropped": 50}
    shown = watch_table({"a": watched(row(80), layers=[lost], warnings=["No CAP_NET_RAW."])})
    assert "lost: netfilter: 50 (NETFILTER_DROP, nft_do_chain) in network namespace web" in shown
    assert "note: No CAP_NET_RAW." in shown


def test_hostile_text_prints_and_is_no_template() -> None:
    shown = watch_table({"a": watched(row(80, network_namespace="x\x1b[2J{{ 1 }}\u202e"))})
    assert "\x1b" not in shown and "{{" not in shown and "\u202e" not in shown


@given(st.lists(st.integers(0, 1 << 40), max_size=20))
def test_any_look_shows_in_the_histogram(counts: list[int]) -> None:
    shown = blocks({"histogram": [{"upto": place, "samples": count} for place, count in enumerate(counts)]})
    if any(counts):
        assert len(shown) == len(counts) and [one != " " for one in shown] == [count > 0 for count in counts]
        assert "█" in shown
    else:
        assert shown == ""


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
       | st.dictionaries(st.sampled_from(["listeners", "syns", "accept_queue", "histogram", "port", "findings", "layers", "error"]), inner, max_size=4),
       max_leaves=20))  # fmt: skip
def test_whatever_a_host_answers_there_is_a_report(told: t.Any) -> None:
    shown = watch_table({"a": answer({"watch": told} if told is not None else told)})
    assert shown.endswith(".\n")


@pytest.mark.parametrize("hosts", [None, [], "x"])
def test_anything_else_is_refused(hosts: t.Any) -> None:
    with pytest.raises(ValueError, match="mapping of host names"):
        watch_table(hosts)


def test_an_answer_that_is_none() -> None:
    assert answer(None) == {"error": "it was not asked"}
    assert answer({"msg": "no python", "failed": True}) == {"error": "no python"}
    assert answer({"watch": [1]}) == {"error": "what was watched is no mapping"}
