# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""spoof.py PID PORT COUNT: joins the host of this process to a network of its own, sends spoofed SYNs from there, and
prints how many of them stay half-open. Afterwards the host has its loopback device and nothing else, as before.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "namespace_hosts"))

import burst

CLONE_NEWNET = 0x40000000
SERVER, SERVER_MAC = "10.77.0.1", "02:00:00:00:77:01"
CLIENT, CLIENT_MAC = "10.77.0.2", "02:00:00:00:77:02"


def ip(text: str, *into: str) -> None:
    subprocess.run([*into, "ip", "-batch", "-"], input=text, text=True, check=True)


def leave_network() -> None:
    """Move this process into a network namespace of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def join(process: str) -> None:
    # A neighbour that had to be asked for first would cost the first SYN-ACKs of a burst. Answers to spoofed sources
    # come here and go no further: a new namespace forwards nothing.
    ip(
        "link add client address %s type veth peer name server address %s netns %s\n"
        "addr add %s/24 dev client\nlink set client up\n"
        "neigh replace %s lladdr %s dev client nud permanent\n"
        % (CLIENT_MAC, SERVER_MAC, process, CLIENT, SERVER, SERVER_MAC)
    )
    ip(
        "addr add %s/24 dev server\nlink set server up\n"
        "neigh replace %s lladdr %s dev server nud permanent\nroute add default via %s\n"
        % (SERVER, CLIENT, CLIENT_MAC, CLIENT),
        "nsenter", "--net=/proc/%s/ns/net" % process,
    )  # fmt: skip


def main(process: str, port: str, count: str) -> None:
    leave_network()
    join(process)
    try:
        print(burst.half_open_after(int(process), int(port), int(count)))
    finally:
        ip("link del client\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
