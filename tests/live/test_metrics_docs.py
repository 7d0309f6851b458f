# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/metrics.md from nothing to an alert: what stands in its blocks is run, with Debian's Prometheus and node_exporter.

Only paths are others, so that nothing of this machine is touched, and times are shorter.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from ansible_collections.linuxnet.tcp.tests.live import test_metrics as metrics
from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT, run_playbook

yaml = pytest.importorskip("yaml", reason="comes with Ansible")
pytestmark = [
    pytest.mark.ansible,
    pytest.mark.skipif(not all(map(shutil.which, ("prometheus", "prometheus-node-exporter"))), reason="needs Debian's Prometheus"),
]
PAGE = (ROOT / "docs" / "metrics.md").read_text()


def blocks(language):
    return [text for name, text in re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.M | re.S) if name == language]


def test_from_nothing_to_an_alert(netns, tmp_path):
    sbin, textfiles, state = tmp_path / "linuxnet-tcp-exporter", tmp_path / "textfiles", tmp_path / "state"
    textfiles.mkdir()
    state.mkdir()
    play, config = blocks("yaml")
    (tmp_path / "play.yml").write_text(play)
    given = {"syn_backlog_metrics_path": str(sbin), "syn_backlog_metrics_service": False, "ansible_become": False}
    done = run_playbook(tmp_path / "play.yml", "-e", json.dumps(given))
    assert done.returncode == 0, done.stdout + done.stderr

    command = next(one for one in blocks("console") if " export " in one).split()
    elsewhere = {"/usr/local/sbin/linuxnet-tcp-exporter": sbin, "/var/lib/linuxnet-tcp-exporter": state}
    elsewhere["/var/lib/prometheus/node-exporter/linuxnet_tcp.prom"] = textfiles / "linuxnet_tcp.prom"
    assert set(elsewhere) <= set(command)
    exporter = [elsewhere.get(word, word) for word in command] + ["--interval", "1"]

    settings = yaml.safe_load(config)
    settings["global"] = dict.fromkeys(settings["global"], "1s")
    (tmp_path / "prometheus.yml").write_text(json.dumps(settings))
    shutil.copy(metrics.RULES, tmp_path)
    server = ["prometheus", "--config.file", tmp_path / "prometheus.yml", "--storage.tsdb.path", tmp_path / "tsdb",
              "--web.listen-address", "127.0.0.1:%d" % metrics.PROMETHEUS]  # fmt: skip
    node = ["prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
            "--collector.textfile.directory", textfiles]  # fmt: skip
    quiet = {"stderr": subprocess.DEVNULL}
    (provoked,) = blocks("bash")
    with metrics.running(netns, exporter, **quiet), metrics.running(netns, node, **quiet), metrics.running(netns, server, **quiet):
        metrics.until(lambda: metrics.asked(netns, "query?query=linuxnet_tcp_exporter_build_info")["result"], "the first scrape")
        alerts = [one["labels"]["alertname"] for one in metrics.asked(netns, "alerts")["alerts"]]
        assert "AcceptQueueFull" not in alerts, "not before it is provoked"
        shell = netns.popen(["bash", "-c", provoked + "wait"], start_new_session=True, **quiet)
        try:
            told = metrics.until(lambda: [one["annotations"]["listener"] for one in full(netns)], "the alert")
        finally:
            os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
    assert told == ["127.0.0.1:8080"]


def full(netns):
    return [one for one in metrics.asked(netns, "alerts")["alerts"] if one["labels"]["alertname"] == "AcceptQueueFull"]
