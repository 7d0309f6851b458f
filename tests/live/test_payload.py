# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run pays for before it does anything: the files that travel with a module, and those that it imports.

Ansible sends every file that a module imports, also inside of functions; the controller parses each of them, and the
target compiles what is imported. The tables hold what that is today. Whoever adds to it changes the table, and has
looked at `make bench` before.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ansible_collections.linuxnet.tcp.tests.unit import test_house as house

pytest.importorskip("ansible.module_utils.basic", reason="the edge to Ansible needs ansible-core")

#: files of module_utils that travel with a module, and their size in units of 10,000 bytes, begun ones counted
SENT = {
    "syn_backlog": (114, 52),
    "syn_backlog_facts": (167, 81),
    "syn_backlog_info": (167, 81),
    "syn_backlog_limits": (23, 8),
    "syn_backlog_listener": (62, 30),
    "syn_backlog_mitigation": (212, 104),
    "syn_backlog_read_info": (142, 65),
    "syn_backlog_sysctls_info": (15, 5),
    "syn_backlog_watch": (61, 33),
}

#: files of module_utils that are imported with the module itself, before any option is known
IMPORTED = {
    "syn_backlog": 64,
    "syn_backlog_facts": 22,
    "syn_backlog_info": 22,
    "syn_backlog_limits": 17,
    "syn_backlog_listener": 41,
    "syn_backlog_mitigation": 20,
    "syn_backlog_read_info": 20,
    "syn_backlog_sysctls_info": 11,
    "syn_backlog_watch": 46,
}

#: files of module_utils that have been imported when an idle host was gathered from, by gather_subset
GATHERED = {"min": 20, "boot": 33, "counters": 22, "kernel_log": 24, "listeners": 27, "all": 54}

_LOADED = """
import sys
PREFIX = "ansible_collections.linuxnet.tcp.plugins.module_utils."
def loaded():
    return sorted(name for name in sys.modules if name.startswith(PREFIX) and sys.modules[name].__file__.count("__init__") == 0)
"""
_MODULE = _LOADED + """
import importlib
importlib.import_module("ansible_collections.linuxnet.tcp.plugins.modules." + sys.argv[1])
print(*loaded(), sep="\\n")
"""
_GATHERING = _LOADED + """
from ansible_collections.linuxnet.tcp.plugins.module_utils._module import run_read as run
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.options import gathering_spec
params = {name: spec.get("default") for name, spec in gathering_spec().items()}
run.reading.read(run.options.parse_gathering_options(dict(params, gather_subset=[sys.argv[1]], kernel_log_source="none")))
print(*loaded(), sep="\\n")
"""


def modules() -> list[str]:
    names = [os.path.basename(path)[: -len(".py")] for path in house.FILES if path.startswith("modules/")]
    sending = [name for name in names if any("module_utils" in line for _line, line in house.imports("modules/%s.py" % name))]
    return sorted(name for name in sending if sent(name))


def sent(module: str) -> list[str]:
    """The files of module_utils that Ansible finds from a module on, wherever in a file the imports stand."""
    found: set[str] = set()
    left = ["modules/%s.py" % module]
    while left:
        goals = {house.file_of(name) for _line, name in house.imports(left.pop())}
        new = {goal for goal in goals if goal} - found
        found |= new
        left += new
    return sorted(found)


#: A host that systemd has booted and on which nothing has run yet, whatever this machine is
_HOST = ["unshare", "--mount", "sh", "-ec", 'mount -t tmpfs none /run && mkdir -p /run/systemd/system && exec "$@"', "sh"]


def after(script: str, argument: str, namespace=None) -> list[str]:
    """The files that a fresh Python has imported in the end."""
    argv = [sys.executable, "-c", script, argument]
    if namespace is not None:
        argv = ["ip", "netns", "exec", namespace.name, *_HOST, *argv]
    return subprocess.run(argv, capture_output=True, text=True, check=True, env=os.environ).stdout.split()


def test_every_module_is_in_the_tables() -> None:
    assert modules() == sorted(SENT) == sorted(IMPORTED)


@pytest.mark.parametrize("module", sorted(SENT))
def test_what_travels(module: str) -> None:
    files = sent(module)
    size = sum(len(house.source(path)) for path in files)
    assert (len(files), -(-size // 10000)) == SENT[module], "\n".join(files)


@pytest.mark.parametrize("module", sorted(IMPORTED))
def test_what_is_imported_with_a_module(module: str) -> None:
    files = after(_MODULE, module)
    assert len(files) == IMPORTED[module], "\n".join(files)


@pytest.mark.parametrize("subset", sorted(GATHERED))
def test_what_a_gathering_imports_on_an_idle_host(netns, subset: str) -> None:
    files = after(_GATHERING, subset, netns)
    assert len(files) == GATHERED[subset], "\n".join(files)
