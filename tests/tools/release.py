# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepares a release.

release.py VERSION    write the version and the changelog, build the file into .build/dist, and check it
release.py --check    the same in a copy of the work tree, which stays as it is
release.py --file     build and check the file of a version that is prepared already, as after its tag; its notes beside it
release.py --build    only build the file of the checkout as it is

Everything happens in a copy first. The checkout changes only once all checks passed: galaxy.yml, CHANGELOG.md, changelogs/, and the
pages that tell how to install. Commit and tag stay with you.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from typing import List, Tuple

import artifact
import snapshot
from artifact import Refused
from places import BUILD, ROOT, SetupError

VERSION_LINE = re.compile(r"^version: *(\S+)$", re.MULTILINE)
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
DIST = os.path.join(BUILD, "dist")
# How pages tell to install it: from the forge until there is a release, from Galaxy ever after
FROM_FORGE = "collection install git+https://github.com/linuxnet-collections/linuxnet.tcp.git"
FROM_GALAXY = "collection install linuxnet.tcp"


def parsed(version: str) -> Tuple[int, ...]:
    match = VERSION.fullmatch(version)
    if match is None:
        raise Refused("VERSION=%s: a version is three numbers, such as 1.0.0" % version)
    return tuple(int(part) for part in match.groups())


def version_of(folder: str) -> str:
    """The version that galaxy.yml states."""
    with open(os.path.join(folder, "galaxy.yml"), encoding="utf-8") as lines:
        return VERSION_LINE.findall(lines.read())[0]


def next_version() -> str:
    """The version in galaxy.yml where it was not released yet, and the one after it where it was."""
    version = version_of(ROOT)
    with open(os.path.join(ROOT, "changelogs", "changelog.yaml"), encoding="utf-8") as lines:
        released = re.findall(r"^  ([0-9.]+):$", lines.read(), re.MULTILINE)
    first, second, third = parsed(version)
    return "%d.%d.%d" % (first, second, third + 1) if version in released else version


def set_version(folder: str, version: str) -> None:
    path = os.path.join(folder, "galaxy.yml")
    with open(path, encoding="utf-8") as lines:
        text = lines.read()
    with open(path, "w", encoding="utf-8") as lines:
        lines.write(VERSION_LINE.sub("version: " + version, text))


def from_forge(folder: str) -> List[str]:
    """The pages that tell to install it from the forge."""
    root = pathlib.Path(folder)
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return [str(page.relative_to(root)) for page in pages if FROM_FORGE in page.read_text(encoding="utf-8")]


def point_to_galaxy(folder: str) -> None:
    """Have its pages tell to install it from Galaxy."""
    for name in from_forge(folder):
        page = pathlib.Path(folder, name)
        page.write_text(page.read_text(encoding="utf-8").replace(FROM_FORGE, FROM_GALAXY), encoding="utf-8")


def notes(changelog: str, version: str) -> str:
    """What the changelog says of this version alone."""
    parts = re.split(r'^<a id="v([0-9-]+)"></a>\n## .*\n+', changelog, flags=re.MULTILINE)
    told = dict(zip(parts[1::2], parts[2::2]))
    if version.replace(".", "-") not in told:
        raise Refused("CHANGELOG.md says nothing of %s: `make release VERSION=%s` writes it" % (version, version))
    return told[version.replace(".", "-")].strip() + "\n"


def refuse_unfit(version: str) -> None:
    """Refuse a version below the one in galaxy.yml, and a checkout with changes that nobody committed."""
    if parsed(version) < parsed(version_of(ROOT)):
        raise Refused("VERSION=%s is below %s, which galaxy.yml states" % (version, version_of(ROOT)))
    changed = subprocess.run(["git", "-C", ROOT, "status", "--porcelain"], stdout=subprocess.PIPE, text=True, check=True).stdout
    if changed:
        raise Refused("the checkout has changes that are not committed:\n" + changed)


def prepared(programs: str, version: str, anew: bool, ref: str) -> Tuple[str, str]:
    """A copy of the work tree with this version, if anew with all that a release changes, and the file built from it."""
    copy = snapshot.take("release")
    set_version(copy, version)
    if anew:
        environment = dict(os.environ, PATH=programs + os.pathsep + os.environ.get("PATH", ""))
        artifact.ran(["antsibull-changelog", "release", "--version", version], copy, environment)
        point_to_galaxy(copy)
    folder = os.path.join(BUILD, "release", "file")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return copy, artifact.build(programs, copy, folder, ref)


def imported(programs: str, path: str) -> List[str]:
    """Have galaxy-importer look at the file, as Galaxy will; what it warns of."""
    with tempfile.TemporaryDirectory() as folder:
        environment = artifact.own_home(programs, folder)
        printed = artifact.ran([os.path.join(programs, "python"), "-m", "galaxy_importer.main", path], folder, environment)
    if any(line.startswith("ERROR:") for line in printed.splitlines()):
        raise Refused("galaxy-importer:\n" + printed)
    return [line for line in printed.splitlines() if line.startswith("WARNING:")]


def check(programs: str, path: str) -> None:
    artifact.checked(path)
    print("ok       it holds what users need: %d KB" % (os.path.getsize(path) // 1024), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        artifact.tried(programs, path, folder)
    print("ok       installed in an empty folder, syn_backlog_facts answers", flush=True)
    warnings = imported(programs, path)
    print("\n".join(["ok       galaxy-importer"] + ["         " + line for line in warnings]), flush=True)


def keep(path: str) -> str:
    """Leave the file in .build/dist, without older ones beside it; its path below the root."""
    shutil.rmtree(DIST, ignore_errors=True)
    os.makedirs(DIST)
    return os.path.relpath(shutil.copy2(path, DIST), ROOT)


def notes_of(folder: str, version: str) -> str:
    """What the changelog there says of this version; there is none before the first release."""
    path = pathlib.Path(folder, "CHANGELOG.md")
    return notes(path.read_text(encoding="utf-8") if path.exists() else "", version)


def keep_notes(text: str) -> None:
    """Leave the notes of a version beside its file."""
    with open(os.path.join(DIST, "notes.md"), "w", encoding="utf-8") as lines:
        lines.write(text)


def take_over(copy: str) -> None:
    """Bring what was prepared into the checkout."""
    for name in ["galaxy.yml", "CHANGELOG.md", *from_forge(ROOT)]:
        shutil.copy2(os.path.join(copy, name), os.path.join(ROOT, name))
    shutil.copytree(os.path.join(copy, "changelogs"), os.path.join(ROOT, "changelogs"), dirs_exist_ok=True)
    fragments = os.path.join("changelogs", "fragments")
    for name in os.listdir(os.path.join(ROOT, fragments)):
        if not os.path.exists(os.path.join(copy, fragments, name)):
            os.remove(os.path.join(ROOT, fragments, name))


def main(word: str) -> None:
    if word == "--check":
        version = next_version()
    elif word in ("--file", "--build"):
        version = version_of(ROOT)
    else:
        version = word
        refuse_unfit(version)
    programs = os.path.join(sys.prefix, "bin")
    # What is only built may be of a version whose tag is not there
    copy, path = prepared(programs, version, anew=word not in ("--file", "--build"), ref="main" if word == "--build" else version)
    if word == "--build":
        print(keep(path))
        return
    print("ok       version %s is built: %s" % (version, os.path.basename(path)), flush=True)
    check(programs, path)
    if word == "--check":
        print("\nA release could be made. The checkout was left as it is.")
    elif word == "--file":
        text = notes_of(copy, version)
        print("\n%s is ready." % keep(path))
        keep_notes(text)
    else:
        take_over(copy)
        print("\n%s is ready. Read CHANGELOG.md, then:" % keep(path))
        print("    " + publication(version))


def publication(version: str) -> str:
    """The commands that publish it: main and this one tag, both or none."""
    commands = ["git add -A", "git commit -s -m 'Release {0}'", "git tag -s -m 'Release {0}' {0}", "git push --atomic origin main tag {0}"]
    return " && ".join(commands).format(version)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit("usage: make release VERSION=1.0.0")
    try:
        main(sys.argv[1])
    except (Refused, SetupError) as problem:
        sys.exit("release: %s" % problem)
