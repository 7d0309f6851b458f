# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet lab with twenty hosts: over ssh, audited, tuned, audited beside the first time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

pytest.importorskip("ansible.plugins", reason="needs ansible-core")

from ansible_collections.linuxnet.tcp.plugins.filter.fleet_summary import fleet_summary
from ansible_collections.linuxnet.tcp.tests.browser.chromium import chromium
from ansible_collections.linuxnet.tcp.tests.fleet import fleet

SILENT = {"broken01", "dark01"}
FLOODED = "web01"


@pytest.fixture(scope="module")
def ran(root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dict[str, Any]]:
    """What each step did, and both reports."""
    if shutil.which("sshd") is None and not Path("/usr/sbin/sshd").exists():
        pytest.skip("needs sshd")
    folder = tmp_path_factory.mktemp("fleet")
    told: Dict[str, Any] = {"folder": str(folder)}
    with fleet.lab(20, str(folder)) as lab:
        steps = [lab.before(), lab.tune(), lab.after()]
        told.update((step.name, step) for step in steps)
        for when in ("before", "after"):
            told[when + ".json"] = json.loads(Path(lab.report(when)).read_text(encoding="utf-8"))
            told[when + ".txt"] = Path(lab.report(when, "report.txt")).read_text(encoding="utf-8")
        told["names"] = {host.name for host in lab.hosts}
        yield told


def hosts(report: Dict[str, Any]) -> Dict[str, Any]:
    return {name: told for name, told in report.items() if not name.startswith("_")}  # the rest is about the report


def listener(report: Dict[str, Any], name: str, port: int) -> Dict[str, Any]:
    return next(row for row in hosts(report)[name]["listeners"] if row["port"] == port and row["family"] == "ipv4")


def ids(report: Dict[str, Any], name: str) -> set[str]:
    return {one["id"] for one in hosts(report)[name]["findings"]}


def test_each_step_ends_as_it_should(ran: Dict[str, Any]) -> None:
    told = {name: ran[name].output[-3000:] for name in ("before", "tune", "after")}
    assert ran["before"].status == 2, told["before"]  # two hosts gave no answer
    assert ran["tune"].status == 4, told["tune"]  # one was unreachable, and two failed
    assert ran["after"].status == 2, told["after"]
    failed = {line.split()[0] for line in ran["tune"].output.splitlines() if "failed=1" in line or "unreachable=1" in line}
    assert failed == {"broken01", "dark01", "readonly01"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_no_host_is_missing(ran: Dict[str, Any], when: str) -> None:
    report = ran[when + ".json"]
    assert set(hosts(report)) == ran["names"]
    assert {name for name, told in hosts(report).items() if "error" in told} == SILENT
    assert {name for name, told in hosts(report).items() if told.get("unreachable")} == {"dark01"}
    summary = fleet_summary(report)
    assert (summary["hosts"], summary["unreachable"], summary["failed"]) == (20, ["dark01"], ["broken01"])
    assert {name for group in summary["groups"] for name in group["hosts"]} == ran["names"] - SILENT
    assert "broken01: no answer" in ran[when + ".txt"]
    assert "dark01: no answer" in ran[when + ".txt"]
    assert "no answer from broken01, dark01" in ran[when + ".txt"].splitlines()[-1]


def test_what_was_found_before(ran: Dict[str, Any]) -> None:
    before = ran["before.json"]
    for name, port, backlog, bound_by in (
        ("web02", 80, 128, "somaxconn"), ("cache01", 6379, 511, "application"), ("store01", 11211, 1024, "application"),
        ("app01", 8080, 5, "application"), ("bare01", 80, 511, "tcp_max_syn_backlog"), ("forced01", 6379, 511, "syncookies"),
    ):  # fmt: skip
        row = listener(before, name, port)
        assert (row["backlog"], row["bound_by"]) == (backlog, bound_by), name
    assert hosts(before)["ancient01"]["kernel"]["rule"] == "power_of_two"
    assert hosts(before)["ancient01"]["kernel"]["rule_source"] == "override"
    stuck = listener(before, "stuck01", 8080)["accept_queue"]
    assert (stuck["used"], stuck["limit"]) == (17, 17)
    assert "accept-queue-overflow" in ids(before, "stuck01")
    assert "syncookies-forced" in ids(before, "forced01")
    assert hosts(before)["vendor01"]["sysctls"]["somaxconn"]["boot_source"] == "/etc/sysctl.d/99-vendor.conf:1"


def test_the_flood_is_seen_with_its_sources(ran: Dict[str, Any]) -> None:
    row = listener(ran["before.json"], FLOODED, 80)
    assert (row["syn_queue"]["used"], row["syn_queue"]["limit"]) == (129, 129)
    (entry,) = [one for one in hosts(ran["before.json"])[FLOODED]["half_open"]["listeners"] if one["port"] == 80]
    assert {source["network"] for source in entry["sources"]} == {"203.0.113.0/24", "198.51.100.0/24"}


def test_what_the_tuning_made_of_it(ran: Dict[str, Any]) -> None:
    after = ran["after.json"]
    tuned = ran["names"] - SILENT - {"readonly01"}
    for name in tuned:
        somaxconn = hosts(after)[name]["sysctls"]["somaxconn"]
        assert (somaxconn["runtime"], somaxconn["boot"], somaxconn["drift"]) == (4096, 4096, False), name
    assert hosts(after)["readonly01"]["sysctls"]["somaxconn"]["runtime"] == 128
    for name, port, backlog in (("web01", 80, 2000), ("web05", 80, 2000), ("cache02", 6379, 1000), ("app02", 8080, 400), ("store01", 11211, 1024)):
        assert listener(after, name, port)["backlog"] == backlog, name


def test_the_comparison_tells_it(ran: Dict[str, Any]) -> None:
    lines = ran["after.txt"].splitlines()
    assert "better: 2 hosts: app[01:02]: 0.0.0.0:8080: its accept queue admits 401, before it was 6" in lines
    assert "better: 3 hosts: cache[01:03]: 0.0.0.0:6379: its accept queue admits 1001, before it was 512" in lines
    assert "worse: vendor01: net.core.somaxconn: boot-file-shadowed (warning)" in lines


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_page_shows_every_host(ran: Dict[str, Any], when: str) -> None:
    if shutil.which("chromium") is None:
        pytest.skip("needs chromium")
    with chromium() as browser:
        browser.open(ran["folder"] + "/%s/report.html" % when)
        assert browser.run("document.getElementById('found').textContent") .endswith(" groups of 20 hosts")
        assert browser.complaints() == []
        for name in sorted(SILENT):
            assert browser.run("document.body.textContent.includes('%s')" % name), name
