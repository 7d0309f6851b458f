# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What decides at boot, as a reader found it, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Optional, Tuple

if TYPE_CHECKING:
    from . import dropins as boot_dropins
    from . import near_misses, writer
    from . import tuned as boot_tuned

SYSTEMD, PROCPS = "systemd", "procps"
#: a loader that runs but is not modelled (busybox), or no loader at all
OTHER, NONE = "other", "none"
#: a container without an init: its runtime sets what it was told to, at each start
CONTAINER = "container"
SET_BY_RUNTIME = "nothing in this container applies sysctl files: its runtime sets what it is started with (--sysctl)"


class Shadowed(NamedTuple):
    """A line that names a setting and has no effect on it."""

    source: str  # "path:line"
    value: str
    reason: str


class BootValue(NamedTuple):
    """A setting after a reboot."""

    value: Optional[str]  # as written; None where nothing sets it (the kernel's default stays) or where in doubt
    number: Optional[int]  # what the kernel makes of it
    source: Optional[str]  # "path:line" or "kernel command line"
    shadowed: Tuple[Shadowed, ...] = ()  # in the order in which the loader meets them
    doubt: Optional[str] = None  # why the value cannot be told; None where it can
    tuned: Optional[boot_tuned.Asked] = None  # what TuneD's active profile makes of it, whether that decides or not
    others: Tuple[writer.Writer, ...] = ()  # what else sets it, or may
    certain: bool = True  # False where one of them may leave another value
    near_misses: Tuple[near_misses.NearMiss, ...] = ()  # lines that mean it and set nothing


class BootFiles(NamedTuple):
    """All that decides, as a reader found it."""

    loader: str  # one of the constants above
    version: Tuple[int, ...]  # of the loader; empty where unknown: a current one is assumed
    dropins: Tuple[boot_dropins.DropIn, ...]
    unlisted: Tuple[boot_dropins.DropIn, ...]  # directories that could not be listed
    cmdline: str  # empty where the kernel does not take settings there
    warnings: Tuple[str, ...] = ()
    writers: Tuple[writer.Writer, ...] = ()  # whatever sets settings beside the loader
