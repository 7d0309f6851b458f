# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real sysctl loaders on made-up drop-in files; a process of its own for `test_boot_values`.

Started under `unshare --mount --net`. It builds a root directory of its own whose sysctl directories are empty tmpfs,
whose /proc/sys is read-only but for the namespace's own /proc/sys/net, and whose /usr is an overlay of the host's: a
loader that runs in it with chroot(8) can neither read the host's files nor write anything but this network
namespace's sysctls. Requests and answers are lines of JSON.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.places import DIRECTORIES
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sysctls import KEYS
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.boot_files import boot_values

NOBODY = 65534
COMMANDS = {"systemd": ["/usr/lib/systemd/systemd-sysctl"], "procps": ["/usr/sbin/sysctl", "--system"]}


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def build(root: str) -> None:
    mount("-t", "tmpfs", "root", root)
    for name in ("etc", "run", "tmp", "dev", "proc", "usr", "lib", "upper", "work"):
        os.mkdir(os.path.join(root, name))
    # /lib as a directory of its own, as on hosts with an unmerged /usr: then /lib/sysctl.d is a fifth directory.
    for name, lower in (("usr", "/usr"), ("lib", "/usr/lib")):
        upper, work = os.path.join(root, "upper", name), os.path.join(root, "work", name)
        os.mkdir(upper)
        os.mkdir(work)
        options = "lowerdir=%s,upperdir=%s,workdir=%s" % (lower, upper, work)
        mount("-t", "overlay", "overlay", "-o", options, os.path.join(root, name))
    for name in ("bin", "sbin", "lib64"):
        if os.path.exists("/usr/" + name):
            os.symlink("usr/" + name, os.path.join(root, name))
    open(os.path.join(root, "dev/null"), "wb").close()
    mount("--bind", "/dev/null", os.path.join(root, "dev/null"))
    mount("--rbind", "/proc", os.path.join(root, "proc"))
    sysctls = os.path.join(root, "proc/sys")
    mount("--bind", "/proc/sys", sysctls)
    mount("-o", "remount,ro,bind", sysctls)
    mount("--bind", "/proc/sys/net", os.path.join(sysctls, "net"))
    for directory in DIRECTORIES:
        os.makedirs(root + directory, exist_ok=True)
        mount("-t", "tmpfs", "sysctl.d", root + directory)


def clear(root: str) -> None:
    for directory in DIRECTORIES:
        for entry in os.scandir(root + directory):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
    shutil.rmtree(root + "/etc/extra", ignore_errors=True)
    os.mkdir(root + "/etc/extra")
    if os.path.lexists(root + "/etc/sysctl.conf"):
        os.unlink(root + "/etc/sysctl.conf")


def place(root: str, files: list[dict]) -> None:
    for file in files:
        path = root + file["path"]
        if "link" in file:
            os.symlink(file["link"], path)
        elif "content" in file:
            with open(path, "wb") as stream:
                stream.write(base64.b64decode(file["content"]))
            os.chmod(path, file.get("mode", 0o644))
        else:
            os.mkdir(path)


def value_path(name: str) -> str:
    return "/proc/sys/" + KEYS[name].path


def apply(root: str, loader: str, reset: dict[str, int]) -> dict[str, int]:
    for name, value in reset.items():
        with open(value_path(name), "w", encoding="ascii") as stream:
            stream.write(str(value))
    done = subprocess.run(
        ["chroot", root, *COMMANDS[loader]], stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False
    )
    if done.returncode < 0 or done.returncode in (125, 126, 127):
        raise RuntimeError("%s did not run: %s" % (loader, done.stderr.decode(errors="replace")))
    values = {}
    for name in reset:
        with open(value_path(name), encoding="ascii") as stream:
            values[name] = int(stream.read())
    return values


def predict(root: str, loader: str, names: list[str]) -> dict[str, dict]:
    values, _warnings = boot_values(names, root, loader, reboot=False)  # /run included: the loader runs now
    return {name: dict(value._asdict(), shadowed=[list(one) for one in value.shadowed])
            for name, value in values.items()}


def predict_unprivileged(root: str, loader: str, names: list[str]) -> dict[str, dict]:
    os.seteuid(NOBODY)
    try:
        return predict(root, loader, names)
    finally:
        os.seteuid(0)


def main() -> None:
    root = sys.argv[1]
    os.chmod(root, 0o755)
    os.environ["LC_ALL"] = "C"
    build(root)
    os.chmod(root, 0o755)
    for request in sys.stdin:
        asked = json.loads(request)
        clear(root)
        place(root, asked["files"])
        reset = asked["reset"]
        answer = {
            loader: {
                "real": apply(root, loader, reset),
                "predicted": predict(root, loader, list(reset)),
                "unprivileged": predict_unprivileged(root, loader, list(reset)),
            }
            for loader in COMMANDS
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
