# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a release holds what users need, and works for somebody who has nothing but it."""

from __future__ import annotations

import importlib
import os
import sys

import pytest

TOOLS = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
PROGRAMS = os.path.dirname(sys.executable)


@pytest.fixture
def artifact(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    return importlib.import_module("artifact")


@pytest.fixture
def built(artifact, tmp_path):
    """The file, built from a copy of the checkout."""
    snapshot = importlib.import_module("snapshot")
    (tmp_path / "file").mkdir()
    return artifact.build(PROGRAMS, snapshot.take("release-test"), str(tmp_path / "file"))


def test_the_file_holds_what_users_need_and_works_in_an_empty_folder(artifact, built, tmp_path):
    artifact.checked(built)
    assert {"docs/architecture.md", "docs/reliability.md", "CONTRIBUTING.md"}.isdisjoint(artifact.contents(built))
    (tmp_path / "home").mkdir()
    facts = artifact.tried(PROGRAMS, built, str(tmp_path / "home"))
    assert {"sysctls", "listeners", "findings"} <= set(facts)
    assert (tmp_path / "home/.ansible/collections/ansible_collections/linuxnet/tcp/MANIFEST.json").is_file()
