# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The finding that the kernel's log reports a flood on a listener that is not here.

It looks at the gathered facts themselves: on a host that is well otherwise, nothing else has to be made of them.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping, Tuple

from .._model import counters, gathered, namespace_commands
from . import finding

_MANY = 5  # ports that a text names one by one


def reported_elsewhere(facts: Mapping[str, Any]) -> Iterator[finding.Finding]:
    """Floods where nothing listens now, or in a network namespace that was not looked into: told once."""
    untouched = {name for name, scope in gathered.namespaces(facts).items() if _never_full(scope)}
    here = {
        (gathered.number(row.get("port")), gathered.text(row, "address"))
        for row in gathered.rows(facts, "listeners")
        if gathered.namespace_of(row) not in untouched
    }
    ports_here = {port for port, _address in here}
    floods: Dict[Tuple, Mapping[str, Any]] = {}
    for event in gathered.rows(gathered.part(facts, "kernel_log"), "events"):
        port, address = gathered.number(event.get("port")), gathered.text(event, "address")
        meant = port in ports_here if address is None else (port, address) in here
        if event.get("kind") == "syn_flood" and not meant:
            floods[address, port] = event
    if not floods:
        return
    latest_first = sorted(floods.values(), key=_time)[::-1]
    ports = list(
        dict.fromkeys(
            gathered.number(flood.get("port")) for flood in latest_first if gathered.number(flood.get("port"))
        )
    )
    named = ", ".join(str(port) for port in ports[:_MANY]) + (", …" if len(ports) > _MANY else "")
    yield finding.Finding(
        finding.INFO,
        namespace_commands.OWN,
        "The kernel reported SYN flooding where nothing listens now, or in a network namespace that was not looked "
        "into: {0}.".format("port " + named if ports else "its log names no port"),
        {
            "listeners": len(floods),
            "first": min(gathered.text(flood, "first_time") or _time(flood) for flood in latest_first),
            "last": _time(latest_first[0]),
        },
        "Gather with network_namespaces=all to see every namespace's listeners.",
    )


def _never_full(scope: Mapping[str, Any]) -> bool:
    return counters.never_full(gathered.numbers(gathered.part(scope, "counters")))


def _time(flood: Mapping[str, Any]) -> str:
    return str(flood.get("time"))
