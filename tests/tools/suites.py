# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The suites: what `make test` and `make matrix` run, on which Python and ansible-core.

suites.py GROUP…      run the suites of these groups: lint docs-check sanity unit live eda
                      molecule molecule-default molecule-pytest bursts matrix, and of the matrix
                      one cell: unit-3.7, sanity-2.21, modules-2.17, …
suites.py --setup …   only make ready what they need
"""

from __future__ import annotations

import glob
import os
import sys
from typing import Callable, Dict, List

import debian
from balance import shares
from machine import Machine
from pythons import CORES, KNOWN, Core, Minor, controllers, text
from runner import Suite, make_ready, run_all, stop_on_sigterm
from venvs import ROOT, SetupError

LIVE_AT_ONCE = 3  # processes that share the live tests
DURATIONS = "--durations=10"

# Unit tests that import Ansible, which the venvs of the unit suites lack
NEED_ANSIBLE = ("tests/unit/plugins/filter", "tests/unit/plugins/module_utils/_module", "tests/unit/plugins/plugin_utils")

IN_A_BROWSER = "tests/browser/test_page.py"


def lint(machine: Machine) -> List[Suite]:
    """ruff, yamllint, mypy, reuse, antsibull-changelog, ansible-lint."""
    commands = {
        "ruff": ("ruff", "check", "."),
        "yamllint": ("yamllint", "--strict", "."),
        "mypy": ("mypy",),
        "reuse": ("reuse", "lint"),
        "antsibull-changelog lint": ("antsibull-changelog", "lint"),
        "ansible-lint": ("ansible-lint", "--profile", "production", "--offline"),
    }
    return [Suite(name, machine.lint_venv, command, short=True) for name, command in commands.items()]


def docs_check(machine: Machine) -> List[Suite]:
    """antsibull-docs lint-collection-docs."""
    command = "antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck --validate-collection-refs=all ."
    return [Suite("antsibull-docs lint-collection-docs", machine.lint_venv, tuple(command.split()), short=True)]


def sanity_of(machine: Machine, core: Core, minor: Minor) -> Suite:
    first, last = core.target
    pythons = [path for other, path in machine.found.items() if first <= other <= last]
    venv = machine.core_venv(core, minor)
    name = "ansible-test sanity %s" % core.name
    return Suite(name, venv, ("sanity.py", core.name, *pythons))


def sanity(machine: Machine) -> List[Suite]:
    """ansible-test sanity of the newest ansible-core."""
    return [sanity_of(machine, machine.core, machine.python)]


def unit_of(machine: Machine, minor: Minor) -> Suite:
    command = ("pytest", "tests/unit", "-m", "not ansible")
    return Suite("unit tests, Python %s, no Ansible" % text(minor), machine.unit_venv(minor), command)


def unit(machine: Machine) -> List[Suite]:
    """Pure functions and readers of files, on the oldest Python of a target and on the newest found."""
    return [unit_of(machine, minor) for minor in sorted({min(machine.found), max(machine.found)})]


def ansible_of(machine: Machine, core: Core, minor: Minor) -> Suite:
    """The tests that go through Ansible, on one ansible-core and Python."""
    name = "through ansible-core %s, Python %s" % (core.name, text(minor))
    return Suite(name, machine.core_venv(core, minor), ("pytest", DURATIONS, "-m", "ansible"))


def live(machine: Machine) -> List[Suite]:
    """The live tests on the newest ansible-core; what goes through Ansible also on the oldest.

    With them come the unit tests that skip without Ansible, and the page in a browser. Every live test has namespaces of
    its own, so that the files run in several processes at once.
    """
    found = glob.glob(os.path.join(ROOT, "tests", "live", "test_*.py"))
    files = sorted(os.path.relpath(path, ROOT) for path in found) + list(NEED_ANSIBLE) + [IN_A_BROWSER]
    parts = shares(files, LIVE_AT_ONCE)
    name = "live tests %d of %d, ansible-core %s, Python %s"
    suites = [
        Suite(
            name % (number, len(parts), machine.core.name, text(machine.python)),
            machine.core_venv(machine.core, machine.python),
            ("pytest", DURATIONS, *part),
        )
        for number, part in enumerate(parts, start=1)
    ]
    oldest = controllers(CORES[0], machine.found)
    if oldest and CORES[0] != machine.core:
        suites.append(ansible_of(machine, CORES[0], oldest[-1]))
    return suites


def eda(machine: Machine) -> List[Suite]:
    """ansible-rulebook with the newest ansible-core."""
    return [Suite("event-driven, ansible-rulebook", machine.eda_venv, ("pytest", DURATIONS, "tests/eda"), counts_seconds=True)]


def molecule_of(machine: Machine, scenario: str) -> Suite:
    return Suite("molecule test, scenario %s" % scenario, machine.molecule_venv, ("molecule.py", scenario))


def molecule(machine: Machine) -> List[Suite]:
    """Every scenario of extensions/molecule."""
    found = glob.glob(os.path.join(ROOT, "extensions", "molecule", "*", "molecule.yml"))
    return [molecule_of(machine, os.path.basename(os.path.dirname(path))) for path in sorted(found)]


def molecule_default(machine: Machine) -> List[Suite]:
    """The scenario default, which `make test` runs, too: it needs nothing but namespaces, and half a minute."""
    return [molecule_of(machine, "default")]


def molecule_pytest(machine: Machine) -> List[Suite]:
    """The scenario default, started by pytest-ansible in extensions/."""
    command = ("pytest", DURATIONS, "--ansible-unit-inject-only", "tests/molecule", "-k", "default")
    return [Suite("molecule through pytest-ansible", machine.molecule_pytest_venv, command)]


def bursts(machine: Machine) -> List[Suite]:
    """Three minutes of bursts into real servers; BURSTS names one of them."""
    command = ("pytest", DURATIONS, "tests/live/test_watch_bursts.py")
    return [Suite("bursts into real servers", machine.core_venv(machine.core, machine.python), command, counts_seconds=True)]


def newest_controller(machine: Machine, core: Core) -> Minor:
    """The newest Python found that this ansible-core runs on."""
    usable = controllers(core, machine.found)
    if not usable:
        first, last = core.controller
        raise SetupError("ansible-core %s needs a Python from %s to %s, and none was found" % (core.name, text(first), text(last)))
    return usable[-1]


def unit_cell(minor: Minor) -> Callable[[Machine], List[Suite]]:
    def cell(machine: Machine) -> List[Suite]:
        if minor not in machine.found:
            raise SetupError("Python %s was not found" % text(minor))
        return [unit_of(machine, minor)]

    cell.__doc__ = "Pure functions and readers of files on Python %s." % text(minor)
    return cell


def sanity_cell(core: Core) -> Callable[[Machine], List[Suite]]:
    def cell(machine: Machine) -> List[Suite]:
        return [sanity_of(machine, core, newest_controller(machine, core))]

    cell.__doc__ = "ansible-test sanity of ansible-core %s." % core.name
    return cell


def modules_cell(core: Core) -> Callable[[Machine], List[Suite]]:
    def cell(machine: Machine) -> List[Suite]:
        return [ansible_of(machine, core, newest_controller(machine, core))]

    cell.__doc__ = "The tests that go through ansible-core %s: root." % core.name
    return cell


def matrix(machine: Machine) -> List[Suite]:
    """Every Python, every ansible-core, and every pair of the two that ansible-core supports."""
    cells = [(core, minor) for core in CORES for minor in controllers(core, machine.found)]
    newest = dict(cells)
    return (
        [unit_of(machine, minor) for minor in machine.found]
        + [sanity_of(machine, core, minor) for core, minor in newest.items()]
        + [ansible_of(machine, core, minor) for core, minor in cells]
    )


GROUPS: Dict[str, Callable[[Machine], List[Suite]]] = {
    "lint": lint,
    "docs-check": docs_check,
    "sanity": sanity,
    "unit": unit,
    "live": live,
    "eda": eda,
    "molecule": molecule,
    "molecule-default": molecule_default,
    "molecule-pytest": molecule_pytest,
    "bursts": bursts,
    "matrix": matrix,
}
# One cell of the matrix at a time, as workflows and contributors ask for it
GROUPS.update({"unit-" + text(minor): unit_cell(minor) for minor in KNOWN})
GROUPS.update({"sanity-" + core.name: sanity_cell(core) for core in CORES})
GROUPS.update({"modules-" + core.name: modules_cell(core) for core in CORES})

# The lists of Debian packages, tests/requirements/NAME.txt, that groups need
DEBIAN = {
    "live": ("debian",),
    "eda": ("debian", "debian-eda"),
    "molecule": ("debian", "debian-containers"),
    "molecule-default": ("debian",),
    "molecule-pytest": ("debian",),
    "bursts": ("debian",),
    "matrix": ("debian",),
}
DEBIAN.update({"modules-" + core.name: ("debian",) for core in CORES})


def group_names() -> List[str]:
    """Every group that can be run."""
    return list(GROUPS)


def help_of(group: str) -> str:
    """One line about a group."""
    return (GROUPS[group].__doc__ or group).split("\n")[0]


def main(arguments: List[str]) -> int:
    groups = [word for word in arguments if word != "--setup"]
    machine = Machine()
    machine.describe()
    suites = [suite for group in groups for suite in GROUPS[group](machine)]
    for packages in sorted({name for group in groups for name in DEBIAN.get(group, ())}):
        debian.setup(packages)
    make_ready(suites)
    if "--setup" in arguments:
        return 0
    return run_all(suites, title="make " + (groups[0] if len(groups) == 1 else "test"))


if __name__ == "__main__":
    os.chdir(ROOT)
    stop_on_sigterm()
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as problem:
        sys.exit("setup failed: %s" % problem)
