# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Whether bytes can hold a message of interest at all: the cheap question, which most of a log answers with no."""

from __future__ import annotations

_FLOOD = b"SYN flooding on port "
_DROPPED = b"drop open request from "


def may_matter(data: bytes) -> bool:
    """Whether a message that `messages` knows can be in these bytes."""
    return _FLOOD in data or _DROPPED in data or b" suppressed" in data or b" repeated " in data


def may_tell(line: bytes) -> bool:
    """Whether a report of a flood or a dropped request may be in a line that nobody understands, dated or not."""
    return _FLOOD in line or _DROPPED in line
