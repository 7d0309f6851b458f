# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What is known of one application: where it takes its listen backlog from, and when it calls listen(2) again."""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

#: A default that means: as much as net.core.somaxconn allows when listen() is called
SYSTEM = -1

#: Among ``configured_by``: the first argument names it
FIRST = ""

RESTART = "restart"  # only a restart brings a new listen()
RELOAD_IF_EDITED = "reload_if_edited"  # a reload calls listen() where the configured backlog changed, else not
RELOAD = "reload"  # every reload opens the socket anew


class Application(NamedTuple):
    """One entry of the catalogue.

    ``change`` completes "To admit more, …" and may name {n}, the wanted
    backlog, {half} and {four} (n/2 rounded up, 4n), {listen} (the address as a
    configuration writes it), {port}, {program} and {inside} (what runs a command in the
    listener's network namespace). None: it has no such setting,
    and ``instead`` says what helps.
    """

    name: str
    programs: Tuple[str, ...]  # shell patterns for the program's name, see `applications.programs_of`
    change: Optional[str]
    where: str = ""  # where the change is made, unless its command line names a configuration file
    defaults: Tuple[int, ...] = ()  # what it asks for unless configured, one per version; () where it varies
    default: str = ""  # the default in words, where numbers alone do not say it
    again: str = RESTART  # what brings a new listen()
    options: Tuple[str, ...] = ()  # command line options that carry the backlog
    arguments: Tuple[str, ...] = ()  # any of these has to be part of an argument (Java and Erlang programs)
    configured_by: Tuple[str, ...] = ()  # command line options that name its configuration file, or FIRST
    instead: str = ""
    restart: str = ""  # where restarting its unit is not what helps: "restart …"
    without_restart: str = ""  # another way to a new listen() with an unchanged setting
    source: str = ""  # where the default and the behaviour were read or measured

    @property
    def default_words(self) -> str:
        if self.default:
            return self.default
        if not self.defaults:
            return ""
        words = ["all that net.core.somaxconn allows" if one == SYSTEM else str(one) for one in self.defaults]
        return " or ".join(words) + (", by version" if len(words) > 1 else "")
