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


READ = [
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
    {"gather_subset": "min", "counters_window": 0},
    {"gather_subset": "min", "unknown": 1},
]


@pytest.mark.parametrize("arguments", READ)
def test_anything_else_is_read_there_and_judged_here(arguments):
    """What is not allowed goes there as it is, too: the module refuses it in its own words."""
    assert choice.module_for(WHOLE, arguments) == (choice.READ, arguments)


@pytest.mark.parametrize("window", [1, "1", 0.5, "x", True])
def test_over_a_window_the_host_judges(window):
    given = {"gather_subset": "min", "counters_window": window}
    assert choice.module_for(WHOLE, given) == (WHOLE, given)


def test_what_was_read_is_judged_as_the_host_would_have():
    from ansible_collections.linuxnet.tcp.plugins.module_utils._report.told import told

    read = {
        "schema": 1, "kernel": {}, "sysctls": {}, "listeners": [], "counters": {"ListenDrops": 0}, "kernel_log": {"events": []},
    }  # fmt: skip
    everything = {**read, "findings": []}
    returned = {"changed": False, "syn_backlog": read}
    for arguments, left_out in (({}, ()), ({"gather_subset": "listeners"}, ("counters", "kernel_log", "findings"))):
        given = choice.judged(choice.READ, arguments, returned)["syn_backlog"]
        assert given == {name: part for name, part in everything.items() if name not in left_out}, arguments
    assert choice.judged(WHOLE, {}, returned) is returned
    failed = {"failed": True, "msg": "no"}
    assert choice.judged(choice.READ, {}, failed) is failed
    assert told(read, frozenset(("findings",)), 10)["findings"] == []
