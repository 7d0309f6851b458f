# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.units import Unit
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.cgroups import mount_of_cgroup2, units_of_cgroups

UNIFIED = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
HYBRID = (
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
)


def hierarchy(tmp_path: pathlib.Path) -> tuple[pathlib.Path, str]:
    root = tmp_path / "cgroup root"
    for path in ("system.slice/nginx.service/workers", "user.slice/user-7.slice/user@7.service/app.slice/web.service", "jobs"):
        (root / path).mkdir(parents=True)
    (root / "system.slice" / "cgroup.procs").touch()
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text("31 23 0:28 / %s rw - cgroup2 cgroup2 rw\n" % str(root).replace(" ", "\\040"))
    return root, str(mountinfo)


def test_where_it_is_mounted() -> None:
    assert mount_of_cgroup2(UNIFIED) == "/sys/fs/cgroup"
    assert mount_of_cgroup2(HYBRID) == "/sys/fs/cgroup/unified"
    assert mount_of_cgroup2(HYBRID.splitlines()[0]) is None
    assert mount_of_cgroup2("1 2 0:3 / /a\\040b\\134c rw - cgroup2 cgroup2 rw") == "/a b\\c"
    assert mount_of_cgroup2("cgroup2\n - cgroup2\n") is None


def test_ids_become_units(tmp_path: pathlib.Path) -> None:
    root, mountinfo = hierarchy(tmp_path)
    service = root / "system.slice" / "nginx.service"
    web = root / "user.slice" / "user-7.slice" / "user@7.service" / "app.slice" / "web.service"
    ids = {path.stat().st_ino: unit for path, unit in (
        (service, Unit("nginx.service")), (service / "workers", Unit("nginx.service")), (web, Unit("web.service", 7)),
    )}
    other = {(root / "jobs").stat().st_ino, 2**63}
    assert units_of_cgroups(set(ids) | other, mountinfo) == (ids, ())


def test_nothing_asked_nothing_read(tmp_path: pathlib.Path) -> None:
    assert units_of_cgroups(set(), str(tmp_path / "absent")) == ({}, ())


def test_no_cgroup2(tmp_path: pathlib.Path) -> None:
    units, warnings = units_of_cgroups({5}, str(tmp_path / "absent"))
    assert units == {}
    assert len(warnings) == 1
