# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file that is to be changed is to the system; `tests/live/test_change_never_worse.py` has the rest of it."""

from __future__ import annotations

import os

from ansible_collections.linuxnet.tcp.plugins.module_utils._read.sysctl_file import is_mount_point


def test_a_file_that_is_mounted_by_itself(tmp_path):
    directory = os.path.realpath(str(tmp_path))
    os.mkdir(directory + "/a b")
    os.symlink("a b", directory + "/link")
    mounts = tmp_path / "mountinfo"
    escaped = directory.replace(" ", "\\040") + "/a\\040b/x.conf"
    mounts.write_text("36 35 98:0 /theirs %s rw,noatime - ext4 /dev/root rw\nnonsense\n" % escaped, encoding="utf-8")
    assert is_mount_point(directory + "/a b/x.conf", str(mounts))
    assert is_mount_point(directory + "/link/x.conf", str(mounts))
    assert not is_mount_point(directory + "/a b", str(mounts))
    assert not is_mount_point(directory + "/a b/y.conf", str(mounts))
    assert not is_mount_point(directory + "/a b/x.conf", directory + "/nowhere")
    assert not is_mount_point(str(mounts))
