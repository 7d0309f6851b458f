# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions for contributors and for the workflows: `nox -l` lists them, `nox -s lint unit-3.7` runs two.

What a session runs, and in which virtual environment, stands in tests/tools/suites.py and tests/tools/venvs.py, from
which `make` takes it, too. So nox makes no environment of its own here.
"""

from __future__ import annotations

import os
import sys
from typing import Callable

import nox

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tests", "tools")
sys.path.insert(0, TOOLS)

import suites

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["lint", "docs-check", "unit"]
nox.options.default_venv_backend = "none"


def run_tool(session: nox.Session, name: str, *arguments: str) -> None:
    session.run(sys.executable, os.path.join(TOOLS, name), *arguments, *session.posargs, external=True)


def session_of(group: str) -> Callable[[nox.Session], None]:
    """A session that runs one group of suites."""

    def run(session: nox.Session) -> None:
        run_tool(session, "suites.py", group)

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
    run_tool(session, "bench.py")


@nox.session(name="release-check")
def release_check(session: nox.Session) -> None:
    """Prepare a release in a copy, check it, and install it into an empty folder."""
    run_tool(session, "release.py", "--check")
