# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Reading the gathered structure, any part of which may be absent or null."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from . import namespace_commands


def part(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The mapping of that name; an empty one where there is none."""
    found = facts.get(name)
    return found if found is not None and isinstance(found, (dict, Mapping)) else {}  # null is common, and Mapping slow


def rows(facts: Mapping[str, Any], name: str) -> List[Mapping[str, Any]]:
    """The mappings in the list of that name."""
    found = facts.get(name)
    return [row for row in found if isinstance(row, (dict, Mapping))] if isinstance(found, (list, tuple)) else []


def number(value: Any) -> Optional[int]:
    """The value where it is a whole number, such as a kernel has: of no more than 64 bits."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if -(1 << 63) <= value < 1 << 64 else None


def numbers(found: Mapping[str, Any]) -> Dict[str, int]:
    """What of a mapping is whole numbers."""
    return {name: value for name, value in found.items() if number(value) is not None}


def text(row: Mapping[str, Any], name: str) -> Optional[str]:
    """The text of that name."""
    value = row.get(name)
    return value if isinstance(value, str) else None


def endpoint(row: Mapping[str, Any]) -> str:
    """A listener as people write it: 0.0.0.0:80, [::]:80, 10.0.0.1%eth0:80."""
    address, device = str(row.get("address")), text(row, "device")
    host = "[{0}]".format(address) if ":" in address else address
    return "{0}{1}:{2}".format(host, "%" + device if device else "", number(row.get("port")))


def inside(namespace: str) -> str:
    """To put behind what is said of a network namespace; empty for our own."""
    return "" if namespace == namespace_commands.OWN else " in network namespace " + namespace


def namespace_of(row: Mapping[str, Any]) -> str:
    """The network namespace that a listener is in."""
    return str(row.get("network_namespace") or namespace_commands.OWN)


def subject_of(row: Mapping[str, Any]) -> str:
    """The name under which findings speak of a listener."""
    if "path" in row and "port" not in row:
        return str(row.get("path")) + inside(namespace_of(row))
    return endpoint(row) + inside(namespace_of(row))


def namespaces(facts: Mapping[str, Any]) -> Dict[str, Mapping[str, Any]]:
    """What holds the ``counters`` and ``counters_delta`` of each network namespace, our own first."""
    found: Dict[str, Mapping[str, Any]] = {namespace_commands.OWN: facts}
    for row in rows(facts, "network_namespaces"):
        name = text(row, "name")
        if name is not None:
            found.setdefault(name, row)
    return found
