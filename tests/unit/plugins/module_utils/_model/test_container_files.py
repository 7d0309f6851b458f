# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import container_files as files

ID = "0123456789abcdef" * 4
PARSERS = (files.of_storage, files.of_docker, files.of_runtime, files.of_machine, files.host_name, files.graph_root, files.docker_root)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["id", "names", "Name", "annotations", "hostname", "nerdctl/name"]) | st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def test_podman() -> None:
    rows = [
        {"id": ID, "names": ["web"], "image": "", "layer": "x", "metadata": "{}", "flags": {"Volatile": True}},
        {"id": "f" * 64, "names": ["k8s_app_cart-7f_shop_0d4e_0"]},
        {"id": "e" * 64, "names": []},
        {"names": ["no id"]},
        "no row",
    ]
    assert files.of_storage(json.dumps(rows).encode()) == {ID: "web", "f" * 64: "k8s_app_cart-7f_shop_0d4e_0"}


def test_docker() -> None:
    assert files.of_docker(b'{"StreamConfig":{},"State":{"Pid":812},"ID":"0123","Name":"/web"}') == "web"
    assert files.of_docker(b'{"Name": 5}') is None
    assert files.of_docker(b"{") is None


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({"io.kubernetes.cri.sandbox-namespace": "shop", "io.kubernetes.cri.sandbox-name": "cart-7f"}, ("shop/cart-7f", None)),
        ({"io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.name": "cart-7f"}, ("shop/cart-7f", None)),
        ({"nerdctl/name": "web"}, (None, "web")),
        ({"io.kubernetes.cri.sandbox-name": "cart-7f"}, (None, None)),
        ([], (None, None)),
        (None, (None, None)),
    ],
)
def test_a_bundle(annotations: object, expected: tuple[str | None, str | None]) -> None:
    assert files.of_runtime(json.dumps({"ociVersion": "1.1.0", "annotations": annotations}).encode()) == expected


def test_names_of_kubernetes() -> None:
    assert files.pod_of_name("k8s_POD_cart-7f_shop_0d4e_0") == "shop/cart-7f"
    assert files.pod_of_name("web") is None
    assert files.name_in("docker", "k8s_app_cart-7f_shop_0d4e_12") == "pod:shop/cart-7f"
    assert files.name_in("docker", "web") == "docker:web"
    assert files.name_in("podman", "web", 1000) == "podman:1000/web"
    assert files.name_in("podman", None) is None
    assert files.name_in("podman", "a b") is None


def test_a_machine() -> None:
    content = b'# This is private data. Do not parse.\nNAME=web\nUNIT="machine-web.scope"\nCLASS=container\nLEADER=812\n'
    assert dict(files.of_machine(content)) == {"NAME": "web", "UNIT": "machine-web.scope", "CLASS": "container", "LEADER": "812"}


def test_settings_that_move_the_storage() -> None:
    assert files.graph_root(b'[storage]\ndriver = "overlay"\n# graphroot = "/no"\n graphroot = "/data/containers"\n') == "/data/containers"
    assert files.graph_root(b'rootless_graphroot = "/no"\n') is None
    assert files.docker_root(b'{"data-root": "/data/docker"}') == "/data/docker"
    assert files.docker_root(b'{"graph": "/data/old"}') == "/data/old"
    assert files.docker_root(b'{"data-root": "relative"}') is None


def test_the_home_of_a_user() -> None:
    passwd = b"root:x:0:0:root:/root:/bin/bash\n+::::::\nada:x:1000:1000::/home/ada:/bin/sh\n"
    assert files.home_of(1000, passwd) == "/home/ada"
    assert files.home_of(1001, passwd) is None


def test_who_holds_a_pod_of_podman_together() -> None:
    assert files.holds_a_pod("7e48dfe2e234-infra")
    assert not files.holds_a_pod("web-infra")
    assert files.host_name(b'{"hostname": "shop"}') == "shop"


@given(st.binary(max_size=300) | json_values.map(lambda value: json.dumps(value).encode()), st.sampled_from(PARSERS))
def test_whatever_stands_in_a_file_is_read_as_short_text(content: bytes, parser) -> None:
    found = parser(content)
    if isinstance(found, dict):
        texts = [*found, *found.values()]
    else:
        texts = list(found) if isinstance(found, tuple) else [found]
    assert all(one is None or isinstance(one, str) and len(one) <= 512 for one in texts)


def test_a_file_made_to_take_long_does_not() -> None:
    began = time.process_time()
    assert files.of_docker(b"[" * 5_000_000) is None
    assert files.of_docker(b'{"Name": ' + b"9" * 5_000_000 + b"}") is None  # a number of that length takes minutes
    assert files.of_storage(b"[" + b"1," * 1_000_000 + b"1]") == {}
    assert time.process_time() - began < 30
