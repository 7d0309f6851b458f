# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet lab: so many hosts over real ssh, audited, tuned, audited again beside the first time.

fleet.py N FOLDER    as root; leaves FOLDER/before and FOLDER/after, each with report.html, report.txt and report.json

The hosts are network, mount and process namespaces of this machine (extensions/molecule/utils/namespace_hosts), and are gone
when this ends.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from typing import Iterator, List, NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOOL = os.path.join(ROOT, "extensions", "molecule", "utils", "namespace_hosts", "hosts.py")
sys.path[:0] = [HERE, os.path.dirname(TOOL)]

import inventory
import made_up

FORKS = 20
FLOODED, FLOOD = "web01", ("80", "500", "203.0.113.0/24", "198.51.100.0/24")  # port, SYNs a second, from these networks
BIN = os.path.dirname(sys.executable)


class Step(NamedTuple):
    """A playbook that ran."""

    name: str
    status: int
    output: str
    seconds: float


class Lab:
    """Hosts that are up, and where reports go."""

    def __init__(self, hosts: List[made_up.Host], state: str, folder: str) -> None:
        self.hosts, self.folder, self._state = hosts, folder, state
        self._inventory = inventory.written(state, {host.name: host.variables for host in hosts})

    def report(self, when: str, name: str = "report.json") -> str:
        return os.path.join(self.folder, when, name)

    def before(self) -> Step:
        """The first audit, while one host is under a flood. It looks for a second, which tells that from honest clients."""
        flooded = any(host.name == FLOODED for host in self.hosts)
        if flooded:
            tool("flood", self._state, FLOODED, *FLOOD)
        try:
            return self.audit("before", "-e", "audit_counters_window=1")
        finally:
            if flooded:
                tool("calm", self._state, FLOODED)

    def audit(self, when: str, *extra: str) -> Step:
        """Into the folder of that name."""
        return self._play(when, "audit.yml", "-e", "audit_directory=" + os.path.join(self.folder, when), *extra)

    def tune(self) -> Step:
        return self._play("tune", "tune.yml", "-e", "tune_become=false")

    def after(self) -> Step:
        return self.audit("after", "-e", "audit_compare=" + self.report("before"))

    def _play(self, name: str, playbook: str, *extra: str) -> Step:
        argv = [
            os.path.join(BIN, "ansible-playbook"), "-i", self._inventory, "-f", str(FORKS),
            os.path.join(ROOT, "playbooks", playbook), *extra,
        ]  # fmt: skip
        environment = dict(
            os.environ,
            ANSIBLE_CONFIG=os.path.join(ROOT, "ansible.cfg"),
            ANSIBLE_COLLECTIONS_PATH=os.path.join(ROOT, ".collections"),
            ANSIBLE_HOME=os.path.join(self.folder, "ansible"),
            ANSIBLE_SSH_ARGS="-o ControlMaster=no",
            ANSIBLE_PIPELINING="1",
            ANSIBLE_NOCOLOR="1",
        )
        before = time.monotonic()
        done = subprocess.run(
            argv, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        return Step(name, done.returncode, done.stdout, time.monotonic() - before)


def tool(*arguments: str) -> None:
    subprocess.run([sys.executable, TOOL, *arguments], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def lab(count: int, folder: str) -> Iterator[Lab]:
    """So many hosts, up for as long as the `with` lasts."""
    hosts = made_up.hosts(count)
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="linuxnet-tcp-fleet-") as place:
        state = os.path.join(place, "state")
        asked = []
        for host in hosts:
            if host.kind.boots:
                script = os.path.join(place, host.name)
                with open(script, "w", encoding="utf-8") as file:
                    file.write(host.script)
                asked.append(f"{host.name}={host.address}={script}")
        tool("up", state, *asked)
        try:
            yield Lab(hosts, state, folder)
        finally:
            tool("down", state)


def main(count: str, folder: str) -> int:
    began = time.monotonic()
    with lab(int(count), os.path.abspath(folder)) as fleet:
        print("%s hosts are up (%.1f s)" % (count, time.monotonic() - began), flush=True)
        for step in (fleet.before, fleet.tune, fleet.after):
            done = step()
            with open(os.path.join(fleet.folder, done.name + ".log"), "w", encoding="utf-8") as log:
                log.write(done.output)
            print("%s: exit status %d (%.1f s)" % (done.name, done.status, done.seconds), flush=True)
        for when in ("before", "after"):
            with open(fleet.report(when, "report.txt"), encoding="utf-8") as report:
                print("%s: %s" % (when, report.read().rstrip().rpartition("\n")[2]))
        print("The page: " + fleet.report("after", "report.html"))
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[1].isdigit() or not 1 <= int(sys.argv[1]) <= 1000:
        sys.exit("fleet.py N FOLDER: N is 1 to 1000")
    if os.geteuid() != 0:
        sys.exit("needs root: it makes network namespaces")
    sys.exit(main(*sys.argv[1:]))
