# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How much memory the machine has."""

from __future__ import annotations

import os
import re
from typing import List, Optional, Tuple

from . import rooted

_TOTAL = rb"^MemTotal:\s+([0-9]{1,18}) kB$"
_MOST = 65536


def read_memory(root: str = "/") -> Tuple[Optional[int], List[str]]:
    """Bytes of memory that the kernel can use (MemTotal of proc_meminfo(5)), and warnings; None where it is not told.

    In a container that is the machine's, which is where the kernel takes its queues' memory from.
    """
    try:
        with open(rooted.on_host(root, "/proc/meminfo"), "rb") as file:
            found = re.search(_TOTAL, file.read(_MOST), re.MULTILINE)
    except OSError as error:
        return None, ["memory: /proc/meminfo cannot be read: {0}".format(os.strerror(error.errno or 0))]
    if found is None:
        return None, ["memory: /proc/meminfo tells no MemTotal"]
    return int(found.group(1)) * 1024, []
