# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The verdict: what the gathered facts mean, worst first.

Every kind of finding is one small function over a :class:`~.observed.Host`; its
page is docs/findings/<id>.md. To add one, write the function, give it an id
below, in the order of importance, and write its page. The rooms of the rules are
opened only where `signs` shows that there is something to tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from .signs import BOOT, COSTS, COUNTERS, FLOODS, LISTENERS, MITIGATION, NAMESPACES, REPORTS, SETTINGS, signs

if TYPE_CHECKING:
    from .finding import Finding
    from .observed import Host

    Rule = Callable[[Any], Iterator[Finding]]  # over a Host; those of REPORTS over the facts

#: id, room and function; of equal severity, what comes first here is told first. Where the same thing shows on a
#: listener and, with no listener to blame, in the counters, both rules have its id
RULES: Tuple[Tuple[str, str, str], ...] = (
    ("accept-queue-overflow", LISTENERS, "accept_queue_full"),
    ("syn-flood-few-networks", FLOODS, "few_networks"),
    ("syn-flood-everywhere", FLOODS, "everywhere"),
    ("honest-burst", FLOODS, "honest_burst"),
    ("lossy-clients", FLOODS, "lossy_clients"),
    ("last-quarter-drops", LISTENERS, "new_peers_turned_away"),
    ("syn-queue-full", LISTENERS, "syn_queue_full"),
    ("last-quarter-drops", COUNTERS, "last_quarter_drops"),
    ("accept-queue-overflow", COUNTERS, "accept_queue_overflowed"),
    ("syn-queue-full", COUNTERS, "syn_queue_overflowed"),
    ("syn-flood-reported", LISTENERS, "flood_reported"),
    ("syn-flood-reported", REPORTS, "reported_elsewhere"),
    ("listener-latched", LISTENERS, "latched"),
    ("listener-bound-by-application", LISTENERS, "bound_by_application"),
    ("namespace-somaxconn", NAMESPACES, "namespace_somaxconn"),
    ("listener-bound-by-somaxconn", NAMESPACES, "bound_by_somaxconn"),
    ("tcp-max-syn-backlog-binds", NAMESPACES, "tcp_max_syn_backlog_binds"),
    ("syncookies-forced", SETTINGS, "syncookies_forced"),
    ("syncookies-off", SETTINGS, "syncookies_off"),
    ("somaxconn-16-bits", SETTINGS, "somaxconn_16_bits"),
    ("memory-at-limits", COSTS, "memory_at_limits"),
    ("tuned-in-the-way", BOOT, "tuned_in_the_way"),
    ("runtime-undone-at-boot", BOOT, "runtime_undone_at_boot"),
    ("boot-file-shadowed", BOOT, "boot_file_shadowed"),
    ("tcp-max-syn-backlog-without-effect", SETTINGS, "tcp_max_syn_backlog_without_effect"),
    ("mitigation-in-force", MITIGATION, "in_force"),
    ("half-open-lifetime", COSTS, "lifetime"),
)


def findings(facts: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """What is wrong on a host, worst first; nothing for a host that is well.

    ``facts`` is the gathered structure; parts that were not gathered may be
    absent or null, and then nothing is said about them.

    :returns: mappings with ``id``, ``severity``, ``subject``, ``summary``, ``evidence`` and ``remedy``.
    """
    shown = signs(facts)
    if not shown:
        return []
    from .finding import SEVERITIES

    host = _host(facts) if shown - {REPORTS} else None
    found = [
        (place, one)
        for place, (_id, room, name) in enumerate(RULES)
        if room in shown
        for one in rule_of(room, name)(facts if room == REPORTS else host)
    ]
    found.sort(key=lambda pair: (SEVERITIES.index(pair[1].severity), pair[0], -pair[1].weight, pair[1].subject))
    worst: Dict[Tuple[str, str], Finding] = {}
    for place, one in found:  # the members of an SO_REUSEPORT group share a subject: one speaks for all
        worst.setdefault((RULES[place][0], one.subject), one)
    return [_told(identifier, one) for (identifier, _subject), one in worst.items()]


def rule_of(room: str, name: str) -> Rule:
    """The function of that name, out of a room that is opened now."""
    if room == LISTENERS:
        from . import of_listeners

        return getattr(of_listeners, name)
    if room == FLOODS:
        from . import of_floods

        return getattr(of_floods, name)
    if room == COUNTERS:
        from . import of_counters

        return getattr(of_counters, name)
    if room == NAMESPACES:
        from . import of_namespaces

        return getattr(of_namespaces, name)
    if room == SETTINGS:
        from . import of_settings

        return getattr(of_settings, name)
    if room == COSTS:
        from . import of_costs

        return getattr(of_costs, name)
    if room == BOOT:
        from . import of_boot

        return getattr(of_boot, name)
    if room == REPORTS:
        from . import of_reports

        return getattr(of_reports, name)
    from . import of_mitigation

    return getattr(of_mitigation, name)


def first_remedies(facts: Mapping[str, Any]) -> List[Optional[str]]:
    """For each gathered listener what is to be done before its queues are made larger; None where nothing is."""
    if LISTENERS not in signs(facts):
        return [None] * len(facts["listeners"])
    from .of_listeners import see_why_it_does_not_accept

    host = _host(facts)
    return [see_why_it_does_not_accept(host, it) if it.accept.full else None for it in host.listeners]


def _host(facts: Mapping[str, Any]) -> Host:
    from .observed import observe

    return observe(facts)


def _told(identifier: str, found: Finding) -> Dict[str, Any]:
    from .._model.text import printable

    told = {"id": identifier}
    told.update((name, value) for name, value in found._asdict().items() if name != "weight")
    told.update((name, printable(told[name])) for name in ("subject", "summary", "remedy"))  # facts may be anybody's
    return told
