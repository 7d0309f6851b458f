# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run `ansible-test sanity` of one ansible-core on a copy of the work tree: sanity.py NAME [PYTHON…]

It is run by the Python of an environment that has this ansible-core.

The Pythons are those that ansible-test shall find for its compile and import tests.
"""

from __future__ import annotations

import glob
import os
import re
import subprocess
import sys
from typing import List

import snapshot
from places import BUILD

# ansible-test downloads a script that bootstraps pip, unless it lies in its cache already. This one takes the pip that
# Python itself carries, so that the tests need nothing but the package index. To unpack it takes a twentieth of what
# ensurepip takes to install it, and there are a dozen environments
BOOTSTRAP = '''"""Bootstraps pip from what ensurepip carries instead of downloading it."""

import ensurepip
import glob
import os
import subprocess
import sys
import sysconfig
import zipfile

wheels = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "*.whl"))
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(sysconfig.get_path("purelib"))
if not wheels:  # a distribution that keeps them elsewhere
    sys.exit(subprocess.call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL))
'''


def pip_versions() -> List[str]:
    """The versions of pip that this environment's ansible-test wants to bootstrap, out of its own source."""
    found = set()
    package = os.path.join(sys.prefix, "lib", "*", "site-packages", "ansible_test", "_internal")
    for path in glob.glob(os.path.join(package, "python_requirements.py")):
        with open(path, encoding="utf-8") as source:
            found.update(re.findall(r"\bpip=['\"]([0-9.]+)['\"]", source.read()))
    return sorted(found)


def prepare_home(home: str) -> None:
    cache = os.path.join(home, ".ansible", "test", "cache")
    os.makedirs(cache, exist_ok=True)
    for version in pip_versions():
        with open(os.path.join(cache, "get_pip_%s.py" % version.replace(".", "_")), "w", encoding="utf-8") as script:
            script.write(BOOTSTRAP)


def main(name: str, pythons: List[str]) -> int:
    home = os.path.join(BUILD, "ansible-test", "home", name)  # its own: two that share one make the same environments at once
    prepare_home(home)
    collection = snapshot.take(os.path.join("ansible-test", name))
    folders = [os.path.join(sys.prefix, "bin")] + [os.path.dirname(path) for path in pythons] + [os.environ.get("PATH", "")]
    environment = dict(os.environ, HOME=home, PATH=os.pathsep.join(folders))
    command = [os.path.join(sys.prefix, "bin", "ansible-test"), "sanity", "--color", "no", "--truncate", "0"]
    return subprocess.run(command, cwd=collection, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
