# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event filter syn_flood: every shape in which floods are reported, and what must not be taken for one."""

from __future__ import annotations

import copy
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.tests.unit.extensions.eda.loops import plugin
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._log import hostile

pytestmark = pytest.mark.skipif(sys.version_info < (3, 9), reason="ansible-rulebook needs Python 3.9")

normal = plugin("event_filter", "syn_flood")["main"]
SAID = "TCP: request_sock_TCP: Possible SYN flooding on port 192.0.2.7:80. Dropping request."
LINE = "2026-11-20T04:23:45.123456Z web1 kernel: [ 1.488069] " + SAID
TIME = "2026-11-20T04:23:45Z"
MICROSECONDS = 1795148625123456


def flood(via, time=TIME, host="web1", **changed):
    known = {"host": host, "address": "192.0.2.7", "port": 80, "action": "drop", "status": "firing", "repeated": False}
    return {"syn_flood": dict(known, time=time, via=via, **changed), "meta": {"hosts": [host]}}


def alerted(**changed):
    return flood("alertmanager", **{"address": None, "port": None, "action": None, **changed})


JOURNAL = {"_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "_HOSTNAME": "web1", "MESSAGE": SAID, "__REALTIME_TIMESTAMP": str(MICROSECONDS)}
JOURNALD = {name.lower(): value for name, value in JOURNAL.items()}
RSYSLOG = {
    "programname": "kernel", "hostname": "web1", "syslogfacility-text": "kern", "msg": " [ 1.488069] " + SAID,
    "timereported": "2026-11-20T05:23:45.12+01:00",
}  # fmt: skip
SYSLOG_NG = {"PROGRAM": "kernel", "HOST": "web1", "FACILITY": "kern", "MESSAGE": SAID, "ISODATE": "2026-11-20T04:23:45+00:00"}
ALERT = {
    "status": "firing", "labels": {"alertname": "SynFlood", "instance": "web1:9100"}, "annotations": {}, "startsAt": "2026-11-20T04:23:45.123456789Z",
}  # fmt: skip


def alert(**labels):
    return dict(ALERT, labels=labels)


@pytest.mark.parametrize(
    "event, expected",
    [
        # journald, of ansible.eda and community.eda; through webhook and Kafka as `journalctl -o json` writes it
        ({"journald": JOURNALD}, flood("journal")),
        ({"journald": dict(JOURNALD, __realtime_timestamp="2026-11-20 04:23:45.123456+00:00")}, flood("journal", None)),
        ({"payload": JOURNAL}, flood("journal")),
        ({"body": JOURNAL}, flood("journal")),
        (dict(JOURNAL), flood("journal")),
        # syslog as JSON, and as the line that it is
        ({"payload": RSYSLOG}, flood("syslog")),
        ({"body": SYSLOG_NG}, flood("syslog")),
        ({"payload": dict(SYSLOG_NG, FACILITY=0)}, flood("syslog")),
        ({"payload": {"host": "web1", "facility": "0", "message": SAID}}, flood("syslog", None)),
        ({"payload": {"host": "web1", "syslogtag": "kernel:", "message": SAID}}, flood("syslog", None)),
        ({"payload": {"message": LINE}}, flood("syslog")),
        ({"payload": LINE}, flood("syslog")),
        ({"body": "<6>1 2026-11-20T04:23:45Z web1 kernel - - - " + SAID}, flood("syslog")),
        ({"message": LINE}, flood("syslog")),
        # Alertmanager, of ansible.eda and as it comes
        ({"alert": ALERT, "meta": {"hosts": ["all"], "headers": {}}}, alerted()),
        ({"payload": {"alerts": [ALERT]}}, alerted()),
        ({"payload": [ALERT]}, alerted()),
        ({"alert": dict(ALERT, status="resolved")}, alerted(status="resolved")),
        ({"alert": dict(ALERT, startsAt="soon")}, alerted(time=None)),
        ({"alert": alert(alertname="TCPReqQFullDrop", host="web1", instance="192.0.2.1:9100")}, alerted()),
        ({"alert": alert(alertname="X", counter="ListenDrops", nodename="web1")}, alerted()),
        ({"alert": dict(alert(alertname="X", instance="[2001:db8::7]:9100"), annotations={"summary": "SYN flooding"})}, alerted(host="2001:db8::7")),
        ({"alert": alert(alertname="syn_flood", instance="192.0.2.1:9100")}, alerted(host="192.0.2.1")),
        # our own shape
        ({"payload": {"syn_flood": {"host": "web1", "address": "192.0.2.7", "port": 80, "action": "drop"}}}, flood("webhook", None)),
        ({"payload": {"syn_flood": {"host": "web1", "address": "{{ 7 }}", "port": "80", "action": "x", "time": 1, "status": []}}},
         flood("webhook", None, address=None, port=None, action=None)),
    ],
)  # fmt: skip
def test_one_shape_for_each(event, expected):
    given_event = copy.deepcopy(event)
    assert normal(event) == expected
    assert event == given_event, "the event itself is left alone"


def test_several_reports_become_several_events():
    many = [RSYSLOG, dict(RSYSLOG, hostname="web2"), {"other": 1}, dict(ALERT, labels={"alertname": "Disk"}), LINE]
    assert normal({"payload": many}) == [flood("syslog"), flood("syslog", host="web2"), flood("syslog")]
    assert normal({"payload": LINE + "\nx\n" + LINE}) == [flood("syslog")] * 2
    assert len(normal({"payload": [RSYSLOG] * 5000})) == 1000


def test_what_is_known_of_the_event_stays():
    meta = {"source": {"name": "reports"}, "uuid": "1", "received_at": TIME, "hosts": ["all"], "endpoint": "x", "headers": {"Host": "y"}}
    expected = {"source": {"name": "reports"}, "uuid": "1", "received_at": TIME, "hosts": ["web1"]}
    assert normal({"payload": RSYSLOG, "meta": meta})["meta"] == expected


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"i": 1},
        {"journald": dict(JOURNALD, _transport="syslog")},
        {"journald": dict(JOURNALD, syslog_facility="1")},
        {"journald": {"message": SAID}},
        {"payload": dict(JOURNAL, SYSLOG_FACILITY=None)},
        {"payload": dict(JOURNAL, MESSAGE="x" + SAID)},
        {"payload": dict(JOURNAL, MESSAGE=list(SAID.encode()))},
        {"payload": dict(RSYSLOG, programname="kerneld")},
        {"payload": dict(RSYSLOG, **{"syslogfacility-text": "user"})},
        {"payload": {"hostname": "web1", "message": SAID}},
        *({"payload": {"hostname": "web1", "facility": other, "message": SAID}} for other in ([], {}, False, 1, "1", "user", 0.0)),
        {"payload": SAID},
        {"payload": "Nov 20 04:23:45 web1 sshd[1]: kernel: " + SAID},
        {"payload": "2026-02-30T04:23:45Z web1 kernel: " + SAID},
        {"payload": {"alerts": [alert(alertname="DiskFull", instance="web1")]}},
        {"payload": {"alerts": {"labels": ALERT["labels"]}}},
        {"alert": {"labels": None}},
        {"payload": {"syn_flood": "web1"}},
        {"payload": dict(RSYSLOG, msg="TCP: drop open request from 192.0.2.7/1")},
    ],
)
def test_other_events_pass_as_they_are(event):
    assert normal(event) is event


HOSTILE = [
    "all", "ALL", "ungrouped", "localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0",
    "*", "web*", "web[1:9]", "web1,web2", "web1:web2", "!web1", "&web1", "~web",
    "@/etc/passwd", "-e", "web1 web2", "web1\n", "", " ", "{{ 7 }}", "a" * 300, ".", "web1.", "fe80::1%eth0", "\u0430ll", None, 7, True, ["web1"], {"web1": 1},
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTILE)
def test_a_name_that_is_not_one_hosts_limits_nothing_and_starts_nothing(host):
    for event in (
        {"payload": dict(JOURNAL, _HOSTNAME=host)},
        {"payload": dict(ALERT, labels={"alertname": "SynFlood", "instance": host}), "meta": {"hosts": ["all"]}},
        {"payload": {"syn_flood": {"host": host}}},
    ):
        refused = normal(event)
        assert set(refused) == {"syn_flood_refused", "meta"}
        assert set(refused["syn_flood_refused"]) == {"reason"}
        assert "hosts" not in refused["meta"]


def test_what_a_source_made_passes_with_the_one_host_that_it_is_about():
    for host in ("web1", "localhost", "2001:db8::7"):
        event = flood("kmsg", host=host)
        assert normal(event) is event
    for meta in ({"hosts": ["all"]}, {"hosts": ["web1", "web2"]}, {"hosts": "web1"}, {}, None):
        assert "syn_flood_refused" in normal(dict(flood("kmsg"), meta=meta))
    assert "syn_flood_refused" in normal(flood("kmsg", host="all"))
    assert "syn_flood_refused" in normal({"syn_flood": 1})


def test_only_the_hosts_that_are_listed():
    assert normal({"payload": RSYSLOG}, hosts=["web1"]) == flood("syslog")
    assert normal({"payload": RSYSLOG}, hosts={"web1": "web1.example.com"}) == flood("syslog", host="web1.example.com")
    assert normal({"payload": dict(RSYSLOG, hostname="all")}, hosts={"all": "web1"}) == flood("syslog")
    assert normal({"payload": dict(RSYSLOG, hostname="localhost")}, hosts=["localhost"]) == flood("syslog", host="localhost")
    for other in (["web2"], [], {"web2": "web1"}):
        assert "syn_flood_refused" in normal({"payload": RSYSLOG}, hosts=other)
    assert "syn_flood_refused" in normal(flood("kmsg"), hosts=["web2"])


def test_what_a_source_made_goes_by_the_inventorys_name_too():
    """A log server's lines have the names that the hosts give themselves."""
    listed = {"web1": "web1.example.com", "web2": "web2"}
    event = flood("file")
    assert normal(event, hosts=listed) == flood("file", host="web1.example.com")
    assert event == flood("file"), "the event itself is left alone"
    for same in (flood("file", host="web2"), flood("kmsg", host="web1.example.com")):
        assert normal(same, hosts=listed) == same
    assert normal(flood("file", host="a"), hosts={"a": "b", "b": "a"}) == flood("file", host="b")


@pytest.mark.parametrize("hosts", ["web1", [1], {"web1": "all"}, {"web1": "a,b"}, {1: "web1"}, ["web*"], 7])
def test_a_wrong_list_of_hosts_is_refused_in_words(hosts):
    with pytest.raises(ValueError, match="linuxnet.tcp.syn_flood: hosts="):
        normal({}, hosts=hosts)


# ---------------------------------------------------------------- anything at all

WORDS = st.sampled_from(
    "journald payload body alert alerts labels annotations status instance host hostname syn_flood message msg programname facility "
    "_TRANSPORT SYSLOG_FACILITY MESSAGE _HOSTNAME __REALTIME_TIMESTAMP meta hosts port address time startsAt timereported".split()
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(),
    st.sampled_from(["kernel", "0", "kern", SAID, LINE, "SynFlood", "web1", "all"])
)  # fmt: skip
JSON = st.recursive(
    VALUES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(WORDS, st.text()), inner, max_size=6)),
    max_leaves=25,
)


@given(JSON)
def test_no_value_raises_and_nothing_but_clean_values_come_out(value):
    for event in (value, {"payload": value}, {"alert": value}, {"journald": value}, {"syn_flood": value, "meta": value}, {"meta": value, "body": [value]}):
        found = normal(event)
        for one in found if isinstance(found, list) and found is not event else [found]:
            if one is event:
                continue
            assert ("syn_flood" in one) != ("syn_flood_refused" in one)
            if "syn_flood" in one:
                (host,) = one["meta"]["hosts"]
                assert host == one["syn_flood"]["host"] and host not in ("all", "localhost")
                assert json.dumps(one["syn_flood"]).isprintable() and "{{" not in json.dumps(one["syn_flood"])


def test_deep_and_long_values_are_no_burden():
    deep = []
    for _level in range(100000):
        deep = [deep]
    many = 10**5000  # more digits than Python writes
    for event in (
        {"payload": deep},
        {"payload": {"syslog_facility": deep, "message": SAID}},
        {"payload": {"facility": many, "message": SAID}},
        {"journald": {"_transport": "kernel", "syslog_facility": many}},
        {"payload": "x" * 10000000},
        {"payload": "\n" * 10000000},
    ):
        assert normal(event) is event


def test_hostile_lines_through_a_webhook():
    data, events = hostile.text_log(1_000_000, seed=8)
    expected = [event for event in events if event["kind"] == "syn_flood"]
    assert len(expected) > 20
    reports = [normal({"payload": line}) for line in data.decode("utf-8", "replace").split("\n")]
    # a line that names no host cannot be acted on, and says so
    found = [one["syn_flood"] for one in reports if "syn_flood" in one]
    assert len(found) + sum("syn_flood_refused" in one for one in reports) == len(expected)
    clean = iter((one["address"], one["port"], one["action"]) for one in expected)
    assert all((one["address"], one["port"], one["action"]) in clean for one in found), "those, in their order"
    assert len(found) > 10
