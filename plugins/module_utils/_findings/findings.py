# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The verdict: what the gathered facts mean, worst first.

Every kind of finding is one small function over a :class:`~.observed.Host`; its
page is docs/findings/<id>.md. To add one, write the function, give it an id
below, in the order of importance, and write its page.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from .._model.text import printable
from . import of_boot as boot
from . import of_costs as costs
from . import of_counters as counters
from . import of_floods as floods
from . import of_listeners as listeners
from . import of_mitigation as mitigation
from . import of_namespaces as namespaces
from . import of_settings as settings
from .finding import SEVERITIES, Finding
from .observed import Host, observe

Rule = Callable[[Host], Iterator[Finding]]

#: id and rule; of equal severity, what comes first here is told first. Where the same thing shows on a listener and,
#: with no listener to blame, in the counters, both rules have its id
RULES: Tuple[Tuple[str, Rule], ...] = (
    ("accept-queue-overflow", listeners.accept_queue_full),
    ("syn-flood-few-networks", floods.few_networks),
    ("syn-flood-everywhere", floods.everywhere),
    ("honest-burst", floods.honest_burst),
    ("lossy-clients", floods.lossy_clients),
    ("last-quarter-drops", listeners.new_peers_turned_away),
    ("syn-queue-full", listeners.syn_queue_full),
    ("last-quarter-drops", counters.last_quarter_drops),
    ("accept-queue-overflow", counters.accept_queue_overflowed),
    ("syn-queue-full", counters.syn_queue_overflowed),
    ("syn-flood-reported", listeners.flood_reported),
    ("listener-latched", listeners.latched),
    ("listener-bound-by-application", listeners.bound_by_application),
    ("namespace-somaxconn", namespaces.namespace_somaxconn),
    ("listener-bound-by-somaxconn", namespaces.bound_by_somaxconn),
    ("tcp-max-syn-backlog-binds", namespaces.tcp_max_syn_backlog_binds),
    ("syncookies-forced", settings.syncookies_forced),
    ("syncookies-off", settings.syncookies_off),
    ("somaxconn-16-bits", settings.somaxconn_16_bits),
    ("memory-at-limits", costs.memory_at_limits),
    ("tuned-in-the-way", boot.tuned_in_the_way),
    ("runtime-undone-at-boot", boot.runtime_undone_at_boot),
    ("boot-file-shadowed", boot.boot_file_shadowed),
    ("tcp-max-syn-backlog-without-effect", settings.tcp_max_syn_backlog_without_effect),
    ("mitigation-in-force", mitigation.in_force),
    ("half-open-lifetime", costs.lifetime),
)


def findings(facts: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """What is wrong on a host, worst first; nothing for a host that is well.

    ``facts`` is the gathered structure; parts that were not gathered may be
    absent or null, and then nothing is said about them.

    :returns: mappings with ``id``, ``severity``, ``subject``, ``summary``, ``evidence`` and ``remedy``.
    """
    host = observe(facts)
    found = [(place, one) for place, (_id, rule) in enumerate(RULES) for one in rule(host)]
    found.sort(key=lambda pair: (SEVERITIES.index(pair[1].severity), pair[0], -pair[1].weight, pair[1].subject))
    worst: Dict[Tuple[str, str], Finding] = {}
    for place, one in found:  # the members of an SO_REUSEPORT group share a subject: one speaks for all
        worst.setdefault((RULES[place][0], one.subject), one)
    return [_told(identifier, one) for (identifier, _subject), one in worst.items()]


def first_remedies(facts: Mapping[str, Any]) -> List[Optional[str]]:
    """For each gathered listener what is to be done before its queues are made larger; None where nothing is."""
    host = observe(facts)
    return [listeners.see_why_it_does_not_accept(host, it) if it.accept.full else None for it in host.listeners]


def _told(identifier: str, found: Finding) -> Dict[str, Any]:
    told = {"id": identifier}
    told.update((name, value) for name, value in found._asdict().items() if name != "weight")
    told.update((name, printable(told[name])) for name in ("subject", "summary", "remedy"))  # facts may be anybody's
    return told
