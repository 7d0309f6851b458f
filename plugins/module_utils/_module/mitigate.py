# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A flood mitigated in one run: gather, judge, record, apply, verify. Nothing is changed before the record is there.

Between the start of the module and the drop time counts: rooms that judge and act are opened while the window passes,
those that only set sysctls and backlogs where it comes to that.
"""

from __future__ import annotations

import importlib
import os
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._model import gathered
from .._model import mitigation as model_mitigation
from .._read import firewall
from . import gather, mitigation_options, options

_PARTS = ["sysctls", "listeners", "half_open", "counters", "findings", "mitigation"]
_FEW_NETWORKS, _EVERYWHERE = "syn-flood-few-networks", "syn-flood-everywhere"
_ANYWHERE = ("0.0.0.0/0", "::/0")
#: What a flood needs after the window, beside what is open by then
_ROOMS = (
    "_change.mitigate_plan", "_change.mitigation_effect", "_findings.findings", "_findings.of_costs",
    "_findings.of_counters", "_findings.of_floods", "_findings.of_listeners", "_findings.of_namespaces",
    "_findings.of_settings", "_model.attribution", "_model.half_open", "_model.sources", "_module.blocks",
    "_module.mitigation", "_read.addresses", "_read.established", "_read.memory", "_read.owners", "_read.session",
    "_read.ssh_sessions", "_report.half_open", "_report.listeners",
)  # fmt: skip


class Made(NamedTuple):
    """What the module returns, and what did not go as it was planned."""

    result: Dict[str, Any]
    diff: List[Dict[str, str]]
    warnings: List[str]
    failures: List[str]


class _Step(NamedTuple):
    changed: bool
    diff: List[Dict[str, str]]
    failures: List[str]
    told: List[str] = []


def mitigate(params: Mapping[str, Any], check: bool) -> Made:
    """Judge the evidence, and act on it; with ``check`` nothing is changed.

    :raises InvalidOption: bad input.
    :raises NotRecorded: there is a record that cannot be used, or it cannot be written; nothing was changed.
    :raises Busy: another run does not end.
    """
    wanted = mitigation_options.wanted(params)
    facts, warnings = _evidence(params)
    from .._change import mitigate_plan
    from . import blocks, mitigation

    plan = mitigate_plan.mitigation_plan(facts, wanted)
    if plan["undecided"]:  # now and then all entries of a flood are replaced at once, and look like clients
        anew, more = _evidence(params)
        plan = mitigate_plan.mitigation_plan(anew, dict(wanted, earlier=facts))
        warnings += [one for one in more if one not in warnings]
        facts = anew
    told = {name: plan[name] for name in ("verdict", "reasons", "record", "backend")}
    if plan["record"] is None:
        return Made(dict(told, changed=False, told=[]), [], warnings, [])
    recorded = mitigation.keep_record({"state": "present", "record": plan["record"]}, check)
    warnings += [one for one in recorded["warnings"] if one not in warnings]
    done = blocks.bring_in_force(recorded["record"], facts["mitigation"], check)  # first, for that ends a flood
    steps = [_Step(done.changed, done.diff, done.failures), _sysctls(plan, check)]
    steps += [_listener(one, plan, check) for one in plan["listeners"]]
    acted = recorded["changed"] or any(step.changed for step in steps)
    came = _effect(plan) if acted and not check else {"told": [], "shortfalls": []}
    failures = [why for step in steps for why in step.failures] + came["shortfalls"]
    widening = [sentence for step in steps for sentence in step.told]
    result = dict(
        told, record=recorded["record"], changed=acted, told=list(dict.fromkeys([*came["told"], *widening]))
    )
    diff = [recorded["diff"]] if recorded["changed"] else []
    return Made(result, diff + [one for step in steps for one in step.diff], warnings, list(dict.fromkeys(failures)))


# ---------------------------------------------------------------- the evidence


def _evidence(params: Mapping[str, Any]) -> Tuple[Dict[str, Any], List[str]]:
    command = firewall.command("nft") if params["backend"] != model_mitigation.IPTABLES else None
    before = _sent(command)
    sources = max(10, params["max_networks"])
    facts, warnings = gathering(_PARTS, mitigation_options.window(params), sources, _open_rooms)
    from . import blocks

    about = dict(facts["mitigation"], sending=blocks.still_sending(before, _sent(command), _record(facts)))
    limits = params["syn_limit"] > 0
    if _names(facts, _FEW_NETWORKS) or (limits and _names(facts, _EVERYWHERE)):
        refusal = blocks.refusal(command)
        if refusal is not None:
            about.update(nft=None, nft_refusal=refusal)
        more = _who_is_connected(facts, limits)
        about.update(more[0])
        warnings += more[1]
    return dict(facts, mitigation=about), warnings


def _open_rooms() -> None:
    for name in _ROOMS:
        importlib.import_module(".." + name, __package__)


def _sent(command: Optional[str]) -> Any:
    """What is dropped so far, where a record tells of anything at all."""
    from .._read import mitigation_record

    if not os.path.exists(mitigation_record.PATH):
        return None
    from . import blocks

    return blocks.sent(command)


def gathering(
    parts: List[str], window: float, sources: int = 10, meanwhile: Optional[Callable[[], None]] = None
) -> Tuple[Dict[str, Any], List[str]]:
    """The gathered structure of this host, judged, and warnings; ``meanwhile`` is called while the window passes."""
    params = {name: option.get("default") for name, option in options.gathering_spec().items()}
    params.update(gather_subset=parts, counters_window=window, top_sources=sources, kernel_log_source="none")
    return gather.gather(options.parse_gathering_options(params), meanwhile)


def _record(facts: Mapping[str, Any]) -> Optional[model_mitigation.Record]:
    found = facts["mitigation"]["record"]
    return None if found is None else dict(found)


def _names(facts: Mapping[str, Any], identifier: str) -> bool:
    return any(one.get("id") == identifier for one in gathered.rows(facts, "findings"))


def _who_is_connected(facts: Mapping[str, Any], limits: bool) -> Tuple[Dict[str, Any], List[str]]:
    """Clients in the networks of a flood, and from where administrators are logged in; with a limit, all clients."""
    from .._model import networks as model_networks
    from .._read import established, ssh_sessions

    named, ports, flooded = [], set(), set()
    for one in gathered.rows(facts, "findings"):
        evidence = gathered.part(one, "evidence")
        port = gathered.number(evidence.get("port"))
        if one.get("id") in (_FEW_NETWORKS, _EVERYWHERE):
            flooded |= {port} if port else set()
        if one.get("id") == _FEW_NETWORKS:
            told = map(model_networks.parse_network, evidence.get("networks") or ())
            named += [network for network in told if network]
            ports |= {port} if port else set()
    peers, warnings = established.peers(sorted(ports), named) if ports and named else ([], [])
    found = {"established": peers, "sessions": ssh_sessions.sessions()}
    if limits and flooded:
        anywhere = [one for one in map(model_networks.parse_network, _ANYWHERE) if one]
        found["connected"], more = established.peers(sorted(flooded), anywhere)
        warnings += [one for one in more if one not in warnings]
    return found, warnings


# ---------------------------------------------------------------- the steps


def _sysctls(plan: Mapping[str, Any], check: bool) -> _Step:
    return set_sysctls(plan["sysctls"], "at_least", check) if plan["sysctls"] else _Step(False, [], [])


def set_sysctls(values: Mapping[str, int], policy: str, check: bool) -> _Step:
    """Run-time values until the flood is over, or as before; a failure is told, for the other steps have to be done."""
    from .._model import errors
    from .._write import lock
    from . import change, change_options, host, transaction

    params = {name: option.get("default") for name, option in change_options.change_spec().items()}
    params.update(values, policy=policy, persist=False)
    try:
        made = change.change(params, check)
    except (errors.InvalidOption, host.Refused, transaction.Failed, change.Shadowed, lock.Busy) as error:
        return _Step(False, [], [str(error)])
    return _Step(made.result["changed"], made.diff, [])


def _listener(one: Mapping[str, Any], plan: Mapping[str, Any], check: bool) -> _Step:
    expected = plan["sysctls"].get("somaxconn") if check else None
    step = set_backlog(dict(one, policy="at_least", expected_somaxconn=expected), check)
    return step._replace(failures=[], told=step.failures)  # cookies carry its clients


def set_backlog(given: Mapping[str, Any], check: bool) -> _Step:
    """One running listener; what cannot be done is told."""
    from .._change import raise_plan
    from .._model import errors
    from .._model import namespace as model_namespace
    from .._write import lock
    from . import raise_listener

    params = dict({name: option.get("default") for name, option in raise_listener.listener_spec().items()}, **given)
    try:
        result, _warnings = raise_listener.set_backlogs(params, check)
    except (errors.InvalidOption, raise_plan.NotRaised, model_namespace.Unreachable, lock.Busy) as error:
        return _Step(False, [], [str(error)])
    diff = result["diff"] if isinstance(result["diff"], list) else [result["diff"]]
    return _Step(result["changed"], diff if result["changed"] else [], [])


def _effect(plan: Mapping[str, Any]) -> Dict[str, List[str]]:
    facts, _warnings = gathering(["sysctls", "listeners", "half_open"], 0)
    from .._change import mitigation_effect

    return mitigation_effect.mitigation_effect(facts, plan)
