# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Frozen and throttled groups of both versions, read from files as the kernel writes them."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.not_accepting import Frozen, Group
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import cgroup_states

MOUNTINFO = (
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:1 - cgroup cgroup rw,cpu,cpuacct\n"
    "33 31 0:30 /docker/ab /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer\n"
    "34 31 0:31 / /sys/fs/cgroup/uni\\040fied rw,relatime - cgroup2 cgroup2 rw\n"
    "35 31 0:32 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n"
)
KNOWN = cgroup_states.mounts(MOUNTINFO)


def write(directory: pathlib.Path, **files: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (directory / name.replace("__", ".")).write_text(content)


def mounted(root: pathlib.Path, version: int) -> dict[str, cgroup_states.Mount]:
    mount = cgroup_states.Mount(str(root), "/", version)
    return {"": mount} if version == 2 else {"cpu": mount, "freezer": mount}


def test_where_hierarchies_are_mounted() -> None:
    assert {name: (mount.directory, mount.root, mount.version) for name, mount in KNOWN.items()} == {
        "cpu": ("/sys/fs/cgroup/cpu,cpuacct", "/", 1),
        "freezer": ("/sys/fs/cgroup/freezer", "/docker/ab", 1),
        "": ("/sys/fs/cgroup/uni fied", "/", 2),
    }
    assert cgroup_states.mounts("x\n - cgroup2\n1 2 3 / /a rw - cgroup2 cgroup2\n") == {}


@pytest.mark.parametrize(
    "name, membership, directories",
    [
        ("cpu", "4:cpu,cpuacct:/a/b\n0::/\n", ["/sys/fs/cgroup/cpu,cpuacct" + path for path in ("/a/b", "/a", "")]),
        ("", "4:cpu,cpuacct:/a/b\n0::/c:d\n", ["/sys/fs/cgroup/uni fied/c:d", "/sys/fs/cgroup/uni fied"]),
        ("freezer", "3:freezer:/docker/ab/x\n", ["/sys/fs/cgroup/freezer/x", "/sys/fs/cgroup/freezer"]),
        ("freezer", "3:freezer:/docker/abc\n", []),  # not below what is mounted
        ("", "0::/../a\n", []),  # outside of this cgroup namespace
        ("", "0::/a (deleted)\n", []),
        ("cpu", "0::/a\n", []),
        ("cpu", "", []),
    ],
)
def test_a_group_and_its_parents(name: str, membership: str, directories: list[str]) -> None:
    assert [one.directory for one in cgroup_states.lineage(KNOWN, membership, name)] == directories


def test_no_more_parents_than_that() -> None:
    assert len(cgroup_states.lineage(KNOWN, "0::" + "/a" * 1000, "")) == 32


@pytest.mark.parametrize("limited", ["a", "a/b"])
def test_quotas_of_version_2(tmp_path: pathlib.Path, limited: str) -> None:
    write(tmp_path / "a/b", cpu__max="max 100000\n", cpu__stat="usage_usec 1\nnr_periods 7\nnr_throttled 3\n")
    write(tmp_path / "a", cpu__max="max 100000\n", cpu__stat="usage_usec 1\n")
    write(tmp_path / limited, cpu__max="5000 100000\n", cpu__stat="nr_periods 7\nnr_throttled 3\nthrottled_usec 9\n")
    (found,) = cgroup_states.quotas(mounted(tmp_path, 2), "0::/a/b\n")
    assert found == cgroup_states.Quota(str(tmp_path / limited), 2, 5000, 100000, 7, 3)
    write(tmp_path / limited, cpu__stat="nr_periods 9\nnr_throttled 5\n")
    assert cgroup_states.since(found) == Group(str(tmp_path / limited), 2, 5000, 100000, 2, 2)
    (tmp_path / limited / "cpu.stat").unlink()
    assert cgroup_states.since(found) is None


def test_quotas_of_version_1(tmp_path: pathlib.Path) -> None:
    write(tmp_path, cpu__cfs_quota_us="-1\n", cpu__cfs_period_us="100000\n", cpu__stat="nr_periods 0\nnr_throttled 0\n")
    write(tmp_path / "a", cpu__cfs_quota_us="5000\n", cpu__cfs_period_us="100000\n", cpu__stat="nr_periods 7\nnr_throttled 3\n")
    found = cgroup_states.quotas(mounted(tmp_path, 1), "2:cpu:/a\n0::/\n")
    assert found == [cgroup_states.Quota(str(tmp_path / "a"), 1, 5000, 100000, 7, 3)]


def test_files_that_say_something_else(tmp_path: pathlib.Path) -> None:
    write(tmp_path / "a", cpu__max="5000 x\n", cpu__stat="nr_periods -1\nnr_throttled\n", cgroup__events="frozen\n")
    assert cgroup_states.quotas(mounted(tmp_path, 2), "0::/a\n") == []
    assert cgroup_states.frozen(mounted(tmp_path, 2), "0::/a\n") is None


@pytest.mark.parametrize("ordered", ["a/b", "a", None])
def test_frozen_in_version_2(tmp_path: pathlib.Path, ordered: str | None) -> None:
    write(tmp_path / "a/b", cgroup__events="populated 1\nfrozen 1\n", cgroup__freeze="0\n")
    write(tmp_path / "a", cgroup__events="populated 1\nfrozen 0\n", cgroup__freeze="0\n")
    if ordered:
        write(tmp_path / ordered, cgroup__freeze="1\n")
    expected = Frozen(str(tmp_path / ordered) if ordered else None, 2)
    assert cgroup_states.frozen(mounted(tmp_path, 2), "0::/a/b\n") == expected
    assert cgroup_states.frozen(mounted(tmp_path, 2), "0::/a\n") is None


@pytest.mark.parametrize("state", ["FROZEN", "FREEZING", "THAWED"])
def test_frozen_in_version_1(tmp_path: pathlib.Path, state: str) -> None:
    write(tmp_path / "a/b", freezer__state=state + "\n", freezer__self_freezing="0\n", freezer__parent_freezing="1\n")
    write(tmp_path / "a", freezer__state=state + "\n", freezer__self_freezing="1\n", freezer__parent_freezing="0\n")
    expected = None if state == "THAWED" else Frozen(str(tmp_path / "a"), 1)
    assert cgroup_states.frozen(mounted(tmp_path, 1), "6:freezer:/a/b\n0::/\n") == expected
