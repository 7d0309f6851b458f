# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The finding that a mitigation is in force: what is changed for the time being, and how it ends."""

from __future__ import annotations

from typing import Any, Iterator, List, Mapping

from .._kernel import sysctls
from .._model import gathered, mitigation, namespace_commands, text
from . import finding, observed

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


def in_force(host: observed.Host) -> Iterator[finding.Finding]:
    """The role's mitigate has changed something, and restore has not put it back yet."""
    record = host.mitigation
    if not record:
        return
    changes = [*_sysctls(host), *_listeners(record), *_blocks(record), *_limits(record)]
    yield finding.Finding(
        finding.INFO,
        namespace_commands.OWN,
        "A mitigation has been in force since {0}{1}: {2}.{3}".format(
            gathered.text(record, "since") or "a time that is not known",
            _age(host),
            ", ".join(changes) or "nothing was changed yet",
            _ending(record),
        ),
        {
            "since": gathered.text(record, "since"),
            "causes": _causes(record),
            "sysctls": {name: dict(state) for name, state in host.mitigated.items()},
            "listeners": [dict(one) for one in gathered.rows(record, "listeners")],
            "blocks": [dict(one) for one in gathered.rows(record, "blocks")],
            "syn_limit": gathered.number(record.get("syn_limit")),
            "limited": [dict(one) for one in gathered.rows(record, "limited")],
        },
        "Once the flood is over: `ansible-playbook linuxnet.tcp.restore -e restore_hosts=HOST`. It puts back what was "
        "there before, and refuses while there are signs of the flood. A reboot ends it too.",
    )


def _age(host: observed.Host) -> str:
    """How long that is, where it is known; empty where not."""
    since = gathered.text(host.mitigation, "since")
    if since is None or host.now is None:
        return ""
    try:
        seconds = mitigation.seconds_left(host.now, since)
    except ValueError:
        return ""
    if seconds < 0:
        return ""
    unit, length = next((one for one in _UNITS if seconds >= 2 * one[1]), ("second", 1))
    return ", for {0}".format(text.plural(int(seconds // length), unit))


def _ending(record: Mapping[str, Any]) -> str:
    """How what is dropped ends."""
    blocks, limited = gathered.rows(record, "blocks"), gathered.rows(record, "limited")
    if not blocks and not limited:
        return ""
    what = "block" if blocks else "limit"
    ends = [gathered.text(one, "until") for one in [*blocks, *limited]]
    if None in ends:
        told = " With iptables no {0} ends by itself.".format(what)
        return told if record.get("backend") == mitigation.IPTABLES else ""
    return " The last {0} ends by itself at {1}, unless a further run renews it.".format(what, max(filter(None, ends)))


def _causes(record: Mapping[str, Any]) -> List[Any]:
    causes = record.get("causes")
    return list(causes) if isinstance(causes, (list, tuple)) else []


def _sysctls(host: observed.Host) -> List[str]:
    return [
        "{0} {1} instead of {2}".format(sysctls.KEYS[name].key, state.get("set"), state.get("before"))
        for name, state in sorted(host.mitigated.items())
        if name in sysctls.KEYS
    ]


def _listeners(record: Mapping[str, Any]) -> List[str]:
    found = ["{0} widened from {1} to {2}".format(gathered.subject_of(one), one.get("before"), one.get("set"))
             for one in gathered.rows(record, "listeners")]  # fmt: skip
    return list(dict.fromkeys(found))  # the members of a group say the same


def _blocks(record: Mapping[str, Any]) -> List[str]:
    ports = {gathered.number(one.get("port")) for one in gathered.rows(record, "blocks")} - {None}
    networks = {gathered.text(one, "network") for one in gathered.rows(record, "blocks")} - {None}
    if not networks:
        return []
    named = ", ".join(str(port) for port in sorted(filter(None, ports)))
    return ["{0} network{1} dropped on port {2}".format(len(networks), "" if len(networks) == 1 else "s", named)]


def _limits(record: Mapping[str, Any]) -> List[str]:
    ports = sorted({gathered.number(one.get("port")) or 0 for one in gathered.rows(record, "limited")} - {0})
    rate = gathered.number(record.get("syn_limit"))
    if not ports or rate is None:
        return []
    told = "each network limited to {0} SYN{1} a second on port {2}"
    return [told.format(rate, "" if rate == 1 else "s", ", ".join(map(str, ports)))]
