# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What a finding is made of."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple

CRITICAL = "critical"  # clients are turned away now
WARNING = "warning"  # something is about to go wrong, or does not do what its owner believes
INFO = "info"  # worth knowing; nothing is wrong now

#: worst first
SEVERITIES = (CRITICAL, WARNING, INFO)


class Finding(NamedTuple):
    """One thing that is true of a host, with what shows it and what to do about it."""

    severity: str
    subject: str  # the listener ("0.0.0.0:80"), the sysctl, or the network namespace that it is about
    summary: str
    evidence: Dict[str, Any]  # numbers, and where they come from
    remedy: str
    weight: float = 0.0  # ranks findings of one kind among themselves
