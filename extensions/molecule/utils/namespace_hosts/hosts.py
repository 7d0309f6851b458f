# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts without a container engine: namespaces, an overlay over this machine's own files, and sshd.

hosts.py up STATE NAME=ADDRESS…       make them anew and wait until each answers to ssh
hosts.py down STATE                   end them, and wait until they are gone
hosts.py burst STATE NAME PORT COUNT  send COUNT spoofed SYNs; print how many stay half-open

An ADDRESS is in 10.77.0.0/16, which is the scenario's own: no interface, route or address of this machine changes.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys

from state import State, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
SSHD = """\
ListenAddress {address}
HostKey /etc/ssh/here/host_key
AuthorizedKeysFile /etc/ssh/here/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
"""


def up(folder: str, *hosts: str) -> None:
    state = State(folder)
    down(folder)
    shutil.rmtree(state.folder, ignore_errors=True)
    os.makedirs(state.folder, 0o700)
    prepare(state, [host.split("=") for host in hosts])
    command = ["unshare", "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child", sys.executable]
    with open(state.path("log"), "wb") as log:
        process = subprocess.Popen(
            [*command, os.path.join(HERE, "holder.py"), state.folder, *hosts],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
        )  # fmt: skip
    state.record(process.pid)
    try:
        wait_until(
            lambda: process.poll() is not None or os.path.exists(state.path("started")), "the hosts to start"
        )
        if process.poll() is None:
            enter_hosts_network = [sys.executable, os.path.abspath(__file__), "answer", state.folder]
            subprocess.run([*enter_hosts_network, *(host.split("=")[1] for host in hosts)], check=True)
    except BaseException:
        state.end()
        raise
    if process.poll() is not None:
        with open(state.path("log"), encoding="utf-8", errors="replace") as log:
            raise SystemExit("the hosts did not start:\n" + log.read())
    print("started", *hosts)


def prepare(state: State, hosts: list[list[str]]) -> None:
    """Keys that only this run knows: a server left over from another cannot pass for one of these hosts."""
    keygen(state.path("key"))
    with open(state.path("known_hosts"), "w", encoding="ascii") as known:
        for name, address in hosts:
            os.makedirs(state.path(name, "root"))
            keygen(state.path(name, "host_key"))
            shutil.copyfile(state.path("key.pub"), state.path(name, "authorized_keys"))
            with open(state.path(name, "sshd_config"), "w", encoding="ascii") as config:
                config.write(SSHD.format(address=address))
            with open(state.path(name, "host_key.pub"), encoding="ascii") as public:
                known.write("%s %s" % (address, public.read()))


def keygen(path: str) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "molecule", "-f", path], check=True)


def answer(folder: str, *addresses: str) -> None:
    """Wait until an sshd greets at each address."""
    State(folder).enter_network()
    wait_until(lambda: all(greets(address) for address in addresses), "sshd of " + ", ".join(addresses))


def greets(address: str) -> bool:
    try:
        with socket.create_connection((address, 22), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def down(folder: str) -> None:
    print("ended" if State(folder).end() else "nothing to end")


def burst(folder: str, name: str, port: str, count: str) -> None:
    """Runs itself again inside of the holder's namespaces, where the hosts' process ids mean something."""
    holder = State(folder).require()
    inside = ["nsenter"] + [
        "--%s=/proc/%d/ns/%s" % (kind, holder, link)
        for kind, link in (("net", "net"), ("mount", "mnt"), ("pid", "pid_for_children"))
    ]
    again = [sys.executable, os.path.abspath(__file__), "burst-inside"]
    os.execvp("nsenter", [*inside, *again, folder, name, port, count])


def burst_inside(folder: str, name: str, port: str, count: str) -> None:
    import burst

    with open(State(folder).path(name, "pid"), encoding="ascii") as stream:
        print(burst.half_open_after(int(stream.read()), int(port), int(count)))


COMMANDS = {"up": up, "down": down, "burst": burst, "answer": answer, "burst-inside": burst_inside}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
