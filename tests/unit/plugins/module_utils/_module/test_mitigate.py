# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a mitigation opens when: tests/live runs it."""

from __future__ import annotations

import subprocess
import sys

from ansible_collections.linuxnet.tcp.plugins.module_utils._change import mitigate_plan
from ansible_collections.linuxnet.tcp.plugins.module_utils._module import gather, mitigate, options

PREFIX = "ansible_collections.linuxnet.tcp.plugins.module_utils."
SCRIPT = """
import sys
from {0}_module import mitigate
before = set(sys.modules)
mitigate._open_rooms()
print(*sorted(name for name in before if name.startswith("{0}")))
print(*sorted(name for name in set(sys.modules) - before if name.startswith("{0}")))
""".format(PREFIX)


def test_rooms_are_opened_while_the_window_passes_and_not_before() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True, check=True)
    before, after = (set(line.split()) for line in done.stdout.splitlines())
    assert {PREFIX + name for name in mitigate._ROOMS} <= after
    for heavy in ("_change.mitigate_plan", "_module.change", "_module.blocks", "_findings.findings"):
        assert PREFIX + heavy not in before


def test_the_finding_has_one_name() -> None:
    assert mitigate._FEW_NETWORKS == mitigate_plan.FEW_NETWORKS and mitigate._EVERYWHERE == mitigate_plan.EVERYWHERE


def test_what_is_to_be_done_meanwhile_is_done_within_a_window_and_only_there() -> None:
    params = {name: option.get("default") for name, option in options.gathering_spec().items()}
    params.update(gather_subset=["counters", "half_open"], kernel_log_source="none")
    done = []
    gather.gather(options.parse_gathering_options(params), lambda: done.append(0))
    assert done == []
    gather.gather(options.parse_gathering_options(dict(params, counters_window=0.2)), lambda: done.append(0.2))
    assert done == [0.2]
