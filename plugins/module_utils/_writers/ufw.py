# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""ufw applies a sysctl file of its own when it starts, over /etc/sysctl.d (/etc/default/ufw, IPT_SYSCTL)."""

from __future__ import annotations

import re
from typing import Optional

DEFAULTS, CONFIGURATION = "/etc/default/ufw", "/etc/ufw/ufw.conf"


def enabled(configuration: str) -> bool:
    """Whether ufw does anything at boot."""
    return (_value(configuration, "ENABLED") or "").lower() == "yes"


def sysctl_file(defaults: str) -> Optional[str]:
    """The file that it applies; None where it applies none."""
    path = _value(defaults, "IPT_SYSCTL")
    return path if path and path.startswith("/") else None


def _value(text: str, name: str) -> Optional[str]:
    """The last assignment of a shell variable."""
    found = re.findall(r"^\s*%s=(?:\"([^\"]*)\"|'([^']*)'|(\S*))" % name, text, re.MULTILINE)
    return "".join(found[-1]) if found else None
