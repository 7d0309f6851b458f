# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflows run what the tools know, on every Python and ansible-core that the tools know."""

from __future__ import annotations

import glob
import os
import re

import pytest

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
WORKFLOWS = sorted(glob.glob(os.path.join(ROOT, ".github", "workflows", "*.yml")))


def text(path):
    with open(path, encoding="utf-8") as lines:
        return lines.read()


def sessions():
    return re.findall(r"\{session: ([^,}]+)", text(os.path.join(ROOT, ".github", "workflows", "tests.yml")))


@pytest.fixture
def suites(monkeypatch):
    monkeypatch.syspath_prepend(os.path.join(ROOT, "tests", "tools"))
    return __import__("suites")


def test_every_session_is_one_of_nox(suites):
    others = re.findall(r'@nox\.session(?:\(name="([a-z-]+)"\))?\ndef ([a-z_]+)', text(os.path.join(ROOT, "noxfile.py")))
    known = set(suites.group_names()) | {name or function for name, function in others}
    assert len(sessions()) == len(set(sessions())) > 0
    assert set(sessions()) <= known


def test_every_python_and_every_ansible_core_has_its_session(suites):
    pythons = {"unit-%d.%d" % minor for minor in suites.KNOWN}
    cores = {kind + core.name for core in suites.CORES for kind in ("sanity-", "modules-")}
    assert {name for name in sessions() if re.match(r"(unit|sanity|modules)-", name)} == pythons | cores


@pytest.mark.parametrize("path", WORKFLOWS, ids=os.path.basename)
def test_an_action_is_pinned_by_its_whole_commit(path):
    used = re.findall(r"uses: (.*)", text(path))
    assert used
    assert [one for one in used if not re.match(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", one)] == []
