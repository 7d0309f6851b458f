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
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import HalfOpen

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


# ---------------------------------------------------------------- what each family says


def samples(found, name):
    return next(one for one in found if one.name == "linuxnet_tcp_" + name).samples


def host(**facts):
    return families.families(facts, look(), totals.Totals(), "1.2.3")


def test_a_listener_has_its_labels_and_all_of_its_figures():
    one = dict(row(7, used=5, drops=3, unit="nginx.service"), device="eth0", syn_queue={"used": 4, "limit": 100, "on_full": "drop"})
    happened = families.Look({7: 9}, {7: 30}, {7: 1.23456}, 11, True, 2.34567)
    found = told([one], happened)
    labels = (("netns", "host"), ("address", "0.0.0.0%eth0"), ("port", "80"), ("process", "nginx"), ("unit", "nginx.service"))
    expected = {
        "accept_queue_used": 5, "accept_queue_limit": 129, "accept_queue_peak": 9, "accept_queue_full_seconds": 1.235, "syn_queue_used": 4,
        "syn_queue_limit": 100, "syn_queue_peak": 30, "drops": 3, "backlog": 128, "sockets": 1,
    }  # fmt: skip
    assert {name: samples(found, "listener_" + name) for name in expected} == {name: [(labels, value)] for name, value in expected.items()}
    assert samples(found, "listener") == [((*labels, ("bound_by", "application"), ("on_full", "drop")), 1)]
    assert samples(found, "exporter_samples") == [((), 11)] and samples(found, "exporter_cpu_seconds") == [((), 2.346)]
    assert samples(found, "mitigation_in_force") == [((), 1)] and samples(host(), "mitigation_in_force") == [((), 0)]


def test_a_peak_is_never_below_what_there_is_now():
    one = dict(row(7, used=50), syn_queue={"used": 60, "limit": 100})
    found = told([one], families.Look({7: 9}, {7: 8}, {}, 0, False, 0))
    assert values(found, "listener_accept_queue_peak") == {("80", "nginx"): 50}
    assert values(found, "listener_syn_queue_peak") == {("80", "nginx"): 60}


def test_what_is_not_known_has_no_sample():
    one = {"inode": 7, "network_namespace": "host", "address": "::", "port": 80}
    found = told([one])
    for name in ("accept_queue_limit", "syn_queue_used", "syn_queue_limit", "syn_queue_peak", "backlog"):
        assert samples(found, "listener_" + name) == []
    assert values(found, "listener_accept_queue_used") == values(found, "listener_drops") == {("80", ""): 0}
    assert samples(found, "listener")[0][0][-2:] == (("bound_by", ""), ("on_full", ""))


def test_the_fullest_of_a_group_is_the_one_with_least_room_left():
    group = [row(1, used=50, limit=1000), row(2, used=40, limit=100), row(3, used=40, limit=100)]
    group[0]["syn_queue"], group[2]["syn_queue"] = {"used": 90, "limit": 100}, {"used": 99, "limit": 1000}
    group[1]["backlog"], group[2]["backlog"] = 77, 78
    found = told(group)
    assert values(found, "listener_accept_queue_limit") == {("80", "nginx"): 100}
    assert values(found, "listener_backlog") == {("80", "nginx"): 77}, "of equal ones the first"
    assert values(found, "listener_syn_queue_used") == {("80", "nginx"): 90}
    assert values(told(group[::-1]), "listener_backlog") == {("80", "nginx"): 78}


def test_the_rest_of_too_many_listeners_is_summed():
    found = told([row(number, port=number, used=2, limit=10) for number in range(1, 504)], look({503: 9}))
    left = {
        name: values(found, "listener_" + name)["0", ""]
        for name in ("accept_queue_used", "accept_queue_limit", "accept_queue_peak", "sockets", "syn_queue_limit")
    }
    assert left["sockets"] == 3 and left["accept_queue_used"] == 6 and left["accept_queue_limit"] == left["syn_queue_limit"] == 30
    assert ("0", "") not in values(found, "listener_backlog")
    assert len(values(told([row(number, port=number) for number in range(1, 501)]), "listener_sockets")) == 500


def test_counters_of_each_network_namespace():
    found = host(counters={"SyncookiesSent": 5, "ListenDrops": None}, network_namespaces=[
        {"name": "blue", "counters": {"SyncookiesSent": 7}}, {"name": "host", "counters": {"SyncookiesSent": 9}}, {"name": "red", "counters": None},
    ])  # fmt: skip
    assert samples(found, "syncookies_sent") == [((("netns", "host"),), 5), ((("netns", "blue"),), 7)]
    assert samples(found, "listen_drops") == []


def test_half_open_connections_by_the_state_of_their_answer():
    entries = HalfOpen((6, 3, 1), 4, 9, [], [])
    found = families.families({}, look()._replace(half_open={"host": entries}), totals.Totals(), "")
    assert [(dict(labels)["answer"], count) for labels, count in samples(found, "half_open_connections")] == [
        ("awaited", 4),
        ("late", 2),
        ("asked_again", 4),
    ]


def test_settings_now_and_after_a_reboot():
    found = host(
        sysctls={"somaxconn": {"runtime": 128, "boot": None, "drift": True}, "tcp_syncookies": {"runtime": 1, "boot": 0, "drift": False}},
        network_namespaces=[{"name": "blue", "sysctls": {"somaxconn": 64, "tcp_syncookies": None}}],
    )
    place = ("netns", "host")
    assert samples(found, "sysctl_value") == [
        ((place, ("key", "somaxconn")), 128), ((place, ("key", "tcp_syncookies")), 1), ((("netns", "blue"), ("key", "somaxconn")), 64),
    ]  # fmt: skip
    assert samples(found, "sysctl_boot_value") == [((place, ("key", "tcp_syncookies")), 0)]
    assert samples(found, "sysctl_drift") == [((place, ("key", "somaxconn")), 1), ((place, ("key", "tcp_syncookies")), 0)]


def test_findings_are_counted_by_id_and_severity():
    found = host(findings=[{"id": "b", "severity": "info"}, {"id": "a", "severity": "info"}, {"id": "b", "severity": "info"}])
    assert samples(found, "findings") == [((("id", "a"), ("severity", "info")), 1), ((("id", "b"), ("severity", "info")), 2)]


def test_what_the_exporter_tells_of_itself():
    found = families.families({"listeners": [row(1), row(2), None]}, look()._replace(namespaces=3, namespaces_left_out=4), totals.Totals(), "1.2.3")
    assert samples(found, "exporter_listening_sockets") == [((), 2)]
    assert (samples(found, "exporter_network_namespaces"), samples(found, "exporter_network_namespaces_left_out")) == ([((), 3)], [((), 4)])
    assert samples(found, "exporter_build") == [((("version", "1.2.3"),), 1)]
    assert samples(families.families({}, families.Look({}, {}, {}, 0, False, 0), totals.Totals(), ""), "exporter_network_namespaces") == [((), 1)]


def test_both_formats_word_for_word():
    made = [
        text.Family("a", "counter", "Help.", [((("x", 'q"\\\n'),), 1), ((), 2.5)]),
        text.Family("b", "info", "Told.", [((("v", "1"),), 1)]),
        text.Family("c", "gauge", "None.", []),
    ]
    assert text.openmetrics(made) == (
        '# HELP a Help.\n# TYPE a counter\na_total{x="q\\"\\\\?"} 1\na_total 2.5\n# HELP b Told.\n# TYPE b info\nb_info{v="1"} 1\n# EOF\n'
    )
    assert text.classic(made) == (
        '# HELP a_total Help.\n# TYPE a_total counter\na_total{x="q\\"\\\\?"} 1\na_total 2.5\n# HELP b_info Told.\n# TYPE b_info gauge\nb_info{v="1"} 1\n'
    )
    assert text.label("x" * 201) == "x" * 200 and text.label(7) == "7" and text.label("\ud800\n") == "??"


# ---------------------------------------------------------------- counters that only grow


def test_a_peak_lasts_as_many_readings_as_asked_for_and_one_at_least():
    for readings, seen in ((0, [5, 0, 0]), (1, [5, 0, 0]), (3, [5, 5, 5, 0])):
        peaks = totals.Peaks(readings)
        peaks.add({1: 5})
        peaks.add({1: 3})
        assert [peaks.take().get(1, 0) for _reading in seen] == seen
    peaks = totals.Peaks(2)
    for length in (5, 9, 4):
        peaks.add({1: length, 2: 0})
        last = peaks.take()
    assert last == {1: 9}, "a queue that was empty has no peak"


def test_a_counter_grows_by_what_was_counted_since():
    kept = totals.Totals()
    for raw, total in ((10, 10), (10, 10), (12, 12), (3, 15), (3, 15)):
        kept.count("drops", (1, "drops"), raw)
        assert kept.total("drops") == total, "a socket that counts from the beginning is another one"
    kept.grow("drops", -5)
    assert (kept.total("drops"), kept.total("none")) == (15, 0)
    kept.grow("new", 0)
    assert list(kept.kept()["totals"]) == ["drops", "new"]


def test_sockets_that_are_gone_are_forgotten_and_the_oldest_of_too_many_series():
    kept = totals.Totals(boot="b")
    kept.count("a", (1, "drops"), 5)
    kept.count("b", (12, "drops"), 6)
    kept.forget({12: None})
    assert kept.kept() == {"schema": 1, "boot": "b", "totals": {"a": 5, "b": 6}, "last": {"12 drops": 6}}
    for number in range(1999):
        kept.grow("s%d" % number, 1)
    kept.grow("a", 1)  # now the youngest
    kept.forget({})
    assert len(kept.kept()["totals"]) == 2000 and kept.total("b") == 0 and kept.total("a") == 6


def test_what_is_no_number_in_a_kept_state_is_left_out():
    state = {
        "schema": 1,
        "boot": "b",
        "totals": {"a": 1.5, "b": True, "c": "1", "d": -1, "e": float("inf"), "f": float("nan"), "g": 0},
        "last": {"1 drops": 2.0, "2 drops": None},
    }
    assert totals.Totals(state, "b").kept() == {"schema": 1, "boot": "b", "totals": {"a": 1.5, "g": 0}, "last": {"1 drops": 2}}
    assert totals.Totals(dict(state, schema=2), "b").kept()["totals"] == totals.Totals(state, "c").kept()["totals"] == {}


def test_of_sockets_that_are_all_empty_the_first_speaks_for_the_group():
    group = [dict(row(number, limit=limit), backlog=number) for number, limit in ((1, 100), (2, 1000), (3, 10))]
    for one in group:
        one["syn_queue"]["limit"] = one["inode"]
    found = told(group)
    assert values(found, "listener_backlog") == values(found, "listener_syn_queue_limit") == {("80", "nginx"): 1}
    unknown = [dict(one, accept_queue={"used": 0, "limit": None}) for one in group]
    assert values(told(unknown), "listener_backlog") == {("80", "nginx"): 1}
