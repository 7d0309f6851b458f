# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the exporter tells, whatever names processes give themselves: held to the official parser."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families as classic_parser

from ansible_collections.linuxnet.tcp.plugins.module_utils._metrics import families, text, totals

ANY_TEXT = st.text(st.characters(blacklist_categories=()), max_size=20)
SMALL = st.integers(0, 5000)
KEY = ("netns", "address", "port", "process", "unit")


def row(inode=1, name="nginx", port=80, used=0, limit=129, drops=0, unit=None):
    return {
        "network_namespace": "host", "address": "0.0.0.0", "port": port, "device": None, "inode": inode, "backlog": limit - 1,
        "accept_queue": {"used": used, "limit": limit}, "syn_queue": {"used": 0, "limit": limit, "on_full": "cookies"},
        "drops": drops, "bound_by": "application", "processes": [{"pid": 1, "name": name}] if name is not None else [], "unit": unit,
    }  # fmt: skip


ROWS = st.lists(
    st.builds(row, st.integers(1, 99), st.one_of(st.none(), ANY_TEXT), st.integers(1, 65535), SMALL, st.integers(2, 5000), SMALL, ANY_TEXT),
    max_size=8,
)


def look(peaks=(), full=(), samples=0):
    return families.Look(dict(peaks), {}, dict(full), samples, False, 0.5)


def told(rows, happened=None, kept=None):
    return families.families({"listeners": rows}, happened or look(), kept or totals.Totals(), "1.0.0")


def values(found, name):
    """By port and process, what a family says."""
    family = next(one for one in found if one.name == "linuxnet_tcp_" + name)
    return {(dict(labels)["port"], dict(labels)["process"]): value for labels, value in family.samples}


@settings(max_examples=1000)
@given(ROWS, st.dictionaries(st.integers(1, 99), SMALL))
def test_the_official_parsers_take_what_hostile_names_are_in(rows, peaks):
    found = told(rows, look(peaks))
    parsed = {one.name: one for one in openmetrics_parser.text_string_to_metric_families(text.openmetrics(found))}
    samples = parsed["linuxnet_tcp_listener_accept_queue_used"].samples if rows else []
    assert sorted(tuple(one.labels[key] for key in KEY) for one in samples) == sorted({families._labels(one) for one in rows})
    classic = {one.name for one in classic_parser(text.classic(found))}
    assert {one.name.replace("_info", "") for one in found if one.samples} <= {name.replace("_info", "") for name in classic}


def test_a_peak_that_no_reading_saw():
    peaks = totals.Peaks(2)
    peaks.add({1: 7})
    peaks.add({1: 100})
    peaks.add({})
    assert values(told([row()], look(peaks.take())), "listener_accept_queue_peak") == {("80", "nginx"): 100}
    assert peaks.take() == {1: 100}, "told for two readings"
    assert peaks.take() == {}


def test_sockets_of_one_group_are_one_listener_as_full_as_its_fullest():
    found = told([row(1, used=3), row(2, used=50, drops=4), row(3, drops=5)])
    assert values(found, "listener_accept_queue_used") == {("80", "nginx"): 50}
    assert values(found, "listener_drops") == {("80", "nginx"): 9}
    assert values(found, "listener_sockets") == {("80", "nginx"): 3}


def test_at_most_five_hundred_listeners_and_the_rest_summed():
    found = told([row(number, port=number, used=1, drops=2) for number in range(1, 701)])
    used, drops = values(found, "listener_accept_queue_used"), values(found, "listener_drops")
    assert len(used) == 501
    assert (used["0", ""], drops["0", ""]) == (200, 400)
    assert sum(used.values()) == 700


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 100), st.booleans()), max_size=30))
def test_counters_never_fall_whoever_restarts(steps):
    """Sockets come, count and go; the exporter is replaced in between."""
    kept, last = totals.Totals(boot="b"), {}
    raw = {}
    for inode, more, upgrade in steps:
        raw[inode] = raw.get(inode, 0) + more
        if upgrade:
            kept = totals.Totals(kept.kept(), "b")
        now = values(told([row(inode, port=inode, drops=raw[inode])], kept=kept), "listener_drops")
        for key, value in now.items():
            assert value >= last.get(key, 0)
            last[key] = value


def test_an_upgrade_goes_on_exactly():
    kept = totals.Totals(boot="b")
    told([row(drops=10)], look(full={1: 1.5}), kept)
    after = totals.Totals(kept.kept(), "b")
    found = told([row(drops=12)], look(full={1: 0.25}), after)
    assert values(found, "listener_drops") == {("80", "nginx"): 12}
    assert values(found, "listener_accept_queue_full_seconds") == {("80", "nginx"): 1.75}
    assert values(told([row(drops=12)], kept=totals.Totals(kept.kept(), "another boot")), "listener_drops") == {("80", "nginx"): 12}


@pytest.mark.parametrize("bad", [None, 3, [], {"schema": 1, "boot": "b", "totals": [], "last": {"1 drops": "x"}}, {"schema": 9}])
def test_a_state_that_cannot_be_used_is_none(bad):
    assert values(told([row(drops=3)], kept=totals.Totals(bad, "b")), "listener_drops") == {("80", "nginx"): 3}
