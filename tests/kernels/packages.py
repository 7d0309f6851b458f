# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian's kernel packages of several releases, by apt, without a change to the apt of this machine."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Dict, List, NamedTuple, Tuple

from places import BUILD, SetupError

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
RELEASES = ("bullseye", "bookworm", "trixie", "forky")
SERIES = ("5.10", "6.1", "6.12")  # and the newest of all
NAME = re.compile(r"linux-image-(\d+)\.(\d+)\.?[^-]*(?:-(\d+))?-cloud-amd64")
PLACE = os.path.join(BUILD, "kernels", "apt")
PARTS = ("linux-binary-", "linux-modules-")  # what a kernel consists of from 7.x on


class Kernel(NamedTuple):
    """A kernel package, and what it consists of."""

    name: str
    version: str
    packages: Tuple[str, ...]


def mirror() -> str:
    """The address of the Debian archive that this machine's apt uses, or $DEBIAN_MIRROR."""
    if os.environ.get("DEBIAN_MIRROR"):
        return os.environ["DEBIAN_MIRROR"]
    argv = ["apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"]
    for line in subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
        label, _space, address = line.partition(" ")
        if label == "Debian":
            return address
    raise SetupError("apt knows no Debian archive (run apt-get update, or name one in DEBIAN_MIRROR)")


def _apt(*argv: str, cwd: str = PLACE) -> str:
    options = {
        "Dir::Etc::sourcelist": os.path.join(PLACE, "sources.list"), "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null", "Dir::State": os.path.join(PLACE, "state"),
        "Dir::State::lists": os.path.join(PLACE, "lists"), "Dir::State::status": os.path.join(PLACE, "status"),
        "Dir::Cache": os.path.join(PLACE, "cache"), "Dir::Cache::pkgcache": "pkgcache.bin",
        "Dir::Cache::srcpkgcache": "srcpkgcache.bin", "Acquire::Languages": "none", "APT::Sandbox::User": "root",
    }  # fmt: skip
    given = [word for name, value in options.items() for word in ("-o", "%s=%s" % (name, value))]
    done = subprocess.run([argv[0], "-q", *given, *argv[1:]], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError("%s failed: %s" % (" ".join(argv), done.stderr.strip()))
    return done.stdout


def newest() -> List[Kernel]:
    """The newest package of each series, and of the newest series there is."""
    for name in ("state", "lists/partial", "cache/archives/partial", "debs"):
        os.makedirs(os.path.join(PLACE, name), exist_ok=True)
    with open(os.path.join(PLACE, "status"), "w", encoding="ascii"):
        pass
    with open(os.path.join(PLACE, "sources.list"), "w", encoding="utf-8") as sources:
        sources.writelines("deb [signed-by=%s] %s %s main\n" % (KEYRING, mirror(), one) for one in RELEASES)
    _apt("apt-get", "update")
    found: Dict[Tuple[int, int], List[str]] = {}
    for name in _apt("apt-cache", "pkgnames", "linux-image-").split():
        told = NAME.fullmatch(name)
        if told:
            found.setdefault((int(told.group(1)), int(told.group(2))), []).append(name)
    series = [tuple(int(part) for part in one.split(".")) for one in SERIES]
    missing = [SERIES[place] for place, one in enumerate(series) if one not in found]
    if missing:
        raise SetupError("no kernel package of %s in %s" % (", ".join(missing), ", ".join(RELEASES)))
    return [_kernel(max(found[one], key=_numbers)) for one in sorted({*series, max(found)})]


def _numbers(name: str) -> List[int]:
    return [int(number) for number in re.findall(r"\d+", name)]


def _kernel(name: str) -> Kernel:
    told = dict(line.split(": ", 1) for line in _apt("apt-cache", "show", name).split("\n\n")[0].splitlines() if ": " in line)
    needs = [one.split()[0] for one in told["Depends"].split(",") if one.strip().startswith(PARTS)]
    return Kernel(name, told["Version"], (name, *needs))


def unpacked(kernel: Kernel) -> str:
    """The directory with the files of a kernel; downloaded and unpacked where it is not there already."""
    goal = os.path.join(BUILD, "kernels", "%s_%s" % (kernel.name, kernel.version))
    if os.path.isdir(goal):
        return goal
    debs = os.path.join(PLACE, "debs")
    _apt("apt-get", "download", *kernel.packages, cwd=debs)
    for package in kernel.packages:
        files = [name for name in os.listdir(debs) if name.startswith(package + "_")]
        for name in files:
            subprocess.run(["dpkg-deb", "-x", os.path.join(debs, name), goal + ".part"], check=True)
            os.unlink(os.path.join(debs, name))
    os.rename(goal + ".part", goal)
    return goal
