# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import containers, namespace_commands
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.containers import Container

ID, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
UID = "8f3c2b1a-0d4e-4f5a-9b6c-7d8e9f0a1b2c"
UNDERSCORED = UID.replace("-", "_")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/system.slice/docker-%s.scope" % ID, Container("docker", ID)),
        ("/docker/" + ID, Container("docker", ID)),
        ("/actions_job/" + ID, Container("", ID)),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/docker-%s.scope" % ID, Container("docker", ID, user=1000)),
        ("/machine.slice/libpod-%s.scope/container/init.scope" % ID, Container("podman", ID)),
        ("/libpod_parent/libpod-" + ID, Container("podman", ID)),
        ("/libpod_parent/%s/libpod-%s" % (OTHER, ID), Container("podman", ID)),
        ("/machine.slice/machine-libpod_pod_%s.slice/libpod-%s.scope" % (OTHER, ID), Container("podman", ID)),
        (
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-%s.scope" % ID,
            Container("podman", ID, user=1000),
        ),
        (
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%s.slice/cri-containerd-%s.scope" % (UNDERSCORED, ID),
            Container("pod", ID, UID),
        ),
        ("/kubepods.slice/kubepods-pod%s.slice/crio-%s.scope" % (UNDERSCORED, ID), Container("pod", ID, UID)),
        ("/kubepods/besteffort/pod%s/%s" % (UID, ID), Container("pod", ID, UID)),
        ("/kubepods/pod" + "0" * 32, Container("pod", "", "0" * 32)),
        ("/system.slice/nerdctl-%s.scope" % ID, Container("containerd", ID)),
        ("/default/" + ID, Container("", ID)),
        ("/lxc.payload.web", Container("lxc", "", "web")),
        ("/lxc.payload/web/init.scope", Container("lxc", "", "web")),
        ("/lxc/web", Container("lxc", "", "web")),
        ("/machine.slice/systemd-nspawn@web.service/payload", Container("nspawn", "", "web")),
        (r"/machine.slice/systemd-nspawn@my\x2dweb.service", Container("nspawn", "", "my-web")),
        (r"/machine.slice/machine-my\x2dweb.scope", Container("nspawn", "", "my-web", unit=r"machine-my\x2dweb.scope")),
        # What a container makes below its own group does not count
        ("/docker/%s/system.slice/docker-%s.scope" % (ID, OTHER), Container("docker", ID)),
        ("/lxc.payload.web/machine.slice/systemd-nspawn@bank.service", Container("lxc", "", "web")),
        # None of these is a container
        ("/", None),
        ("/system.slice/nginx.service", None),
        ("/system.slice/docker.service", None),
        ("/libpod_parent/conmon", None),
        ("/machine.slice/libpod-conmon-%s.scope" % ID, None),
        ("/lxc.monitor.web", None),
        ("/user.slice/user-1000.slice/session-1.scope", None),
        ("/system.slice/docker-0123.scope", None),
        ("/pod" + UID, None),  # not below kubepods
        ("/systemd-nspawn@web.service/x.slice", None),  # in no slice
        ("/x.service/systemd-nspawn@web.service", None),
        ("/machine.slice/x/machine-web.scope", None),
        ("/lxc", None),
        ("/lxc/lxc.payload", Container("lxc", "", "lxc.payload")),
        ("/libpod_parent/" + ID, None),  # a pod without a container
        ("/a/libpod_parent/" + ID, None),
        ("/" + ID, Container("", ID)),
        ("/%s/docker" % ID, Container("", ID)),
        ("/kubepods/pod%s/x/%s" % (UID, ID), Container("pod", "", UID)),
        ("/kubepods/x/pod" + UID, Container("pod", "", UID)),
        ("/user-1000.slice/docker-%s.scope" % ID, Container("docker", ID, user=1000)),
        ("/user@7.service/lxc.payload.web", Container("lxc", "", "web")),
    ],
)
def test_a_path_tells_the_container(path: str, expected: Container | None) -> None:
    assert containers.of_path(path) == expected


def test_the_first_hierarchy_that_tells_one_counts() -> None:
    assert containers.of_membership("9:name=systemd:/\n4:memory:/docker/%s\n0::/\n" % ID) == Container("docker", ID)
    assert containers.of_membership("no such line\n0::/init.scope\n") is None


_PARTS = st.sampled_from(
    ["docker", "docker-%s.scope" % ID, "libpod-" + ID, ID, "kubepods", "kubepods.slice", "pod" + UID, "lxc.payload.web", "lxc",
     "lxc.payload.$(reboot)", "machine.slice", "systemd-nspawn@a.service", r"machine-\x3cb\x3e.scope", "user-7.slice", "..", "a:b"]
)  # fmt: skip


@given(st.lists(_PARTS | st.text(max_size=12), max_size=8), st.lists(_PARTS | st.text(max_size=12), max_size=4))
def test_nothing_below_a_container_changes_who_it_is(parts: list[str], below: list[str]) -> None:
    path = "/" + "/".join(parts)
    found = containers.of_path(path)
    if found is not None and found.id == "" and found.name == "":
        return
    deeper = containers.of_path(path + "/" + "/".join(below))
    if found is not None and found.kind not in ("", "pod"):
        assert deeper == found
    if found is not None and found.kind == "pod" and found.id:
        assert deeper == found


@given(st.text(max_size=300) | st.lists(_PARTS, max_size=6).map("/".join))
def test_whatever_a_path_says_a_name_is_safe_or_not_there(path: str) -> None:
    found = containers.of_membership("0::" + path)
    name = containers.short(found) if found else None
    if name is not None:
        assert re.fullmatch(r"[a-z]+:[A-Za-z0-9_./-]+", name)
        assert namespace_commands.container_of(name)


def test_a_name_that_no_engine_allows_is_none() -> None:
    assert containers.shown("podman", "web") == "podman:web"
    assert containers.shown("podman", "web", 1000) == "podman:1000/web"
    for name in ("", "-web", "a b", "$(reboot)", "<b>", "a/b/c", "..", "x\n", "{{ 7 }}", "ü"):
        assert containers.shown("podman", name) is None, name


def test_without_a_file_the_id_is_shown_as_engines_do() -> None:
    assert containers.short(Container("docker", ID)) == "docker:0123456789ab"
    assert containers.short(Container("podman", ID, user=7)) == "podman:7/0123456789ab"
    assert containers.short(Container("pod", ID, UID)) == "pod:" + UID
    assert containers.short(Container("lxc", "", "web")) == "lxc:web"
    assert containers.short(Container("", ID)) is None


def test_names_that_engines_make_up() -> None:
    for name in ("cni-" + UID, "netns-" + UID, UID):
        assert containers.made_by_engine(name)
    for name in ("blue", "netns-blue", UID + "x"):
        assert not containers.made_by_engine(name)


def test_a_directory_of_logs_tells_the_pod() -> None:
    assert containers.pod_of_log("shop_cart-7f_" + UID) == (UID, "shop/cart-7f")
    for name in ("", "shop", "shop_cart", "shop__" + UID, "a_b_c_d"):
        assert containers.pod_of_log(name) is None
