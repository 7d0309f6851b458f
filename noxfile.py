# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions for contributors and for the workflows: `nox -l` lists them, `nox -s lint unit-3.7` runs two.

What a session runs, and in which virtual environment, stands in tests/tools/suites.py and tests/tools/venvs.py, where `make`
takes it from, too. So nox makes no environment of its own here.
"""

from __future__ import annotations

import os
import sys
from typing import Callable

import nox

ROOT = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(ROOT, "tests", "tools"))

import suites  # noqa: E402

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["lint", "docs-check", "unit"]
nox.options.default_venv_backend = "none"


def session_of(group: str) -> Callable[[nox.Session], None]:
    """A session that runs one group of suites."""

    def run(session: nox.Session) -> None:
        session.run(sys.executable, os.path.join(ROOT, "tests", "tools", "suites.py"), group, *session.posargs, external=True)

    run.__doc__ = suites.help_of(group)
    return run


for name in suites.group_names():
    nox.session(session_of(name), name=name, default=name in nox.options.sessions)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the manual as a site into .build/docs/site."""
    session.run("make", "PYTHON=" + sys.executable, "docs", external=True)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure, as root, and write docs/performance.md; `nox -s bench -- --ci` only compares."""
    session.run(sys.executable, os.path.join(ROOT, "tests", "tools", "bench.py"), *session.posargs, external=True)


@nox.session(name="release-check")
def release_check(session: nox.Session) -> None:
    """Prepare a release in a copy, check it, and install it into an empty folder."""
    session.run(sys.executable, os.path.join(ROOT, "tests", "tools", "release.py"), "--check", *session.posargs, external=True)
