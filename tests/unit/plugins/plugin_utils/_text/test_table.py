# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import string
from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._text.table import audit_table

SYSCTLS = {name: {"runtime": 128} for name in ("somaxconn", "tcp_max_syn_backlog", "tcp_syncookies", "netdev_max_backlog")}


def row(**changed: Any) -> Dict[str, Any]:
    listener = {
        "network_namespace": "host", "family": "ipv4", "address": "0.0.0.0", "port": 80, "device": None, "backlog": 511,
        "accept_queue": {"used": 0, "limit": 512},
        "syn_queue": {"used": 3, "limit": 512, "new_peer_limit": None, "on_full": "cookies"},
        "reuseport": None, "drops": 0, "bound_by": "application", "processes": [{"pid": 8, "name": "nginx"}],
        "unit": "nginx.service", "remedy": "Set backlog=4096 on the listen directive.",
    }  # fmt: skip
    return dict(listener, **changed)


UNREAD = {
    "processes": [], "unit": None, "bound_by": None, "remedy": None, "drops": None,
    "accept_queue": {"used": 4000, "limit": None},
    "syn_queue": {"used": 0, "limit": None, "new_peer_limit": None, "on_full": None},
}  # fmt: skip


def facts(*rows: Dict[str, Any], **changed: Any) -> Dict[str, Any]:
    kernel = {"release": "x", "stable_level": "6.1.176", "rule": "backlog+1", "rule_source": "package"}
    return dict({"kernel": kernel, "sysctls": SYSCTLS, "listeners": list(rows), "findings": []}, **changed)


def finding(**changed: Any) -> Dict[str, Any]:
    told = {
        "id": "syn-queue-full", "severity": "warning", "subject": "0.0.0.0:80", "summary": "It is full.", "evidence": {},
        "remedy": "SYN cookies let clients in meanwhile. Set backlog=4096 on the listen directive.",
    }  # fmt: skip
    return dict(told, **changed)


def result(*hosts: Dict[str, Any]) -> str:
    last = audit_table({"web%d" % number: one for number, one in enumerate(hosts, 1)}).splitlines()[-1]
    assert last.startswith("Result: ")
    return last[len("Result: ") :]


def test_one_row_a_listener_worst_first_and_a_last_line() -> None:
    full = row(port=443, accept_queue={"used": 512, "limit": 512}, unit=None)
    lines = audit_table({"web1": facts(row(), full)}).splitlines()
    assert lines[0].startswith("web1: Linux 6.1.176, SYN queue rule backlog+1 (package); somaxconn 128")
    assert [line.split()[0] for line in lines[2:5]] == ["LISTENER", "0.0.0.0:443", "0.0.0.0:80"]
    assert "512/512" in lines[3] and "nginx" in lines[3] and "application" in lines[3]
    assert "nginx.service" in lines[4] and "3/512" in lines[4]
    assert lines[-1] == "Result: 2 listeners on 1 host: 1 needs attention: 0.0.0.0:443 (accept queue full)."


def test_a_healthy_fleet() -> None:
    report = audit_table({"web1": facts(row()), "web2": facts()})
    assert "no TCP listener" in report
    assert report.endswith("Result: 1 listener on 2 hosts: no queue is full and no listener has dropped a connection.\n")


def test_what_cannot_be_read_is_a_question_mark_and_never_well() -> None:
    lines = audit_table({"web1": facts(row(**UNREAD))}).splitlines()
    assert "4000/?" in lines[3] and "not visible" in lines[3] and lines[3].count("unknown") == 2
    assert result(facts(row(**UNREAD), row())) == (
        "2 listeners on 1 host: no queue is full and no listener has dropped a connection, as far as could be read; "
        "1 unknown."
    )
    assert result(facts(row(drops=None))).endswith("as far as could be read.")
    full = row(accept_queue={"used": 512, "limit": 512})
    assert result(facts(full, row(**UNREAD))).endswith("1 needs attention: 0.0.0.0:80 (accept queue full); 1 unknown.")


def test_few_drops_of_many_connections_are_told_as_such() -> None:
    assert result(facts(row(drops=3), counters={"PassiveOpens": 10**6})) == (
        "1 listener on 1 host: no queue is full and drops are fewer than one in a thousand connections."
    )
    assert "0.0.0.0:80 (has dropped)" in result(facts(row(drops=3), counters={"PassiveOpens": 10}))


def test_findings_stand_below_the_table_and_in_the_last_line() -> None:
    drifts = finding(id="runtime-undone-at-boot", subject="net.core.somaxconn", summary="It drifts.", remedy="Write it.")
    about = finding(severity="info", id="listener-bound-by-application", subject="0.0.0.0:80")
    report = audit_table({"web1": facts(row(), findings=[drifts, about])})
    assert "\nwarning: net.core.somaxconn: It drifts.\n    Write it.\n" in report
    assert "info" not in report
    assert result(facts(row(), findings=[drifts, about])).endswith(
        "1 needs attention: net.core.somaxconn (runtime-undone-at-boot)."
    )
    # a listener that is well by its numbers, and about which the kernel's log says otherwise; told once
    flooded = finding(severity="critical", id="syn-flood-reported")
    assert result(facts(row(), findings=[flooded, finding()])).endswith("1 needs attention: 0.0.0.0:80 (syn-flood-reported).")
    full = row(syn_queue={"used": 512, "limit": 512, "new_peer_limit": None, "on_full": "cookies"})
    assert result(facts(full, findings=[finding(), drifts])).endswith(
        "2 need attention: 0.0.0.0:80 (SYN queue full), net.core.somaxconn (runtime-undone-at-boot)."
    )


def test_a_remedy_is_told_once() -> None:
    report = audit_table({"web1": facts(row(), findings=[finding()])}, 200)
    assert report.count("Set backlog=4096") == 1
    assert "\n    SYN cookies let clients in meanwhile.\n" in report
    fuller = finding(remedy="sysctl -w a=1  # For more room: Set backlog=4096 on the listen directive.")
    assert "# For more room: see WHAT TO DO above.\n" in audit_table({"web1": facts(row(), findings=[fuller])}, 200)


def test_what_is_done_at_once_stands_below_once_and_names_the_host() -> None:
    now = " At once, until it restarts: `ansible %s -b -m linuxnet.tcp.syn_backlog_listener -a 'port=80 backlog=4096'`."
    remedy = row()["remedy"] + now % "HOST"
    both = [finding(remedy="Cookies carry the clients. " + remedy), finding(id="listener-bound-by-application", remedy=remedy)]
    told = audit_table({"web1": facts(row(remedy=remedy), row(port=81, remedy=remedy), findings=both)})
    assert told.count("ansible") == 1 and told.count("Set backlog=4096") == 1, "a listener that is well needs nothing"
    assert "\n   " + now % "web1" + "\n" in told, "on a line of its own, to be copied"
    assert "\n    Cookies carry the clients.\n" in told


def test_findings_have_an_end() -> None:
    many = [finding(subject="0.0.0.0:%d" % port) for port in range(1, 30)]
    report = audit_table({"web1": facts(findings=many)})
    assert report.count("\nwarning: ") == 20 and "\nand 9 more findings\n" in report
    assert "29 need attention" in report and "and 24 more." in report


def test_warnings_of_the_module_are_shown() -> None:
    report = audit_table({"web1": facts(row(), warnings=["the kernel log\x1b is not readable"])})
    assert "\nnote: the kernel log\\x1b is not readable\n" in report


def test_a_mitigation_in_force_is_a_note_though_nothing_is_wrong() -> None:
    told = finding(id="mitigation-in-force", severity="info", subject="host", summary="2 networks are dropped.", remedy="Restore.")
    report = audit_table({"web1": facts(row(), findings=[told, dict(told, id="other")])})
    assert report.count("\nnote: 2 networks are dropped. Restore.\n") == 1
    warned = audit_table({"web1": facts(row(), findings=[dict(told, severity="warning")])})
    assert "warning: host: 2 networks are dropped." in warned and "note: " not in warned


def test_hosts_without_an_answer_are_told() -> None:
    report = audit_table({"web1": facts(row()), "web2": {"error": "ssh:\nno route"}})
    assert report.startswith("web2: no answer: ssh:\\nno route\n\nweb1: Linux"), "trouble comes first"
    assert result(facts(row()), {"error": "no route"}) == (
        "1 of 2 hosts answered, 1 listener: no queue is full and no listener has dropped a connection; no answer from web2."
    )
    assert result({"error": "no route"}) == "0 of 1 host answered: nothing is known; no answer from web1."


def test_a_group_with_equal_limits_is_one_row() -> None:
    members = [
        row(reuseport={"members": 32, "half_open": 300}, accept_queue={"used": used, "limit": 512},
            syn_queue={"used": None, "limit": 512, "new_peer_limit": None, "on_full": "cookies"})
        for used in range(32)
    ]  # fmt: skip
    lines = audit_table({"web1": facts(*members, row(port=81))}).splitlines()
    assert [line.split()[:2] for line in lines[3:5]] == [["0.0.0.0:80", "×32"], ["0.0.0.0:81", "nginx.service"]]
    assert "496/32×512" in lines[3] and "300/32×512" in lines[3]
    assert lines[-1].startswith("Result: 2 listeners on 1 host: no queue is full")
    members[7]["accept_queue"]["used"] = 512
    members[8]["accept_queue"]["limit"] = 4096
    lines = audit_table({"web1": facts(*members)}).splitlines()
    assert "0.0.0.0:80 ×31" in lines[3] and "512/512 (1 of 31)" in lines[3] and "accept queue full" in lines[3]
    assert "8/4096" in "\n".join(lines)
    assert lines[-1].endswith("1 needs attention: 0.0.0.0:80 ×31 (accept queue full).")


def test_entries_of_an_older_socket_are_explained() -> None:
    none_by_design = {"used": 1, "limit": 0, "new_peer_limit": None, "on_full": "cookies"}
    report = audit_table({"web1": facts(row(syn_queue=none_by_design))})
    assert "1/0" in report and "note: 0.0.0.0:80: its SYN queue admits 0; " in report
    assert "no queue is full" in report.splitlines()[-1]


@pytest.mark.parametrize(
    ("hosts", "message"),
    [
        ([], "expected a mapping of host names"),
        ({"web1": None}, "web1: expected the gathered syn_backlog, got None"),
        ({"web1": {"kernel": {}, "sysctls": {}}}, "web1: findings and listeners are missing in what was gathered"),
        ({"web1": facts(row(), findings=None)}, "web1: findings is missing"),
    ],
)
def test_what_is_missing_is_named(hosts: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        audit_table(hosts)


def test_names() -> None:
    report = audit_table({"h": facts(row(family="ipv6", address="::", device="eth0", network_namespace="blue"))})
    assert "[::]%eth0:80 in blue" in report


@given(st.text(string.ascii_letters + " ", max_size=400), st.integers(1, 300))
def test_lines_keep_to_the_width_where_there_is_room(remedy: str, width: int) -> None:
    full = {"used": 512, "limit": 512}  # one that is well is told no remedy
    lines = audit_table({"h": facts(row(remedy=remedy, accept_queue=full))}, width).splitlines()
    lines = lines[next(place for place, line in enumerate(lines) if line.startswith("LISTENER")) - 2 :]
    widest_word = max(map(len, remedy.split()), default=0)
    fixed = lines[2].index("WHAT TO DO")
    assert all(len(line) <= max(width, fixed + max(40, widest_word)) for line in lines[2:-2])


@given(st.text(string.ascii_letters + " ", max_size=400), st.integers(40, 300))
def test_findings_keep_to_the_width(summary: str, width: int) -> None:
    lines = audit_table({"h": facts(findings=[finding(summary=summary, remedy=summary)])}, width).splitlines()
    widest_word = max(map(len, summary.split()), default=0)
    assert all(len(line) <= max(width, 4 + widest_word) for line in lines[3:-2])


def test_a_command_is_not_broken() -> None:
    remedy = "Set a much larger backlog than this one in the configuration and then run `kill -HUP 1234 now`."
    for width in range(100, 200):
        assert "`kill -HUP 1234 now`" in audit_table({"h": facts(row(remedy=remedy, drops=9))}, width)


def numbered(count: int, made: Dict[str, Any]) -> Dict[str, Any]:
    return {"web%02d" % number: made for number in range(1, count + 1)}


def test_a_listener_that_is_well_takes_one_line_and_no_remedy() -> None:
    fifteen = facts(*(row(port=port) for port in range(8000, 8015)))
    lines = audit_table({"web1": fifteen}).splitlines()
    assert len(lines) == 20 and "Set backlog" not in "".join(lines) and "WHAT TO DO" not in "".join(lines)
    told = audit_table({"web1": fifteen}, details=["web1"])
    assert told.count("Set backlog=4096") == 15 and "web1 in detail" in told


def test_only_what_is_in_trouble_has_something_to_do() -> None:
    lines = audit_table({"web1": facts(row(), row(port=81, drops=9), row(port=82), findings=[finding(subject="0.0.0.0:82")])}).splitlines()
    told = [line for line in lines if "0.0.0.0:8" in line and "Set backlog=4096" in line]
    assert [line.split()[0] for line in told] == ["0.0.0.0:81", "0.0.0.0:82"]


def test_hosts_that_are_alike_are_told_once() -> None:
    hosts = dict(numbered(58, facts(row())), web59=facts(row(drops=9)), web60={"error": "no route"}, web61={"error": "no route"})
    lines = audit_table(hosts).splitlines()
    (alike,) = [line for line in lines if "alike" in line]
    assert alike.startswith("58 hosts alike: web[01:58]: Linux 6.1.176, SYN queue rule backlog+1")
    assert len([line for line in lines if "web59" in line]) == 2 and lines[0].startswith("web59: ")
    assert "web[60:61]: no answer: 2 hosts: no route" in lines
    assert len(lines) < 24


def test_a_fleet_that_is_well_fits_a_screen_however_it_is_made() -> None:
    busy = facts(*(row(port=port) for port in range(60)))
    for hosts in (
        {"web1": busy},
        numbered(60, busy),
        {"web%d" % number: facts(row(port=number + 1), row(port=number + 2)) for number in range(500)},
        {"web%d" % number: facts(*(row(port=number + one) for one in range(1 + number % 40))) for number in range(500)},
    ):
        lines = audit_table(hosts).splitlines()
        assert len(lines) <= 24 and lines[-1].endswith("no queue is full and no listener has dropped a connection.")
        assert "audit_details=" in "\n".join(lines)


def test_a_fleet_in_trouble_has_an_end_and_loses_no_silent_host() -> None:
    hosts = {"web%d" % number: facts(row(port=number, drops=9)) for number in range(2000)}
    hosts.update(("dark%d" % (2 * number), {"error": "no route"}) for number in range(300))
    report = audit_table(hosts)
    assert len(report.splitlines()) < 400 and "and 1940 hosts more, in trouble, in 1940 more groups" in report
    assert all("dark%d" % (2 * number) in report for number in range(300))


def test_details_are_told_beside_the_group() -> None:
    told = audit_table(numbered(3, facts(row())), details=["web02"])
    assert "3 hosts alike: web[01:03]: " in told and "\nweb02 in detail\n\nweb02: Linux" in told
    assert told.count("Set backlog=4096") == 1
