# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Whether a mitigation can end, and what of it is put back: what is still as it was set, and nothing else."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from .._kernel import level as kernel_level
from .._kernel import limits as kernel_limits
from .._kernel import sysctls as kernel_sysctls
from .._model import errors, gathered, namespace_commands
from .._model import mitigation as model_mitigation
from .._model import queues as model_queues
from .._model import text as model_text
from . import mitigate_plan

Facts = Mapping[str, Any]

_FLOODS = (mitigate_plan.FEW_NETWORKS, *mitigate_plan.STRAINED)
#: They move only while a SYN queue is full, or while cookies are forced
_OF_A_FULL_QUEUE = ("TCPReqQFullDoCookies", "TCPReqQFullDrop", "SyncookiesSent")
_DROP = re.compile(r"^\s*(\d{1,20})\s+\d+\s+DROP\s", re.MULTILINE)
_REFERENCES = re.compile(r"^Chain \S+ \((\d{1,20}) references\)")
_MOST_LEADS = 64  # rules that lead to our chain: a host may claim any number
_OURS = "/* linuxnet.tcp.syn_backlog */"


def restoration_plan(facts: Facts, drops_before: Any = (), drops_after: Any = ()) -> Dict[str, Any]:
    """Why the mitigation cannot end yet, and what puts back what was there before it.

    ``facts`` is the gathered ``syn_backlog`` with a window of counters; ``drops_before`` and ``drops_after`` are what
    ``iptables -nvxL`` told of our chain, for each family, before and after that window; where nftables drops, what it
    counted, as a number.

    :raises InvalidOption: nothing tells whether a mitigation is in force.
    :raises BadRecord: there is a record that is none.
    """
    if not isinstance(facts.get("mitigation"), Mapping):
        raise errors.InvalidOption("facts", "mitigation", "it has to be gathered")
    known = facts["mitigation"].get("record")
    if known is None:
        return {"record": None, "not_yet": [], "remarks": [], "listeners": [], "sysctls": {}, **_chains([], [])}
    record = model_mitigation.parse_record(known)
    listeners, of_listeners = _listeners(record, facts)
    sysctls, of_sysctls = _sysctls(record, facts)
    return {
        "record": record,
        "not_yet": [
            *_still_judged(facts),
            *_would_not_fit(record, facts),
            *_moving(facts),
            *_dropping(record, drops_before, drops_after),
        ],
        "remarks": [*of_listeners, *of_sysctls],
        "listeners": listeners,
        "sysctls": sysctls,
        **_chains(model_mitigation.chained_families(record), drops_after),
    }


# ---------------------------------------------------------------- whether


def _still_judged(facts: Facts) -> Iterator[str]:
    for one in gathered.rows(facts, "findings"):
        own = gathered.part(one, "evidence").get("network_namespace") in (None, namespace_commands.OWN)
        if own and one.get("id") in _FLOODS and one.get("severity") != "info":
            yield "{0} ({1}): {2}".format(one.get("subject"), one.get("id"), one.get("summary"))


def _would_not_fit(record: model_mitigation.Record, facts: Facts) -> Iterator[str]:
    """Listeners whose half-open connections would fill more than half of what they admitted before."""
    kernel = gathered.part(facts, "kernel")
    now = {name: _runtime(facts, name) for name in kernel_sysctls.KEYS}
    then = dict(now, **{name: state["before"] for name, state in record["sysctls"].items()})
    backlogs = {one["inode"]: one["before"] for one in record["listeners"]}
    max_syn_backlog, cookies = then["tcp_max_syn_backlog"], then["tcp_syncookies"]
    for row in gathered.rows(facts, "listeners"):
        used, backlog = model_queues.queues_of(row).syn.used, gathered.number(row.get("backlog"))
        before = backlogs.get(row.get("inode"), backlog)
        if gathered.namespace_of(row) != namespace_commands.OWN or None in (used, before, max_syn_backlog, cookies):
            continue
        if before == backlog and cookies == now["tcp_syncookies"]:
            continue
        level = kernel_level.parse_level(str(kernel.get("stable_level")))
        limits = kernel_limits.queue_limits(level, str(kernel.get("rule")), before, max_syn_backlog, cookies)
        if used > limits.half_open // 2:
            yield "{0}: {1} would fill more than half of the {2} places that it had before".format(
                gathered.subject_of(row), model_text.plural(used, "half-open connection"), limits.half_open
            )


def _moving(facts: Facts) -> Iterator[str]:
    """Counters that grew over the window; with cookies forced they count every SYN, and tell nothing."""
    delta = facts.get("counters_delta")
    if not isinstance(delta, Mapping):
        yield "the counters could not be read twice, so it is not known whether the flood goes on"
        return
    forced = _runtime(facts, "tcp_syncookies") == 2
    moved = {name: gathered.numbers(delta).get(name, 0) for name in _OF_A_FULL_QUEUE}
    told = ["{0} by {1}".format(name, count) for name, count in moved.items() if count > 0]
    if told and not forced:
        yield "within {0} seconds these counters grew: {1}".format(delta.get("seconds"), ", ".join(told))


def _dropping(record: model_mitigation.Record, before: Any, after: Any) -> Iterator[str]:
    """Rules of ours that still drop."""
    first, second = (sum(map(_dropped, outputs or ())) for outputs in (before, after))
    if second > first:
        what = "networks still exceed the limit of SYNs" if record["limited"] else ""
        if record["blocks"] or not what:
            what = "the networks that are dropped still send" + (", or " + what if what else "")
        yield "{0}: {1} meanwhile".format(what, model_text.plural(second - first, "more SYN"))


def _dropped(output: Any) -> int:
    if isinstance(output, int):
        return output
    return sum(map(int, _DROP.findall(str(output))))


# ---------------------------------------------------------------- of the chains


def _chains(versions: List[str], listed: Any) -> Dict[str, List[str]]:
    """What each family's chain is led to by and holds, from what ``iptables -nvxL`` told of it."""
    leads, theirs = [], []
    for version, output in zip(versions, listed or ()):
        head, *rules = str(output).splitlines() or [""]
        known = _REFERENCES.match(head)
        # Two runs at once may each have made a rule that leads there
        leads += [version] * (min(int(known.group(1)), _MOST_LEADS) if known else 0)
        if known:
            theirs += [" ".join(rule.split()[2:]) for rule in rules[1:] if rule.strip() and _OURS not in rule]
    return {"ip_versions": versions, "leads": leads, "theirs": theirs}


# ---------------------------------------------------------------- what


def _listeners(record: model_mitigation.Record, facts: Facts) -> Tuple[List[Dict[str, Any]], List[str]]:
    """The sockets that still have the backlog that was set; one that was opened since has its own."""
    rows = gathered.rows(facts, "listeners")
    there = {row.get("inode"): row for row in rows if gathered.namespace_of(row) == namespace_commands.OWN}
    back, remarks = [], []
    for one in record["listeners"]:
        row = there.get(one["inode"])
        if row is None or (row.get("address"), row.get("port")) != (one["address"], one["port"]):
            continue
        has = row.get("backlog")
        if has == one["set"]:
            place = {name: one[name] for name in ("address", "port", "inode")}
            back.append(dict(place, backlog=one["before"]))
        elif has != one["before"]:
            remarks.append(_left("The backlog of " + gathered.subject_of(row), has, one))
    return back, remarks


def _sysctls(record: model_mitigation.Record, facts: Facts) -> Tuple[Dict[str, int], List[str]]:
    back, remarks = {}, []
    for name, state in sorted(record["sysctls"].items()):
        now = _runtime(facts, name)
        if now == state["set"] and _meant_to_stay(name, record, facts):
            key = kernel_sysctls.KEYS[name].key
            remarks.append("{0} stays {1}: since the mitigation, files set it for the boot too.".format(key, now))
        elif now == state["set"]:
            back[name] = state["before"]
        elif now != state["before"]:
            remarks.append(_left(kernel_sysctls.KEYS[name].key, now, state))
    return back, remarks


def _meant_to_stay(name: str, record: model_mitigation.Record, facts: Facts) -> bool:
    """Whether somebody tuned it for good meanwhile, to the same value."""
    state, before = gathered.part(gathered.part(facts, "sysctls"), name), record["boot"].get(name)
    told = model_mitigation.boot_text(state)
    wanted = record["sysctls"][name]["set"]
    return None not in (before, told) and told != before and gathered.number(state.get("boot")) == wanted


def _left(what: str, now: Any, state: Facts) -> str:
    return (
        "{0} is {1}, neither the {2} of the mitigation nor the {3} before it: somebody changed it since, so it "
        "stays."
    ).format(what, now, state["set"], state["before"])


def _runtime(facts: Facts, name: str) -> Optional[int]:
    return gathered.number(gathered.part(gathered.part(facts, "sysctls"), name).get("runtime"))
