# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a scenario: podman containers, apart from every other container of this machine.

machines.py images RELEASE…          make the images that are not there yet
machines.py up NAME RELEASE [plain]  start a host with systemd; plain: one that may change no sysctl at all
machines.py reboot NAME…             stop, wait, start
machines.py down NAME…               remove, with all that was written to it
machines.py ssh NAME                 an sshd on standard input and output, for ProxyCommand
machines.py burst NAME PORT COUNT    send COUNT spoofed SYNs; print how many stay half-open

A host has a network namespace with a loopback device in it and nothing else, new at each start. Images and what the
hosts write live in .build/molecule.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import debian_image

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = HERE.rpartition("/extensions/molecule/")[0]
BUILD = os.path.join(ROOT, ".build", "molecule")
# What podman keeps only until this machine's next boot. Sockets live here, whose paths must be short
RUN = "/run/linuxnet-tcp-molecule-" + hashlib.sha256(ROOT.encode()).hexdigest()[:8]
KEY = os.path.join(BUILD, "ssh", "id_ed25519")

PATIENCE = 60  # seconds for a host to boot or to stop

# SYS_ADMIN: systemd mounts, and so does container-init. SYS_PTRACE: whose sockets there are, and pidfd_getfd(2).
# LINUX_IMMUTABLE: chattr +i. DAC_READ_SEARCH: what the exporter's unit asks for.
# Not --privileged: that would hand over the machine's devices and all of /proc/sys.
CAPABILITIES = ("SYS_ADMIN", "NET_ADMIN", "NET_RAW", "SYS_PTRACE", "LINUX_IMMUTABLE", "DAC_READ_SEARCH", "SYSLOG")


def podman(*arguments: str, check: bool = True, **named: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), env=environment(), text=True, check=check, **named)  # type: ignore[call-overload]


def environment() -> dict[str, str]:
    return {**os.environ, "CONTAINERS_CONF": os.path.join(HERE, "containers.conf"), "TMPDIR": BUILD}


def command(*arguments: str) -> list[str]:
    return [
        "podman", "--log-level=error", "--root", os.path.join(BUILD, "store"), "--runroot", RUN + "/store",
        "--tmpdir", RUN + "/libpod", "--storage-driver", "overlay",
        "--storage-opt", "overlay.skip_mount_home=true",  # or the store is a mount point, and `make clean` fails
        *arguments,
    ]  # fmt: skip


def quietly(*arguments: str, check: bool = True) -> str:
    done = podman(*arguments, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if check and done.returncode != 0:
        sys.exit("podman %s: %s" % (" ".join(arguments), done.stderr.strip()))
    return done.stdout.strip()


# ---------------------------------------------------------------- images


def image(release: str) -> str:
    """The image's name; it changes with what the image is made of."""
    made_of = release + debian_image.PACKAGES + debian_image.BUILD
    return "localhost/linuxnet-tcp-%s:%s" % (release, hashlib.sha256(made_of.encode()).hexdigest()[:12])


def make_image(release: str) -> None:
    with open(os.path.join(BUILD, release + ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another scenario may be making the same
        if podman("image", "exists", image(release), check=False).returncode != 0:
            make_image_anew(release)


def make_image_anew(release: str) -> None:
    tar, log = (os.path.join(BUILD, release + ending) for ending in (".tar", ".log"))
    try:
        debian_image.build(release, tar, log)
    except (subprocess.CalledProcessError, debian_image.NoMirror) as problem:
        sys.exit("no image of Debian %s: %s; see %s" % (release, problem, os.path.relpath(log, ROOT)))
    quietly("import", tar, image(release))
    os.unlink(tar)
    name = image(release).partition(":")[0]
    for older in quietly("images", "--format", "{{.Repository}}:{{.Tag}}", name).split():
        if older.startswith(name + ":") and older != image(release):
            quietly("rmi", older, check=False)  # one that a host still uses stays until the next time


def images(*releases: str) -> None:
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(make_image, release) for release in releases]:
            done.result()


def make_key() -> None:
    if not os.path.exists(KEY):
        os.makedirs(os.path.dirname(KEY), mode=0o700, exist_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "molecule", "-f", KEY], check=True)


# ---------------------------------------------------------------- hosts


def up(name: str, release: str, kind: str = "systemd") -> None:
    make_key()
    capabilities = ["--cap-add=" + one for one in CAPABILITIES]
    quietly(
        "run", "--detach", "--name", name, "--hostname", name, "--systemd=always", "--cgroupns=private",
        "--network=none", *capabilities,
        "--volume", KEY + ".pub:/root/.ssh/authorized_keys:ro", image(release), "/usr/sbin/container-init", kind,
    )  # fmt: skip
    wait_until_up(name)


def wait_until_up(name: str) -> None:
    """Until systemd has started all it is to start. What failed is told: a test of its own must expect it."""
    end = time.monotonic() + PATIENCE
    state = ""
    while time.monotonic() < end:
        state = quietly("exec", name, "systemctl", "is-system-running", check=False)
        if state in ("running", "degraded"):
            return
        time.sleep(0.2)
    sys.exit("%s did not boot within %d s: %s" % (name, PATIENCE, state or "no systemd"))


def reboot(*names: str) -> None:
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(quietly, "stop", "--time", str(PATIENCE), name) for name in names]:
            done.result()
    for name in names:
        quietly("start", name)
    for name in names:
        wait_until_up(name)


def down(*names: str) -> None:
    if names and os.path.isdir(BUILD):
        quietly("rm", "--force", "--ignore", "--time", "0", *names)


def ssh(name: str) -> None:
    os.execvpe("podman", command("exec", "--interactive", name, "/usr/sbin/sshd", "-i"), environment())


def burst(name: str, port: str, count: str) -> None:
    process = quietly("inspect", "--format", "{{.State.Pid}}", name)
    os.execv(sys.executable, [sys.executable, os.path.join(HERE, "spoof.py"), process, port, count])


COMMANDS = {"images": images, "up": up, "reboot": reboot, "down": down, "ssh": ssh, "burst": burst}


def main(arguments: list[str]) -> None:
    if os.geteuid() != 0 or shutil.which("podman") is None:
        sys.exit("needs root and podman")
    os.makedirs(BUILD, exist_ok=True)
    COMMANDS[arguments[0]](*arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
