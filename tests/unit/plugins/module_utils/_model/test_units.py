# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.units import (
    Unit,
    full_name,
    unit_of_membership,
    unit_of_path,
)

ID = "0123456789abcdef" * 4


def test_a_name_without_a_kind_is_a_service():
    for name in ("nginx", "php7.4-fpm", "postgresql@15-main", "a.b", "x.services", "service"):
        assert full_name(name) == name + ".service"
    for name in ("nginx.service", "php7.4-fpm.service", "web.socket", "session-1.scope"):
        assert full_name(name) == name


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/system.slice/nginx.service", Unit("nginx.service")),
        ("/system.slice/nginx.service (deleted)", Unit("nginx.service")),
        ("/system.slice/system-postgresql.slice/postgresql@15-main.service", Unit("postgresql@15-main.service")),
        ("/system.slice/app-my\\x2dapp.service", Unit("app-my\\x2dapp.service")),
        ("/system.slice/_cgroup.service", Unit("cgroup.service")),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", Unit("web.service", 1000)),
        ("/user.slice/user-1000.slice/user@1000.service/init.scope", Unit("user@1000.service")),
        ("/user.slice/user-1000.slice/session-3.scope", Unit("session-3.scope")),
        ("/init.scope", Unit("init.scope")),
        ("/system.slice/docker-%s.scope" % ID, Unit("docker-%s.scope" % ID)),
        (
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-%s.scope" % ID,
            Unit("cri-containerd-%s.scope" % ID),
        ),
        # The unit that the *host's* systemd can restart, not the one inside the container
        ("/machine.slice/libpod-%s.scope/container/system.slice/nginx.service" % ID, Unit("libpod-%s.scope" % ID)),
        ("/docker/" + ID, None),
        ("/lxc.payload.web/system.slice/nginx.service", None),
        ("/", None),
        ("/system.slice", None),
        ("/system.slice/; rm -rf.service", None),
        ("/system.slice/.service", None),
        ("/system.slice/%s.service" % ("x" * 300), None),
    ],
)
def test_unit_of_path(path: str, unit: Unit | None) -> None:
    assert unit_of_path(path) == unit


def test_unified_host() -> None:
    assert unit_of_membership("0::/system.slice/nginx.service\n") == Unit("nginx.service")


def test_hybrid_host() -> None:
    text = "9:memory:/system.slice/x.service\n1:name=systemd:/system.slice/nginx.service\n0::/\n"
    assert unit_of_membership(text) == Unit("nginx.service")
    assert unit_of_membership("1:name=systemd:/\n0::/system.slice/nginx.service\n") == Unit("nginx.service")


def test_legacy_host() -> None:
    assert unit_of_membership("4:cpu,cpuacct:/\n1:name=systemd:/system.slice/sshd.service\n") == Unit("sshd.service")


def test_without_a_service_manager() -> None:
    assert unit_of_membership("9:name=systemd:/\n4:memory:/jobs/1\n0::/\n") is None
    assert unit_of_membership("") is None


@given(st.text(alphabet="0:/=abname.servicesystemdlope@-_ \n", max_size=80))
def test_any_text_is_survived(text: str) -> None:
    unit = unit_of_membership(text)
    assert unit is None or unit.name.isprintable()


@pytest.mark.parametrize(
    ("text", "of_init", "name"),
    [
        # a container that sees the host's paths, with a service manager of its own
        ("0::/libpod_parent/libpod-1/system.slice/nginx.service", "0::/libpod_parent/libpod-1/init.scope", "nginx.service"),
        ("1:name=systemd:/docker/1/system.slice/a.service\n0::/", "1:name=systemd:/docker/1/init.scope\n0::/", "a.service"),
        # … and one without: the host's scope is no unit that could be restarted in there
        ("0::/system.slice/docker-1.scope", "0::/system.slice/docker-1.scope", None),
        # a host
        ("0::/system.slice/nginx.service", "0::/init.scope", "nginx.service"),
        ("0::/system.slice/docker-1.scope", "0::/init.scope", "docker-1.scope"),
        ("0::/system.slice/nginx.service", "0::/", "nginx.service"),
        ("0::/system.slice/nginx.service", "", "nginx.service"),
        # the same beginning is not the same group
        ("0::/libpod-12.slice/a.service", "0::/libpod-1/init.scope", "a.service"),
    ],
)
def test_units_are_those_of_the_service_manager_that_runs_here(text, of_init, name):
    unit = unit_of_membership(text, of_init)
    assert (unit.name if unit else None) == name
