# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import string
from typing import Any, Dict

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._audit_table import audit_table

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


def facts(*rows: Dict[str, Any]) -> Dict[str, Any]:
    kernel = {"release": "x", "stable_level": "6.1.176", "rule": "backlog+1", "rule_source": "package"}
    return {"kernel": kernel, "sysctls": SYSCTLS, "listeners": list(rows)}


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


def test_what_cannot_be_read_is_a_question_mark() -> None:
    unknown = row(
        processes=[], unit=None, bound_by=None, remedy=None, drops=None, accept_queue={"used": 0, "limit": None},
        syn_queue={"used": 0, "limit": None, "new_peer_limit": None, "on_full": None},
    )  # fmt: skip
    line = audit_table({"web1": facts(unknown)}).splitlines()[3]
    assert "0/?" in line and "not visible" in line and "unknown" in line


def test_names() -> None:
    report = audit_table({"h": facts(row(family="ipv6", address="::", device="eth0", network_namespace="blue"))})
    assert "[::]%eth0:80 in blue" in report


@given(st.text(string.ascii_letters + " ", max_size=400), st.integers(1, 300))
def test_lines_keep_to_the_width_where_there_is_room(remedy: str, width: int) -> None:
    lines = audit_table({"h": facts(row(remedy=remedy))}, width).splitlines()
    widest_word = max(map(len, remedy.split()), default=0)
    fixed = lines[2].index("WHAT TO DO")
    assert all(len(line) <= max(width, fixed + max(40, widest_word)) for line in lines[2:-2])


def test_a_command_is_not_broken() -> None:
    remedy = "Set a much larger backlog than this one in the configuration and then run `kill -HUP 1234 now`."
    for width in range(100, 200):
        assert "`kill -HUP 1234 now`" in audit_table({"h": facts(row(remedy=remedy))}, width)
