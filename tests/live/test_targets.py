# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules on every Python of this machine that the ansible-core at hand supports on a target."""

from __future__ import annotations

import os

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.commands import run_module
from ansible_collections.linuxnet.tcp.tests.tools.pythons import CORES, find_all, text

release = pytest.importorskip("ansible.release", reason="needs ansible-core")
pytestmark = pytest.mark.ansible

CORE = next((core for core in CORES if release.__version__.startswith(core.name + ".")), CORES[-1])
FIRST, LAST = CORE.target
PYTHONS = {text(minor): path for minor, path in find_all().items() if FIRST <= minor <= LAST}


@pytest.mark.parametrize("python", PYTHONS)
def test_modules_run_on_this_python(net, python):
    env = {"ANSIBLE_PYTHON_INTERPRETER": PYTHONS[python]}
    with lab.listener(net.server, "0.0.0.0", 8080, backlog=77):
        lab.spoof_syns(net, port=8080, count=3)
        info = run_module("linuxnet.tcp.syn_backlog_info", {"gather_subset": ["all"]}, net.server, env=env)
    assert not info["failed"], info
    facts = info["syn_backlog"]
    (row,) = facts["listeners"]
    assert (row["port"], row["backlog"], row["syn_queue"]["used"]) == (8080, 77, 3)
    assert [process["pid"] for process in row["processes"]] == [os.getpid()]
    assert facts["half_open"]["total"] == 3
    assert facts["sysctls"]["somaxconn"]["runtime"] is not None
    limits = run_module("linuxnet.tcp.syn_backlog_limits", {"kernel_release": "3.10.0", "listen_backlog": 511}, env=env)
    assert limits["limits"]["accept_queue"] == 512, limits
