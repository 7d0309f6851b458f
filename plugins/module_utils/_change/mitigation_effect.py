# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What came of a mitigation."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from .._kernel import sysctls as kernel_sysctls
from .._model import gathered, namespace_commands
from .._model import mitigation as model_mitigation
from .._model import queues as model_queues
from .._model import text as model_text

Facts = Mapping[str, Any]


def mitigation_effect(facts: Facts, plan: Facts) -> Dict[str, Any]:
    """How things stand after a plan, ``told`` and ``shortfalls``, from facts that were gathered after it."""
    record = plan.get("record") or model_mitigation.empty()
    strained = {cause.partition(" on ")[2] for cause in record["causes"]}
    told, shortfalls = [], []
    for name, goal in (plan.get("sysctls") or {}).items():
        now = gathered.number(gathered.part(gathered.part(facts, "sysctls"), name).get("runtime"))
        if now is None or now < goal:
            shortfalls.append("{0} is {1}, not {2}".format(kernel_sysctls.KEYS[name].key, now, goal))
    widened = {one["inode"]: one["set"] for one in record["listeners"]}
    for row in gathered.rows(facts, "listeners"):
        goal, has = widened.get(row.get("inode")), gathered.number(row.get("backlog"))
        if goal is not None and has is not None and has < goal:
            told.append("{0} keeps its backlog of {1}, not {2}".format(gathered.subject_of(row), has, goal))
        if gathered.namespace_of(row) == namespace_commands.OWN and gathered.subject_of(row) in strained:
            queue = model_queues.queues_of(row)
            full = queue.syn.full or queue.new_peers.full
            drops = gathered.part(row, "syn_queue").get("on_full") == "drop"
            limit, then = queue.new_peers.limit or queue.syn.limit, "drops" if drops else "cookies"
            state = "{0}: {1}, {2} admitted, {3} when full".format(
                gathered.subject_of(row), model_text.plural(queue.syn.used, "half-open connection"), limit, then
            )
            (shortfalls if full and drops else told).append(state)
    return {"told": list(dict.fromkeys(told)), "shortfalls": list(dict.fromkeys(shortfalls))}
