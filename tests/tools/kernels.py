# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Boots Debian's kernels under qemu with the collection's modules inside, and writes docs/kernels.md: kernels.py [SERIES…]

All of it lands in .build/kernels; the packages come by apt. Needs no root but to install qemu.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any, Dict, List

import debian
from places import BUILD, ROOT, SetupError

sys.path.insert(0, os.path.join(ROOT, "tests", "kernels"))
import image
import packages
import page

PLACE = os.path.join(BUILD, "kernels")
PATIENCE = 1800  # seconds a kernel may take


def boot(kernel: packages.Kernel, tree: str) -> Dict[str, Any]:
    """What the checks inside of a virtual machine told of this kernel.

    :raises SetupError: it came to no end.
    """
    unpacked = packages.unpacked(kernel)
    initrd, console, told = (os.path.join(PLACE, "%s.%s" % (kernel.name, end)) for end in ("cpio", "log", "json"))
    image.image(tree, unpacked, initrd)
    argv = [
        "qemu-system-x86_64", "-machine", "q35,accel=tcg", "-cpu", "max", "-smp", "1", "-m", "1024", "-display", "none", "-no-reboot",
        "-nodefaults", "-serial", "file:" + console, "-serial", "file:" + told, "-kernel", image.kernel_file(unpacked),
        "-initrd", initrd, "-append", "console=ttyS0 loglevel=3 panic=-1",
    ]  # fmt: skip
    begin = time.monotonic()
    try:
        subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=True)
        with open(told, encoding="utf-8") as stream:
            found = json.load(stream)
    except (subprocess.SubprocessError, ValueError) as error:
        raise SetupError("%s came to no end (%s); see %s" % (kernel.name, error, os.path.relpath(console, ROOT))) from None
    finally:
        if os.path.exists(initrd):
            os.unlink(initrd)
    return dict(found, package=kernel.name, version=kernel.version, seconds=round(time.monotonic() - begin))


def main(series: List[str]) -> int:
    debian.setup("debian-kernels")
    begin = time.monotonic()
    kernels = packages.newest()
    tree = image.base(sys.prefix)
    chosen = [one for one in kernels if not series or any(one.name.startswith("linux-image-%s." % name) for name in series)]
    rows = []
    for kernel in chosen:
        print("%s" % kernel.name, flush=True)
        row = boot(kernel, tree)
        rows.append(row)
        for check in row["checks"]:
            good = "ok  " if check["good"] else "FAIL"
            print("  %s %-13s %5.1f s  %s" % (good, check["name"], check["seconds"], check["told"]), flush=True)
    if chosen == kernels:
        with open(os.path.join(ROOT, "docs", "kernels.md"), "w", encoding="utf-8") as stream:
            stream.write(page.page(rows, time.strftime("%Y-%m-%d")))
    failed = ["%s: %s" % (row["release"], check["name"]) for row in rows for check in row["checks"] if not check["good"]]
    minutes = (time.monotonic() - begin) / 60
    print("\nmake kernels: %s in %.1f min" % ("FAILED: " + "; ".join(failed) if failed else "%d kernels passed" % len(rows), minutes))
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as problem:
        sys.exit("make kernels failed: %s" % problem)
