# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shares test files among processes that run at the same time, so that all of them take about as long."""

from __future__ import annotations

import glob
import os
from typing import Dict, List, Sequence

from places import ROOT

#: Seconds that files took, one beside another, on two cores; only what they are to each other counts. make test names
#: the slowest tests in the end
SECONDS: Dict[str, int] = {
    "test_mitigate.py": 80,
    "test_role.py": 115,
    "test_modules.py": 150,
    "test_flood_scenarios.py": 90,
    "test_flood_evasions.py": 80,
    "test_findings.py": 50,
    "test_syn_backlog.py": 45,
    "test_applications.py": 50,
    "test_three_step_story.py": 30,
    "test_targets.py": 50,
    "test_change_never_worse.py": 40,
    "test_fleet.py": 80,
    "test_stories.py": 180,
    "test_other_firewalls.py": 110,
    "test_mitigation_module.py": 80,
    "test_examples.py": 120,
    "test_page.py": 40,
    "test_live_raise.py": 25,
    "test_boot_values.py": 30,
    "test_watch.py": 90,
    "test_watch_layers.py": 70,
    "test_watch_tcpdump.py": 40,
    "test_watch_servers.py": 60,
    "test_unix_sockets.py": 45,
    "test_other_writers.py": 35,
    "test_not_accepting.py": 30,
    "test_reuseport_group.py": 25,
    "test_catalogue.py": 25,
    "test_metrics.py": 35,
    "test_metrics_role.py": 35,
    "test_fast_open.py": 15,
    "test_evidence_of_the_past.py": 15,
    "test_model_equals_kernel.py": 25,
    "test_syn_limit.py": 190,
    "test_watch_module.py": 65,
    "test_change_predicted.py": 30,
    "test_prestarted.py": 25,
}
OF_OTHERS = 8

# With the live tests run unit tests that import Ansible, which the environments of the unit sessions lack, and the page
# in a browser
BESIDE = (
    "tests/unit/plugins/filter", "tests/unit/plugins/module_utils/_module", "tests/unit/plugins/plugin_utils",
    "tests/browser/test_page.py",
)  # fmt: skip


def through_ansible() -> List[str]:
    """The files with tests that are marked `ansible`: to collect all others takes longer than some of these run."""
    found = []
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "*", "**", "test_*.py"), recursive=True)):
        with open(path, encoding="utf-8") as file:
            if "mark.ansible" in file.read():
                found.append(os.path.relpath(path, ROOT))
    return found


def live_shares(count: int) -> List[List[str]]:
    """The live tests, and what runs with them, in ``count`` parts."""
    found = glob.glob(os.path.join(ROOT, "tests", "live", "test_*.py"))
    return shares(sorted(os.path.relpath(path, ROOT) for path in found) + list(BESIDE), count)


def shares(files: Sequence[str], count: int) -> List[List[str]]:
    """The files in ``count`` parts: each of them, longest first, goes to the part that has least to do."""
    parts: List[List[str]] = [[] for _part in range(count)]
    taken = [0] * count
    for path in sorted(files, key=_seconds, reverse=True):
        least = taken.index(min(taken))
        parts[least].append(path)
        taken[least] += _seconds(path)
    return [part for part in parts if part]


def _seconds(path: str) -> int:
    return SECONDS.get(os.path.basename(path), OF_OTHERS)
