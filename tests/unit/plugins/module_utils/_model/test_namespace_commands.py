# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import namespace as model_namespace
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.namespace_commands import KINDS, container_of, prefix


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [
        (None, ""),
        ("host", ""),
        ("web", "ip netns exec web "),
        ("pid:812", "nsenter --net --target 812 "),
        ("/run/docker/netns/x", "nsenter --net=/run/docker/netns/x "),
        ("a b", "ip netns exec 'a b' "),
        ("lxc:web", 'nsenter --net --target "$(lxc-info --name web --pid --no-humanize)" '),
        ("nspawn:web", 'nsenter --net --target "$(machinectl show web --property Leader --value)" '),
        ("podman:a b", "ip netns exec 'podman:a b' "),
    ],
)
def test_prefix(namespace: str | None, expected: str) -> None:
    assert prefix(namespace) == expected


@given(st.text(min_size=1), st.sampled_from(["", "/", "pid:"]))
def test_a_shell_takes_any_name_for_one_word(name: str, kind: str) -> None:
    namespace = kind + name
    words = shlex.split(prefix(namespace) + "true")
    if container_of(namespace):
        assert words[:3] == ["nsenter", "--net", "--target"] and words[4:] == ["true"]
    elif namespace == "host":
        assert words == ["true"]
    elif namespace.startswith("pid:"):
        assert words == ["nsenter", "--net", "--target", namespace[4:], "true"]
    elif namespace.startswith("/"):
        assert words == ["nsenter", "--net=" + namespace, "true"]
    else:
        assert words == ["ip", "netns", "exec", namespace, "true"]


ENGINE = """
podman() { docker "$@"; }
nerdctl() { shift 2; docker "$@"; }
sudo() { while [ "$1" != podman ]; do shift; done; "$@"; }
docker() {
    case "$*" in
    "inspect web" | "inspect 0abc") printf '[{\n "State": {\n  "Pid": 812,\n  "ExitCode": 0 }, "Pid": 5 }]' ;;
    "pod inspect web") printf '{\n "InfraContainerID": "0abc" }' ;;
    esac
}
crictl() {
    case "$*" in
    "inspect web") printf '{\n "info": {\n  "pid": 812 } }' ;;
    "pods --quiet --latest --state ready --namespace shop --name ^web$") echo web ;;
    "pods --quiet --latest --state ready --label io.kubernetes.pod.uid=web") echo web ;;
    "inspectp web") printf '{\n "info": {\n  "pid": 812 } }' ;;
    esac
}
lxc-info() { echo 812; }
machinectl() { echo 812; }
nsenter() { echo "$@"; }
"""


@pytest.mark.parametrize(
    "namespace",
    ["%s:web" % kind for kind in KINDS] + ["podman:pod/web", "podman:1000/web", "containerd:default/web", "pod:shop/web"],
)
def test_a_shell_asks_the_engine_for_a_process_of_the_container(namespace: str) -> None:
    done = subprocess.run(["bash", "-c", ENGINE + prefix(namespace) + "true"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["--net", "--target", "812", "true"]


def test_the_namespace_of_the_caller_needs_no_words():
    assert model_namespace.OWN.label == "" and model_namespace.Namespace("blue", "/run/netns/blue", 5).label == "network namespace blue"
    assert (model_namespace.OWN.name, model_namespace.OWN.inode) == ("host", 0)


def test_the_port_of_a_private_namespace_is_above_every_default_range():
    """The kernel takes ports up to 60999 for clients, and a log line about the last port of all is known again."""
    assert model_namespace.PRIVATE_PORT == 0xFFFF
