# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.values import CONTAINER, NONE, OTHER, PROCPS, SYSTEMD
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.sysctl_loader import find_loader, named_loader


def tree(tmp_path, *entries):
    """A root directory; an entry is a path, (path, content) or (path, "->", target), directories end in a slash."""
    for entry in entries:
        path, rest = (entry, ()) if isinstance(entry, str) else (entry[0], entry[1:])
        place = str(tmp_path) + path
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if len(rest) == 2:
            os.symlink(rest[1], place)
        elif not path.endswith("/"):
            with open(place, "w", encoding="utf-8") as file:
                file.write(rest[0] if rest else "")
    return str(tmp_path)


LIBRARY = "/usr/lib/systemd/libsystemd-shared-252.so"
SYSTEMD_SYSCTL = ("/usr/lib/systemd/systemd-sysctl", "ELF")
SYSCTL = ("/usr/sbin/sysctl", "\x7fELF\0%s from %s\0procps-ng 4.0.2\0")


def test_systemd_that_runs(tmp_path):
    root = tree(tmp_path, "/run/systemd/system/", LIBRARY, SYSTEMD_SYSCTL, SYSCTL)
    assert find_loader(root) == (SYSTEMD, (252,), ())


@pytest.mark.parametrize("library, version", [
    ("/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.so", (257,)),
    ("/usr/lib/systemd/libsystemd-shared-239-82.el8.so", (239,)),
    ("/usr/lib/systemd/libsystemd-shared-258~rc1.so", (258,)),
    ("/usr/lib/systemd/libsystemd-core-252.so", ()),
])  # fmt: skip
def test_version_of_systemd(tmp_path, library, version):
    assert find_loader(tree(tmp_path, ("/proc/1/comm", "systemd\n"), library)) == (SYSTEMD, version, ())


@pytest.mark.parametrize("evidence", [("/proc/1/comm", "init\n"), "/run/openrc/", ("/proc/1/comm", "openrc-init\n")])
@pytest.mark.parametrize("text, version", [
    ("procps-ng 4.0.2", (4, 0, 2)), ("procps-ng 3.3.17", (3, 3, 17)), ("procps version 3.2.8", (3, 2, 8)),
    ("procps-ng UNKNOWN\0procps-ng 4.0.4", (4, 0, 4)),
])  # fmt: skip
def test_init_scripts_run_sysctl_even_where_systemd_is_installed(tmp_path, evidence, text, version):
    root = tree(tmp_path, evidence, SYSTEMD_SYSCTL, LIBRARY, ("/sbin/sysctl", "\0%s\0" % text))
    assert find_loader(root) == (PROCPS, version, ())


def test_a_sysctl_that_does_not_tell_its_version(tmp_path):
    found = find_loader(tree(tmp_path, "/run/openrc/", "/sbin/sysctl"))
    assert found[:2] == (PROCPS, ()) and "does not tell its version" in found.warnings[0]


def test_busybox(tmp_path):
    root = tree(tmp_path, "/run/openrc/", "/bin/busybox", ("/sbin/sysctl", "->", "/bin/busybox"))
    found = find_loader(root)
    assert found.name == OTHER and "/bin/busybox" in found.warnings[0]


@pytest.mark.parametrize("installed, loader", [
    ([SYSTEMD_SYSCTL, SYSCTL], SYSTEMD), ([("/lib/systemd/systemd-sysctl", "x")], SYSTEMD), ([SYSCTL], PROCPS),
])  # fmt: skip
@pytest.mark.parametrize("init", [[], [("/proc/1/comm", "nginx\x1b[2J\n")]])
def test_no_init_known_to_apply_files(tmp_path, installed, loader, init):
    found = find_loader(tree(tmp_path, *(installed + init)))
    assert found.name == loader and len(found.warnings) == 1 and "boot values assume" in found.warnings[0]
    assert found.warnings[0].isprintable() and ("nginx" in found.warnings[0]) == bool(init)


MARKS = ["/run/.containerenv", "/.dockerenv", ("/run/systemd/container", "podman"), ("/proc/1/environ", "A=b\0container=lxc\0"),
         ("/proc/1/environ", "KUBERNETES_SERVICE_HOST=10.0.0.1")]  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
def test_a_container_is_told_by_its_mark_unless_an_init_runs_in_it(tmp_path, mark):
    root = tree(tmp_path, mark, ("/proc/1/comm", "bash\n"), SYSTEMD_SYSCTL, SYSCTL)
    assert find_loader(root) == (CONTAINER, (), ())
    tree(tmp_path, ("/proc/1/comm", "init\n"))
    assert find_loader(root).name == PROCPS
    tree(tmp_path, "/run/systemd/system/")
    assert find_loader(root).name == SYSTEMD


@pytest.mark.parametrize("environment", ["", "containers=1\0", "container=\0", "A=container=x"])
def test_an_unknown_first_process_alone_makes_no_container(tmp_path, environment):
    root = tree(tmp_path, ("/proc/1/comm", "bash\n"), ("/proc/1/environ", environment), SYSTEMD_SYSCTL)
    found = find_loader(root)
    assert found.name == SYSTEMD and "PID 1 is bash" in found.warnings[0]


def test_nothing_is_installed(tmp_path):
    found = find_loader(tree(tmp_path, "/etc/"))
    assert found.name == NONE and "no sysctl file is applied at boot" in found.warnings[0]


@pytest.mark.parametrize("unit", [("->", "/dev/null"), ("",)])
def test_a_masked_unit(tmp_path, unit):
    root = tree(tmp_path, "/run/systemd/system/", "/dev/null", ("/etc/systemd/system/systemd-sysctl.service",) + unit)
    found = find_loader(root)
    assert found.name == NONE and "systemd-sysctl.service is masked" in found.warnings[0]


def test_a_unit_of_the_administrator_is_no_mask(tmp_path):
    unit = ("/etc/systemd/system/systemd-sysctl.service", "[Service]\n")
    assert find_loader(tree(tmp_path, "/run/systemd/system/", unit)).name == SYSTEMD


def test_a_loader_by_name_still_has_its_version(tmp_path):
    root = tree(tmp_path, LIBRARY, SYSCTL)
    assert named_loader("systemd", root) == (SYSTEMD, (252,), ())
    assert named_loader("procps", root) == (PROCPS, (4, 0, 2), ())
