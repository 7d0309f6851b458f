# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""holder.py STATE NAME=ADDRESS…: holds the hosts of a scenario together.

Runs as the first process of a PID namespace, inside fresh network and mount namespaces: a bridge joins the hosts, and
when this process ends the kernel ends all of theirs and takes every namespace, link and mount away.
"""

from __future__ import annotations

import os
import subprocess
import sys

from state import State

GATEWAY, PREFIX = "10.77.255.254", "/16"
GATEWAY_MAC = "02:00:00:00:77:00"
HERE = os.path.dirname(os.path.abspath(__file__))
NAMESPACES = ("--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child")


def ip(text: str, *namespace: str) -> None:
    subprocess.run(["ip", *namespace, "-batch", "-"], input=text, text=True, check=True)


def mac(address: str) -> str:
    return "02:00:00:00:%02x:%02x" % tuple(int(part) for part in address.split(".")[2:])


def make_bridge() -> None:
    # A neighbour that had to be asked for first would cost the first SYN-ACKs of a burst
    ip(
        "link set lo up\n"
        "link add hosts address %s type bridge forward_delay 0 mcast_snooping 0\n"
        "addr add %s%s dev hosts\n"
        "link set hosts up\n" % (GATEWAY_MAC, GATEWAY, PREFIX)
    )
    with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as forward:
        forward.write("0")  # answers to spoofed sources come here and go no further


def start(state: State, name: str, address: str) -> None:
    """Start a host, join it to the bridge, and let it boot."""
    host = subprocess.Popen(
        ["unshare", *NAMESPACES, os.path.join(HERE, "boot.sh"), name, state.path(name)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if host.stdout.readline() != "up\n":
        raise SystemExit("%s did not start" % name)
    port = "h" + "-".join(address.split(".")[2:])
    ip(
        "link add %s type veth peer name eth0 address %s netns %d\n"
        "link set %s master hosts up\n"
        "neigh replace %s lladdr %s dev hosts nud permanent\n"
        % (port, mac(address), host.pid, port, address, mac(address))
    )
    subprocess.run(["nsenter", "--target", str(host.pid), "--net", "ip", "-batch", "-"], text=True, check=True, input=(
        "link set lo up\n"
        "addr add %s%s dev eth0\n"
        "link set eth0 up\n"
        "neigh replace %s lladdr %s dev eth0 nud permanent\n"
        "route add default via %s\n" % (address, PREFIX, GATEWAY, GATEWAY_MAC, GATEWAY)
    ))  # fmt: skip
    with open(state.path(name, "pid"), "w", encoding="ascii") as stream:
        stream.write(str(host.pid))  # as seen in here
    host.stdin.write("go\n")
    host.stdin.close()


def main(folder: str, *hosts: str) -> None:
    state = State(folder)
    make_bridge()
    for host in hosts:
        start(state, *host.split("="))
    with open(state.path("started"), "w", encoding="ascii"):
        pass
    while True:
        os.wait()  # whoever loses its parent becomes a child of the first process


if __name__ == "__main__":
    main(*sys.argv[1:])
