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
def pythons(monkeypatch):
    monkeypatch.syspath_prepend(os.path.join(ROOT, "tests", "tools"))
    return __import__("pythons")


def of_the_matrix(pythons):
    """The sessions that noxfile.py makes for each Python and each ansible-core."""
    cores = {kind + core.name for core in pythons.CORES for kind in ("sanity-", "modules-")}
    return {"unit-%d.%d" % minor for minor in pythons.KNOWN} | cores


def test_every_session_is_one_of_nox(pythons):
    found = re.findall(r"^@(?:pinned|nox\.session)\(.*\)\ndef ([a-z_]+)", text(os.path.join(ROOT, "noxfile.py")), re.MULTILINE)
    known = {name.replace("_", "-") for name in found} | of_the_matrix(pythons)
    assert len(sessions()) == len(set(sessions())) > 0
    assert set(sessions()) <= known


def test_every_python_and_every_ansible_core_has_its_session(pythons):
    assert {name for name in sessions() if re.match(r"(unit|sanity|modules)-", name)} == of_the_matrix(pythons)


def test_the_readme_names_what_is_tested(pythons):
    told = " ".join(text(os.path.join(ROOT, "README.md")).split())
    cores = [core.name for core in pythons.CORES]
    assert "Tested with ansible-core %s and %s," % (", ".join(cores[:-1]), cores[-1]) in told
    assert "and with Python %s to %s:" % (pythons.text(pythons.KNOWN[0]), pythons.text(pythons.KNOWN[-1])) in told


@pytest.mark.parametrize("path", WORKFLOWS, ids=os.path.basename)
def test_an_action_is_pinned_by_its_whole_commit(path):
    used = re.findall(r"uses: (.*)", text(path))
    assert used
    assert [one for one in used if not re.match(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", one)] == []
