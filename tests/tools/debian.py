# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installs the Debian packages that the live tests run on; their daemons are neither started nor enabled."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Dict, List, Set

from venvs import BUILD, REQUIREMENTS, ROOT, SetupError

# Maintainer scripts run where they see no service manager, no network and no other process, and where whatever they
# start nevertheless ends with them
APART = ["unshare", "--fork", "--pid", "--kill-child", "--mount", "--mount-proc", "--net"]
HIDE_SYSTEMD = 'if [ -d /run/systemd ]; then mount -t tmpfs none /run/systemd; fi; exec "$@"'
APT = ["apt-get", "--yes", "--quiet", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=300"]
SEARCHED = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"


def wanted() -> Dict[str, str]:
    """Package -> the command or file that shows its part is there."""
    with open(os.path.join(REQUIREMENTS, "debian.txt"), encoding="utf-8") as lines:
        return dict(line.split() for line in lines if line.strip() and not line.startswith("#"))


def missing(packages: Dict[str, str]) -> List[str]:
    return [name for name, part in packages.items() if not (os.path.exists(part) or shutil.which(part, path=SEARCHED))]


def installed() -> Set[str]:
    listing = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\n"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {line.split()[1] for line in listing.stdout.splitlines() if line.startswith("installed ")}


def services(packages: Set[str]) -> Set[str]:
    """Names of the services that these packages brought."""
    if not packages:
        return set()
    listing = subprocess.run(["dpkg-query", "--listfiles", *packages], stdout=subprocess.PIPE, text=True, check=True)
    found = set()
    for path in listing.stdout.splitlines():
        folder, name = os.path.split(path)
        if folder == "/etc/init.d" or (folder.endswith("lib/systemd/system") and name.endswith(".service")):
            found.add(name[: -len(".service")] if name.endswith(".service") else name)
    return found


def install(packages: List[str], apart: bool = True) -> None:
    """Install these packages; apart: so that no daemon among them starts, now or at boot."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetupError("install first (as root on Debian this is done for you): " + " ".join(packages))
    print("setup    Debian packages, none started: " + " ".join(packages), flush=True)
    log = os.path.join(BUILD, "log", "debian.log")
    os.makedirs(os.path.dirname(log), exist_ok=True)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1", PREVLEVEL="N")
    with open(log, "w", encoding="utf-8") as output:

        def run(*command: str) -> bool:
            return subprocess.run(command, env=environment, stdout=output, stderr=output, check=False).returncode == 0

        download = [*APT, "--download-only", "install", *packages]
        if not run(*download) and not (run("apt-get", "--quiet", "update") and run(*download)):
            raise SetupError("apt-get cannot get them; see " + os.path.relpath(log, ROOT))
        before = installed()
        unpack = [*APT, "--no-download", "install", *packages]
        if not run(*([*APART, "sh", "-c", HIDE_SYSTEMD, "sh"] if apart else []), *unpack):
            raise SetupError("apt-get install failed; see " + os.path.relpath(log, ROOT))
        if apart and shutil.which("update-rc.d", path=SEARCHED):
            for service in sorted(services(installed() - before)):
                run("update-rc.d", service, "disable")


def setup() -> None:
    """Install what is missing of tests/requirements/debian.txt."""
    packages = missing(wanted())
    if packages:
        install(packages)
