# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How the kernel reads the number that somebody writes to an integer sysctl."""

from __future__ import annotations

import re
from typing import Optional

# proc_get_long() copies at most 21 characters and refuses a token that fills them.
_LONGEST = 20
_LEADING = " \t\n\v\f\r"  # skip_spaces()
_NUMBER = r"(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)"
_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1


def kernel_integer(text: str) -> Optional[int]:
    """The number an integer sysctl takes from ``text``, ``None`` where the write fails with EINVAL.

    Base 0 as strtoul(3) has it: ``0x10`` is 16, ``010`` is 8, ``09`` is refused, and so is a plus sign.
    The number ends at a blank, a tab or the end; what follows is ignored, so that ``5 # why`` sets 5 while
    ``5#`` and ``5,`` are refused. Whether the number lies in the setting's range is not looked at here.

    Source: proc_get_long() and do_proc_dointvec() in kernel/sysctl.c. Before Linux 4.5, whose
    kernel.sysctl_writes_strict is 1 by default, a second number after the blank could win; such kernels are
    not told apart.
    """
    token = re.split(r"[ \t\n]", text.lstrip(_LEADING), maxsplit=1)[0]
    if len(token) > _LONGEST:
        return None
    found = re.fullmatch(_NUMBER, token)
    if found is None:
        return None
    sign, digits = found.groups()
    if digits[:2].lower() == "0x":
        number = int(digits, 16)
    else:
        number = int(digits, 8 if digits[0] == "0" else 10)
    number = -number if sign else number
    return number if _INT_MIN <= number <= _INT_MAX else None
