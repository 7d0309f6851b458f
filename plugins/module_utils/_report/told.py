# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.


"""What users see of a gathered structure: judged, and with the parts that they asked for.

The host hands over what it read; this is done where that is cheapest, on the controller as a rule.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Mapping

_WITH = {  # parts that come with another one
    "counters_delta": "counters", "memory": "listeners", "unix_listeners": "unix",
}  # fmt: skip
_ALWAYS = ("schema", "kernel", "network_namespaces")


def told(read: Mapping[str, Any], subset: FrozenSet[str], top_sources: int) -> Dict[str, Any]:
    """The structure with the parts of ``subset``.

    Findings are drawn from every part, also from those that are then left out, and what is more urgent than
    a listener's own remedy takes its place.

    :param top_sources: how many source networks to show
    """
    facts = dict(read)
    if {"listeners", "findings"} & subset:
        _judge(facts)
    if "half_open" in subset and facts.get("half_open"):
        from . import half_open

        facts["half_open"] = half_open.shortened(facts["half_open"], top_sources)
    return {name: part for name, part in facts.items() if _asked_for(name, subset)}


def _judge(facts: Dict[str, Any]) -> None:
    from .._findings import signs

    if not signs.signs(facts):
        facts["findings"] = []
        return
    from .._findings import findings
    from .._model import gathered

    facts["findings"] = findings.findings(facts)
    rows = gathered.rows(facts, "listeners")
    if rows:
        first_remedies = findings.first_remedies(facts)
        facts["listeners"] = [dict(row, remedy=one) if one else row for row, one in zip(rows, first_remedies)]


def _asked_for(name: str, subset: FrozenSet[str]) -> bool:
    if name == "sysctls":
        return bool({"sysctls", "boot"} & subset)
    if name in _WITH:
        return _WITH[name] in subset
    return name in subset or name in _ALWAYS
