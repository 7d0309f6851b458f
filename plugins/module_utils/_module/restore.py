# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A mitigation taken back in one run: judge, put back, forget.

The record goes last, so that whatever stops a run, the next one does the rest.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple

from .._change import iptables_rules, restore_plan
from .._model import mitigation as model_mitigation
from .._read import firewall, firewall_commands, iptables, mitigation_record
from .._write import iptables as write_iptables
from . import blocks, mitigate, mitigation, mitigation_options

_PARTS = ["sysctls", "listeners", "half_open", "counters", "findings", "mitigation"]


class NotRestored(Exception):
    """It is not taken back, or not all of it; the text says why and what to do."""


def restore(params: Mapping[str, Any], check: bool) -> mitigate.Made:
    """Put back what a record tells of, where the evidence has subsided; with ``check`` nothing is changed.

    :raises InvalidOption: bad input.
    :raises NotRestored: the flood goes on, or something is in the way.
    :raises NotRecorded: the record cannot be removed.
    :raises Busy: another run does not end.
    """
    window = mitigation_options.window(params)
    found = mitigation_record.read_record()
    if found.problem:
        remedy = "Read what is still in it, put those values back by hand, and remove the file."
        raise NotRestored("{0}. {1}".format(found.problem, remedy))
    commands = {"iptables": firewall.commands(), "nft": firewall.command("nft")}
    if found.record is None:
        return _forget(_take_away([], commands, check), [], [], [], check)  # a table that no record tells of is ours
    families = model_mitigation.chained_families(found.record)
    if not set(families) <= set(commands["iptables"]):
        raise NotRestored(
            "The host has no iptables command any more, so the rules of the mitigation cannot be removed. Install "
            "iptables, then run this again."
        )
    before = _counted(families, commands, params["force"])
    facts, warnings = mitigate.gathering(_PARTS, window)
    after = _counted(families, commands, params["force"])
    plan = restore_plan.restoration_plan(facts, before, after)
    _refuse(plan, params["force"])
    ruled = [family for family, output in zip(families, after) if output]
    done = _take_away(ruled, commands, check)
    steps = []
    for one in plan["listeners"]:  # before somaxconn, which could not be exceeded any more
        steps.append(mitigate.set_backlog(one, check))
    if plan["sysctls"]:
        steps.append(mitigate.set_sysctls(plan["sysctls"], "exact", check))
    failures = [why for step in steps for why in step.failures]
    if failures:
        raise NotRestored("Not all of it is put back, so the record stays: " + " | ".join(failures))
    return _forget(done, steps, [*plan["remarks"], *plan["not_yet"]], warnings, check)


def _forget(
    done: blocks.Done, steps: List[Any], reasons: List[str], warnings: List[str], check: bool
) -> mitigate.Made:
    gone = mitigation.keep_record({"state": "absent", "record": None}, check)
    changed = done.changed or gone["changed"] or any(step.changed for step in steps)
    diff = [*done.diff, *(one for step in steps for one in step.diff), *([gone["diff"]] if gone["changed"] else [])]
    warnings = warnings + [one for one in gone["warnings"] if one not in warnings]
    result = {"changed": changed, "record": gone["record"], "reasons": reasons, "told": []}
    result.update(verdict="restored" if changed else "nothing", backend=None)
    return mitigate.Made(result, diff, warnings, [])


def _refuse(plan: Mapping[str, Any], force: bool) -> None:
    if plan["theirs"]:
        raise NotRestored(
            "Nothing is restored: the chain {0} holds rules that the mitigation did not make, and would be emptied. "
            "Move them elsewhere first: {1}".format(iptables_rules.CHAIN, " | ".join(plan["theirs"]))
        )
    if plan["not_yet"] and not force:
        raise NotRestored(
            "Nothing is restored yet: {0}. Run it again later, or with syn_backlog_restore_force=true to restore even "
            "so.".format(" | ".join(plan["not_yet"]))
        )


def _take_away(families: List[str], commands: Dict[str, Any], check: bool) -> blocks.Done:
    try:
        return blocks.take_away(families, commands, check)
    except (write_iptables.NotApplied, firewall_commands.NoAnswer) as error:
        raise NotRestored("The networks are still dropped: {0}".format(error)) from error
    except OSError as error:
        raise NotRestored("The networks are still dropped: {0}".format(error.strerror)) from error


def _counted(families: List[str], commands: Dict[str, Any], force: bool) -> Tuple[Any, ...]:
    """What each family's chain counted, as iptables tells it, and last what nftables dropped."""
    outputs: List[Any] = []
    for family in families:
        try:
            outputs.append(iptables.counted(commands["iptables"][family], iptables_rules.CHAIN) or "")
        except firewall_commands.NoAnswer as error:
            if not force:  # it does not run here, and so made no rules; whoever forces knows
                raise NotRestored(str(error)) from error
            outputs.append("")
    return (*outputs, blocks.sent(commands["nft"]).total)
