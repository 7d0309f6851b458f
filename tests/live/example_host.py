# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host that examples run on: web1, in namespaces of its own, where all listens that an example names.

It is the calling process, which is `isolated`: it gets its own /etc and /run there, here its own /var and /usr/local/sbin. So
what an example writes, and where, needs no change.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.linuxnet.tcp.tests.live import lab, sandbox, test_containers

#: More than the examples ask of a listener, and less than they raise it to
BACKLOG = 1500
#: As the pages have it: hosts of the groups web and cache. Settings that a site has in its inventory: root needs no sudo,
#: nothing here is worth a longer watch, and there is no systemd that could run a service
INVENTORY = """
[web]
web1

[cache]
web1

[all:vars]
ansible_connection=local
ansible_become=false
container_pid={container_pid}
syn_backlog_restore_window=1
syn_backlog_metrics_service=false
watch_duration=1
"""


@contextlib.contextmanager
def web1(folder: Path, text: str) -> Iterator[None]:
    """The host that these examples need, with the inventory in files of the folder that pages call so, and as Ansible's own."""
    with contextlib.ExitStack() as stack:
        for place in ("/var", "/usr/local/sbin"):
            _cover(place)
        sandbox.mount("-t", "tmpfs", "-o", "mode=755", "checkout", str(folder))
        for port in sorted(_ports(text)):
            for address in ("0.0.0.0", "::"):
                stack.enter_context(_listening(address, port))
        for path in set(re.findall(r"\bpath: (/\S+\.sock)\b", text)):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            sock = stack.enter_context(socket.socket(socket.AF_UNIX))
            sock.bind(path)
            sock.listen(BACKLOG)
        for name in set(re.findall(r"\bnetwork_namespace: ([a-z]+)$", text, re.MULTILINE)):
            lab.ip("netns", "add", name)
        pid = 0
        engine = re.search(r"\bnetwork_namespace\W+(docker|podman):web\b", text)
        if engine or "container_pid" in text:
            pid = stack.enter_context(_container(engine[1] if engine else "podman"))
            inside = lab.Netns()
            inside.path = "/proc/%d/ns/net" % pid
            stack.enter_context(lab.listener(inside, "0.0.0.0", 6379))
        os.makedirs("/etc/ansible", exist_ok=True)
        for path in ("/etc/ansible/hosts", folder / "inventory.ini", folder / "inventory"):
            sandbox.write(str(path), INVENTORY.format(container_pid=pid))
        yield


def _cover(place: str) -> None:
    """Show what is there, and keep to this process what it changes."""
    layers = ["/mnt/%s%s" % (name, place.replace("/", "-")) for name in ("upper", "work")]
    for layer in layers:
        os.mkdir(layer)
    sandbox.mount("-t", "overlay", "overlay", "-o", "lowerdir=%s,upperdir=%s,workdir=%s" % (place, *layers), place)


def _ports(text: str) -> set[int]:
    """Those that an example names: `port: 80`, `port=80`, `ports: [80, 443]`, `'port', 'in', [80]`."""
    found = re.findall(r"\bports?\b\W*(?:in\b\W*)?(\d+(?:, ?\d+)*)", text)
    return {int(number) for numbers in found for number in numbers.split(",")}


def _listening(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    if ":" in address:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind((address, port))
    sock.listen(BACKLOG)
    return sock


@contextlib.contextmanager
def _container(engine: str) -> Iterator[int]:
    """A process that listens on port 8080, and looks as one in this engine's container `web` does; its number."""
    if engine == "docker":
        place, listed = "docker/containers/%s/config.v2.json" % test_containers.ID, json.dumps({"Name": "/web"})
        group = "system.slice/docker-%s.scope"
    else:
        place, listed = "containers/storage/overlay-containers/containers.json", json.dumps([{"id": test_containers.ID, "names": ["web"]}])
        group = "machine.slice/libpod-%s.scope"
    test_containers.write("/var/lib/" + place, listed)
    with test_containers.inhabitant(group % test_containers.ID) as pid:
        yield pid
