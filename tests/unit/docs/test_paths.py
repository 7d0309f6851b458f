# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documents and noxfile.py name is there: paths of the repository, files of tests, targets of make."""

from __future__ import annotations

import pathlib
import re
from typing import List

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "roles").rglob("*.md"), ROOT / "Makefile", ROOT / "noxfile.py"])
FOLDERS = r"(?:\.ci|\.github|changelogs|docs|extensions|playbooks|plugins|roles|tests)"
#: Made by a run, so a checkout need not have it
MADE = ("tests/output",)


def paths(text: str) -> List[str]:
    """Paths that begin with a folder of the repository; a part in capitals stands for any name."""
    found = re.findall(r"(?<![\w./@:{}*-])%s/[\w./*-]*" % FOLDERS, text)
    return sorted({re.sub(r"\bNAME\b", "*", one.rstrip(".")) for one in found} - set(MADE))


def missing(text: str) -> List[str]:
    return [one for one in paths(text) if not any(ROOT.glob(one.rstrip("/")))]


@pytest.mark.parametrize("page", [path.relative_to(ROOT).as_posix() for path in PAGES])
def test_paths_that_are_named_are_there(page: str) -> None:
    assert missing((ROOT / page).read_text(encoding="utf-8")) == []


def test_a_path_that_is_not_there_would_be_found() -> None:
    assert missing("`tests/live/test_page.py`, [x](docs/nothing.md), `plugins/modules/*.txt`.") == [
        "docs/nothing.md", "plugins/modules/*.txt", "tests/live/test_page.py",
    ]  # fmt: skip
    assert missing("see tests/browser/test_page.py. `tests/requirements/NAME.in`, .build/docs/site, https://a.example/docs/b") == []


@pytest.mark.parametrize("page", [path.relative_to(ROOT).as_posix() for path in PAGES])
def test_files_of_tests_that_are_named_without_a_folder_are_there(page: str) -> None:
    named = set(re.findall(r"\btest_\w+\.py\b", (ROOT / page).read_text(encoding="utf-8")))
    assert named <= {path.name for path in (ROOT / "tests").rglob("test_*.py")}


@pytest.mark.parametrize("page", [path.relative_to(ROOT).as_posix() for path in PAGES if path.suffix == ".md"])
def test_targets_of_make_that_are_named_are_there(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(r"(?:^|`|=\S+ )make ([a-z-]+)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) <= targets
