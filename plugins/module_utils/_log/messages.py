# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What the kernel's log says about listen queues: one message in, one event out.

Three messages matter: "Possible SYN flooding on port", "drop open request
from" and the counts of what was suppressed. Their wording since 2.6.32:

======================  ==========================================================================
2.6.32 to 2.6.35        ``possible SYN flooding on port 80. Sending cookies.``, ``TCPv6: Possible …``
2.6.36 to 3.0           ``TCP: Possible SYN flooding on port 80. Dropping request.``, ``TCPv6: …``
3.1 to 3.3              the same and ``  Check SNMP counters.``
3.4 to 3.16             ``TCP: TCP: Possible …``, ``TCP: TCPv6: Possible …``
3.17 to 6.1             ``TCP: request_sock_TCP: Possible …``, also ``request_sock_TCPv6``, ``request_sock_subflow…``
6.2 and later           ``… on port 0.0.0.0:80. Sending cookies.``, ``… on port [::]:80. Sending cookies.``
======================  ==========================================================================

The kernel says it once for each listener (in the oldest, once a minute), so
that no second line does not mean that it is over: the counters tell that.
Every pattern matches a whole message and nothing in it can match in two ways,
so that time is linear in its length and text around a message makes it another.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Dict, Optional, Tuple

Event = Dict[str, object]

SYN_FLOOD, DROPPED, SUPPRESSED = "syn_flood", "open_request_dropped", "suppressed"

_FLOOD = (
    rb"(?:TCP: )?(?:(?:TCP|TCPv6|request_sock_[A-Za-z0-9_]{1,24}): )?[Pp]ossible SYN flooding on port "
    rb"(?:([0-9]{1,5})|(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15})):([0-9]{1,5}))"
    rb"\. (Sending cookies|Dropping request)\.(?: {1,2}Check SNMP counters\.)?"
)
_DROPPED = rb"TCP: drop open request from ([0-9A-Fa-f:.]{2,45})/([0-9]{1,5})"
# The last two are lib/ratelimit.c under the name of its caller; others than these two are not about the network.
_SUPPRESSED = (
    rb"printk: ([0-9]{1,10}) messages suppressed\.?|"
    rb"(?:net_ratelimit|__ratelimit): ([0-9]{1,10}) callbacks suppressed"
)
# rsyslog quotes the message, syslogd and syslog-ng refer to the line before.
_QUOTED_REPEAT = rb"message repeated ([0-9]{1,10}) times: \[ ?([^\n]{1,1024})\]"
_PLAIN_REPEAT = (
    rb"last message repeated ([0-9]{1,10}) times?|"
    rb"Last message '[^\n]{0,20}' repeated ([0-9]{1,10}) times, suppressed by syslog-ng on [!-~]{1,255}"
)
_ACTIONS = {b"Sending cookies": "cookies", b"Dropping request": "drop"}


def parse_message(text: bytes) -> Optional[Event]:
    """The event that a message of the kernel stands for, its ``time`` still ``None``.

    ``text`` is the message alone: no time, host or tag. ``None`` for any other message.
    """
    return _flood(text) or _dropped(text) or _suppressed(text)


def parse_repeat(text: bytes) -> Optional[Tuple[int, Optional[bytes]]]:
    """A log daemon's "message repeated" notice: how often, and the message where the notice quotes it."""
    found = re.fullmatch(_QUOTED_REPEAT, text)
    if found:
        return int(found.group(1)), found.group(2)
    found = re.fullmatch(_PLAIN_REPEAT, text)
    if found:
        return int(found.group(1) or found.group(2)), None
    return None


def repeated(event: Event, count: int) -> Event:
    """The event for ``count`` more messages like the one behind ``event``."""
    again = dict(event)
    again.update(kind=SUPPRESSED, count=count)
    return again


def _flood(text: bytes) -> Optional[Event]:
    found = re.fullmatch(_FLOOD, text)
    if not found:
        return None
    bare_port, v6, v4, bound_port, action = found.groups()
    port = _number(bare_port or bound_port, 1, 65535)
    address = _address(v6 or v4, 6 if v6 else 4) if bound_port else None
    if port is None or (bound_port and address is None):
        return None
    return _event(SYN_FLOOD, address=address, port=port, action=_ACTIONS[action])


def _dropped(text: bytes) -> Optional[Event]:
    found = re.fullmatch(_DROPPED, text)
    if not found:
        return None
    address = _peer(found.group(1))
    port = _number(found.group(2), 0, 65535)
    if address is None or port is None:
        return None
    return _event(DROPPED, peer_address=address, peer_port=port)


def _suppressed(text: bytes) -> Optional[Event]:
    found = re.fullmatch(_SUPPRESSED, text)
    return _event(SUPPRESSED, count=int(found.group(1) or found.group(2))) if found else None


def _event(kind: str, **known: object) -> Event:
    event: Event = dict.fromkeys(("time", "kind", "address", "port", "action", "peer_address", "peer_port", "count"))
    event.update(known, kind=kind)
    return event


def _number(text: bytes, lowest: int, highest: int) -> Optional[int]:
    """A decimal number as the kernel prints it, without leading zeros; ``None`` where it is out of range."""
    number = int(text)
    return number if lowest <= number <= highest and str(number).encode() == text else None


def _address(text: bytes, version: int) -> Optional[str]:
    """The canonical text of an address (RFC 5952, IPv4-mapped ones dotted); ``None`` where it is none."""
    try:
        address = ipaddress.ip_address(text.decode("ascii"))
    except ValueError:
        return None
    if address.version != version or (version == 4 and str(address).encode() != text):
        return None  # Python up to 3.9 takes leading zeros
    mapped = getattr(address, "ipv4_mapped", None)  # Python before 3.13 prints these in hexadecimal
    return "::ffff:{0}".format(mapped) if mapped else str(address)


def _peer(text: bytes) -> Optional[str]:
    """A client's address; one of a dual-stack listener is the IPv4 address that it stands for."""
    address = _address(text, 6 if b":" in text else 4)
    return address[7:] if address and address.startswith("::ffff:") and "." in address else address
