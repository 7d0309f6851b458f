# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit of a fleet beside a ping of the same hosts: the whole, how it grows, and the controller's part of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import beside
import table

HOSTS, FORKS, ROUNDS = 60, 20, 5
SIZES = (10, 20, 40, 80)
OVER_SSH, OF_SSH = 24, 5
OF_THE_AUDIT = (
    "Targets and controller share two cores here, so each host's share of both counts: to compile 54 files there (see `make bench ROWS=adhoc`), to "
    "send 540 KB instead of 170 KB, and its part of the report. What the controller alone takes, over ssh, has a row of its own."
)
TOOL = os.path.join(beside.ROOT, "extensions", "molecule", "utils", "namespace_hosts", "hosts.py")
sys.path.insert(0, os.path.dirname(TOOL))

import inventory


def commands(inventory, folder):
    ping = [os.path.join(beside.BIN, "ansible"), "-i", inventory, "all", "-f", str(FORKS), "-m", "ansible.builtin.ping"]
    audit = [
        os.path.join(beside.BIN, "ansible-playbook"), "-i", inventory, "-f", str(FORKS),
        os.path.join(beside.ROOT, "playbooks", "audit.yml"), "-e", "audit_directory=" + folder,
    ]  # fmt: skip
    return ping, audit


def local_inventory(folder, hosts):
    path = os.path.join(folder, "%d.ini" % hosts)
    with open(path, "w", encoding="ascii") as inventory:
        inventory.writelines(
            "host%d ansible_connection=local ansible_python_interpreter=%s\n" % (number, sys.executable) for number in range(hosts)
        )
    return path


def rows():
    with tempfile.TemporaryDirectory() as folder, beside.idle_host() as inside:
        ping, audit = (inside + argv for argv in commands(local_inventory(folder, HOSTS), folder))
        taken = beside.paired(ROUNDS, ping, audit)
        yield table.of("audit of %d hosts, %d forks, local connections" % (HOSTS, FORKS), "ping of the same", taken[1], taken[0], 1.5, OF_THE_AUDIT)
        grown = []
        for size in SIZES:
            argv = inside + commands(local_inventory(folder, size), folder)[1]
            grown.append(min(beside.seconds(argv) for _round in range(2)))
        yield table.Row("growth, audit of %d to %d hosts" % (SIZES[0], SIZES[-1]), "", table.growth(SIZES, grown), None, 1.3, "x")
    yield from over_ssh()


def over_ssh():
    with tempfile.TemporaryDirectory() as folder:
        state = os.path.join(folder, "hosts")
        hosts = {"bench%d" % number: "10.77.1.%d" % (number + 1) for number in range(OVER_SSH)}
        beside.run([sys.executable, TOOL, "up", state, *map("=".join, hosts.items())])
        try:
            ping, audit = commands(inventory.written(state, {name: {"ansible_host": address} for name, address in hosts.items()}), folder)
            taken = beside.paired(OF_SSH, ping, audit, clock=beside.cpu)
        finally:
            subprocess.run([sys.executable, TOOL, "down", state], check=True, stdout=subprocess.DEVNULL)
        each = [[one / OVER_SSH for one in times] for times in taken]
        yield table.of("audit over ssh, the controller's CPU a host, %d hosts" % OVER_SSH, "ping of the same", each[1], each[0], 1.4)


if __name__ == "__main__":
    sys.exit(table.finish(rows()))
