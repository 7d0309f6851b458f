# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other owners of firewall rules on a host, each the real thing: firewalld, ufw, and container engines that publish a port.

For the body of an `isolated` test: what they write is in its own /etc and /run, what they load in the server's namespace.

    with firewalls.firewalld(net.server) as reload:
        reload()
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab, sandbox

NETAVARK = "/usr/lib/podman/netavark"
#: Who dies with the test, should that be killed
_TIED = ["setpriv", "--pdeathsig", "SIGKILL"]
_LONGEST_START = 60  # seconds
_BUS = "/run/bus-of-the-test"
_BUS_CONFIGURATION = """\
<busconfig>
  <type>system</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
  </policy>
</busconfig>
""" % _BUS


def require(*programs: str) -> None:
    for program in programs:
        if shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            pytest.skip("needs %s, which is not installed" % program)


def ruleset(namespace: lab.Netns) -> str:
    """All rules of nf_tables, of whoever, without the numbers of packets, which grow."""
    told = namespace.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout
    return re.sub(r"counter packets \d+ bytes \d+", "counter", told)


def without_ours(rules: str) -> str:
    """The same without the table of a mitigation."""
    return re.sub(r"^table inet linuxnet_tcp \{\n.*?^\}\n", "", rules, flags=re.MULTILINE | re.DOTALL)


# ---------------------------------------------------------------- firewalld and ufw


def firewalld_version() -> tuple[int, ...]:
    told = subprocess.run(["firewall-offline-cmd", "--version"], check=True, capture_output=True, text=True).stdout
    return tuple(int(part) for part in told.strip().split("."))


@contextlib.contextmanager
def firewalld(namespace: lab.Netns, backend: str = "nftables", port: int = 80) -> Iterator[Callable[[], None]]:
    """firewalld with its default zone, in which the port is open; what is given reloads it."""
    require("firewalld", "firewall-cmd", "dbus-daemon", "setpriv")
    with open("/etc/firewalld/firewalld.conf", encoding="ascii") as file:
        configuration = file.read()
    configuration, count = re.subn(r"(?m)^FirewallBackend=.*$", "FirewallBackend=" + backend, configuration)
    assert count == 1
    sandbox.write("/etc/firewalld/firewalld.conf", configuration)
    sandbox.write("/run/bus-of-the-test.conf", _BUS_CONFIGURATION)
    environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS="unix:path=" + _BUS, PYTHONPATH="")
    subprocess.run(["firewall-offline-cmd", "--add-port=%d/tcp" % port], env=environment, check=True, stdout=subprocess.DEVNULL)

    def command(*arguments: str) -> str:
        done = namespace.run(["firewall-cmd", *arguments], env=environment, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def reload() -> None:
        assert command("--reload") == "success"

    with contextlib.ExitStack() as stack:
        bus = ["dbus-daemon", "--config-file=/run/bus-of-the-test.conf", "--nofork", "--nopidfile"]
        daemon = ["firewalld", "--nofork", "--nopid", "--log-target", "console"]
        stack.enter_context(_process(bus, environment))
        assert lab.wait_for(lambda: os.path.exists(_BUS), _LONGEST_START)
        with namespace.enter():
            stack.enter_context(_process(daemon, environment))
        assert lab.wait_for(lambda: command("--state") == "running", _LONGEST_START, pause=0.2)
        yield reload


@contextlib.contextmanager
def _process(argv: list[str], environment: dict[str, str]) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen([*_TIED, *argv], env=environment, stdin=quiet, stdout=quiet, stderr=quiet) as process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def ufw(namespace: lab.Netns, port: int = 80) -> Iterator[Callable[[], None]]:
    """ufw, switched on with the port open; what is given reloads it. Its sysctls (rp_filter) are left out."""
    require("ufw", "iptables")
    with open("/etc/default/ufw", encoding="ascii") as file:
        sandbox.write("/etc/default/ufw", re.sub(r"(?m)^IPT_SYSCTL=.*$", "IPT_SYSCTL=", file.read()))
    environment = dict(os.environ, PYTHONPATH="")

    def command(*arguments: str) -> None:
        namespace.run(["ufw", *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)

    command("allow", "%d/tcp" % port)
    command("--force", "enable")
    yield lambda: command("reload")
    command("disable")


# ---------------------------------------------------------------- ports that a container engine publishes

#: What docker 28 has for a container of its network docker0 with `-p 10.77.0.9:80:80`: the rules that
#: moby's integration/network/bridge/iptablesdoc/generated/{new-daemon,usernet-portmap-lo}.md list, for this address and bridge
DOCKER = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-BRIDGE - [0:0]
:DOCKER-CT - [0:0]
:DOCKER-FORWARD - [0:0]
:DOCKER-INTERNAL - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-FORWARD
-A DOCKER -d {container}/32 ! -i {bridge} -o {bridge} -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER ! -i {bridge} -o {bridge} -j DROP
-A DOCKER-BRIDGE -o {bridge} -j DOCKER
-A DOCKER-CT -o {bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-FORWARD -j DOCKER-CT
-A DOCKER-FORWARD -j DOCKER-INTERNAL
-A DOCKER-FORWARD -j DOCKER-BRIDGE
-A DOCKER-FORWARD -i {bridge} -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o {bridge} -j MASQUERADE
-A DOCKER -d {address}/32 ! -i {bridge} -p tcp -m tcp --dport 80 -j DNAT --to-destination {container}:80
COMMIT
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -d {container}/32 ! -i {bridge} -j DROP
COMMIT
"""


@contextlib.contextmanager
def docker(namespace: lab.Netns, container: lab.Netns, address: str) -> Iterator[None]:
    """The container's port 80 published as docker does it on port 80 of an address of the host."""
    require("iptables")
    namespace.sysctl("net.ipv4.ip_forward", 1)
    lab.ip("-n", namespace.name, batch="\n".join((
        "link add docker0 type bridge",
        "addr add 172.17.0.1/16 dev docker0",
        "link set docker0 up",
        "link add veth0 type veth peer name eth0 netns %s" % container.name,
        "link set veth0 master docker0 up",
    )))  # fmt: skip
    lab.ip("-n", container.name, batch="addr add 172.17.0.2/16 dev eth0\nlink set eth0 up\nroute add default via 172.17.0.1")
    for device in ("veth0", "docker0"):
        lab.wait_until_up(namespace, device)
    rules = DOCKER.format(container="172.17.0.2", bridge="docker0", address=address)
    namespace.run(["iptables-restore"], input=rules, text=True, check=True)
    yield


@contextlib.contextmanager
def podman(namespace: lab.Netns, container: lab.Netns, address: str) -> Iterator[None]:
    """The same as podman does it: by its own program for networks, netavark."""
    require(NETAVARK, "iptables")
    namespace.sysctl("net.ipv4.ip_forward", 1)
    subnets = [{"subnet": "10.88.0.0/16", "gateway": "10.88.0.1"}]
    network = {"name": "podman", "id": "2f" * 32, "driver": "bridge", "network_interface": "podman0", "subnets": subnets}
    network.update(ipv6_enabled=False, internal=False, dns_enabled=False, ipam_options={"driver": "host-local"})
    port = {"container_port": 80, "host_ip": address, "host_port": 80, "protocol": "tcp", "range": 1}
    told = {"container_id": "c0" * 32, "container_name": "web", "port_mappings": [port], "network_info": {"podman": network}}
    told["networks"] = {"podman": {"interface_name": "eth0", "static_ips": ["10.88.0.2"]}}

    def netavark(act: str) -> None:
        argv = [NETAVARK, "--config", "/run", act, container.path]
        namespace.run(argv, input=json.dumps(told), text=True, check=True, stdout=subprocess.DEVNULL)

    netavark("setup")
    yield
    netavark("teardown")
