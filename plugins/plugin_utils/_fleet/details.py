# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""Which hosts of an audit all is told of."""

from __future__ import annotations

import fnmatch
import typing as t

_ALL = "all"


def detailed(wanted: t.Iterable[str], hosts: t.Collection[str], groups: t.Mapping[str, t.Any]) -> set[str]:
    """The hosts that these names, groups of the inventory and patterns such as ``web*`` mean.

    :raises ValueError: one of them means no host of the play; the text names it.
    """
    found: set[str] = set()
    for told in filter(None, (str(one).strip() for one in wanted)):
        members = groups.get(told)
        if told == _ALL:
            meant = set(hosts)
        elif told in hosts:
            meant = {told}
        elif isinstance(members, (list, tuple)):
            meant = set(hosts).intersection(map(str, members))
        else:
            meant = set(fnmatch.filter(hosts, told))
        if not meant:
            raise ValueError(
                "{0!r} is no host of this play, no group with one in it, and no pattern that one matches".format(told)
            )
        found |= meant
    return found
