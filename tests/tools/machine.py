# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this machine can run: its Pythons, the ansible-core for them, and a venv for each pair."""

from __future__ import annotations

from typing import Callable

import debian
import venvs
from pythons import CORES, WANTED, Core, Minor, controllers, find_all, newest_core, text
from venvs import SetupError


class Machine:
    """The Pythons found, and the cells that follow."""

    def __init__(self) -> None:
        self.found = find_all()
        newest = newest_core(self.found)
        if newest is None:
            debian.install([debian.Package("python3-venv", "python3", "-")], apart=False)
            self.found = find_all()
            newest = newest_core(self.found)
        if newest is None:
            raise SetupError("no Python from %s on was found" % text(CORES[0].controller[0]))
        self.core, self.python = newest

    def core_venv(self, core: Core, minor: Minor) -> Callable[[], str]:
        return lambda: venvs.core(core, minor, self.found[minor])

    def unit_venv(self, minor: Minor) -> Callable[[], str]:
        return lambda: venvs.unit(minor, self.found[minor])

    def audit_venv(self) -> str:
        return venvs.audit(self.core, self.python, self.found[self.python])

    def lint_venv(self) -> str:
        return venvs.lint(self.core, self.python, self.found[self.python])

    def molecule_venv(self) -> str:
        return venvs.molecule(self.core, self.python, self.found[self.python])

    def molecule_pytest_venv(self) -> str:
        return venvs.molecule_pytest(self.core, self.python, self.found[self.python])

    def dev_venv(self) -> str:
        return venvs.dev(self.found[self.python])

    def release_venv(self) -> str:
        return venvs.release(self.core, self.python, self.found[self.python])

    def eda_venv(self) -> str:
        return venvs.eda(self.core, self.python, self.found[self.python])

    def bench_venv(self) -> str:
        return venvs.bench(self.core, self.python, self.found[self.python])

    def describe(self) -> None:
        """Tell what was found and what is missing of what is wanted."""
        missing = [text(minor) for minor in WANTED if minor not in self.found]
        print("Pythons found: %s" % " ".join(text(minor) for minor in self.found))
        if missing:
            print("Pythons missing, their tests do not run: %s" % " ".join(missing))
        for core in CORES:
            if not controllers(core, self.found):
                first, last = core.controller
                print("ansible-core %s does not run: needs Python %s to %s" % (core.name, text(first), text(last)))
        print("", flush=True)
