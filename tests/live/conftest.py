# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the live tests: `root` skips without it, `netns` and `net` give a namespace and a joined pair."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._read.sysctls import read_sysctls
from ansible_collections.linuxnet.tcp.tests.live import lab, prestarted


@pytest.fixture(scope="session")
def root():
    if os.geteuid() != 0:
        pytest.skip("needs root: it makes network namespaces and sends raw packets")
    if shutil.which("ip") is None:
        pytest.skip("needs iproute2: no `ip` command found")
    lab.remove_stale()


@pytest.fixture(scope="session", autouse=True)
def _ansible_prestarted():
    with prestarted.kept():
        yield


@pytest.fixture
def netns(root):
    with lab.Netns() as namespace:
        yield namespace


@pytest.fixture
def net(root):
    with lab.pair() as joined:
        yield joined


@pytest.fixture(autouse=True)
def _host_stays_as_it_is():
    """Whatever a test does, it does in namespaces of its own: this machine's settings and files are as before."""
    before = host_settings()
    yield
    assert host_settings() == before, "the test changed this machine"


def host_settings():
    """Our sysctls in force here, and what stands in the files that a boot would apply."""
    files = [Path("/etc/sysctl.conf"), *Path("/etc/sysctl.d").glob("*"), *Path("/run/sysctl.d").glob("*")]
    return read_sysctls()[0], {str(path): path.read_bytes() for path in files if path.is_file()}
