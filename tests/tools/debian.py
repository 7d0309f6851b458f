# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installs the Debian packages that the tests run on; their daemons are neither started nor enabled."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Iterable, List, NamedTuple

from places import BUILD, REQUIREMENTS, ROOT, SetupError

# Maintainer scripts run where they see no service manager, no network and no other process, and where whatever they
# start nevertheless ends with them
APART = ["unshare", "--fork", "--pid", "--kill-child", "--mount", "--mount-proc", "--net"]
HIDE_SYSTEMD = 'if [ -d /run/systemd ]; then mount -t tmpfs none /run/systemd; fi; exec "$@"'
APT = ["apt-get", "--yes", "--quiet", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=300"]
SEARCHED = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"


class Package(NamedTuple):
    """One line of a list such as tests/requirements/debian.txt."""

    name: str
    part: str  # the command or file that shows it is there
    service: str  # what it would start: a service, or units with commas between them; "-" for nothing


def wanted(name: str = "debian") -> List[Package]:
    with open(os.path.join(REQUIREMENTS, name + ".txt"), encoding="utf-8") as lines:
        return [Package(*line.split()) for line in lines if line.strip() and not line.startswith("#")]


def missing(packages: Iterable[Package]) -> List[Package]:
    return [one for one in packages if not (os.path.exists(one.part) or shutil.which(one.part, path=SEARCHED))]


def install(packages: List[Package], apart: bool = True) -> None:
    """Install these packages; apart: so that no daemon among them starts, now or at boot."""
    names = [package.name for package in packages]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetupError("install first (as root on Debian this is done for you): " + " ".join(names))
    print("setup    Debian packages, none started: " + " ".join(names), flush=True)
    log = os.path.join(BUILD, "log", "debian.log")
    os.makedirs(os.path.dirname(log), exist_ok=True)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1", PREVLEVEL="N")
    with open(log, "w", encoding="utf-8") as output:

        def run(*command: str) -> bool:
            return subprocess.run(command, env=environment, stdout=output, stderr=output, check=False).returncode == 0

        download = [*APT, "--download-only", "install", *names]
        if not run(*download) and not (run("apt-get", "--quiet", "update") and run(*download)):
            raise SetupError("apt-get cannot get them; see " + os.path.relpath(log, ROOT))
        unpack = [*APT, "--no-download", "install", *names]
        if not run(*([*APART, "sh", "-c", HIDE_SYSTEMD, "sh"] if apart else []), *unpack):
            raise SetupError("apt-get install failed; see " + os.path.relpath(log, ROOT))
        for package in packages:
            if "." in package.service:
                run("systemctl", "--root=/", "disable", *package.service.split(","))
            elif package.service != "-":
                run("update-rc.d", package.service, "disable")


def setup(name: str = "debian") -> None:
    """Install what is missing of tests/requirements/NAME.txt."""
    packages = missing(wanted(name))
    if packages:
        install(packages)
