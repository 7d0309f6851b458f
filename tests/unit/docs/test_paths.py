# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documents and noxfile.py name is there: paths of the repository, files of tests, targets of make."""

from __future__ import annotations

import pathlib
import re
from typing import Dict, List

ROOT = pathlib.Path(__file__).resolve().parents[3]
#: A changelog tells also of what was there once
OWN = [path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"]
PAGES = sorted([*OWN, *(ROOT / "docs").rglob("*.md"), *(ROOT / "roles").rglob("*.md"), ROOT / "Makefile", ROOT / "noxfile.py"])
FOLDERS = r"(?:\.ci|\.github|changelogs|docs|extensions|playbooks|plugins|roles|tests)"
#: Made by a run, so a checkout need not have it
MADE = ("tests/output",)


def texts() -> Dict[str, str]:
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}


def paths(text: str) -> List[str]:
    """Paths that begin with a folder of the repository; a part in capitals stands for any name."""
    found = re.findall(r"(?<![\w./@:{}*-])%s/[\w./*-]*" % FOLDERS, text)
    return sorted({re.sub(r"\bNAME\b", "*", one.rstrip(".")) for one in found} - set(MADE))


def missing(text: str) -> List[str]:
    return [one for one in paths(text) if not any(ROOT.glob(one.rstrip("/")))]


def test_paths_that_are_named_are_there() -> None:
    found = {page: missing(text) for page, text in texts().items()}
    assert {page: those for page, those in found.items() if those} == {}


def test_a_path_that_is_not_there_would_be_found() -> None:
    assert missing("`tests/live/test_page.py`, [x](docs/nothing.md), `plugins/modules/*.txt`.") == [
        "docs/nothing.md", "plugins/modules/*.txt", "tests/live/test_page.py",
    ]  # fmt: skip
    assert missing("see tests/browser/test_page.py. `tests/requirements/NAME.in`, .build/docs/site, https://a.example/docs/b") == []


def test_files_of_tests_that_are_named_without_a_folder_are_there() -> None:
    there = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    named = {(page, name) for page, text in texts().items() for name in re.findall(r"\btest_\w+\.py\b", text)}
    assert {(page, name) for page, name in named if name not in there} == set()


def test_targets_of_make_that_are_named_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = {page: text for page, text in texts().items() if page.endswith(".md")}
    named = {(page, name) for page, text in pages.items() for name in re.findall(r"(?:^|`|=\S+ )make ([a-z-]+)", text, re.MULTILINE)}
    assert {(page, name) for page, name in named if name not in targets} == set()


def test_the_commands_of_the_page_on_reliability_run_as_printed() -> None:
    """No `pytest` is on the PATH of a checkout; `make setup` makes the one of the live tests."""
    commands = re.findall(r"`((?:\w+=\S+ )?[\w./-]*(?:pytest|make)\b[^`]*)`", (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8"))
    assert len(commands) > 10
    assert [one for one in commands if not re.match(r"make |(\w+=\S+ )?\.build/nox/live-tests/bin/pytest ", one)] == []
