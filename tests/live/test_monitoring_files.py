# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of extensions/monitoring by themselves: each alert is tested, and the dashboard is as Grafana wants it."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._metrics import families
from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT

yaml = pytest.importorskip("yaml", reason="comes with Ansible")

MONITORING = ROOT / "extensions" / "monitoring"
RULES = MONITORING / "linuxnet_tcp.rules.yml"
RULES_TEST = ROOT / "tests" / "monitoring" / "rules_test.yml"
DASHBOARD = json.loads((MONITORING / "grafana_dashboard.json").read_text())

# What Grafana itself brings (public/app/plugins/panel of its sources); anything else would be a plugin
PANELS = {"row", "timeseries", "stat", "gauge", "bargauge", "table", "heatmap", "state-timeline", "status-history", "barchart", "text"}
SCHEMA = 39  # of Grafana 11; later ones migrate it when they load it, and 10 takes it
COLUMNS = 24


def rules(kind):
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"] if kind in rule]


def alert_tests():
    """(alert's name, whether it is expected to fire)"""
    return {(one["alertname"], bool(one["exp_alerts"])) for test in yaml.safe_load(RULES_TEST.read_text())["tests"] for one in test["alert_rule_test"]}


def panels():
    for panel in DASHBOARD["panels"]:
        yield panel
        yield from panel.get("panels", ())


def drawn():
    return [panel for panel in panels() if panel["type"] != "row"]


def test_each_alert_is_tested_firing_and_quiet():
    wanted = {(rule["alert"], fires) for rule in rules("alert") for fires in (True, False)}
    assert wanted - alert_tests() == set()


def test_each_alert_names_listener_knob_and_remedy():
    for rule in rules("alert"):
        assert {"summary", "listener", "knob", "remedy"} <= set(rule["annotations"]), rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning", "info")


def test_a_rule_without_a_test_would_be_seen(tmp_path):
    assert ("Untested", True) not in alert_tests()


def test_promtool_takes_the_rules():
    done = subprocess.run(["promtool", "check", "rules", RULES], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_docs_name_each_alert():
    told = (ROOT / "docs" / "metrics.md").read_text()
    assert [rule["alert"] for rule in rules("alert") if "`%s`" % rule["alert"] not in told] == []


def test_the_dashboard_is_what_grafana_takes():
    assert DASHBOARD["schemaVersion"] == SCHEMA
    assert DASHBOARD["title"] and re.fullmatch("[A-Za-z0-9_-]{1,40}", DASHBOARD["uid"])
    assert "__inputs" not in DASHBOARD and "__requires" not in DASHBOARD, "no plugin and no question on import"
    assert {"from", "to"} <= set(DASHBOARD["time"])
    ids = [panel["id"] for panel in panels()]
    assert len(set(ids)) == len(ids)
    assert {panel["type"] for panel in panels()} <= PANELS


def test_no_panel_lies_over_another():
    taken = {}
    for panel in panels():
        place = panel["gridPos"]
        assert place["x"] >= 0 and place["w"] > 0 and place["x"] + place["w"] <= COLUMNS and place["h"] > 0, panel["title"]
        for column in range(place["x"], place["x"] + place["w"]):
            for line in range(place["y"], place["y"] + place["h"]):
                assert (column, line) not in taken, "%s over %s" % (panel["title"], taken[column, line])
                taken[column, line] = panel["title"]


def test_every_panel_asks_the_chosen_data_source_and_each_target_has_a_letter_of_its_own():
    source = {"type": "prometheus", "uid": "${datasource}"}
    for panel in drawn():
        assert panel["datasource"] == source, panel["title"]
        assert panel["targets"], panel["title"]
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters)
        for target in panel["targets"]:
            assert target["datasource"] == source and target["expr"].strip(), panel["title"]
        assert {"defaults", "overrides"} <= set(panel["fieldConfig"]), panel["title"]
        assert isinstance(panel["options"], dict)


def test_variables_that_are_used_are_there():
    known = {one["name"] for one in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]+)\}?", json.dumps([DASHBOARD["panels"], DASHBOARD["templating"]])))
    assert used - {"__all"} <= known, used
    kinds = {one["name"]: one["type"] for one in DASHBOARD["templating"]["list"]}
    assert kinds["datasource"] == "datasource"


def test_each_metric_that_is_asked_for_is_told_or_recorded():
    """A query for a metric that nobody tells draws an empty panel, which looks like a host that is well."""
    texts = [target["expr"] for panel in drawn() for target in panel["targets"]] + [rule["expr"] for rule in rules("expr")]
    asked = set(re.findall(r"linuxnet_tcp[a-z_:0-9]+", " ".join(texts)))
    assert asked - told_names() - {rule["record"] for rule in rules("record")} == set()


def told_names():
    row = {
        "network_namespace": "host", "address": "0.0.0.0", "port": 80, "device": None, "inode": 1, "backlog": 128, "drops": 0,
        "accept_queue": {"used": 0, "limit": 129}, "syn_queue": {"used": 0, "limit": 129, "on_full": "cookies"},
        "bound_by": "application", "processes": [], "unit": None,
    }  # fmt: skip
    found = families.families({"listeners": [row]}, families.Look({}, {}, {}, 0, False, 0.0), families.totals.Totals(), "1")
    return {one.name + {"counter": "_total", "info": "_info"}.get(one.kind, "") for one in found}


@pytest.mark.parametrize("kind, words", [("heatmap", "accept queue"), ("state-timeline", "binds"), ("timeseries", "flood")])
def test_the_views_that_were_promised_are_there(kind, words):
    assert any(panel["type"] == kind and words in panel["title"].lower() for panel in drawn())


def test_rows_are_fleet_host_listener_and_flood():
    assert [panel["title"] for panel in panels() if panel["type"] == "row"] == ["Fleet", "Host", "Listener", "Flood"]
