# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""What to do about a flood: which networks to drop, which sysctls to set, which listeners to widen, and why.

A flood from few networks is dropped, with cookies for as long as its entries still hold the queue. What cannot be
dropped, or comes from everywhere, gets cookies and room. Clients that mean well are never dropped.
"""

from __future__ import annotations

import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption, require_range
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.gathered import (
    namespace_of,
    number,
    part,
    rows,
    subject_of,
    text,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.mitigation import (
    Record,
    boot_text,
    empty,
    merge,
    parse_record,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.namespace_commands import OWN
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.networks import (
    Network,
    may_be_dropped,
    overlapping,
    parse_network,
    within,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.verdict import IN_DOUBT as UNDECIDED
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._guard import guard_of

Facts = t.Mapping[str, t.Any]

FEW_NETWORKS = "syn-flood-few-networks"
#: What cookies and room help against, whoever the clients are
STRAINED = ("syn-flood-everywhere", "honest-burst", "lossy-clients", "syn-queue-full", "last-quarter-drops")
STARVED = "accept-queue-overflow"
_CLEAR = frozenset((FEW_NETWORKS, STARVED, *STRAINED)).difference(UNDECIDED)

NOTHING, IN_FORCE, MITIGATE = "nothing", "in_force", "mitigate"

_COMMANDS = {"ipv4": "iptables", "ipv6": "ip6tables"}


class _Work:
    """What is decided, finding by finding."""

    def __init__(self, facts: Facts, wanted: Facts) -> None:
        self.facts, self.gathered = facts, part(facts, "mitigation")
        self.backlog, self.most = _option(wanted, "backlog", 1), _option(wanted, "max_networks", 0)
        self.guard = guard_of(wanted, self.gathered)
        known = self.gathered.get("record")
        self.before: Record | None = None if known is None else parse_record(known)
        self.new = empty()
        self.reasons: list[str] = []
        self.undecided = False

    def tell(self, sentence: str) -> None:
        if sentence not in self.reasons:
            self.reasons.append(sentence)

    def is_taken(self, family: str) -> bool:
        """Whether a chain of our chain's name is somebody else's: restoring would empty and remove it."""
        blocks = self.before["blocks"] if self.before else ()
        return family in (self.gathered.get("chains") or ()) and family not in map(_family_of, blocks)

    @property
    def record(self) -> Record:
        return merge(self.before, self.new)


def mitigation_plan(facts: Facts, wanted: Facts) -> dict[str, t.Any]:
    """What is to be in force, and why.

    ``facts`` is the gathered ``syn_backlog`` of the host's own network namespace, and ``wanted`` has ``allow``,
    ``max_networks``, ``backlog`` and ``connection``; of a second look also ``earlier``, the facts of the first.

    :raises InvalidOption: a variable that cannot be, or facts that do not tell enough.
    """
    for name in ("findings", "sysctls", "listeners", "mitigation"):
        if facts.get(name) is None:
            raise InvalidOption("facts", name, "it has to be gathered")
    work = _Work(facts, wanted)
    found = _of_both_looks(_own(part(wanted, "earlier")), _own(facts))
    starved = {one["subject"] for one in found if one["id"] == STARVED}
    for one in found:
        if one["id"] == STARVED and one["severity"] != "info":
            work.tell("{0} Neither cookies nor a block help, so nothing is done about it.".format(one["summary"]))
        elif one["subject"] in starved or one["severity"] == "info":
            continue
        elif one["id"] == FEW_NETWORKS:
            _against_few(work, one)
        elif one["id"] in STRAINED:
            work.undecided |= one["id"] in UNDECIDED
            _cause(work, one)
            _make_room(work, one)
    return _told(work)


def _of_both_looks(first: list[Facts], second: list[Facts]) -> list[Facts]:
    """What either tells; the second in its own words, and what was undecided gives way to what is clear."""
    clear = any(one["severity"] != "info" and one["id"] in _CLEAR for one in second)
    kept = [one for one in first if not (clear and one["id"] in UNDECIDED)]
    return list({(one["subject"], one["id"]): one for one in [*kept, *second]}.values())


def _told(work: _Work) -> dict[str, t.Any]:
    record = work.record
    if not record["causes"] and work.before is None:
        if not work.reasons:
            work.tell("No SYN queue turns clients away, so nothing is done.")
        return _answer(work, NOTHING, None)
    blocked = [network for network in map(parse_network, (one["network"] for one in record["blocks"])) if network]
    through = [one for one in work.guard.let_through if overlapping(one, blocked)]
    record = merge(record, dict(empty(), passes=sorted(set(map(str, through)))))
    verdict = IN_FORCE if record == work.before else MITIGATE
    if verdict == IN_FORCE:
        work.tell("What can be done is in force since {0}.".format(record["since"]))
    return _answer(work, verdict, record)


def _answer(work: _Work, verdict: str, record: Record | None) -> dict[str, t.Any]:
    told = {"verdict": verdict, "undecided": work.undecided, "reasons": work.reasons, "record": record}
    return {**told, **_actions(record or empty(), work.facts)}


def _actions(record: Record, facts: Facts) -> dict[str, t.Any]:
    """What carries out a record, in the shape that the modules' options have."""
    there = {(row.get("inode"), row.get("address"), row.get("port")) for row in rows(facts, "listeners")}
    widened: dict[tuple[str, int], int] = {}
    for one in record["listeners"]:
        if (one["inode"], one["address"], one["port"]) in there:  # else it was closed since
            place = (one["address"], one["port"])
            widened[place] = max(widened.get(place, 0), one["set"])
    blocks = [dict(one, ip_version=_family(one["network"])) for one in record["blocks"]]
    families = sorted({one["ip_version"] for one in blocks})
    passes = [{"network": one, "ip_version": _family(one)} for one in record["passes"]]
    return {
        "sysctls": {name: state["set"] for name, state in sorted(record["sysctls"].items())},
        "listeners": [
            {"address": address, "port": port, "backlog": backlog} for (address, port), backlog in widened.items()
        ],
        "blocks": blocks,
        "passes": [one for one in passes if one["ip_version"] in families],
        "ip_versions": families,
    }


# ---------------------------------------------------------------- one finding


def _against_few(work: _Work, finding: Facts) -> None:
    """Drop its networks, with cookies meanwhile; cookies and room where one of them cannot be dropped."""
    _cause(work, finding)
    ports = _ports(work, finding)
    told = part(finding, "evidence").get("networks")
    networks = told if isinstance(told, (list, tuple)) else []
    refused = [why for why in (_drop(work, one, ports) for one in networks) if why]
    for why in refused:
        work.tell("{0}: {1}.".format(finding["subject"], why))
    _turn_cookies_on(work)
    if refused or not networks or not ports:
        _make_room(work, finding)


def _drop(work: _Work, told: t.Any, ports: t.Collection[int]) -> str | None:
    """Have a network dropped; or why not."""
    network = parse_network(told)
    if network is None or not may_be_dropped(network):
        return "{0!r:.60} is no network that could be dropped".format(told)
    record = work.record
    known = _each_network(record)
    if not ports:
        return "no port is known on which {0} could be dropped".format(network)
    ports = [port for port in sorted(ports) if not within(network, _each_network(record, port))]
    if ports and network not in known:
        why = work.guard.refuses(network)
        if why:
            return why
        family = "ipv%d" % network.version
        if family not in (work.gathered.get("iptables") or ()):
            return "{0} is not dropped, for there is no {1} on the host".format(network, _COMMANDS[family])
        if work.is_taken(family):
            return (
                "{0} is not dropped, for {1} has a chain SYN_BACKLOG that no record tells of; where it is nobody's, "
                "remove it"
            ).format(network, _COMMANDS[family])
        if len(known) >= work.most:
            return "{0} is not dropped: syn_backlog_mitigate_max_networks is {1}".format(network, work.most)
        work.tell("{0}: {1} is dropped.".format(", ".join("port %d" % port for port in ports), network))
    blocks = [{"network": str(network), "port": port} for port in ports]
    work.new = merge(work.new, dict(empty(), blocks=blocks))
    return None


def _each_network(record: Record, port: int | None = None) -> list[Network]:
    """The networks that a record drops, each once; on one port, or on any."""
    blocks = [block for block in record["blocks"] if port in (None, block["port"])]
    return [one for one in map(parse_network, dict.fromkeys(block["network"] for block in blocks)) if one]


def _turn_cookies_on(work: _Work) -> None:
    now = _runtime(work.facts, "tcp_syncookies")
    if now is None:
        work.tell("net.ipv4.tcp_syncookies cannot be read, so it is left alone.")
    elif now == 0:
        work.tell("Cookies are turned on (net.ipv4.tcp_syncookies = 1), so that a full queue turns nobody away.")
        _set(work, {"tcp_syncookies": {"before": 0, "set": 1}})
    elif now == 2:
        work.tell("net.ipv4.tcp_syncookies is 2, which carries every client already, and stays.")


def _set(work: _Work, sysctls: Facts) -> None:
    told = {name: boot_text(part(part(work.facts, "sysctls"), name)) for name in sysctls}
    boot = {name: text for name, text in told.items() if text is not None}
    work.new = merge(work.new, dict(empty(), sysctls=sysctls, boot=boot))


def _make_room(work: _Work, finding: Facts) -> None:
    """Cookies, and a wider queue for the listeners that it is about."""
    _turn_cookies_on(work)
    narrow = [_listener(row, work.backlog) for row in _meant(work, finding) if _below(row, work.backlog)]
    if not narrow:
        return
    work.tell("{0}: its queue is widened to {1}.".format(finding["subject"], work.backlog))
    sysctls = {}
    now = _runtime(work.facts, "somaxconn")
    if now is not None and now < work.backlog:
        sysctls["somaxconn"] = {"before": now, "set": work.backlog}
    work.new = merge(work.new, dict(empty(), listeners=narrow))
    _set(work, sysctls)


def _cause(work: _Work, finding: Facts) -> None:
    work.tell("{0} ({1}): {2}".format(finding["subject"], finding["id"], finding["summary"]))
    work.new = merge(work.new, dict(empty(), causes=["{0} on {1}".format(finding["id"], finding["subject"])]))


def _listener(row: Facts, backlog: int) -> dict[str, t.Any]:
    found = {name: row.get(name) for name in ("family", "address", "port", "device", "inode")}
    return dict(found, before=row["backlog"], set=backlog)


def _below(row: Facts, backlog: int) -> bool:
    has = number(row.get("backlog"))
    return has is not None and has < backlog


def _meant(work: _Work, finding: Facts) -> list[Facts]:
    """The listeners that a finding is about, and those that share address and port: the kernel gives one queue each."""
    listeners = [row for row in rows(work.facts, "listeners") if namespace_of(row) == OWN]
    evidence = part(finding, "evidence")
    places = {(row.get("address"), row.get("port")) for row in listeners if subject_of(row) == finding["subject"]}
    if not places and evidence.get("port") is not None:
        places = {(evidence.get("address"), evidence.get("port"))}
    return [row for row in listeners if (row.get("address"), row.get("port")) in places]


def _ports(work: _Work, finding: Facts) -> set[int]:
    told = [number(part(finding, "evidence").get("port")), *(number(row.get("port")) for row in _meant(work, finding))]
    return {port for port in told if port is not None and 1 <= port <= 65535}


# ---------------------------------------------------------------- options and facts


def _own(facts: Facts) -> list[Facts]:
    """The findings about the host's own network namespace, with the parts that are needed."""
    found: list[Facts] = []
    for one in rows(facts, "findings"):
        evidence = part(one, "evidence")
        if evidence.get("network_namespace") in (None, OWN):
            texts = {name: text(one, name) or "" for name in ("id", "severity", "subject", "summary")}
            found.append(dict(texts, evidence=evidence))
    return found


def _option(wanted: Facts, name: str, lowest: int) -> int:
    value = int(wanted[name])
    require_range("syn_backlog_mitigate_" + name, value, lowest, 2147483647)
    return value


def _family_of(block: Facts) -> str:
    return _family(block["network"])


def _family(network: str) -> str:
    return "ipv6" if ":" in network else "ipv4"


def _runtime(facts: Facts, name: str) -> int | None:
    return number(part(part(facts, "sysctls"), name).get("runtime"))
