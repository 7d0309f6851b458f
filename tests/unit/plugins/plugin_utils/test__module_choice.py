# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

choice = pytest.importorskip(
    "ansible_collections.linuxnet.tcp.plugins.plugin_utils._module_choice", reason="plugin_utils need ansible-core"
)
WHOLE = "linuxnet.tcp.syn_backlog_info"


@pytest.mark.parametrize("subset", ["min", "sysctls", ["min"], ["sysctls", "min"], "!all", ["!all"], " min , sysctls"])
def test_the_small_module_where_only_sysctls_are_asked_for(subset):
    given = {"gather_subset": subset, "calibrate": "never", "kernel_rule": "backlog"}
    assert choice.module_for(WHOLE, given) == (choice.SYSCTLS, {"calibrate": "never", "kernel_rule": "backlog"})


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"gather_subset": None},
        {"gather_subset": []},
        {"gather_subset": ""},
        {"gather_subset": "all"},
        {"gather_subset": ["min", "boot"]},
        {"gather_subset": ["!min"]},
        {"gather_subset": ["!all", "!sysctls"]},
        {"gather_subset": "mni"},
        {"gather_subset": {"min": True}},
        {"gather_subset": ["min", 1]},
        {"gather_subset": "min", "ports": [70000]},
        {"gather_subset": "min", "network_namespaces": ["all"]},
        {"gather_subset": "min", "counters_window": 1},
        {"gather_subset": "min", "unknown": 1},
    ],
)
def test_anything_else_goes_to_the_whole_module_as_it_is(arguments):
    assert choice.module_for(WHOLE, arguments) == (WHOLE, arguments)
