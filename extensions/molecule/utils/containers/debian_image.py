# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the root file system of a Debian release with systemd, nginx, redis and node_exporter, as a tar file.

It comes from the mirror in this machine's own apt sources, or from $DEBIAN_MIRROR.
"""

from __future__ import annotations

import os
import subprocess

PACKAGES = (
    "systemd systemd-sysv dbus python3 procps iproute2 openssh-server e2fsprogs nginx-light redis-server "
    "prometheus-node-exporter"
)

# Run as root in a mount and a process namespace of its own, so that nothing stays mounted or running, however it ends.
# $1 release, $2 mirror, $3 packages, $4 the tar file to write
BUILD = r"""
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755,size=2g none /mnt
debootstrap --variant=minbase --include="$3" "$1" /mnt/root "$2"
cd /mnt/root

# Every container shares these with the host: whatever a vendor file sets beside net.* would change the host
for folder in usr/lib/sysctl.d lib/sysctl.d etc/sysctl.d; do
    [ -d "$folder" ] && find "$folder" -type f ! -name 'README*' -delete
done
: > etc/sysctl.conf

# Nothing here may reach for the host's devices, modules or clock, and nothing may wake up by itself
for unit in systemd-modules-load.service modprobe@.service systemd-udevd.service systemd-pstore.service \
    systemd-remount-fs.service getty@.service console-getty.service systemd-logind.service ssh.service \
    ssh.socket dev-hugepages.mount sys-fs-fuse-connections.mount sys-kernel-debug.mount \
    sys-kernel-tracing.mount sys-kernel-config.mount apt-daily.timer apt-daily-upgrade.timer \
    dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer prometheus-node-exporter.service; do
    ln -sf /dev/null "etc/systemd/system/$unit"
done
# node_exporter is for the scenario that unmasks it
# One sshd for each connection, started by the container engine: no network is needed to reach a host
echo 'd /run/sshd 0755 root root' > etc/tmpfiles.d/sshd.conf

cat > usr/sbin/container-init <<'EOF'
#!/bin/sh
# container-init [plain]: the first process
set -e
# Where the host still has cgroup version 1, a systemd in here would make its groups among the host's: give it version 2
# alone, of which this cgroup namespace sees its own part only
if [ "$(stat --file-system --format=%T /sys/fs/cgroup)" != cgroup2fs ]; then
    umount --recursive /sys/fs/cgroup
    mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
fi
# A container sees /proc/sys read-only. Open what belongs to its own network namespace, and no more
if [ "$1" != plain ]; then
    mount --bind /proc/sys/net /proc/sys/net
    mount -o remount,bind,rw /proc/sys/net
fi
exec /lib/systemd/systemd
EOF
chmod 755 usr/sbin/container-init

rm -rf var/cache/apt/archives/*.deb var/lib/apt/lists/* usr/share/doc/* usr/share/man/* usr/share/locale/*
: > etc/machine-id
tar --create --file "$4.part" --numeric-owner --one-file-system --exclude='./proc/*' --exclude='./sys/*' \
    --exclude='./dev/*' --exclude='./run/*' .
mv "$4.part" "$4"
"""

APART = ["unshare", "--fork", "--pid", "--kill-child", "--mount"]


class NoMirror(Exception):
    """This machine's apt sources name no Debian archive."""


def _output(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def mirror() -> str:
    """URL of the Debian archive that this machine's apt uses."""
    if os.environ.get("DEBIAN_MIRROR"):
        return os.environ["DEBIAN_MIRROR"]
    listed = _output("apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages")
    for line in listed.splitlines():
        label, _space, address = line.partition(" ")
        if label == "Debian":
            return address
    raise NoMirror("apt knows no Debian archive (run apt-get update, or name one in DEBIAN_MIRROR)")


def environment() -> dict[str, str]:
    """This process' environment, with the proxy that apt uses."""
    proxy = _output("apt-config", "shell", "proxy", "Acquire::http::Proxy")
    found = {"http_proxy": proxy.partition("=")[2].strip("'\"")} if proxy else {}
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **found}


def build(release: str, tar: str, log: str) -> None:
    """Write the tar file; what debootstrap says goes to the log. Raises subprocess.CalledProcessError."""
    packages = PACKAGES.replace(" ", ",")
    with open(log, "w", encoding="utf-8") as output:
        subprocess.run(
            [*APART, "sh", "-c", BUILD, "sh", release, mirror(), packages, tar],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment(),
            check=True,
        )
