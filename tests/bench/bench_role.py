# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role beside `ansible.posix.sysctl` in a loop over the same keys, on a private copy of this host's settings."""

from __future__ import annotations

import json
import os
import sys
import tempfile

import beside
import table

ROUNDS = 9
KEYS = {"net.core.somaxconn": 4096, "net.ipv4.tcp_max_syn_backlog": 4096, "net.ipv4.tcp_syncookies": 1}
SMALL = {"net.core.somaxconn": 128, "net.ipv4.tcp_max_syn_backlog": 256, "net.ipv4.tcp_syncookies": 0}
OTHER = "ansible.posix.sysctl in a loop"

OURS = [{"hosts": "localhost", "gather_facts": False, "roles": [{"role": "linuxnet.tcp.syn_backlog"}]}]
THEIRS = [{
    "hosts": "localhost", "gather_facts": False,
    "tasks": [{
        "name": "Set",
        "ansible.posix.sysctl": {
            "name": "{{ item.key }}", "value": "{{ item.value }}", "sysctl_set": True, "reload": False,
            "sysctl_file": "/etc/sysctl.d/99-zz-linuxnet-tcp.conf",
        },
        "loop": "{{ keys | dict2items }}",
    }],
    "vars": {"keys": KEYS},
}]  # fmt: skip

# A network namespace has sysctls of its own, a mount namespace files; and systemd-sysctl decides at boot
PRIVATE = """
mkdir -p /run/systemd
mount -t tmpfs none /run/systemd
mkdir /run/systemd/system
mount -t tmpfs none /etc/sysctl.d
exec "$@"
"""


def inner():
    """Inside: [[times of ours, times of theirs] for everything to change, and for nothing to change]."""
    with tempfile.TemporaryDirectory() as folder:
        commands = []
        for name, plays in (("ours", OURS), ("theirs", THEIRS)):
            path = os.path.join(folder, name + ".yml")
            with open(path, "w", encoding="utf-8") as playbook:
                json.dump(plays, playbook)
            commands.append([os.path.join(beside.BIN, "ansible-playbook"), "-i", "localhost,", "-c", "local", path])
        changed = [[], []]
        same = [[], []]
        for number in range(ROUNDS + 1):
            for place, argv in enumerate(commands):
                reset()
                taken = beside.seconds(argv), beside.seconds(argv)
                if number:  # the first round does not count
                    changed[place].append(taken[0])
                    same[place].append(taken[1])
        print(json.dumps([changed, same]))


def reset():
    for name in os.listdir("/etc/sysctl.d"):
        os.unlink(os.path.join("/etc/sysctl.d", name))
    for key, value in SMALL.items():
        with open("/proc/sys/" + key.replace(".", "/"), "w", encoding="ascii") as setting:
            setting.write(str(value))


def rows():
    private = ["unshare", "--mount", "--net", "sh", "-ec", PRIVATE, "sh", sys.executable, os.path.abspath(__file__), "inner"]
    said = beside.run(private, PYTHONPATH=os.path.join(beside.ROOT, ".collections"))
    changed, same = json.loads(said.splitlines()[-1])
    yield table.of("role, nothing to change", OTHER, same[0], same[1], 1.0)
    yield table.of("role, everything to change, verified", OTHER + ", which verifies nothing", changed[0], changed[1], 1.2)


if __name__ == "__main__":
    sys.exit(inner() if sys.argv[1:] == ["inner"] else table.finish(rows()))
