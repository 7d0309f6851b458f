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

from .._model import gathered
from . import signs

if TYPE_CHECKING:
    from . import finding, observed

    Rule = Callable[[Any], Iterator[finding.Finding]]  # over a Host; those of _OF_FACTS over the facts

#: id, room and function; of equal severity, what comes first here is told first. Where the same thing shows on a
#: listener and, with no listener to blame, in the counters, both rules have its id
RULES: Tuple[Tuple[str, str, str], ...] = (
    ("accept-queue-overflow", signs.LISTENERS, "accept_queue_full"),
    ("syn-flood-few-networks", signs.FLOODS, "few_networks"),
    ("syn-flood-everywhere", signs.FLOODS, "everywhere"),
    ("honest-burst", signs.FLOODS, "honest_burst"),
    ("lossy-clients", signs.FLOODS, "lossy_clients"),
    ("unix-accept-queue-full", signs.UNIX, "unix_accept_queue_full"),
    ("last-quarter-drops", signs.LISTENERS, "new_peers_turned_away"),
    ("syn-queue-full", signs.LISTENERS, "syn_queue_full"),
    ("last-quarter-drops", signs.COUNTERS, "last_quarter_drops"),
    ("accept-queue-overflow", signs.COUNTERS, "accept_queue_overflowed"),
    ("syn-queue-full", signs.COUNTERS, "syn_queue_overflowed"),
    ("fast-open-queue-full", signs.LISTENERS, "fast_open_full"),
    ("fast-open-queue-full", signs.COUNTERS, "fast_open_overflowed"),
    ("syn-flood-reported", signs.LISTENERS, "flood_reported"),
    ("syn-flood-reported", signs.REPORTS, "reported_elsewhere"),
    ("listener-latched", signs.LISTENERS, "latched"),
    ("listener-bound-by-application", signs.LISTENERS, "bound_by_application"),
    ("namespace-somaxconn", signs.NAMESPACES, "namespace_somaxconn"),
    ("listener-bound-by-somaxconn", signs.NAMESPACES, "bound_by_somaxconn"),
    ("tcp-max-syn-backlog-binds", signs.NAMESPACES, "tcp_max_syn_backlog_binds"),
    ("syncookies-forced", signs.SETTINGS, "syncookies_forced"),
    ("syncookies-off", signs.SETTINGS, "syncookies_off"),
    ("abort-on-overflow", signs.SETTINGS, "abort_on_overflow"),
    ("somaxconn-16-bits", signs.SETTINGS, "somaxconn_16_bits"),
    ("memory-at-limits", signs.COSTS, "memory_at_limits"),
    ("tuned-in-the-way", signs.BOOT, "tuned_in_the_way"),
    ("set-elsewhere-at-boot", signs.WRITERS, "set_elsewhere_at_boot"),
    ("runtime-undone-at-boot", signs.BOOT, "runtime_undone_at_boot"),
    ("boot-file-shadowed", signs.BOOT, "boot_file_shadowed"),
    ("boot-line-without-effect", signs.WRITERS, "boot_line_without_effect"),
    ("tcp-max-syn-backlog-without-effect", signs.SETTINGS, "tcp_max_syn_backlog_without_effect"),
    ("mitigation-in-force", signs.MITIGATION, "in_force"),
    ("half-open-lifetime", signs.COSTS, "lifetime"),
)
_OF_FACTS = frozenset((signs.REPORTS, signs.UNIX))  # rooms whose rules look at the structure itself


def findings(facts: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """What is wrong on a host, worst first; nothing for a host that is well.

    ``facts`` is the gathered structure; parts that were not gathered may be
    absent or null, and then nothing is said about them.

    :returns: mappings with ``id``, ``severity``, ``subject``, ``summary``, ``evidence`` and ``remedy``.
    """
    shown = signs.signs(facts)
    if not shown:
        return []
    from . import finding

    host = _host(facts) if shown - _OF_FACTS else None
    found = [
        (place, one)
        for place, (_id, room, name) in enumerate(RULES)
        if room in shown
        for one in rule_of(room, name)(facts if room in _OF_FACTS else host)
    ]
    found.sort(key=lambda pair: (finding.SEVERITIES.index(pair[1].severity), pair[0], -pair[1].weight, pair[1].subject))
    worst: Dict[Tuple[str, str], finding.Finding] = {}
    for place, one in found:  # the members of an SO_REUSEPORT group share a subject: one speaks for all
        worst.setdefault((RULES[place][0], one.subject), one)
    return [_told(identifier, one) for (identifier, _subject), one in worst.items()]


def rule_of(room: str, name: str) -> Rule:
    """The function of that name, out of a room that is opened now."""
    if room == signs.LISTENERS:
        from . import of_listeners

        return getattr(of_listeners, name)
    if room == signs.FLOODS:
        from . import of_floods

        return getattr(of_floods, name)
    if room == signs.COUNTERS:
        from . import of_counters

        return getattr(of_counters, name)
    if room == signs.NAMESPACES:
        from . import of_namespaces

        return getattr(of_namespaces, name)
    if room == signs.SETTINGS:
        from . import of_settings

        return getattr(of_settings, name)
    if room == signs.COSTS:
        from . import of_costs

        return getattr(of_costs, name)
    if room == signs.BOOT:
        from . import of_boot

        return getattr(of_boot, name)
    if room == signs.UNIX:
        from . import of_unix

        return getattr(of_unix, name)
    if room == signs.WRITERS:
        from . import of_writers

        return getattr(of_writers, name)
    if room == signs.REPORTS:
        from . import of_reports

        return getattr(of_reports, name)
    from . import of_mitigation

    return getattr(of_mitigation, name)


def first_remedies(facts: Mapping[str, Any]) -> List[Optional[str]]:
    """For each gathered listener what is to be done before its queues are made larger; None where nothing is."""
    if signs.LISTENERS not in signs.signs(facts):
        return [None] * len(gathered.rows(facts, "listeners"))
    from . import of_listeners as about_listeners

    host = _host(facts)
    return [about_listeners.see_why_it_does_not_accept(host, it) if it.accept.full else None for it in host.listeners]


def _host(facts: Mapping[str, Any]) -> observed.Host:
    from . import observed

    return observed.observe(facts)


def _told(identifier: str, found: finding.Finding) -> Dict[str, Any]:
    from .._model import text

    told = {"id": identifier}
    told.update((name, value) for name, value in found._asdict().items() if name != "weight")
    told.update(
        (name, text.printable(told[name])) for name in ("subject", "summary", "remedy")
    )  # facts may be anybody's
    return told
