# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a host of this scenario.

host.py make NAME    write the files that make the host NAME hostile
host.py remember     remember every file that matters, byte for byte, and every value
host.py compare      fail with what has changed since
host.py expect NAME  the same, but for what the role is to have written
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys

OURS = "/etc/sysctl.d/99-zz-linuxnet-tcp.conf"
MADE = (
    b"# Made by Ansible: the module linuxnet.tcp.syn_backlog owns this file.\n"
    b"# It rewrites its own settings here and leaves any other line alone.\n"
    b"net.core.somaxconn = 4096\nnet.ipv4.tcp_max_syn_backlog = 8192\n"
)

HOSTILE = {
    "junk": {
        "/etc/sysctl.conf": b"# Grenzwerte f\xfcr Gro\xdfkunden\n"
        b"net.core.somaxconn = 64\n"
        b"no assignment at all\n"
        b"= 5\n;\n#\n"
        b"net.core.somaxconn =\n"
        b"net.core.somaxconn = banana\n"
        b"../../../etc/passwd = 1\n"
        b"net.ipv4.tcp_max_syn_backlog = 99999999999999999999\n"
        b"\xff\xfe\xfa = \x01\n"
        b"net.ipv4.tcp_fin_timeout = 60\nnet.ipv4.tcp_fin_timeout = 30\n"
        b"   net/core/somaxconn   =   65   # no comment\n" + b"x" * 5000 + b" = 1\n"
        b"-net.core.somaxconn = 66",
        "/usr/lib/sysctl.d/50-vendor.conf": b"net.core.somaxconn = 67\nnet.ipv4.tcp_max_syn_backlog = 68\n",
        "/run/sysctl.d/60-runtime.conf": b"-net/core/somaxconn=69\n",
        "/usr/local/lib/sysctl.d/70-local.conf": b"net.core.* = 70\n",
        "/etc/sysctl.d/99-zz-aaa.conf": b"net.core.somaxconn = 71\nnet.core.somaxconn = 72\n",
    },
    "ours": {
        OURS: b"# Von Hand, f\xfcr alle F\xe4lle\n"
        b"net.core.somaxconn = 100\n"
        b"net.ipv4.tcp_fin_timeout = 60\n"
        b"-net.core.somaxconn\n"
        b"net/core/somaxconn=200\n"
        b"net.ipv4.tcp_fin_timeout=30\n"
        b"  -net.core.somaxconn =  300\n"
        b"; the end\n",
        "/etc/sysctl.d/90-before.conf": b"net.ipv4.tcp_max_syn_backlog = 1\nnet.ipv4.tcp_max_syn_backlog = 2\n",
    },
    "shared": {
        "/etc/sysctl.d/50-shared.conf": b"# shared \xa9\r\nnet.ipv4.tcp_fin_timeout = 60\r\n"
        b"net.core.somaxconn = 100\r\n"
        b"net.ipv4.tcp_fin_timeout = 30",
    },
    "vendor": {
        "/usr/lib/sysctl.d/99-zzz-vendor.conf": b"# \xe9\n\nnet.core.somaxconn = 8192\n"
        b"# and then\nnet.core.somaxconn = 128\n",
    },
    "dash": {"/usr/local/lib/sysctl.d/99-zzz-dash.conf": b"# dashing\n-net.core.somaxconn = 128\n"},
    "masked": {"/etc/sysctl.d/50-masked.conf": b"net.core.somaxconn = 128\n"},
    "readonly": {"/etc/sysctl.d/10-first.conf": b"net.core.somaxconn = 128\n"},
    "immutable": {OURS: b"net.core.somaxconn = 128\n", "/etc/sysctl.d/10-first.conf": b"net.core.somaxconn = 127\n"},
}  # type: dict[str, dict[str, bytes]]

# What the role is to have made of it
WRITTEN = {
    "junk": {OURS: MADE},
    "ours": {
        OURS: b"# Von Hand, f\xfcr alle F\xe4lle\n"
        b"net.ipv4.tcp_fin_timeout = 60\n"
        b"net.ipv4.tcp_fin_timeout=30\n"
        b"  -net.core.somaxconn =  4096\n"
        b"; the end\n"
        b"net.ipv4.tcp_max_syn_backlog = 8192\n"
    },
    "shared": {
        "/etc/sysctl.d/50-shared.conf": b"# shared \xa9\r\nnet.ipv4.tcp_fin_timeout = 60\r\n"
        b"net.core.somaxconn = 4096\r\n"
        b"net.ipv4.tcp_fin_timeout = 30\r\nnet.ipv4.tcp_max_syn_backlog = 8192\r\n"
    },
}  # type: dict[str, dict[str, bytes]]
SET = {"/proc/sys/net/core/somaxconn": "4096", "/proc/sys/net/ipv4/tcp_max_syn_backlog": "8192"}

FOLDERS = ("/etc", "/usr/lib/sysctl.d", "/lib/sysctl.d", "/usr/local/lib/sysctl.d", "/run/sysctl.d")
MEMORY = "/root/before.json"


def make(name):
    # type: (str) -> None
    for path, content in HOSTILE[name].items():
        if path.startswith("/run/"):  # it goes with the boot, so something has to bring it back, as a vendor would
            persist_run(path, content)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(content)
        os.chmod(path, 0o640)
    if name == "immutable":
        subprocess.run(["chattr", "+i", OURS], check=True)
        subprocess.run(["lsattr", OURS], check=True)


def persist_run(path, content):
    # type: (str, bytes) -> None
    kept = "/usr/share/" + os.path.basename(path)
    with open(kept, "wb") as stream:
        stream.write(content)
    unit = "/etc/systemd/system/systemd-sysctl.service.d/%s.conf" % os.path.basename(path)
    os.makedirs(os.path.dirname(unit), exist_ok=True)
    with open(unit, "w", encoding="ascii") as stream:
        stream.write("[Service]\nExecStartPre=/usr/bin/install -D -m 0644 %s %s\n" % (kept, path))


def files():
    # type: () -> dict[str, list[object]]
    """Every file and link below the folders: kind and mode, owner, which file it is, when it changed, what is in it."""
    found = {}  # type: dict[str, list[object]]
    for folder in FOLDERS:
        for directory, _folders, names in os.walk(folder):
            for name in names:
                path = os.path.join(directory, name)
                status = os.lstat(path)
                data = os.readlink(path) if stat.S_ISLNK(status.st_mode) else digest(path)
                found[path] = [status.st_mode, status.st_uid, status.st_gid, status.st_ino, status.st_mtime_ns, data]
    return found


def digest(path):
    # type: (str) -> str
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def values():
    # type: () -> dict[str, str]
    """Every value of the network that can be read."""
    found = {}  # type: dict[str, str]
    for folder in ("/proc/sys/net/core", "/proc/sys/net/ipv4"):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and name != "tcp_fastopen_key":
                try:
                    with open(path, encoding="ascii") as stream:
                        found[path] = stream.read().strip()
                except OSError:
                    continue  # write-only
    return found


def remember():
    # type: () -> None
    with open(MEMORY, "w", encoding="utf-8") as stream:
        json.dump([files(), values()], stream)


def differences():
    # type: () -> dict[str, list[object]]
    with open(MEMORY, encoding="utf-8") as stream:
        before = json.load(stream)
    found = {}  # type: dict[str, list[object]]
    for old, new in zip(before, (files(), values())):
        for path in sorted(set(old) | set(new)):
            if old.get(path) != new.get(path):
                found[path] = [old.get(path), new.get(path)]
    return found


def compare():
    # type: () -> None
    found = differences()
    if found:
        sys.exit("changed: " + json.dumps(found))


def expect(name):
    # type: (str) -> None
    found = differences()
    for path, content in WRITTEN[name].items():
        with open(path, "rb") as stream:
            written = stream.read()
        if written != content:
            sys.exit("%s is %r, not %r" % (path, written, content))
        old, new = found.pop(path)
        if old is not None and old[:3] != new[:3]:
            sys.exit("%s has other rights than before: %r, %r" % (path, old, new))
    for path, value in SET.items():
        if found.pop(path)[1] != value:
            sys.exit("%s is not %s" % (path, value))
    if found:
        sys.exit("changed as well: " + json.dumps(found))


if __name__ == "__main__":
    {"make": make, "remember": remember, "compare": compare, "expect": expect}[sys.argv[1]](*sys.argv[2:])
