# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a release: built from a folder, looked into, and tried as somebody does who has nothing but it."""

from __future__ import annotations

import fnmatch
import glob
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from typing import Dict, List, Mapping

import page_links

# Every file of a release fits one of these, folder by folder, and each of these has a file. Who adds one makes every user
# download it; what only a checkout needs belongs in build_ignore of galaxy.yml.
ALLOWED = [
    "CODE_OF_CONDUCT.md", "COPYING", "FILES.json", "LICENSES/GPL-3.0-or-later.txt", "MANIFEST.json", "README.md", "SECURITY.md",
    "changelogs/changelog.yaml", "changelogs/config.yaml",
    "docs/*.md", "docs/docsite/*.yml", "docs/docsite/rst/*.rst", "docs/drawings/*.svg", "docs/findings/*.md",
    "extensions/eda/plugins/event_*/*.py", "extensions/eda/rulebooks/*.yml", "extensions/monitoring/*.json", "extensions/monitoring/*.rules.yml",
    "meta/*.yml", "meta/ee-requirements.txt", "playbooks/*.yml",
    "plugins/*/*.py", "plugins/module_utils/_*/*.py", "plugins/plugin_utils/_*/*.py",
    "plugins/plugin_utils/_page/*.css", "plugins/plugin_utils/_page/*.js", "plugins/plugin_utils/_page/*.html.j2",
    "roles/*/README.md", "roles/*/*/*.yml", "roles/*/templates/*.j2",
]  # fmt: skip
# What is there once a version was released
ONCE_RELEASED = "CHANGELOG.md"


class Refused(Exception):
    """The file is not fit to be released; the message says why."""


def build(programs: str, collection: str, folder: str, ref: str = "main") -> str:
    """Build this collection into an empty FOLDER with the ansible-galaxy of PROGRAMS, and give the file's path.

    Its pages are read where there is less beside them than in a checkout. So it is built once to see what it holds, and
    again with links to the forge's REF for the rest.
    """
    with open(os.path.join(collection, "galaxy.yml"), encoding="utf-8") as lines:
        (forge,) = re.findall(r"^repository: (\S+)$", lines.read(), re.MULTILINE)
    with tempfile.TemporaryDirectory() as place:
        first, tree = os.path.join(place, "first"), os.path.join(place, "tree")
        os.makedirs(first)
        os.makedirs(tree)
        ran(["tar", "-xzf", built(programs, collection, first), "-C", tree], place, os.environ)
        shutil.copy2(os.path.join(collection, "galaxy.yml"), tree)
        page_links.turn(tree, collection, forge, ref)
        return built(programs, tree, folder)


def built(programs: str, collection: str, folder: str) -> str:
    """The file that ansible-galaxy makes of this folder as it is."""
    ran([os.path.join(programs, "ansible-galaxy"), "collection", "build", "--force", "--output-path", folder, collection], folder, os.environ)
    (path,) = glob.glob(os.path.join(folder, "linuxnet-tcp-*.tar.gz"))
    return path


def contents(path: str) -> Dict[str, bytes]:
    """All in the file that is no folder, by name."""
    found = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if not member.isdir():
                file = archive.extractfile(member) if member.isfile() else None
                found[member.name] = file.read() if file else b""
    return found


def fits(name: str, pattern: str) -> bool:
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatch.fnmatchcase, names, patterns))


def checked(path: str) -> None:
    """Refuse a file that holds more or less than it should, or a page that leads to what it does not hold."""
    held = contents(path)
    refuse_any(path, "not expected", [name for name in held if name != ONCE_RELEASED and not any(fits(name, one) for one in ALLOWED)])
    refuse_any(path, "missing", [one for one in ALLOWED if not any(fits(name, one) for name in held)])
    there = set(held) | {folder for name in held for folder in folders(name)}
    for page in sorted(name for name in held if name.endswith(".md")):
        wanted = page_links.goals(page, held[page].decode("utf-8"))
        refuse_any(path, "%s leads to what is not there" % page, sorted(set(wanted) - there))


def refuse_any(path: str, problem: str, names: List[str]) -> None:
    if names:
        raise Refused("%s: %s: %s" % (os.path.basename(path), problem, ", ".join(sorted(names))))


def folders(name: str) -> List[str]:
    """The folders that a file is in."""
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def ran(command: List[str], folder: str, environment: Mapping[str, str]) -> str:
    """What this command prints, run in FOLDER."""
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise Refused("%s failed:\n%s" % (" ".join(command), done.stdout))
    return done.stdout


def own_home(programs: str, folder: str) -> Dict[str, str]:
    """The environment of a user whose home is FOLDER and who knows nothing of a checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHON"))}
    return dict(kept, HOME=folder, PATH=programs + os.pathsep + os.environ.get("PATH", ""), NO_COLOR="1")


def tried(programs: str, path: str, folder: str) -> Dict[str, object]:
    """Install the file in an empty FOLDER, as README says, and give what `syn_backlog_facts` finds on this host."""
    environment = own_home(programs, folder)
    ran(["ansible-galaxy", "collection", "install", path], folder, environment)
    printed = ran(["ansible", "localhost", "-m", "linuxnet.tcp.syn_backlog_facts"], folder, environment)
    return json.loads(printed[printed.index("SUCCESS => {") + len("SUCCESS => ") :])["ansible_facts"]["syn_backlog"]
