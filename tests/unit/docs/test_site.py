# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of the site lead to what the site has, and to the forge for the rest."""

from __future__ import annotations

import importlib
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture
def build_site(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "docsite"))
    return importlib.import_module("build_site")


def test_every_picture_of_a_page_is_the_sites_own(build_site) -> None:
    shown = set()
    for name in build_site.PAGES:
        for target in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", build_site.linked(ROOT / name)):
            shown.add((ROOT / name).parent.joinpath(target).resolve().relative_to(ROOT).as_posix())
    assert {"docs/page-light.png", "docs/drawings/a-syn.svg"} <= shown
    assert shown == set(build_site.PICTURES)


def test_a_link_to_what_is_no_page_leads_to_the_forge(build_site) -> None:
    text = build_site.linked(ROOT / "README.md")
    assert "](%sCOPYING)" % build_site.FORGE in text
    assert "](docs/quick-start.md)" in text
