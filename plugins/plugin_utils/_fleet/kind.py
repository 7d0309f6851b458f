# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""In one word how a host fares, worst first."""

from __future__ import annotations

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import (
    ACCEPT_FULL,
    DROPPED,
    SYN_FULL,
    UNKNOWN,
)

from .host import Host

LOSING = "losing"  # connections are turned away, or were: a full queue, drops that matter, a critical finding
SOON = "soon"  # nothing is lost now; a queue fills up, or a warning says what is about to go wrong
SILENT = "silent"  # it gave no answer
UNREAD = "unread"  # what could be read is well, and not all could be
WELL = "well"

KINDS = (LOSING, SOON, SILENT, UNREAD, WELL)  # worst first

_LOSING_STATES = (ACCEPT_FULL, SYN_FULL, DROPPED)


def kind_of(host: Host) -> str:
    """One of KINDS."""
    if host.error is not None:
        return SILENT
    states = {line.condition.state for line in host.lines}
    severities = {one.get("severity") for one in host.findings}
    if "critical" in severities or not states.isdisjoint(_LOSING_STATES):
        return LOSING
    if severities or any(line.condition.troubled for line in host.lines):
        return SOON
    return UNREAD if UNKNOWN in states else WELL
