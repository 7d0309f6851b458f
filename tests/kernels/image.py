# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file system that a virtual machine starts with: Debian's own Python, the collection, and one kernel's modules."""

from __future__ import annotations

import glob
import lzma
import os
import re
import shutil
import stat
import subprocess
import sys
from typing import BinaryIO, Iterable, List

from places import BUILD, ROOT, SetupError

PYTHON = "/usr/bin/python3"
MODULES = ("af_packet", "veth", "inet_diag", "tcp_diag", "unix_diag", "llc", "stp", "garp", "mrp", "8021q")
_LEFT_OUT = {"test", "tests", "idlelib", "dist-packages", "lib2to3", "ensurepip", "pydoc_data", "tkinter", "turtledemo"}
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev; mount -t tmpfs run /run
mkdir -p /run/systemd/system /run/netns /tmp
for round in 1 2 3; do for file in /modules/*; do insmod $file 2> /dev/null; done; done
/sbin/ip link set lo up
stty -F /dev/ttyS1 raw 2> /dev/null
PYTHONPATH=/py PATH=/sbin:/bin:/usr/bin /usr/bin/python3 -m ansible_collections.linuxnet.tcp.tests.kernels.probe > /dev/ttyS1
poweroff -f
"""


def base(venv: str) -> str:
    """A directory with all that every kernel needs; made anew each time, since the collection changes.

    ``venv`` has the ansible-core whose part for targets goes along.
    """
    tree = os.path.join(BUILD, "kernels", "tree")
    shutil.rmtree(tree, ignore_errors=True)
    for name in ("bin", "sbin", "proc", "sys", "dev", "run", "tmp", "etc/sysctl.d", "usr/bin", "modules", "root"):
        os.makedirs(os.path.join(tree, name))
    if not os.path.exists(PYTHON):
        raise SetupError("%s is not there: the virtual machines run Debian's own Python" % PYTHON)
    python = os.path.realpath(PYTHON)
    library = "/usr/lib/%s" % os.path.basename(python)
    shutil.copytree(library, tree + library, symlinks=True, ignore=lambda _folder, names: _LEFT_OUT.intersection(names))
    ip, busybox = shutil.which("ip", path="/sbin:/usr/sbin:/bin:/usr/bin"), shutil.which("busybox")
    if ip is None or busybox is None:
        raise SetupError("ip and busybox are needed")
    shutil.copy(python, tree + PYTHON)
    shutil.copy(ip, tree + "/sbin/ip")
    shutil.copy(busybox, tree + "/bin/busybox")
    for needed in _libraries([python, ip, *glob.glob(library + "/lib-dynload/*.so")]):
        os.makedirs(os.path.dirname(tree + needed), exist_ok=True)
        shutil.copy(needed, tree + needed)
    _write(tree + "/init", INIT, 0o755)
    _write(tree + "/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    _write(tree + "/etc/group", "root:x:0:\n")
    _write(tree + "/etc/os-release", "ID=debian\n")
    _packages(tree, venv)
    return tree


def _packages(tree: str, venv: str) -> None:
    """The collection, and the part of ansible-core that travels to targets."""
    (folder,) = glob.glob(os.path.join(venv, "lib", "python*", "site-packages", "ansible"))
    os.makedirs(tree + "/py/ansible")
    _write(tree + "/py/ansible/__init__.py", "")  # as on targets, where nothing of the controller is
    shutil.copy(os.path.join(folder, "release.py"), tree + "/py/ansible/release.py")
    shutil.copytree(os.path.join(folder, "module_utils"), tree + "/py/ansible/module_utils", ignore=shutil.ignore_patterns("__pycache__"))
    goal = tree + "/py/ansible_collections/linuxnet/tcp"
    for part in ("plugins", "tests/live", "tests/kernels"):
        shutil.copytree(os.path.join(ROOT, part), os.path.join(goal, part), ignore=shutil.ignore_patterns("__pycache__"))
    # Compiled here, since that takes long in a virtual machine
    subprocess.run(
        [PYTHON, "-m", "compileall", "-q", "-s", tree, "--invalidation-mode", "unchecked-hash", tree + "/py"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def _libraries(programs: Iterable[str]) -> List[str]:
    found = set()
    for one in programs:
        told = subprocess.run(["ldd", one], capture_output=True, text=True, check=False).stdout
        found.update(re.findall(r"(/\S+) \(0x", told))
    return sorted(found)


def _write(path: str, text: str, mode: int = 0o644) -> None:
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(path, mode)


def kernel_file(unpacked: str) -> str:
    """The kernel's image in its unpacked package."""
    found = glob.glob(unpacked + "/boot/vmlinuz-*") + glob.glob(unpacked + "/usr/lib/modules/*/vmlinuz")
    if not found:
        raise SetupError("no vmlinuz in " + os.path.relpath(unpacked, ROOT))
    return found[0]


def image(tree: str, unpacked: str, goal: str) -> None:
    """An archive of the tree with the modules of one kernel."""
    shutil.rmtree(tree + "/modules")
    os.makedirs(tree + "/modules")
    for folder, _folders, names in os.walk(unpacked):
        for name in names:
            if name.partition(".ko")[0] in MODULES and ".ko" in name:
                with open(os.path.join(folder, name), "rb") as packed:
                    data = packed.read()
                with open("%s/modules/%s.ko" % (tree, name.partition(".ko")[0]), "wb") as module:
                    module.write(lzma.decompress(data) if name.endswith(".xz") else data)
    with open(goal, "wb") as archive:
        _cpio(tree, archive)


def _cpio(tree: str, archive: BinaryIO) -> None:
    """The tree in the format "newc", which the kernel reads (Documentation/driver-api/early-userspace/buffer-format.rst)."""
    number = 0
    for folder, folders, names in os.walk(tree):
        folders.sort()
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for path in [folder, *(os.path.join(folder, name) for name in sorted([*names, *links]))]:
            name = os.path.relpath(path, tree)
            if name == ".":
                continue
            told = os.lstat(path)
            data = b""
            if stat.S_ISLNK(told.st_mode):
                data = os.readlink(path).encode()
            elif stat.S_ISREG(told.st_mode):
                with open(path, "rb") as stream:
                    data = stream.read()
            number += 1
            _member(archive, number, name, told.st_mode, data)
    _member(archive, 0, "TRAILER!!!", 0, b"")


def _member(archive: BinaryIO, number: int, name: str, mode: int, data: bytes) -> None:
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    archive.write(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))


if __name__ == "__main__":
    sys.exit("run `make kernels`")
