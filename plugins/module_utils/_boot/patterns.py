# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Whether a key is a pattern, and whether it can be about a setting at all; `globs` then matches it in full."""

from __future__ import annotations

_MAGIC = "*?["
_NOT_LITERAL = "*?[{\\"


def is_pattern(key: str) -> bool:
    """Whether the loaders take the key for a pattern."""
    return any(one in key for one in _MAGIC)


def may_match(pattern: str, key: str) -> bool:
    """False where the parts before the first wildcard or brace already name another setting.

    Most patterns on a host are such, as net/ipv4/conf/*/rp_filter is for net/ipv4/tcp_syncookies.
    """
    wanted = key.split("/")
    for part in pattern.split("/"):
        if part in ("", "."):
            continue
        if any(one in part for one in _NOT_LITERAL):
            return True
        if not wanted or part != wanted.pop(0):
            return False
    return True
