# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The record of a mitigation in force: what it changed, what was there before, and how two records become one.

A record says what is *meant* to be in force; it is written before anything is changed. Whoever completes a
mitigation does all that its record says, and whoever restores takes back what of it is really there.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from .._kernel import sysctls as kernel_sysctls
from . import networks

SCHEMA = 1
_MOST_ENTRIES = 4096
_LONGEST_TEXT = 1000
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_FAMILIES = ("ipv4", "ipv6")

#: The most SYNs a second that a limit can let through: what hashlimit of iptables knows
MOST_SYNS = 1000000

#: What drops the networks of ``blocks``, and holds each network to ``syn_limit``
NFTABLES, IPTABLES = "nftables", "iptables"

#: Why a record is not of here: what it describes ended, or is somewhere else
ANOTHER_BOOT, ANOTHER_NAMESPACE = "another boot", "another network namespace"
_BOOT_ID = "[0-9a-f-]{32,36}"
#: The first network namespace of a boot lives until the next: its number since Linux 6.17, its cookie up to then
_FIRST_NUMBER, _FIRST_COOKIE = 0xEFFFFFF9, 1

Record = Dict[str, Any]


class Place(NamedTuple):
    """Where and when a record holds; None for what the kernel does not tell."""

    boot_id: Optional[str]
    network_namespace: Optional[int]  # its number, which the kernel gives to another once it is gone
    cookie: Optional[int] = None  # of the network namespace, which no other has until the next boot


class BadRecord(ValueError):
    """It is no record of ours; the text says what is wrong with it."""


def empty() -> Record:
    """A record of nothing; time, namespace and firewall are the host's to fill in."""
    return {
        "schema": SCHEMA,
        "since": None,
        "boot_id": None,
        "network_namespace": None,
        "namespace_cookie": None,
        "causes": [],
        "sysctls": {},
        "boot": {},
        "listeners": [],
        "blocks": [],
        "passes": [],
        "syn_limit": None,
        "limited": [],
        "spared": [],
        "firewall": {},
        "backend": None,
    }


def merge(first: Optional[Mapping[str, Any]], second: Mapping[str, Any]) -> Record:
    """Both in one: what the first says of how things were before holds, and of what is set the larger.

    Of two limits of SYNs a second the second holds, on every port: it is what was asked for last.
    """
    if first is None:
        return merge(empty(), second)
    sysctls = {name: dict(state) for name, state in first["sysctls"].items()}
    for name, state in second["sysctls"].items():
        sysctls[name] = _larger(sysctls.get(name), state)
    listeners = {_socket(one): dict(one) for one in first["listeners"]}
    for one in second["listeners"]:
        listeners[_socket(one)] = _larger(listeners.get(_socket(one)), one)
    return {
        "schema": SCHEMA,
        "since": first["since"] or second["since"],
        **{name: first[name] or second[name] for name in ("boot_id", "network_namespace", "namespace_cookie")},
        "causes": _each_once(first["causes"], second["causes"]),
        "sysctls": sysctls,
        "boot": dict(second["boot"], **first["boot"]),
        "listeners": list(listeners.values()),
        "blocks": _longest("network", first["blocks"], second["blocks"]),
        "passes": _each_once(first["passes"], second["passes"]),
        "syn_limit": second["syn_limit"] or first["syn_limit"],
        "limited": _longest("family", first["limited"], second["limited"]),
        "spared": _each_once(first["spared"], second["spared"]),
        "firewall": dict(second["firewall"], **first["firewall"]),
        "backend": first["backend"] or second["backend"],
    }


def unlapsed(record: Mapping[str, Any], now: str) -> Record:
    """The record without the blocks and limits that have ended by themselves by now."""
    blocks, limited = (
        [one for one in record[name] if "until" not in one or seconds_left(one["until"], now) > 0]
        for name in ("blocks", "limited")
    )
    if not limited:
        return dict(record, blocks=blocks, limited=[], syn_limit=None, spared=[])
    return dict(record, blocks=blocks, limited=limited)


def seconds_left(until: str, now: str) -> int:
    """Seconds from one time to another, both as a record has them; negative where it is over."""
    there, here = (datetime.datetime.strptime(one, _TIME_FORMAT) for one in (until, now))
    return int((there - here).total_seconds())


def later(now: str, seconds: int) -> str:
    """The time so many seconds later."""
    there = datetime.datetime.strptime(now, _TIME_FORMAT) + datetime.timedelta(seconds=seconds)
    return there.strftime(_TIME_FORMAT)


def family_of(network: str) -> str:
    """``ipv4`` or ``ipv6``, of a network as a record has it."""
    return "ipv6" if ":" in network else "ipv4"


def ruled_families(record: Mapping[str, Any]) -> List[str]:
    """The families that a firewall has rules of: of networks that it drops, or of a limit."""
    blocked = {family_of(one["network"]) for one in record["blocks"]}
    return sorted(blocked | {one["family"] for one in record["limited"]})


def chained_families(record: Mapping[str, Any]) -> List[str]:
    """The families that iptables has rules of."""
    return [] if record["backend"] == NFTABLES else ruled_families(record)


def boot_text(state: Mapping[str, Any]) -> Optional[str]:
    """What the next boot makes of a sysctl and which file says so, by its gathered state; None where it is unknown."""
    value, source = state.get("boot"), state.get("boot_source")
    if value is None or not isinstance(source, str):
        return None
    return "{0} {1}".format(value, re.sub(r":\d+$", "", source))  # another line may be put before it


def located(record: Mapping[str, Any], here: Place) -> Record:
    """The record with what it does not say yet of where it holds."""
    return dict(
        record,
        boot_id=record["boot_id"] or here.boot_id,
        network_namespace=record["network_namespace"] or here.network_namespace,
        namespace_cookie=record["namespace_cookie"] or here.cookie,
    )


def elsewhere(record: Mapping[str, Any], here: Place) -> Optional[str]:
    """Why a record is not of here, ANOTHER_BOOT or ANOTHER_NAMESPACE; None where nothing speaks against it."""
    if None not in (record["boot_id"], here.boot_id) and record["boot_id"] != here.boot_id:
        return ANOTHER_BOOT
    if record["network_namespace"] not in (None, here.network_namespace):
        return ANOTHER_NAMESPACE
    if None not in (record["namespace_cookie"], here.cookie) and record["namespace_cookie"] != here.cookie:
        return ANOTHER_NAMESPACE
    return None


def may_live(record: Mapping[str, Any], here: Place, living: Iterable[int]) -> bool:
    """Whether another network namespace's record may be of one that still is there; ``living`` are the numbers seen.

    It is where nothing tells that it was made in this boot, and where it is of the boot's first network namespace,
    which a container with the host's /run does not see.
    """
    if record["boot_id"] is None or record["boot_id"] != here.boot_id:
        return True
    if record["network_namespace"] == _FIRST_NUMBER or record["namespace_cookie"] == _FIRST_COOKIE:
        return True
    return record["network_namespace"] != here.network_namespace and record["network_namespace"] in living


def _larger(before: Optional[Mapping[str, Any]], now: Mapping[str, Any]) -> Dict[str, Any]:
    if before is None:
        return dict(now)
    return dict(before, set=max(before["set"], now["set"]))


def _socket(entry: Mapping[str, Any]) -> Any:
    return entry["inode"], entry["address"], entry["port"]


def _longest(
    name: str, first: Iterable[Mapping[str, Any]], second: Iterable[Mapping[str, Any]]
) -> List[Dict[str, Any]]:
    """What is named so on a port, each once, with the later of its ends; one that has none keeps none."""
    found: Dict[Any, Dict[str, Any]] = {}
    for one in (*first, *second):
        key = one[name], one["port"]
        known = found.setdefault(key, dict(one))
        if "until" in known and "until" in one:
            known["until"] = max(known["until"], one["until"])
    return list(found.values())


def _each_once(first: Iterable[str], second: Iterable[str]) -> List[str]:
    return list(dict.fromkeys([*first, *second]))


# ---------------------------------------------------------------- what a file or an option holds


def parse_record(data: Any) -> Record:
    """The record, every part of it checked, and nothing beside it.

    :raises BadRecord: it is none.
    """
    found = _mapping(data, "the record")
    if found.get("schema") != SCHEMA:
        raise BadRecord("schema {0!r:.40} is not {1}".format(found.get("schema"), SCHEMA))
    unknown = sorted(set(map(str, found)) - set(empty()))
    if unknown:
        raise BadRecord("{0!r:.40} is not part of a record".format(unknown[0]))
    whole = dict(empty(), **found)
    since, boot_id = whole["since"], whole["boot_id"]
    if whole["limited"] and whole["syn_limit"] is None:
        raise BadRecord("limited: syn_limit is missing")
    return {
        "schema": SCHEMA,
        "since": None if since is None else _time(since),
        "boot_id": None if boot_id is None else _boot_id(boot_id),
        "network_namespace": _number(whole["network_namespace"]),
        "namespace_cookie": _number(whole["namespace_cookie"]),
        "causes": [_text(one, "causes") for one in _list(whole["causes"], "causes")],
        "sysctls": {_sysctl(name): _change(state) for name, state in _mapping(whole["sysctls"], "sysctls").items()},
        "boot": {_sysctl(name): _text(one, "boot") for name, one in _mapping(whole["boot"], "boot").items()},
        "listeners": [_listener(one) for one in _list(whole["listeners"], "listeners")],
        "blocks": [_block(one) for one in _list(whole["blocks"], "blocks")],
        "passes": [str(_network(one)) for one in _list(whole["passes"], "passes")],
        "syn_limit": None if whole["syn_limit"] is None else _integer(whole["syn_limit"], 1, MOST_SYNS),
        "limited": [_limited(one) for one in _list(whole["limited"], "limited")],
        "spared": [str(_network(one)) for one in _list(whole["spared"], "spared")],
        "firewall": {_family(one): _base(had) for one, had in _mapping(whole["firewall"], "firewall").items()},
        "backend": _backend(whole["backend"]),
    }


def _sysctl(name: Any) -> str:
    if name not in kernel_sysctls.KEYS:
        raise BadRecord("sysctls: {0!r:.40} is not a known setting".format(name))
    return str(name)


def _change(state: Any) -> Dict[str, int]:
    found = _exactly(state, ("before", "set"))
    return {name: _integer(found[name], kernel_sysctls.INT_MIN, kernel_sysctls.INT_MAX) for name in ("before", "set")}


def _listener(entry: Any) -> Dict[str, Any]:
    found = _exactly(entry, ("family", "address", "port", "device", "inode", "before", "set"))
    address = networks.parse_network(found["address"])
    if address is None or address.num_addresses != 1 or "/" in found["address"]:
        raise BadRecord("listeners: {0!r:.60} is no address".format(found["address"]))
    return {
        "family": _family(found["family"]),
        "address": found["address"],
        "port": _integer(found["port"], 1, 65535),
        "device": None if found["device"] is None else _text(found["device"], "device"),
        "inode": _integer(found["inode"], 0, 2**64),
        "before": _integer(found["before"], 0, 2**32),
        "set": _integer(found["set"], 0, 2**32),
    }


def _limited(entry: Any) -> Dict[str, Any]:
    found, end = _ending(entry, ("family", "port"))
    return {"family": _family(found["family"]), "port": _integer(found["port"], 1, 65535), **end}


def _ending(entry: Any, names: Iterable[str]) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """What has exactly these parts, and apart from it the end that it may have."""
    told = _mapping(entry, "an entry")
    end = {"until": _time(told["until"])} if "until" in told else {}
    return _exactly({name: value for name, value in told.items() if name != "until"}, names), end


def _block(entry: Any) -> Dict[str, Any]:
    found, end = _ending(entry, ("network", "port"))
    network = _network(found["network"])
    if not networks.may_be_dropped(network):
        raise BadRecord("blocks: {0} is too large to be dropped".format(network))
    return {"network": str(network), "port": _integer(found["port"], 1, 65535), **end}


def _backend(told: Any) -> Optional[str]:
    if told not in (None, NFTABLES, IPTABLES):
        raise BadRecord("backend: {0!r:.40} is not a known backend".format(told))
    return None if told is None else str(told)


def _base(had: Any) -> Dict[str, bool]:
    found = _exactly(had, ("table", "input"))
    if not all(isinstance(value, bool) for value in found.values()):
        raise BadRecord("firewall: true or false is expected")
    return dict(found)


def _network(told: Any) -> networks.Network:
    network = networks.parse_network(told)
    if network is None:
        raise BadRecord("{0!r:.60} is no network".format(told))
    return network


def _family(told: Any) -> str:
    if told not in _FAMILIES:
        raise BadRecord("{0!r:.40} is no address family".format(told))
    return str(told)


def _time(told: Any) -> str:
    if not isinstance(told, str) or not re.fullmatch(_TIME, told):
        raise BadRecord("{0!r:.40} is no time".format(told))
    try:
        datetime.datetime.strptime(told, _TIME_FORMAT)
    except ValueError:
        raise BadRecord("{0!r:.40} is no time".format(told)) from None
    return told


def _boot_id(told: Any) -> str:
    if not isinstance(told, str) or not re.fullmatch(_BOOT_ID, told):
        raise BadRecord("boot_id: {0!r:.40} is not a boot id".format(told))
    return told


def _number(told: Any) -> Optional[int]:
    return None if told is None else _integer(told, 0, 2**64)


def _text(told: Any, name: str) -> str:
    if not isinstance(told, str) or not told.isprintable() or len(told) > _LONGEST_TEXT:
        raise BadRecord("{0}: {1!r:.40} is no text".format(name, told))
    return told


def _integer(told: Any, lowest: int, highest: int) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or not lowest <= told <= highest:
        raise BadRecord("{0!r:.40} is no number from {1} to {2}".format(told, lowest, highest))
    return told


def _list(told: Any, name: str) -> List[Any]:
    return _sized(told, list, name)


def _mapping(told: Any, name: str) -> Dict[str, Any]:
    return _sized(told, dict, name)


def _sized(told: Any, kind: Callable[..., Any], name: str) -> Any:
    if not isinstance(told, kind):  # type: ignore[arg-type]
        raise BadRecord("{0}: {1!r:.40} is not what belongs there".format(name, told))
    if len(told) > _MOST_ENTRIES:
        raise BadRecord("{0}: more than {1} entries".format(name, _MOST_ENTRIES))
    return told


def _exactly(told: Any, names: Iterable[str]) -> Dict[str, Any]:
    found = _mapping(told, "an entry")
    if set(found) != set(names):
        raise BadRecord("{0!r:.80} does not have {1}".format(found, ", ".join(names)))
    return found
