# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""Whether a mitigation can end, and what of it is put back: what is still as it was set, and nothing else."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import parse_level
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.limits import queue_limits
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sysctls import KEYS
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import (
    namespace_of,
    number,
    numbers,
    part,
    rows,
    subject_of,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.mitigation import Record, boot_text, parse_record
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.namespace_commands import OWN
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.queues import queues_of
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._mitigation import FEW_NETWORKS, STRAINED

Facts = t.Mapping[str, t.Any]

#: They move only while a SYN queue is full, or while cookies are forced
_OF_A_FULL_QUEUE = ("TCPReqQFullDoCookies", "TCPReqQFullDrop", "SyncookiesSent")
_DROP = re.compile(r"^\s*(\d+)\s+\d+\s+DROP\s", re.MULTILINE)
_REFERENCES = re.compile(r"^Chain \S+ \((\d+) references\)")
_OURS = "/* linuxnet.tcp.syn_backlog */"


def restoration_plan(facts: Facts, drops_before: t.Any = (), drops_after: t.Any = ()) -> dict[str, t.Any]:
    """Why the mitigation cannot end yet, and what puts back what was there before it.

    ``facts`` is the gathered ``syn_backlog`` with a window of counters; ``drops_before`` and ``drops_after`` are what
    ``iptables -nvxL`` told of our chain, for each family, before and after that window.

    :raises InvalidOption: nothing tells whether a mitigation is in force.
    :raises BadRecord: there is a record that is none.
    """
    if not isinstance(facts.get("mitigation"), t.Mapping):
        raise InvalidOption("facts", "mitigation", "it has to be gathered")
    known = facts["mitigation"].get("record")
    if known is None:
        return {"record": None, "not_yet": [], "remarks": [], "listeners": [], "sysctls": {}, **_chains([], [])}
    record = parse_record(known)
    listeners, of_listeners = _listeners(record, facts)
    sysctls, of_sysctls = _sysctls(record, facts)
    return {
        "record": record,
        "not_yet": [
            *_still_judged(facts),
            *_would_not_fit(record, facts),
            *_moving(facts),
            *_dropping(drops_before, drops_after),
        ],
        "remarks": [*of_listeners, *of_sysctls],
        "listeners": listeners,
        "sysctls": sysctls,
        **_chains(sorted({"ipv6" if ":" in one["network"] else "ipv4" for one in record["blocks"]}), drops_after),
    }


# ---------------------------------------------------------------- whether


def _still_judged(facts: Facts) -> t.Iterator[str]:
    for one in rows(facts, "findings"):
        own = part(one, "evidence").get("network_namespace") in (None, OWN)
        if own and one.get("id") in (FEW_NETWORKS, *STRAINED) and one.get("severity") != "info":
            yield "{0} ({1}): {2}".format(one.get("subject"), one.get("id"), one.get("summary"))


def _would_not_fit(record: Record, facts: Facts) -> t.Iterator[str]:
    """Listeners whose half-open connections would fill more than half of what they admitted before."""
    kernel = part(facts, "kernel")
    now = {name: _runtime(facts, name) for name in KEYS}
    then = dict(now, **{name: state["before"] for name, state in record["sysctls"].items()})
    backlogs = {one["inode"]: one["before"] for one in record["listeners"]}
    max_syn_backlog, cookies = then["tcp_max_syn_backlog"], then["tcp_syncookies"]
    for row in rows(facts, "listeners"):
        used, backlog = queues_of(row).syn.used, number(row.get("backlog"))
        before = backlogs.get(row.get("inode"), backlog)
        if namespace_of(row) != OWN or None in (used, before, max_syn_backlog, cookies):
            continue
        if before == backlog and cookies == now["tcp_syncookies"]:
            continue
        level = parse_level(str(kernel.get("stable_level")))
        limits = queue_limits(level, str(kernel.get("rule")), before, max_syn_backlog, cookies)
        if used > limits.half_open // 2:
            yield "{0}: {1} half-open connections would fill more than half of the {2} that it admitted before".format(
                subject_of(row), used, limits.half_open
            )


def _moving(facts: Facts) -> t.Iterator[str]:
    """Counters that grew over the window; with cookies forced they count every SYN, and tell nothing."""
    delta = facts.get("counters_delta")
    if not isinstance(delta, t.Mapping):
        yield "the counters could not be read twice, so nothing tells whether it goes on"
        return
    forced = _runtime(facts, "tcp_syncookies") == 2
    moved = {name: numbers(delta).get(name, 0) for name in _OF_A_FULL_QUEUE}
    told = ["{0} by {1}".format(name, count) for name, count in moved.items() if count > 0]
    if told and not forced:
        yield "in {0} seconds the kernel counted {1}".format(delta.get("seconds"), ", ".join(told))


def _dropping(before: t.Any, after: t.Any) -> t.Iterator[str]:
    """Rules of ours that still drop."""
    first, second = (sum(map(_dropped, outputs or ())) for outputs in (before, after))
    if second > first:
        yield "the networks that are dropped still send: {0} more SYNs meanwhile".format(second - first)


def _dropped(output: t.Any) -> int:
    return sum(map(int, _DROP.findall(str(output))))


# ---------------------------------------------------------------- of the chains


def _chains(versions: list[str], listed: t.Any) -> dict[str, list[str]]:
    """What each family's chain is led to by and holds, from what ``iptables -nvxL`` told of it."""
    leads, theirs = [], []
    for version, output in zip(versions, listed or ()):
        head, *rules = str(output).splitlines() or [""]
        known = _REFERENCES.match(head)
        # Two runs at once may each have made a rule that leads there
        leads += [version] * (int(known.group(1)) if known else 0)
        if known:
            theirs += [" ".join(rule.split()[2:]) for rule in rules[1:] if rule.strip() and _OURS not in rule]
    return {"ip_versions": versions, "leads": leads, "theirs": theirs}


# ---------------------------------------------------------------- what


def _listeners(record: Record, facts: Facts) -> tuple[list[dict[str, t.Any]], list[str]]:
    """The sockets that still have the backlog that was set; one that was opened since has its own."""
    there = {row.get("inode"): row for row in rows(facts, "listeners") if namespace_of(row) == OWN}
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
            remarks.append(_left("The backlog of " + subject_of(row), has, one))
    return back, remarks


def _sysctls(record: Record, facts: Facts) -> tuple[dict[str, int], list[str]]:
    back, remarks = {}, []
    for name, state in sorted(record["sysctls"].items()):
        now = _runtime(facts, name)
        if now == state["set"] and _meant_to_stay(name, record, facts):
            remarks.append(
                "{0} stays {1}: files set it for the boot as well since the mitigation.".format(KEYS[name].key, now)
            )
        elif now == state["set"]:
            back[name] = state["before"]
        elif now != state["before"]:
            remarks.append(_left(KEYS[name].key, now, state))
    return back, remarks


def _meant_to_stay(name: str, record: Record, facts: Facts) -> bool:
    """Whether somebody tuned it for good meanwhile, to the same value."""
    state, before = part(part(facts, "sysctls"), name), record["boot"].get(name)
    told = boot_text(state)
    return None not in (before, told) and told != before and number(state.get("boot")) == record["sysctls"][name]["set"]


def _left(what: str, now: t.Any, state: Facts) -> str:
    return (
        "{0} is {1}, neither the {2} of the mitigation nor the {3} before it: somebody changed it since, and it is "
        "left so."
    ).format(what, now, state["set"], state["before"])


def _runtime(facts: Facts, name: str) -> int | None:
    return number(part(part(facts, "sysctls"), name).get("runtime"))
