# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a release: built from a folder, looked into, and tried as somebody does who has nothing but it."""

from __future__ import annotations

import glob
import json
import os
import subprocess
import tarfile
from typing import Dict, FrozenSet, List

# What a release holds at its top. Who adds an entry here makes every user download it; what only a checkout needs
# belongs in build_ignore of galaxy.yml.
ENTRIES = frozenset(
    (
        "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "COPYING", "FILES.json", "LICENSES", "MANIFEST.json", "README.md", "SECURITY.md",
        "changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "roles",
    )
)
# What is there once a version was released
ONCE_RELEASED = frozenset(("CHANGELOG.md",))


class Refused(Exception):
    """The file is not fit to be released; the message says why."""


def build(programs: str, collection: str, folder: str) -> str:
    """Build this collection into an empty FOLDER with the ansible-galaxy of PROGRAMS, and give the file's path."""
    command = [os.path.join(programs, "ansible-galaxy"), "collection", "build", "--force", "--output-path", folder, collection]
    ran(command, folder, os.environ)
    (path,) = glob.glob(os.path.join(folder, "linuxnet-tcp-*.tar.gz"))
    return path


def entries(path: str) -> FrozenSet[str]:
    """The names at the top of the file."""
    with tarfile.open(path) as archive:
        return frozenset(name.split("/")[0] for name in archive.getnames())


def checked(path: str) -> None:
    """Refuse a file that holds more or less than it should."""
    found = entries(path) - ONCE_RELEASED
    if found != ENTRIES:
        raise Refused(
            "%s: not expected: %s; missing: %s"
            % (os.path.basename(path), sorted(found - ENTRIES) or "nothing", sorted(ENTRIES - found) or "nothing")
        )


def ran(command: List[str], folder: str, environment: Dict[str, str]) -> str:
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
