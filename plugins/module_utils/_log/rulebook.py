# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Events of the kernel's log as Event-Driven Ansible takes them: what a rulebook's conditions may rely on.

``meta.hosts`` limits what a rulebook runs. So a name that an event brings along is taken for a host's only where it
can be nothing else to Ansible: no pattern, no list, and neither every host nor the controller.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Dict, Optional

from . import messages, times

RulebookEvent = Dict[str, Any]

#: what an event is called, by the kind of its message
KEYS = {
    messages.SYN_FLOOD: "syn_flood",
    messages.DROPPED: "open_request_dropped",
    messages.SUPPRESSED: "messages_suppressed",
}

FIRING = "firing"

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?"
#: patterns that look like names
_EVERY_HOST = ("all", "ungrouped")
_CONTROLLER = ("localhost", "localhost.localdomain", "ip6-localhost")


def plain_host(name: object) -> Optional[str]:
    """The name or address of one host; ``None`` for what is a pattern, too long or not a text."""
    if not isinstance(name, str) or len(name) > 253:
        return None
    if re.fullmatch(_NAME, name):
        return None if name.lower() in _EVERY_HOST else name
    return name if _address(name) else None  # of IPv6: in anything else a colon joins patterns


def other_host(name: object) -> Optional[str]:
    """The same, and ``None`` also for the names of the controller itself."""
    host = plain_host(name)
    if host is None or host.lower() in _CONTROLLER:
        return None
    address = _address(host)
    address = getattr(address, "ipv4_mapped", None) or address
    return None if address and (address.is_loopback or address.is_unspecified) else host


def rulebook_event(said: messages.Event, host: str, time: Optional[str], via: str) -> RulebookEvent:
    """The event for a message of the kernel's log.

    ``time`` is ISO 8601 in UTC, ``via`` names how the message came.
    """
    kind = str(said["kind"])
    if kind == messages.SYN_FLOOD:
        return flood_event(host, time, via, said["address"], said["port"], said["action"])
    known: Dict[str, Any] = {"host": host, "time": time, "via": via}
    if kind == messages.DROPPED:
        known.update(peer_address=said["peer_address"], peer_port=said["peer_port"])
    else:
        known.update(count=said["count"])
    return {KEYS[kind]: known, "meta": {"hosts": [host]}}


def flood_event(
    host: str,
    time: Optional[str],
    via: str,
    address: object = None,
    port: object = None,
    action: object = None,
    status: str = FIRING,
    repeated: bool = False,
) -> RulebookEvent:
    """A flood; ``None`` stands for what is not known. ``repeated``: the counters tell of it, and not the log."""
    return {
        "syn_flood": {
            "host": host,
            "address": address,
            "port": port,
            "action": action,
            "status": status,
            "repeated": repeated,
            "time": time,
            "via": via,
        },
        "meta": {"hosts": [host]},
    }


def when(seconds: Optional[float]) -> Optional[str]:
    """The time in ISO 8601; ``None`` where there is none, or no year has four digits for it."""
    try:
        return None if seconds is None else times.utc_text(seconds)
    except (OverflowError, ValueError):
        return None


def _address(text: str) -> Any:
    try:
        return ipaddress.ip_address(text) if "%" not in text else None
    except ValueError:
        return None
