# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What to do about a flood: which networks to drop, which sysctls to set, which listeners to widen, and why.

A flood from few networks is dropped, with cookies for as long as its entries still hold the queue. What cannot be
dropped, or comes from everywhere, gets cookies and room, and a limit of SYNs a second for each network where that is
asked for. Clients that mean well are never dropped.
"""

from __future__ import annotations

from typing import Any, Collection, Dict, List, Mapping, Optional, Set, Tuple

from .._model import errors, gathered, namespace_commands
from .._model import mitigation as model_mitigation
from .._model import networks as model_networks
from .._model import verdict as model_verdict
from . import backends
from . import guard as change_guard

Facts = Mapping[str, Any]

FEW_NETWORKS, EVERYWHERE = "syn-flood-few-networks", "syn-flood-everywhere"
#: What cookies and room help against, whoever the clients are
STRAINED = (EVERYWHERE, "honest-burst", "lossy-clients", "syn-queue-full", "last-quarter-drops")
STARVED = "accept-queue-overflow"
_CLEAR = frozenset((FEW_NETWORKS, STARVED, *STRAINED)).difference(model_verdict.IN_DOUBT)

NOTHING, IN_FORCE, MITIGATE = "nothing", "in_force", "mitigate"

_COMMANDS = {"ipv4": "iptables", "ipv6": "ip6tables"}


class _Work:
    """What is decided, finding by finding."""

    def __init__(self, facts: Facts, wanted: Facts) -> None:
        self.facts, self.gathered = facts, gathered.part(facts, "mitigation")
        self.backlog, self.most = _option(wanted, "backlog", 1), _option(wanted, "max_networks", 0)
        self.lifetime, self.syn_limit = backends.lifetime(wanted), backends.syn_limit(wanted)
        self.guard = change_guard.guard_of(wanted, self.gathered)
        known = self.gathered.get("record")
        self.before: Optional[model_mitigation.Record] = None if known is None else model_mitigation.parse_record(known)
        self.new = model_mitigation.empty()
        self.backend, self.no_backend = backends.backend_of(wanted, self.gathered, self.before)
        self.drops_established = wanted.get("established") == "drop"
        self.reasons: List[str] = []
        self.undecided = False

    def tell(self, sentence: str) -> None:
        if sentence not in self.reasons:
            self.reasons.append(sentence)

    def is_taken(self, family: str) -> bool:
        """Whether a chain of our chain's name is somebody else's: restoring would empty and remove it."""
        ours = model_mitigation.ruled_families(self.before) if self.before else ()
        return family in (self.gathered.get("chains") or ()) and family not in ours

    @property
    def until(self) -> Dict[str, str]:
        """What a block has to say of its end; nothing with iptables, whose rules have none."""
        now = gathered.text(self.gathered, "now")
        if self.backend != model_mitigation.NFTABLES or now is None:
            return {}
        return {"until": model_mitigation.later(now, self.lifetime)}

    @property
    def record(self) -> model_mitigation.Record:
        return model_mitigation.merge(self.before, self.new)


def mitigation_plan(facts: Facts, wanted: Facts) -> Dict[str, Any]:
    """What is to be in force, and why.

    ``facts`` is the gathered ``syn_backlog`` of the host's own network namespace, and ``wanted`` has ``allow``,
    ``max_networks``, ``backlog`` and ``connection``, and may have ``backend``, ``block_lifetime``, ``syn_limit`` and
    ``established``; of a second look also ``earlier``, the facts of the first.

    :raises InvalidOption: a variable that cannot be, or facts that do not tell enough.
    """
    for name in ("findings", "sysctls", "listeners", "mitigation"):
        if facts.get(name) is None:
            raise errors.InvalidOption("facts", name, "it has to be gathered")
    work = _Work(facts, wanted)
    found = _of_both_looks(_own(gathered.part(wanted, "earlier")), _own(facts))
    starved = {one["subject"] for one in found if one["id"] == STARVED}
    for one in found:
        if one["id"] == STARVED and one["severity"] != "info":
            work.tell("{0} SYN cookies and blocks do not help here, so nothing is changed.".format(one["summary"]))
        elif one["subject"] in starved or one["severity"] == "info":
            continue
        elif one["id"] == FEW_NETWORKS:
            _against_few(work, one)
        elif one["id"] in STRAINED:
            work.undecided |= one["id"] in model_verdict.IN_DOUBT
            _cause(work, one)
            _make_room(work, one)
            if one["id"] == EVERYWHERE:
                _limit(work, one)
    _renew(work)
    return _told(work)


def _of_both_looks(first: List[Facts], second: List[Facts]) -> List[Facts]:
    """What either tells; the second in its own words, and what was undecided gives way to what is clear."""
    clear = any(one["severity"] != "info" and one["id"] in _CLEAR for one in second)
    kept = [one for one in first if not (clear and one["id"] in model_verdict.IN_DOUBT)]
    return list({(one["subject"], one["id"]): one for one in [*kept, *second]}.values())


def _told(work: _Work) -> Dict[str, Any]:
    record = work.record
    if not record["causes"] and work.before is None:
        if not work.reasons:
            work.tell("No SYN queue turns clients away, so nothing is changed.")
        return _answer(work, NOTHING, None)
    blocked = _each_network(record)
    through = [one for one in work.guard.let_through if model_networks.overlapping(one, blocked)]
    record = model_mitigation.merge(record, dict(model_mitigation.empty(), passes=sorted(set(map(str, through)))))
    record = model_mitigation.merge(record, dict(model_mitigation.empty(), spared=_spared(work)))
    verdict = IN_FORCE if record == work.before else MITIGATE
    if verdict == IN_FORCE:
        work.tell("What can be done is in force since {0}.".format(record["since"]))
    return _answer(work, verdict, record)


def _answer(work: _Work, verdict: str, record: Optional[model_mitigation.Record]) -> Dict[str, Any]:
    told = {"verdict": verdict, "undecided": work.undecided, "reasons": work.reasons, "record": record}
    return {**told, **_actions(record or model_mitigation.empty(), work.facts)}


def _actions(record: model_mitigation.Record, facts: Facts) -> Dict[str, Any]:
    """What carries out a record, in the shape that the modules' options have."""
    there = {(row.get("inode"), row.get("address"), row.get("port")) for row in gathered.rows(facts, "listeners")}
    widened: Dict[Tuple[str, int], int] = {}
    for one in record["listeners"]:
        if (one["inode"], one["address"], one["port"]) in there:  # else it was closed since
            place = (one["address"], one["port"])
            widened[place] = max(widened.get(place, 0), one["set"])
    blocks = [dict(one, ip_version=model_mitigation.family_of(one["network"])) for one in record["blocks"]]
    families = sorted({one["ip_version"] for one in blocks})
    passes = [{"network": one, "ip_version": model_mitigation.family_of(one)} for one in record["passes"]]
    return {
        "sysctls": {name: state["set"] for name, state in sorted(record["sysctls"].items())},
        "listeners": [
            {"address": address, "port": port, "backlog": backlog} for (address, port), backlog in widened.items()
        ],
        "blocks": blocks,
        "passes": [one for one in passes if one["ip_version"] in families],
        "ip_versions": families,
        "limits": [
            {"ip_version": one["family"], "port": one["port"], "rate": record["syn_limit"]} for one in record["limited"]
        ],
        "backend": record["backend"],
    }


# ---------------------------------------------------------------- one finding


def _against_few(work: _Work, finding: Facts) -> None:
    """Drop its networks, with cookies meanwhile; cookies and room where one of them cannot be dropped."""
    _cause(work, finding)
    ports = _ports(work, finding)
    told = gathered.part(finding, "evidence").get("networks")
    networks = told if isinstance(told, (list, tuple)) else []
    refused = [why for why in (_drop(work, one, ports) for one in networks) if why]
    for why in refused:
        work.tell("{0}: {1}.".format(finding["subject"], why))
    _turn_cookies_on(work)
    if refused or not networks or not ports:
        _make_room(work, finding)
        _limit(work, finding)


def _drop(work: _Work, told: Any, ports: Collection[int]) -> Optional[str]:
    """Have a network dropped; or why not."""
    network = model_networks.parse_network(told)
    if network is None or not model_networks.may_be_dropped(network):
        return "{0!r:.60} is no network that could be dropped".format(told)
    record = work.record
    known = _each_network(record)
    if not ports:
        return "no port is known on which {0} could be dropped".format(network)
    ports = [port for port in sorted(ports) if not model_networks.within(network, _each_network(record, port))]
    if ports and network not in known:
        why = work.guard.refuses(network) or _connected(work, network, ports)
        if why:
            return why
        unable = _unable(work, "ipv%d" % network.version)
        if unable:
            return "{0} is not dropped: {1}".format(network, unable)
        if len(known) >= work.most:
            return "{0} is not dropped: syn_backlog_mitigate_max_networks is {1}".format(network, work.most)
        work.tell("{0}: {1} is dropped.".format(", ".join("port %d" % port for port in ports), network))
        work.tell(backends.ending(work.backend, work.lifetime))
    if ports:
        blocks = [{"network": str(network), "port": port, **work.until} for port in ports]
        changed = dict(model_mitigation.empty(), blocks=blocks, backend=work.backend)
        work.new = model_mitigation.merge(work.new, changed)
    return None


def _connected(work: _Work, network: model_networks.Network, ports: Collection[int]) -> Optional[str]:
    """Why a network is not dropped that has clients in it; told even where it is, for they may come again."""
    count = sum(gathered.number(one.get("count")) or 0 for one in gathered.rows(work.gathered, "established")
                if one.get("port") in ports and _is_client(work, network, one))  # fmt: skip
    if not count:
        return None
    told = "{0} has {1} established connection{2} to this port".format(network, count, "" if count == 1 else "s")
    if not work.drops_established:
        return told + ", so it is not dropped; syn_backlog_mitigate_established=drop would drop it all the same"
    work.tell(told + ", which stay, and new ones from there are dropped.")
    return None


def _is_client(work: _Work, network: model_networks.Network, peer: Facts) -> bool:
    """Whether a peer is in the network, and not let through anyway."""
    address = model_networks.parse_network(peer.get("address"))
    if address is None or not model_networks.within(address, [network]):
        return False
    return not model_networks.within(address, work.guard.let_through)


def _unable(work: _Work, family: str) -> Optional[str]:
    """Why the host's firewall cannot drop anything of a family."""
    if work.backend == model_mitigation.NFTABLES:
        return None
    if work.backend is None:
        return work.no_backend
    if family not in (work.gathered.get("iptables") or ()):
        return "there is no {0} on the host".format(_COMMANDS[family])
    if work.is_taken(family):
        return "{0} has a chain SYN_BACKLOG that no record tells of; if nobody uses it, remove it".format(
            _COMMANDS[family]
        )
    return None


def _limit(work: _Work, finding: Facts) -> None:
    """Hold each network to so many SYNs a second on the ports of a flood whose networks are not dropped."""
    if not work.syn_limit:
        return
    ports = _ports(work, finding)
    families = _families(work, finding)
    why = [work.guard.nobody or ("" if ports else "no port is known on which SYNs could be limited")]
    why += [_unable(work, family) or "" for family in families]
    families = [family for family, unable in zip(families, why[1:]) if not unable and not why[0]]
    for one in filter(None, why):
        work.tell("{0}: no limit of SYNs is set: {1}.".format(finding["subject"], one))
    record, now = work.record, work.gathered.get("now")
    known = {(one["family"], one["port"]): one for one in record["limited"]}
    places = [(family, port) for family in families for port in sorted(ports)]
    fresh = [one for one in places if one not in known or backends.due(known[one], now, work.lifetime)]
    if not places or (not fresh and record["syn_limit"] == work.syn_limit):
        return
    work.tell(
        "{0}: each network (a /24, of IPv6 a /64) may send {1} SYN{2} a second to port {3}; what is more is "
        "dropped.".format(finding["subject"], work.syn_limit, "" if work.syn_limit == 1 else "s",
                          ", ".join(map(str, sorted(ports))))
    )  # fmt: skip
    work.tell(backends.ending(work.backend, work.lifetime))
    limited = [{"family": family, "port": port, **work.until} for family, port in fresh]
    changed = dict(model_mitigation.empty(), syn_limit=work.syn_limit, limited=limited, backend=work.backend)
    work.new = model_mitigation.merge(work.new, changed)


def _families(work: _Work, finding: Facts) -> List[str]:
    """The families of the clients that come to what a finding is about."""
    addresses = [gathered.part(finding, "evidence").get("address")]
    addresses += [row.get("address") for row in _meant(work, finding)]
    found = set()
    for address in filter(None, map(model_networks.parse_network, addresses)):
        mapped = getattr(address.network_address, "ipv4_mapped", None)
        found |= {"ipv4"} if address.version == 4 or mapped else {"ipv6"}
        if address.version == 6 and not int(address.network_address):
            found.add("ipv4")  # a socket of :: takes both, unless it was told otherwise
    return sorted(found)


def _spared(work: _Work) -> List[str]:
    """Whom a limit does not hold for: who is never dropped and, as it is made, networks with clients on its ports."""
    families = {one["family"] for one in work.record["limited"]}
    told = list(work.guard.let_through)
    if work.new["limited"] and not work.drops_established:
        ports = {one["port"] for one in work.record["limited"]}
        peers = [one for one in gathered.rows(work.gathered, "connected") if one.get("port") in ports]
        clients = [model_networks.parse_network(one.get("address")) for one in peers]
        told += [model_networks.rolled_up(one) for one in clients if one is not None]
    return sorted({str(one) for one in told if "ipv%d" % one.version in families})


def _renew(work: _Work) -> None:
    """Networks that still send stay dropped for longer; others end when their time is over."""
    rows = gathered.rows(work.gathered, "sending")
    sending = {(one.get("network", one.get("family")), one.get("port")) for one in rows}
    for block in work.before["blocks"] if work.before else ():
        due = backends.due(block, work.gathered.get("now"), work.lifetime)
        if due and (block["network"], block["port"]) in sending:
            told = "port {0}: {1} still sends, so it stays dropped for longer."
            work.tell(told.format(block["port"], block["network"]))
            renewed = dict(model_mitigation.empty(), blocks=[{**block, **work.until}])
            work.new = model_mitigation.merge(work.new, renewed)
    for limit in work.before["limited"] if work.before else ():
        due = backends.due(limit, work.gathered.get("now"), work.lifetime)
        if due and (limit["family"], limit["port"]) in sending:
            work.tell("port {0}: its limit of SYNs still drops some, so it holds for longer.".format(limit["port"]))
            renewed = dict(model_mitigation.empty(), limited=[{**limit, **work.until}])
            work.new = model_mitigation.merge(work.new, renewed)


def _each_network(record: model_mitigation.Record, port: Optional[int] = None) -> List[model_networks.Network]:
    """The networks that a record drops, each once; on one port, or on any."""
    blocks = [block for block in record["blocks"] if port in (None, block["port"])]
    told = dict.fromkeys(block["network"] for block in blocks)
    return [one for one in map(model_networks.parse_network, told) if one]


def _turn_cookies_on(work: _Work) -> None:
    now = _runtime(work.facts, "tcp_syncookies")
    if now is None:
        work.tell("net.ipv4.tcp_syncookies cannot be read, so it is left alone.")
    elif now == 0:
        work.tell("Cookies are turned on (net.ipv4.tcp_syncookies = 1), so that a full queue turns nobody away.")
        _set(work, {"tcp_syncookies": {"before": 0, "set": 1}})
    elif now == 2:
        work.tell("net.ipv4.tcp_syncookies is 2, which lets every client in already, and stays.")


def _set(work: _Work, sysctls: Facts) -> None:
    states = gathered.part(work.facts, "sysctls")
    told = {name: model_mitigation.boot_text(gathered.part(states, name)) for name in sysctls}
    boot = {name: text for name, text in told.items() if text is not None}
    work.new = model_mitigation.merge(work.new, dict(model_mitigation.empty(), sysctls=sysctls, boot=boot))


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
    work.new = model_mitigation.merge(work.new, dict(model_mitigation.empty(), listeners=narrow))
    _set(work, sysctls)


def _cause(work: _Work, finding: Facts) -> None:
    work.tell("{0} ({1}): {2}".format(finding["subject"], finding["id"], finding["summary"]))
    causes = ["{0} on {1}".format(finding["id"], finding["subject"])]
    work.new = model_mitigation.merge(work.new, dict(model_mitigation.empty(), causes=causes))


def _listener(row: Facts, backlog: int) -> Dict[str, Any]:
    found = {name: row.get(name) for name in ("family", "address", "port", "device", "inode")}
    return dict(found, before=row["backlog"], set=backlog)


def _below(row: Facts, backlog: int) -> bool:
    has = gathered.number(row.get("backlog"))
    return has is not None and has < backlog


def _meant(work: _Work, finding: Facts) -> List[Facts]:
    """The listeners that a finding is about, and those that share address and port: the kernel gives one queue each."""
    rows = gathered.rows(work.facts, "listeners")
    listeners = [row for row in rows if gathered.namespace_of(row) == namespace_commands.OWN]
    evidence = gathered.part(finding, "evidence")
    meant = [row for row in listeners if gathered.subject_of(row) == finding["subject"]]
    places = {(row.get("address"), row.get("port")) for row in meant}
    if not places and evidence.get("port") is not None:
        places = {(evidence.get("address"), evidence.get("port"))}
    return [row for row in listeners if (row.get("address"), row.get("port")) in places]


def _ports(work: _Work, finding: Facts) -> Set[int]:
    told = [gathered.part(finding, "evidence").get("port"), *(row.get("port") for row in _meant(work, finding))]
    return {port for port in map(gathered.number, told) if port is not None and 1 <= port <= 65535}


# ---------------------------------------------------------------- options and facts


def _own(facts: Facts) -> List[Facts]:
    """The findings about the host's own network namespace, with the parts that are needed."""
    found: List[Facts] = []
    for one in gathered.rows(facts, "findings"):
        evidence = gathered.part(one, "evidence")
        if evidence.get("network_namespace") in (None, namespace_commands.OWN):
            texts = {name: gathered.text(one, name) or "" for name in ("id", "severity", "subject", "summary")}
            found.append(dict(texts, evidence=evidence))
    return found


def _option(wanted: Facts, name: str, lowest: int) -> int:
    value = int(wanted[name])
    errors.require_range("syn_backlog_mitigate_" + name, value, lowest, 2147483647)
    return value


def _runtime(facts: Facts, name: str) -> Optional[int]:
    return gathered.number(gathered.part(gathered.part(facts, "sysctls"), name).get("runtime"))
