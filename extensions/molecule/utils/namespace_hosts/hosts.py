# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts without a container engine: namespaces, an overlay over this machine's own files, and sshd.

hosts.py up STATE NAME=ADDRESS[=SCRIPT]…        make them anew and wait until each answers to ssh
                                                a SCRIPT runs as its host boots
hosts.py down STATE                             end them, and wait until they are gone
hosts.py burst STATE NAME PORT COUNT            send COUNT spoofed SYNs; print how many stay half-open
hosts.py flood STATE NAME PORT RATE [NETWORK…]  send RATE spoofed SYNs a second, from everywhere or from these networks
hosts.py calm STATE NAME                        end that flood
hosts.py serve STATE NAME PORT COUNT [SOURCE]   let COUNT real clients connect; print how many of them are greeted

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
    parted = [host.split("=", 2) for host in hosts]
    prepare(state, parted)
    command = ["unshare", "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child", sys.executable]
    with open(state.path("log"), "wb") as log:
        process = subprocess.Popen(
            [*command, os.path.join(HERE, "holder.py"), state.folder, *("=".join(one[:2]) for one in parted)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
        )  # fmt: skip
    state.record(process.pid)
    try:
        wait_until(
            lambda: process.poll() is not None or os.path.exists(state.path("started")), "the hosts to start"
        )
        if process.poll() is None:
            enter_hosts_network = [sys.executable, os.path.abspath(__file__), "answer", state.folder]
            subprocess.run([*enter_hosts_network, *(one[1] for one in parted)], check=True)
    except BaseException:
        state.end()
        raise
    if process.poll() is not None:
        with open(state.path("log"), encoding="utf-8", errors="replace") as log:
            raise SystemExit("the hosts did not start:\n" + log.read())
    print("started", *(one[0] for one in parted))


def prepare(state: State, hosts: list[list[str]]) -> None:
    """Keys that only this run knows: a server left over from another cannot pass for one of these hosts."""
    keygen(state.path("key"))
    with open(state.path("known_hosts"), "w", encoding="ascii") as known:
        for name, address, *script in hosts:
            os.makedirs(state.path(name, "root"))
            keygen(state.path(name, "host_key"))
            shutil.copyfile(state.path("key.pub"), state.path(name, "authorized_keys"))
            with open(state.path(name, "sshd_config"), "w", encoding="ascii") as config:
                config.write(SSHD.format(address=address))
            for path in script:
                shutil.copyfile(path, state.path(name, "boot_script"))
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


def inside(command: str, folder: str, *arguments: str) -> None:
    """Runs itself again inside of the holder's namespaces, where the hosts' process ids mean something."""
    holder = State(folder).require()
    enter = ["nsenter"] + [
        "--%s=/proc/%d/ns/%s" % (kind, holder, link)
        for kind, link in (("net", "net"), ("mount", "mnt"), ("pid", "pid_for_children"))
    ]
    os.execvp("nsenter", [*enter, sys.executable, os.path.abspath(__file__), command, folder, *arguments])


def burst_inside(folder: str, name: str, port: str, count: str) -> None:
    import burst

    print(burst.half_open_after(host_process(folder, name), int(port), int(count)))


def flood_inside(folder: str, name: str, port: str, rate: str, *networks: str) -> None:
    import traffic

    traffic.flood(State(folder).path(name), host_process(folder, name), int(port), int(rate), networks)


def calm_inside(folder: str, name: str) -> None:
    import traffic

    traffic.calm(State(folder).path(name))


def serve_inside(folder: str, name: str, port: str, count: str, *source: str) -> None:
    import traffic

    print(traffic.served(host_process(folder, name), int(port), int(count), *source))


def host_process(folder: str, name: str) -> int:
    """The first process of a host, as seen inside."""
    with open(State(folder).path(name, "pid"), encoding="ascii") as stream:
        return int(stream.read())


COMMANDS = {"up": up, "down": down, "answer": answer}
INSIDE = {"burst": burst_inside, "flood": flood_inside, "calm": calm_inside, "serve": serve_inside}


def main(command: str, *arguments: str) -> None:
    if command in INSIDE:
        inside(command + "-inside", *arguments)
    elif command.endswith("-inside"):
        INSIDE[command[: -len("-inside")]](*arguments)
    else:
        COMMANDS[command](*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
