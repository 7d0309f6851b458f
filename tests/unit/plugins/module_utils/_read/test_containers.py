# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.containers import Container
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import containers

ID, POD_ID = "0123456789abcdef" * 4, "a" * 64
UID = "8f3c2b1a-0d4e-4f5a-9b6c-7d8e9f0a1b2c"


@pytest.fixture
def host(tmp_path: Path):
    """Writes files below a root."""

    def write(path: str, content: object) -> str:
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(tmp_path)

    return write


def named(root: str, *one: object, **more: object) -> str | None:
    return containers.Names(root).name(Container(*one, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["containers.json", "volatile-containers.json"])
@pytest.mark.parametrize("driver", ["overlay", "vfs"])
def test_podman(host, driver: str, name: str) -> None:
    root = host("/var/lib/containers/storage/%s-containers/%s" % (driver, name), [{"id": ID, "names": ["web"]}])
    assert named(root, "podman", ID) == "podman:web"
    assert named(root, "podman", ID, user=1000) == "podman:1000/0123456789ab"  # not that user's


def test_podman_in_another_place(host) -> None:
    host("/etc/containers/storage.conf", '[storage]\ngraphroot = "/data/c"\n')
    root = host("/data/c/overlay-containers/containers.json", [{"id": ID, "names": ["web"]}])
    assert named(root, "podman", ID) == "podman:web"


def test_podman_of_a_user(host) -> None:
    host("/etc/passwd", "ada:x:1000:1000::/home/ada:/bin/sh\n")
    root = host("/home/ada/.local/share/containers/storage/overlay-containers/containers.json", [{"id": ID, "names": ["web"]}])
    assert named(root, "podman", ID, user=1000) == "podman:1000/web"
    assert named(root, "podman", ID) == "podman:0123456789ab"  # a user's file names no container of the system


def test_a_pod_of_podman(host) -> None:
    folder = "/var/lib/containers/storage/overlay-containers/"
    host(folder + POD_ID + "/userdata/config.json", {"hostname": "shop"})
    root = host(folder + "containers.json", [{"id": POD_ID, "names": ["7e48dfe2e234-infra"]}])
    assert named(root, "podman", POD_ID) == "podman:pod/shop"


def test_docker(host) -> None:
    root = host("/var/lib/docker/containers/%s/config.v2.json" % ID, {"Name": "/web"})
    assert named(root, "docker", ID) == "docker:web"
    assert named(root, "", ID) == "docker:web"  # in a group of another name


def test_docker_in_another_place(host) -> None:
    host("/etc/docker/daemon.json", {"data-root": "/data/docker"})
    root = host("/data/docker/containers/%s/config.v2.json" % ID, {"Name": "/web"})
    assert named(root, "docker", ID) == "docker:web"


@pytest.mark.parametrize("state", ["/run/containerd", "/run/k3s/containerd"])
def test_containerd(host, state: str) -> None:
    bundle = state + "/io.containerd.runtime.v2.task/%s/" + ID + "/config.json"
    root = host(bundle % "default", {"annotations": {"nerdctl/name": "web"}})
    assert named(root, "containerd", ID) == named(root, "", ID) == "containerd:default/web"
    host(bundle % "default", {"annotations": {}})
    assert named(root, "containerd", ID) == "containerd:default/0123456789ab"


def test_a_pod_by_its_logs(host) -> None:
    root = host("/var/log/pods/shop_cart-7f_%s/app/0.log" % UID, "")
    assert named(root, "pod", ID, UID) == "pod:shop/cart-7f"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (
            "/run/containerd/io.containerd.runtime.v2.task/k8s.io/%s/config.json" % ID,
            {"annotations": {"io.kubernetes.cri.sandbox-namespace": "shop", "io.kubernetes.cri.sandbox-name": "cart-7f"}},
        ),
        ("/var/lib/containers/storage/overlay-containers/containers.json", [{"id": ID, "names": ["k8s_POD_cart-7f_shop_%s_0" % UID]}]),
    ],
)
def test_a_pod_by_its_engine(host, path: str, content: object) -> None:
    assert named(host(path, content), "pod", ID, UID) == "pod:shop/cart-7f"


def test_crio_without_a_pods_group(host) -> None:
    annotations = {"io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.name": "cart-7f"}
    root = host("/run/containers/storage/overlay-containers/%s/userdata/config.json" % ID, {"annotations": annotations})
    assert named(root, "crio", ID) == "pod:shop/cart-7f"


def test_a_machine(host) -> None:
    host("/run/systemd/machines/guest", "CLASS=vm\nUNIT=machine-qemu.scope\n")
    root = host("/run/systemd/machines/web.example", "CLASS=container\nUNIT=machine-x.scope\n")
    assert named(root, "nspawn", "", "x", unit="machine-x.scope") == "nspawn:web.example"
    assert named(root, "nspawn", "", "web") == "nspawn:web"


def test_where_nothing_is_told(tmp_path: Path) -> None:
    root = str(tmp_path)
    assert named(root, "docker", ID) == "docker:0123456789ab"
    assert named(root, "pod", ID, UID) == "pod:" + UID
    assert named(root, "lxc", "", "web") == "lxc:web"
    assert named(root, "lxc", "", "$(reboot)") is None
    assert named(root, "", ID) is None


@pytest.mark.parametrize("name", ["$(reboot)", "<script>", "a b", "{{ 7 * 7 }}", "../../x", "ü" * 20, "x" * 500])
def test_a_name_that_no_engine_would_give_is_left_out(host, name: str) -> None:
    root = host("/var/lib/docker/containers/%s/config.v2.json" % ID, {"Name": "/" + name})
    assert named(root, "docker", ID) == "docker:0123456789ab"


def test_only_files_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "var/lib/docker/containers" / ID
    folder.mkdir(parents=True)
    os.mkfifo(folder / "config.v2.json")
    assert named(str(tmp_path), "docker", ID) == "docker:0123456789ab"  # and does not wait for a writer


def test_a_link_does_not_lead_out(host, tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text('{"Name": "/outside"}')
    root = tmp_path / "root"
    folder = root / "var/lib/docker/containers" / ID
    folder.mkdir(parents=True)
    (folder / "config.v2.json").symlink_to(outside)
    assert named(str(root), "docker", ID) == "docker:0123456789ab"


def test_reading_ends(host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_MOST_FILES", 3)
    for number in range(5):
        root = host("/var/lib/docker/containers/%064x/config.v2.json" % number, {"Name": "/web%d" % number})
    names = containers.Names(root)
    assert [names.name(Container("docker", "%064x" % number)) for number in range(5)] == [
        "docker:web0", "docker:web1", "docker:web2", "docker:000000000000", "docker:000000000000",
    ]


def test_the_container_of_a_process(host) -> None:
    root = host("/proc/812/cgroup", "0::/docker/%s\n" % ID)
    assert containers.container_of(812, root) == Container("docker", ID)
    assert containers.container_of(813, root) is None
