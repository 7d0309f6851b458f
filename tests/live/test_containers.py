# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers by name: real network namespaces, processes and control groups, and a real podman where there is one."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.namespace_commands import prefix
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.raise_listener import set_backlogs
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import namespaces
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.cgroups import mount_of_cgroup2
from ansible_collections.linuxnet.tcp.tests.live import lab, sandbox
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

ID, POD_CONTAINER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
UID = "8f3c2b1a-0d4e-4f5a-9b6c-7d8e9f0a1b2c"
PODS = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%s.slice" % UID.replace("-", "_")
LISTENS = "import socket, time; s = socket.socket(); s.bind(('', 8080)); s.listen(100); print('up', flush=True); time.sleep(1000)"
FRESH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "extensions", "molecule", "utils", "containers")


@contextlib.contextmanager
def inhabitant(group: str, private: bool = True) -> Iterator[int]:
    """A process that listens on port 8080, in a control group of that path and mostly in a network namespace of its own."""
    mount = mount_of_cgroup2(Path("/proc/self/mountinfo").read_text())
    if mount is None:
        pytest.skip("no cgroup2 file system is mounted")
    top = Path(mount) / ("lab-%d" % os.getpid())
    made = top / group
    made.mkdir(parents=True)
    enter = "echo $$ > '%s/cgroup.procs' && exec \"$@\"" % made
    argv = ["sh", "-c", enter, "sh", *(["unshare", "--net"] if private else []), sys.executable, "-c", LISTENS]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield process.pid
    finally:
        process.kill()
        process.wait()
        assert lab.wait_for(lambda: not (made / "cgroup.procs").read_text())
        while made != top.parent:
            with contextlib.suppress(OSError):  # others are still below
                made.rmdir()
            made = made.parent


def write(path: str, content: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    sandbox.write(path, content)


def names() -> list[str]:
    return [one.name for one in namespaces.resolve(["all"])]


def files_of_engines() -> None:
    for directory in ("/var/lib", "/var/log"):
        sandbox.mount("-t", "tmpfs", "engines", directory)
    write("/var/lib/docker/containers/%s/config.v2.json" % ID, '{"Name": "/web"}')
    os.makedirs("/var/log/pods/shop_cart-7f_" + UID)


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("docker/" + ID, "docker:web"),
        ("system.slice/docker-%s.scope" % ID, "docker:web"),
        ("system.slice/docker-%s.scope" % POD_CONTAINER, "docker:" + POD_CONTAINER[:12]),
        (PODS + "/cri-containerd-%s.scope" % POD_CONTAINER, "pod:shop/cart-7f"),
        ("kubepods/besteffort/pod%s/%s" % (UID, POD_CONTAINER), "pod:shop/cart-7f"),
        (PODS + "/crio-%s.scope" % POD_CONTAINER, "pod:shop/cart-7f"),
        ("lxc.payload.web", "lxc:web"),
        (r"machine.slice/systemd-nspawn@my\x2dweb.service/payload", "nspawn:my-web"),
    ],
)
@isolated
def test_a_namespace_is_called_after_its_container(group: str, name: str) -> None:
    files_of_engines()
    with inhabitant(group) as pid:
        there = os.stat("/proc/%d/ns/net" % pid).st_ino
        assert [one.inode for one in namespaces.resolve(["all"]) if one.name == name] == [there]
        (found,) = namespaces.resolve([name])
        assert (found.name, found.inode) == (name, there)
        assert namespaces.resolve_one(name).inode == there


@isolated
def test_what_the_engine_named_is_called_after_the_container_and_what_somebody_named_keeps_its_name() -> None:
    files_of_engines()
    with inhabitant("docker/" + ID) as pid:
        lab.ip("netns", "attach", "cni-" + UID, str(pid))
        told = names()
        assert "docker:web" in told and "cni-" + UID not in told
        assert namespaces.resolve(["cni-" + UID])[0].inode == namespaces.resolve(["docker:web"])[0].inode
        lab.ip("netns", "attach", "blue", str(pid))
        lab.ip("netns", "del", "cni-" + UID)
        assert "blue" in names() and "docker:web" not in names()


@isolated
def test_a_container_has_one_namespace_whatever_it_makes_inside() -> None:
    files_of_engines()
    with inhabitant("docker/" + ID) as first, inhabitant("docker/%s/inner" % ID) as second:
        if first > second:
            pytest.skip("the numbers of processes began anew")
        (found,) = namespaces.resolve(["docker:web"])
        assert found.inode == os.stat("/proc/%d/ns/net" % first).st_ino
        assert "pid:%d" % second in names()


@isolated
def test_a_container_in_the_hosts_network_is_the_host() -> None:
    files_of_engines()
    with inhabitant("docker/" + ID, private=False):
        assert "docker:web" not in names()
        with pytest.raises(InvalidOption):
            namespaces.resolve(["docker:web"])


@isolated
def test_an_unknown_name_is_refused_with_those_that_are_there() -> None:
    files_of_engines()
    with inhabitant("docker/" + ID), pytest.raises(InvalidOption) as caught:
        namespaces.resolve_one("podman:nowhere")
    assert "'podman:nowhere'" in str(caught.value)
    assert "a container, pod or machine (docker:web" in str(caught.value)


@isolated
def test_a_listener_and_sysctls_of_a_container_are_changed_by_its_name() -> None:
    files_of_engines()
    with inhabitant(PODS + "/cri-containerd-%s.scope" % POD_CONTAINER) as pid:
        assert lab.wait_for(lambda: os.path.exists("/proc/%d/ns/net" % pid))
        done = sandbox.apply(network_namespace="pod:shop/cart-7f", somaxconn=5000, persist=False)
        assert (done.result["changed"], done.result["after"]["somaxconn"]["runtime"]) == (True, 5000)
        params = {"port": 8080, "path": None, "backlog": 2000, "address": None, "inode": None, "policy": "exact",
                  "network_namespace": "pod:shop/cart-7f", "expected_somaxconn": None}  # fmt: skip
        result, _warnings = set_backlogs(params)
        assert [(one["network_namespace"], one["before"], one["after"]) for one in result["listeners"]] == [("pod:shop/cart-7f", 100, 2000)]


# ---------------------------------------------------------------- podman itself


@isolated
def test_podman() -> None:
    """Of a store that only this test sees: containers, one of which podman does not list on disk for long, and a pod."""
    if shutil.which("podman") is None or shutil.which("runc") is None:
        pytest.skip("needs podman and runc, which `make molecule` installs")
    sandbox.mount("-t", "tmpfs", "engines", "/var/lib")
    os.environ["CONTAINERS_CONF"] = os.path.join(FRESH, "containers.conf")

    def podman(*arguments: str) -> str:
        argv = ["podman", "--log-level=error", *arguments]
        done = subprocess.run(argv, cwd="/", capture_output=True, text=True, check=False, timeout=100)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    run = ("run", "--detach", "--network=none")
    made = ["web", "short-lived"]
    podman(*run, "--name", "web", "--rootfs", "/:O", "sleep", "1000")
    try:
        podman(*run, "--rm", "--name", "short-lived", "--rootfs", "/:O", "sleep", "1000")
        for name in made:
            pid = podman("inspect", "--format", "{{.State.Pid}}", name)
            (found,) = namespaces.resolve(["podman:" + name])
            assert found.inode == os.stat("/proc/%s/ns/net" % pid).st_ino
            assert "podman:" + name in names()
            command = prefix("podman:" + name) + "stat --dereference --format %i /proc/self/ns/net"
            told = subprocess.run(["bash", "-c", command], cwd="/", capture_output=True, text=True, check=True)
            assert int(told.stdout) == found.inode
        if shutil.which("catatonit"):
            podman("pod", "create", "--name", "shop", "--network=none")
            podman("pod", "start", "shop")
            podman("run", "--detach", "--pod", "shop", "--name", "cart", "--rootfs", "/:O", "sleep", "1000")
            pid = podman("inspect", "--format", "{{.State.Pid}}", "cart")
            assert namespaces.resolve(["podman:pod/shop"])[0].inode == os.stat("/proc/%s/ns/net" % pid).st_ino
    finally:
        podman("pod", "rm", "--force", "--ignore", "--time", "0", "shop")
        podman("rm", "--force", "--ignore", "--time", "0", *made)
