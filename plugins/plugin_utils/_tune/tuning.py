# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""What the role decides: which services to restart, which listeners to raise, and what falls short in the end."""

from __future__ import annotations

import collections
import itertools
import re
import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.amounts import (
    keeping_three_quarters,
    plausible_somaxconn,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._change.plan import satisfied
from ansible_collections.linuxnet.tcp.plugins.module_utils._change.raise_plan import (
    EXACT,
    Listener,
    NotRaised,
    Wanted,
    ask_raise,
    plan_raise,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.binding import APPLICATION
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import part, rows, subject_of
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.networks import parse_network
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.records import ListenSocket
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.units import full_name
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.unix_listener import UnixListener

Facts = t.Mapping[str, t.Any]

_LISTENER_DEFAULTS = {"address": None, "policy": "at_least"}
_KEYS = {"somaxconn": "net.core.somaxconn"}


def tuning_plan(facts: Facts, wanted: Facts, applied: Facts | None = None) -> dict[str, t.Any]:
    """What is left to do once the sysctls are as wanted (or, in check mode, are predicted to be).

    ``facts`` is the gathered ``syn_backlog`` and ``applied`` the result of the module ``syn_backlog``. Gives
    ``restart`` (those of the wanted ``restart_units`` whose listeners are latched), ``ports`` (where those will listen
    again), ``raise`` (those of the wanted ``listeners`` that have another backlog than they are to have) and
    ``remarks`` (sentences about those of the ``restart_units`` that own no listener, or one that keeps less than
    somaxconn allows although nothing restarts them).

    :raises InvalidOption: a listener that cannot be, or two that cannot both be.
    """
    wanted = _with_aliases_followed(wanted, applied or {})
    entries = _entries(wanted)
    latched = _to_restart(entries, wanted, applied or {})
    units = {row["unit"] for row in latched}
    somaxconn = _somaxconn_after(facts, wanted, applied or {})
    sockets = [_socket(row) for row in _rows(facts)]
    return {
        "restart": [name for name in wanted.get("restart_units") or () if full_name(name) in units],
        "ports": sorted({row["port"] for row in latched if row["port"] is not None}),
        "raise": [
            entry for entry, meant in entries if _restarted(meant, facts, units) or _differs(meant, sockets, somaxconn)
        ],
        "remarks": [
            *_nothing_restarts(facts, wanted),
            *_perhaps_latched(entries, _not_settled(facts, applied or {}), _restartable(wanted) - units, somaxconn),
        ],
    }


def shortfalls(facts: Facts, wanted: Facts) -> list[dict[str, t.Any]]:
    """What is not as wanted: sysctls, boot values, and the listeners that were named; [] where all is well."""
    return [*_sysctl_shortfalls(facts, wanted), *_listener_shortfalls(facts, wanted)]


# ---------------------------------------------------------------- restart, raise


def _to_restart(entries: t.Sequence[t.Any], wanted: Facts, applied: Facts) -> list[Facts]:
    """The latched listeners that a restart is the remedy for: of a unit that may be restarted, and not raised live.

    One of which nobody is certain is restarted while the settings change, and not in every run after that: it may ask
    for what it has. And not where it has what nobody ever set somaxconn to, for that is surely what it asked for.
    """
    units = _restartable(wanted)
    return [
        row
        for row in rows(applied, "restart_needed")
        if row["unit"] in units
        and (row.get("certain") is not False or (applied.get("changed") and plausible_somaxconn(row["backlog"] or 0)))
        and not (_named(row) and any(meant.means(_socket(row)) for _entry, meant in entries))
    ]


def _with_aliases_followed(wanted: Facts, applied: Facts) -> Facts:
    """The same with the names of ``restart_units`` that are aliases replaced by those of the units behind them."""
    aliases = applied.get("unit_aliases") or {}
    names = wanted.get("restart_units") or ()
    if not any(full_name(name) in aliases for name in names):
        return wanted
    followed = dict.fromkeys(aliases.get(full_name(name), name) for name in names)
    return dict(wanted, restart_units=list(followed))


def _restartable(wanted: Facts) -> set[str]:
    return {full_name(name) for name in wanted.get("restart_units") or ()}


def _restarted(meant: Wanted, facts: Facts, units: t.Collection[str]) -> bool:
    """Whether a listener is its unit's, and the unit is restarted: it then has what its application asks for."""
    return any(row["unit"] in units and meant.means(_socket(row)) for row in _rows(facts))


def _differs(meant: Wanted, sockets: t.Iterable[Listener], somaxconn: int | None) -> bool:
    try:
        return any(step.changed for step in plan_raise(meant, sockets, somaxconn))
    except NotRaised:
        return True  # the module says why


def _nothing_restarts(facts: Facts, wanted: Facts) -> t.Iterator[str]:
    """Names among the ``restart_units`` that nothing answers to."""
    owning = sorted({row["unit"] for row in _rows(facts) if row["unit"] is not None})
    for unit in sorted(_restartable(wanted).difference(owning)):
        yield (
            "{0} owns no listener here, so it is never restarted. Units that do: {1}."
        ).format(unit, ", ".join(owning) or "none")


def _not_settled(facts: Facts, applied: Facts) -> list[Facts]:
    """The listeners without those of which the module knows that their applications ask for no more, if it ran."""
    listeners = list(filter(_named, rows(facts, "listeners")))
    if applied.get("restart_needed") is None:
        return listeners
    inodes = {row["inode"] for row in rows(applied, "restart_needed")}
    return [row for row in listeners if row["inode"] in inodes]


def _perhaps_latched(
    entries: t.Sequence[t.Any], listeners: t.Iterable[Facts], units: t.Collection[str], somaxconn: int | None
) -> t.Iterator[str]:
    """The listeners of these units that have less than they may, of which nobody knows whether they ask for more."""
    kept: collections.Counter[tuple[str, str]] = collections.Counter()  # the members of a group say the same
    for row in listeners:
        less = row["backlog"] is not None and somaxconn is not None and row["backlog"] < somaxconn
        if less and row["unit"] in units and not any(meant.means(_socket(row)) for _entry, meant in entries):
            text = "{0} of {1} keeps {2} of the {3} that net.core.somaxconn allows".format(
                subject_of(row), row["unit"], row["backlog"], somaxconn
            )
            kept[text, row["remedy"] or ""] += 1
    for (text, remedy), count in kept.items():
        members = " ({0} sockets)".format(count) if count > 1 else ""
        yield "{0}{1}. It was not restarted, for it may be configured so. {2}".format(text, members, remedy).strip()


def _entries(wanted: Facts) -> list[tuple[dict[str, t.Any], Wanted]]:
    """Each listener that is named, with all its options, as given to the module and as the model takes it."""
    listed = [{**_LISTENER_DEFAULTS, **entry} for entry in wanted.get("listeners") or ()]
    asked = [(entry, ask_raise(entry)) for entry in map(_with_numbers, listed)]
    for (_one, first), (_other, second) in itertools.combinations(asked, 2):
        _require_both_possible(first, second)
    return asked


def _with_numbers(entry: Facts) -> dict[str, t.Any]:
    """The same with numbers where templates gave texts.

    :raises InvalidOption: neither a port nor a path says which listener is meant.
    """
    found = {name: value for name, value in entry.items() if name not in ("port", "path") or value is not None}
    if "port" not in found and "path" not in found:
        raise InvalidOption("listeners", str(dict(entry)), "each entry needs a port or a path")
    return {name: int(value) if name in ("port", "backlog") else value for name, value in found.items()}


def _rows(facts: Facts) -> list[Facts]:
    """The listeners of either kind, as far as they say which they are."""
    return [row for row in (*rows(facts, "listeners"), *rows(facts, "unix_listeners")) if _named(row)]


def _named(row: Facts) -> bool:
    """Whether a row says which listener it is of: what has no address can be meant by nobody."""
    if "path" in row:
        return row["path"] is not None
    return row["port"] is not None and parse_network(row["address"]) is not None and "/" not in row["address"]


def _require_both_possible(first: Wanted, second: Wanted) -> None:
    """Else each run would undo what the run before it did.

    :raises InvalidOption: no socket that both mean can have what both ask for.
    """
    place = (first.port, first.path) == (second.port, second.path)
    same = place and (None in (first.address, second.address) or first.address == second.address)
    if not same or (_possible(first, second) and _possible(second, first)):
        return
    texts = [
        "{0} {1} on {2}".format(one.policy, one.backlog, one.path or "{0}:{1}".format(one.address or "*", one.port))
        for one in (first, second)
    ]
    raise InvalidOption("listeners", " and ".join(texts), "the same listener cannot have both: leave one of them out")


def _possible(one: Wanted, other: Wanted) -> bool:
    """Whether what the one asks for exactly, where it does, is what the other asks for too."""
    if one.policy != EXACT:
        return True
    has, goal = _amount(one), _amount(other)
    return has == goal if other.policy == EXACT else has >= goal


def _amount(meant: Wanted) -> float:
    """A backlog to compare; a negative one asks for all that is allowed."""
    return meant.backlog if meant.backlog >= 0 else float("inf")


def _socket(row: Facts) -> Listener:
    """A row of a report, as the record that it was made of."""
    if "path" in row:
        queue = row.get("accept_queue") or {}
        return UnixListener(row["path"], b"", row["type"], row["inode"] or 0, queue.get("used"), row.get("backlog"))
    known = {name: row.get(name) for name in ListenSocket._fields}
    return ListenSocket(**dict(known, family=known["family"] or "", inode=known["inode"] or 0))


def _somaxconn_after(facts: Facts, wanted: Facts, applied: Facts) -> int | None:
    after = (applied.get("after") or {}).get("somaxconn") or {}
    return after["runtime"] if after.get("runtime") is not None else _runtime(facts, wanted, "somaxconn")


# ---------------------------------------------------------------- judge


def _sysctl_shortfalls(facts: Facts, wanted: Facts) -> t.Iterator[dict[str, t.Any]]:
    policy = wanted.get("policy", "exact")
    boots = wanted.get("persist", True) and wanted.get("on_shadowed") != "warn"
    for name, value in (wanted.get("sysctls") or {}).items():
        goal, key = int(value), _KEYS.get(name, "net.ipv4." + name)
        now = _runtime(facts, wanted, name)
        if wanted.get("runtime", True) and not satisfied(policy, goal, now):
            text = "{0} is {1} now, wanted {2}".format(key, _shown(now), _goal(policy, goal))
            yield _shortfall(key, goal, now, name, text)
        state = part(part(facts, "sysctls"), name)
        boot = state.get("boot")
        if boots and wanted.get("network_namespace") is None and not satisfied(policy, goal, boot):
            text = "{0} will be {1} after a reboot ({2}), wanted {3}".format(
                key, _shown(boot), state.get("boot_source") or "source unknown", _goal(policy, goal)
            )
            yield _shortfall(key, goal, boot, name, text)


def _listener_shortfalls(facts: Facts, wanted: Facts) -> t.Iterator[dict[str, t.Any]]:
    for entry, meant in _entries(wanted):
        goal = entry["backlog"]
        if goal < 0:
            goal = _runtime(facts, wanted, "somaxconn")
        found = [row for row in _rows(facts) if meant.means(_socket(row))]
        if not found:
            place = entry.get("path") or "{0}:{1}".format(entry["address"] or "*", entry["port"])
            yield _shortfall(place, goal, None, None, "nothing listens on {0}, wanted {1}".format(place, goal))
        short: dict[tuple[t.Any, ...], list[Facts]] = {}  # the members of a group say the same
        for row in found:
            admits = _admits(row)
            if admits is None or goal is None or admits < goal:
                short.setdefault((subject_of(row), admits, row["bound_by"]), []).append(row)
        for (subject, admits, knob), same in short.items():
            message = _falls_short(same, goal, admits, _runtime(facts, wanted, "somaxconn"))
            yield _shortfall(subject, goal, admits, knob, message)


def _falls_short(same: t.Sequence[Facts], goal: int | None, admits: int | None, somaxconn: int | None) -> str:
    """``same`` are sockets of which all of this is true."""
    row = same[0]
    subject = subject_of(row) + (" ({0} sockets)".format(len(same)) if len(same) > 1 else "")
    if admits is None or goal is None:
        return "{0}: what it admits cannot be read, wanted {1}".format(subject, _shown(goal))
    return "{0} admits {1} of the {2} wanted, {3} short; bound by {4}. {5}".format(
        subject, admits, goal, goal - admits, row["bound_by"] or "an unknown knob", _to_reach(row, goal, somaxconn)
    ).strip()


def _to_reach(row: Facts, goal: int, somaxconn: int | None) -> str:
    """What leads to the goal, by the role's variables where they do; a row's own remedy knows no goal."""
    ways = []
    if somaxconn is not None and somaxconn < goal:
        ways.append(
            "Raise net.core.somaxconn from {0} to {1} (syn_backlog_somaxconn: {1}); the listener can then be raised "
            "without a restart.".format(somaxconn, goal)
        )
    new_peers = None if "path" in row else row["syn_queue"]["new_peer_limit"]
    if new_peers is not None and new_peers < goal:
        ways.append(
            "Set net.ipv4.tcp_syncookies to 1 (syn_backlog_tcp_syncookies: 1), or raise net.ipv4.tcp_max_syn_backlog "
            "to {0} (syn_backlog_tcp_max_syn_backlog: {0}), of which new clients get three quarters.".format(
                keeping_three_quarters(goal)
            )
        )
    remedy = row["remedy"] or ""
    if not ways and row["bound_by"] == APPLICATION and not re.search(r"\b{0}\b".format(goal), remedy):
        ways = [remedy, "To reach what is wanted, it needs {0}.".format(goal)]
    return " ".join(filter(None, ways)) or remedy


def _admits(row: Facts) -> int | None:
    """What a listener's queues admit, as a backlog: the smallest of its limits; None where one is unknown."""
    if "path" in row:
        return row["backlog"]
    queue = row["syn_queue"]
    if row["backlog"] is None or queue["limit"] is None:
        return None
    limits = [row["backlog"], queue["limit"], queue["new_peer_limit"]]
    return min(limit for limit in limits if limit is not None)


def _runtime(facts: Facts, wanted: Facts, name: str) -> int | None:
    """A value in the namespace that is meant; the host's where the kernel keeps it only once."""
    for namespace in rows(facts, "network_namespaces") if wanted.get("network_namespace") is not None else ():
        value: int | None = part(namespace, "sysctls").get(name)
        if value is not None:
            return value
    return part(part(facts, "sysctls"), name).get("runtime")


def _goal(policy: str, goal: int) -> str:
    return "at least {0}".format(goal) if policy == "at_least" else str(goal)


def _shown(value: int | None) -> str:
    return "unknown" if value is None else str(value)


def _shortfall(subject: str, goal: int | None, has: int | None, knob: str | None, message: str) -> dict[str, t.Any]:
    short_by = goal - has if goal is not None and has is not None else None
    return {"subject": subject, "wanted": goal, "has": has, "short_by": short_by, "bound_by": knob, "message": message}
