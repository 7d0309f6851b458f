# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's entry points metrics and metrics_absent, on a host without systemd, and what its unit says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT, run_playbook

pytestmark = pytest.mark.ansible

PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: linuxnet.tcp.syn_backlog, tasks_from: "{{ item }}"}
      loop: "{{ what }}"
    - ansible.builtin.template:
        src: ROLE/templates/linuxnet-tcp-exporter.service.j2
        dest: "{{ unit }}"
        mode: "0644"
      vars: {__syn_backlog_metrics_place: --textfile /var/lib/prometheus/node-exporter/linuxnet_tcp.prom}
      when: unit is defined
"""


@pytest.fixture
def role(root, tmp_path):
    play = tmp_path / "play.yml"
    play.write_text(PLAY.replace("ROLE", str(ROOT / "roles" / "syn_backlog")))
    given = {"syn_backlog_metrics_path": str(tmp_path / "exporter"), "syn_backlog_metrics_service": False}
    given["syn_backlog_metrics_textfile_directory"] = str(tmp_path)

    def run(*what, options=(), **more):
        done = run_playbook(play, *options, "-e", json.dumps(dict(given, what=what, **more)))
        assert done.returncode == 0, done.stdout + done.stderr
        return int(re.search(r"changed=(\d+)", done.stdout).group(1)), done.stdout

    return run


def test_installed_once_and_taken_away_without_a_trace(role, tmp_path):
    exporter = tmp_path / "exporter"
    before = sorted(tmp_path.iterdir())
    changes, output = role("metrics", options=["--check", "--diff"])
    assert (changes, exporter.exists()) == (1, False)
    assert "+++ after: %s" % exporter in output
    assert role("metrics", "metrics")[0] == 1, "the second time changes nothing"
    told = subprocess.run([exporter, "--version"], capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", told)
    (tmp_path / "linuxnet_tcp.prom").write_text("")
    assert role("metrics_absent", "metrics_absent")[0] == 1
    assert sorted(tmp_path.iterdir()) == before


def test_namespaces_are_words_of_the_command_line_and_take_a_capability(tmp_path, role):
    unit = tmp_path / "linuxnet-tcp-exporter.service"
    defaults = "@%s" % (ROOT / "roles" / "syn_backlog" / "defaults" / "main.yml")
    role("metrics", options=["-e", defaults], unit=str(unit))
    assert not re.search("CAP_SYS_ADMIN|--network-namespace", unit.read_text())
    assert "\nRestrictNamespaces=yes\n" in unit.read_text()
    role("metrics", options=["-e", defaults], unit=str(unit), syn_backlog_metrics_network_namespaces=["all", 'a "b\\%c$d\n[Unit]'])
    text = unit.read_text()
    assert ' --network-namespace "all" --network-namespace "a \\"b\\\\%%c$$d\\n[Unit]"\n' in text
    assert re.search("^AmbientCapabilities=.*CAP_SYS_ADMIN$", text, re.M)
    assert "\nRestrictNamespaces=net\n" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_unit_is_hardened(tmp_path, role):
    unit = tmp_path / "linuxnet-tcp-exporter.service"
    defaults = "@%s" % (ROOT / "roles" / "syn_backlog" / "defaults" / "main.yml")
    role("metrics", options=["-e", defaults], unit=str(unit))
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", unit], capture_output=True, text=True, check=False)
    rating = float(re.search(r"exposure level for \S+: ([\d.]+)", done.stdout).group(1))
    assert rating < 3, done.stdout
