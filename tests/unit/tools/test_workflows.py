# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflows run what the tools know, on every Python and ansible-core that the tools know. A release is tested, and risks little."""

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
    used = [one for one in re.findall(r"uses: (.*)", text(path)) if not one.startswith("./")]
    assert used
    assert [one for one in used if not re.match(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", one)] == []


# ---------------------------------------------------------------- a release


def parts(whole, start):
    """What follows each line that START matches, by the name in it."""
    split = re.split(start, whole, flags=re.MULTILINE)
    return dict(zip(split[1::2], split[2::2]))


@pytest.fixture
def jobs():
    """The jobs of a release, in their order."""
    return parts(text(os.path.join(ROOT, ".github", "workflows", "release.yml")).split("\njobs:\n")[1], r"^  ([a-z]+):$")


def steps(job):
    return parts(job, r"^      - name: (.*)$")


def test_each_job_of_a_release_waits_for_the_one_before_and_so_for_the_tests(jobs):
    assert list(jobs) == ["tag", "tests", "build", "galaxy", "page"]
    assert re.findall(r"^    needs: (.*)$", "".join(jobs.values()), re.MULTILINE) == ["tag", "tests", "build", "galaxy"]
    assert "uses: ./.github/workflows/tests.yml\n" in jobs["tests"]
    assert re.search(r"^  workflow_call:", text(os.path.join(ROOT, ".github", "workflows", "tests.yml")), re.MULTILINE)


def test_a_release_is_of_a_commit_on_main(jobs):
    found = steps(jobs["tag"])
    assert "fetch-depth: 0" in found["Check out"]
    assert "run: git merge-base --is-ancestor HEAD origin/main\n" in found["The tag is on main"]


def test_only_the_job_that_runs_nothing_from_elsewhere_may_write(jobs):
    assert [name for name, job in jobs.items() if not re.search(r"^    permissions:\n      contents: (read|write)\b", job, re.MULTILINE)] == []
    assert [name for name, job in jobs.items() if ": write" in job] == ["page"]
    assert re.search(r"checkout|make |pip ", jobs["page"]) is None


def test_only_the_step_that_publishes_has_the_token(jobs):
    having = [(name, step) for name, job in jobs.items() for step, told in steps(job).items() if "secrets." in told]
    assert having == [("galaxy", "Publish it on Galaxy")]
    assert "secrets." not in "".join(re.split("^    steps:$", job, flags=re.MULTILINE)[0] for job in jobs.values())
    assert "pip install" not in steps(jobs["galaxy"])["Publish it on Galaxy"]
    assert "environment: galaxy" in jobs["galaxy"]
