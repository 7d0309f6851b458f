# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Findings about network namespaces that have settings of their own, so that the host's do not count there."""

from __future__ import annotations

from typing import Dict, Iterator, Optional, Tuple

from .._kernel import sysctls
from .._model import namespace_commands
from . import finding, observed, of_listeners

_SOMAXCONN, _MAX_SYN = "somaxconn", "tcp_max_syn_backlog"


def namespace_somaxconn(host: observed.Host) -> Iterator[finding.Finding]:
    """The listener is strained, and what binds it is lower in its network namespace than it is on the host."""
    by_subject = _by_subject(host)
    for name, rule in (
        (_SOMAXCONN, of_listeners.bound_by_somaxconn),
        (_MAX_SYN, of_listeners.tcp_max_syn_backlog_binds),
    ):
        for found in rule(host):
            it = by_subject.get(found.subject)
            lower = _lower_there(host, it, name) if it else None
            if it is None or lower is None:
                continue
            there, on_host = lower
            yield found._replace(
                summary="Network namespace {0} has its own {1}, {2}; raising the host's, which is {3}, changes nothing "
                "there. {4}".format(it.namespace, sysctls.KEYS[name].key, there, on_host, found.summary),
                evidence=dict(found.evidence, **{name: there, name + "_of_host": on_host}),
            )


def bound_by_somaxconn(host: observed.Host) -> Iterator[finding.Finding]:
    """As the rule for listeners has it, but for those of :func:`namespace_somaxconn`."""
    return _others(host, _SOMAXCONN, of_listeners.bound_by_somaxconn(host))


def tcp_max_syn_backlog_binds(host: observed.Host) -> Iterator[finding.Finding]:
    """As the rule for listeners has it, but for those of :func:`namespace_somaxconn`."""
    return _others(host, _MAX_SYN, of_listeners.tcp_max_syn_backlog_binds(host))


def _others(host: observed.Host, name: str, told: Iterator[finding.Finding]) -> Iterator[finding.Finding]:
    by_subject = _by_subject(host)
    for found in told:
        it = by_subject.get(found.subject)
        if it is None or _lower_there(host, it, name) is None:
            yield found


def _by_subject(host: observed.Host) -> Dict[str, observed.Listener]:
    return {it.subject: it for it in host.listeners}


def _lower_there(host: observed.Host, it: observed.Listener, name: str) -> Optional[Tuple[int, int]]:
    """(the value there, the host's) where that of the listener's namespace is the lower one; else None."""
    if it.namespace == namespace_commands.OWN:
        return None
    there, on_host = (host.scope(scope).values.get(name) for scope in (it.namespace, namespace_commands.OWN))
    return (there, on_host) if there is not None and on_host is not None and there < on_host else None
