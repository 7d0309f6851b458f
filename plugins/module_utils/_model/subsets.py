# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which parts of the facts were asked for."""

from __future__ import annotations

from typing import FrozenSet, Iterable

from . import errors

ALL = frozenset(
    ("sysctls", "boot", "listeners", "half_open", "counters", "kernel_log", "mitigation", "findings", "unix")
)
MINIMUM = frozenset(("sysctls",))
_GROUPS = {"all": ALL, "min": MINIMUM}


def resolve_subset(asked: Iterable[str]) -> FrozenSet[str]:
    """The names in force for a ``gather_subset`` such as ``["!kernel_log"]`` or ``["listeners", "counters"]``.

    As in ansible.builtin.setup: exclusions alone start from everything, what is
    named survives a ``!all``, and the minimum (``sysctls``) is always there
    unless it is itself left out.

    :raises InvalidOption: an unknown name.
    """
    asked = list(asked)
    added = [_expand(name) for name in asked if not name.startswith("!")]
    removed = [_expand(name) for name in asked if name.startswith("!")]
    included = frozenset().union(*added) if added else ALL
    excluded = frozenset().union(*removed) - (ALL & frozenset(asked))
    minimum = frozenset() if {"!min", "!sysctls"} & set(asked) else MINIMUM
    return (included - excluded) | minimum


def _expand(entry: str) -> FrozenSet[str]:
    name = entry[1:] if entry.startswith("!") else entry
    if name in ALL:
        return frozenset((name,))
    if name in _GROUPS:
        return _GROUPS[name]
    raise errors.InvalidOption(
        "gather_subset",
        entry,
        "allowed are all, min, {0}, each also with a leading '!' to leave it out".format(", ".join(sorted(ALL))),
    )
