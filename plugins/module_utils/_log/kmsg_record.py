# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The records of /dev/kmsg: priority, sequence number and printk time, then the text (ABI/testing/dev-kmsg)."""

from __future__ import annotations

from typing import Optional, Tuple

_KERNEL = 0  # syslog facility
_LONGEST_HEAD = 306  # three numbers, and what newer kernels add to them


def parse_kmsg(record: bytes) -> Optional[Tuple[int, bytes]]:
    """The printk time (microseconds) and the text of a record of the kernel; ``None`` for a program's."""
    found = _parts(record)
    return (found[2], found[3]) if found and found[0] >> 3 == _KERNEL else None


def kmsg_place(record: bytes) -> Optional[Tuple[int, int]]:
    """The sequence number, from 0 on, and the printk time (microseconds) of anybody's record."""
    found = _parts(record)
    return (found[1], found[2]) if found else None


def _parts(record: bytes) -> Optional[Tuple[int, int, int, bytes]]:
    head, semicolon, rest = record.partition(b";")
    fields = head.split(b",", 3)
    if not semicolon or len(fields) < 4 or len(head) > _LONGEST_HEAD or b"\n" in head:
        return None
    for digits, most in zip(fields, (10, 20, 17)):
        if not digits.isdigit() or len(digits) > most:
            return None
    return int(fields[0]), int(fields[1]), int(fields[2]), rest.partition(b"\n")[0]
