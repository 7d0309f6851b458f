# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual environments under .build/venv, made once and made anew when what they hold is to change."""

from __future__ import annotations

import os
import subprocess
from typing import List

from pythons import Core, Minor, text

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, ".build")
REQUIREMENTS = os.path.join(ROOT, "tests", "requirements")


class SetupError(Exception):
    """A venv could not be made; the message says what to look at."""


def requirements(name: str) -> List[str]:
    """The packages that tests/requirements/NAME.txt lists."""
    with open(os.path.join(REQUIREMENTS, name + ".txt"), encoding="utf-8") as lines:
        stripped = (line.split("#")[0].strip() for line in lines)
        return [line for line in stripped if line]


def ready(name: str, python: str, packages: List[str]) -> str:
    """The path of the venv NAME with these packages, made if it is not there as wanted."""
    path = os.path.join(BUILD, "venv", name)
    stamp = os.path.join(path, "holds.txt")
    wanted = "\n".join([python] + packages) + "\n"
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as holds:
            if holds.read() == wanted:
                return path
    print("setup    .build/venv/%s: %s" % (name, " ".join(packages)), flush=True)
    log = os.path.join(BUILD, "log", "venv-%s.log" % name)
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with open(log, "w", encoding="utf-8") as output:
        for command in (
            [python, "-m", "venv", "--clear", path],
            [os.path.join(path, "bin", "python"), "-m", "pip", "install", "--disable-pip-version-check"] + packages,
        ):
            if subprocess.run(command, stdout=output, stderr=output, check=False).returncode != 0:
                raise SetupError("making .build/venv/%s failed; see %s" % (name, os.path.relpath(log, ROOT)))
    with open(stamp, "w", encoding="utf-8") as holds:
        holds.write(wanted)
    return path


def unit(minor: Minor, python: str) -> str:
    """A venv with what the unit tests need, without Ansible."""
    return ready("unit-py" + text(minor), python, requirements("unit"))


def core(release: Core, minor: Minor, python: str) -> str:
    """A venv with this ansible-core and what all tests need."""
    packages = ["ansible-core~=%s.0" % release.name] + requirements("controller") + requirements("unit")
    return ready("core-%s-py%s" % (release.name, text(minor)), python, packages)


def lint(release: Core, minor: Minor, python: str) -> str:
    """A venv with the linters."""
    return ready("lint-py" + text(minor), python, ["ansible-core~=%s.0" % release.name] + requirements("lint"))


def molecule(release: Core, minor: Minor, python: str) -> str:
    """A venv with Molecule and what a controller needs."""
    packages = ["ansible-core~=%s.0" % release.name] + requirements("controller") + requirements("molecule")
    return ready("molecule-py" + text(minor), python, packages)


def molecule_pytest(release: Core, minor: Minor, python: str) -> str:
    """A venv with Molecule, pytest and pytest-ansible."""
    packages = ["ansible-core~=%s.0" % release.name]
    packages += requirements("controller") + requirements("unit") + requirements("molecule") + requirements("molecule-pytest")
    return ready("molecule-pytest-py" + text(minor), python, packages)


def eda(release: Core, minor: Minor, python: str) -> str:
    """A venv with ansible-rulebook and what the tests of it need."""
    packages = ["ansible-core~=%s.0" % release.name] + requirements("controller") + requirements("unit") + requirements("eda")
    return ready("eda-py" + text(minor), python, packages)


def bench(release: Core, minor: Minor, python: str) -> str:
    """A venv with the collections that `make bench` measures beside ours."""
    packages = ["ansible-core~=%s.0" % release.name] + requirements("controller") + requirements("peers")
    return ready("bench-py" + text(minor), python, packages)


def audit(release: Core, minor: Minor, python: str) -> str:
    """A venv with what `make audit` needs and no more."""
    return ready("audit", python, ["ansible-core~=%s.0" % release.name] + requirements("controller"))


def release(release: Core, minor: Minor, python: str) -> str:
    """A venv with what prepares a release."""
    packages = ["ansible-core~=%s.0" % release.name] + requirements("controller") + requirements("release")
    return ready("release-py" + text(minor), python, packages)


def dev(python: str) -> str:
    """A venv with what starts the tests and linters for those who change the collection."""
    return ready("dev", python, requirements("dev"))
