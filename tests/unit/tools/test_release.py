# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release: what its file may hold, where its pages lead, and what is told of it."""

from __future__ import annotations

import glob
import importlib
import io
import os
import re
import tarfile

import pytest

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
FORGE = "https://forge.example/it"


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(os.path.join(ROOT, "tests", "tools"))
    return importlib.import_module


@pytest.fixture
def artifact(tool):
    return tool("artifact")


def as_allowed(artifact):
    """A file for each pattern, with nothing in it."""
    return {pattern.replace("*", "x"): "" for pattern in artifact.ALLOWED}


@pytest.fixture
def packed(tmp_path):
    """Makes a file of a release of names and texts."""

    def pack(texts):
        path = tmp_path / "a.tar.gz"
        with tarfile.open(str(path), "w:gz") as archive:
            for name, text in texts.items():
                member = tarfile.TarInfo(name)
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        return str(path)

    return pack


# ---------------------------------------------------------------- what its file may hold


@pytest.mark.parametrize("more", [{}, {"CHANGELOG.md": ""}])
def test_a_file_with_all_that_is_allowed_passes(artifact, packed, more):
    artifact.checked(packed({**as_allowed(artifact), **more}))


@pytest.mark.parametrize(
    "stray",
    [
        "tests/test_it.py", "docs/page-light.png", "docs/docsite/conf.py", "docs/notes/it.md", "plugins/modules/it.pyc", "plugins/it.py",
        "plugins/module_utils/_model/deeper/it.py", "extensions/molecule/default/molecule.yml", "extensions/it.py", "roles/syn_backlog/tests/it.py",
    ],
)  # fmt: skip
def test_a_stray_file_is_refused_wherever_it_lies(artifact, packed, stray):
    with pytest.raises(artifact.Refused, match=r"^a\.tar\.gz: not expected: %s$" % re.escape(stray)):
        artifact.checked(packed({**as_allowed(artifact), stray: ""}))


def test_a_file_that_lacks_something_is_refused(artifact, packed):
    held = as_allowed(artifact)
    del held["meta/x.yml"]
    with pytest.raises(artifact.Refused, match=r"^a\.tar\.gz: missing: meta/\*\.yml$"):
        artifact.checked(packed(held))


# ---------------------------------------------------------------- where its pages lead


def test_a_page_that_leads_to_what_is_not_in_the_file_is_refused(artifact, packed):
    page = "[a](findings/x.md#it) [b](../LICENSES/) [c](#here) [d](https://x.example/y) ![e](page.png) `[f](code.md)`"
    with pytest.raises(artifact.Refused, match=r"^a\.tar\.gz: docs/x\.md leads to what is not there: docs/page\.png$"):
        artifact.checked(packed({**as_allowed(artifact), "docs/x.md": page}))


@pytest.fixture
def turned(tool, tmp_path):
    """A page once it is in a file that holds docs/here.md, of a checkout that holds docs/gone.md and the folder changelogs as well."""
    source, tree = tmp_path / "source", tmp_path / "tree"
    for path in (source / "docs", source / "changelogs", tree / "docs"):
        path.mkdir(parents=True)
    for path in (source / "docs" / "here.md", source / "docs" / "gone.md", tree / "docs" / "here.md"):
        path.write_text("")

    def turn(page, text):
        (tree / page).write_text(text)
        tool("page_links").turn(str(tree), str(source), FORGE, "1.2.3")
        return (tree / page).read_text()

    return turn


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[a](here.md#it)", "[a](here.md#it)"),
        ("[a](gone.md#it)", "[a](%s/blob/1.2.3/docs/gone.md#it)" % FORGE),
        ("![a](gone.png)", "![a](%s/raw/1.2.3/docs/gone.png)" % FORGE),
        ("[a](../changelogs/)", "[a](%s/tree/1.2.3/changelogs)" % FORGE),
        ("[a](#it) [b](https://x.example/y)", "[a](#it) [b](https://x.example/y)"),
        ("`[a](gone.md)`", "`[a](gone.md)`"),
        ("```text\n[a](gone.md)\n```", "```text\n[a](gone.md)\n```"),
    ],
)
def test_a_page_of_the_manual_leads_to_the_forge_for_what_is_not_in_the_file(turned, text, wanted):
    assert turned("docs/page.md", text) == wanted


def test_the_page_that_galaxy_shows_alone_leads_to_the_forge_always(turned):
    assert turned("README.md", "[a](docs/here.md) [b](#it)") == "[a](%s/blob/1.2.3/docs/here.md) [b](#it)" % FORGE


# ---------------------------------------------------------------- what is told of it

CHANGELOG = r"""# linuxnet\.tcp Release Notes

**Topics**

- <a href="#v1-0-1">v1\.0\.1</a>
- <a href="#v1-0-0">v1\.0\.0</a>

<a id="v1-0-1"></a>
## v1\.0\.1

<a id="bugfixes"></a>
### Bugfixes

* It works\.

<a id="v1-0-0"></a>
## v1\.0\.0

First release\.
"""


def test_the_notes_of_a_release_are_its_own_part_of_the_changelog(tool):
    release = tool("release")
    assert release.notes(CHANGELOG, "1.0.1") == '<a id="bugfixes"></a>\n### Bugfixes\n\n* It works\\.\n'
    assert release.notes(CHANGELOG, "1.0.0") == "First release\\.\n"
    with pytest.raises(release.Refused, match=r"nothing of 1\.0: "):
        release.notes(CHANGELOG, "1.0")


def test_one_tag_is_pushed_with_the_branch_that_holds_it(tool):
    assert tool("release").publication("1.0.0").endswith("git push --atomic origin main tag 1.0.0")


def test_a_release_has_the_pages_name_galaxy(tool, tmp_path):
    release = tool("release")
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("before\nansible-galaxy %s\nafter\n" % release.FROM_FORGE)
    (tmp_path / "docs" / "it.md").write_text("nothing of the kind\n")
    assert release.from_forge(str(tmp_path)) == ["README.md"]
    release.point_to_galaxy(str(tmp_path))
    assert (tmp_path / "README.md").read_text() == "before\nansible-galaxy collection install linuxnet.tcp\nafter\n"


def test_all_pages_say_the_same_of_how_to_install_it(tool):
    """From the forge before the first release, from Galaxy after it."""
    release = tool("release")
    from_forge, from_galaxy = release.from_forge(ROOT), []
    for page in [os.path.join(ROOT, "README.md"), *glob.glob(os.path.join(ROOT, "docs", "*.md"))]:
        with open(page, encoding="utf-8") as lines:
            if re.search(re.escape(release.FROM_GALAXY) + "$", lines.read(), re.MULTILINE):
                from_galaxy.append(page)
    assert (from_forge == []) != (from_galaxy == [])


def test_one_file_is_left_in_the_folder_it_is_built_into(tool, tmp_path, monkeypatch):
    release = tool("release")
    monkeypatch.setattr(release, "DIST", str(tmp_path / "dist"))
    for version in ("1.0.0", "1.0.1"):
        path = tmp_path / ("linuxnet-tcp-%s.tar.gz" % version)
        path.write_text("")
        release.keep(str(path))
    assert os.listdir(str(tmp_path / "dist")) == ["linuxnet-tcp-1.0.1.tar.gz"]


def test_nothing_that_nobody_has_is_told_as_mended():
    with open(os.path.join(ROOT, "changelogs", "changelog.yaml"), encoding="utf-8") as lines:
        if "releases: {}" not in lines.read():
            pytest.skip("there was a release")
    wrong = []
    for path in glob.glob(os.path.join(ROOT, "changelogs", "fragments", "*.yml")):
        with open(path, encoding="utf-8") as lines:
            if re.search("^(bugfixes|security_fixes|breaking_changes|removed_features|deprecated_features):", lines.read(), re.MULTILINE):
                wrong.append(os.path.basename(path))
    assert wrong == [], "before the first release these belong into the section trivial: see CONTRIBUTING.md"


def test_nothing_is_there_since_a_version_to_come(tool):
    """The changelog lists a plugin as new in the version that its documentation names."""
    release = tool("release")
    own = release.parsed(release.version_of(ROOT))
    told = {}
    for place in ("plugins/modules/*.py", "plugins/filter/*.py", "roles/*/meta/argument_specs.yml"):
        for path in glob.glob(os.path.join(ROOT, place)):
            with open(path, encoding="utf-8") as lines:
                told[os.path.relpath(path, ROOT)] = re.findall(r"^ *version_added: (\S+)$", lines.read(), re.MULTILINE)
    assert len(told) > 20 and all(told.values())
    assert {path: found for path, found in told.items() if any(release.parsed(one) > own for one in found)} == {}


def test_before_the_first_release_there_are_no_notes(tool, tmp_path):
    release = tool("release")
    with pytest.raises(release.Refused, match="CHANGELOG.md says nothing of 1.0.0"):
        release.notes_of(str(tmp_path), "1.0.0")
