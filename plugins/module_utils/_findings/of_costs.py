# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Findings about what queues cost: the time that half-open connections stay, and the memory of full queues."""

from __future__ import annotations

from typing import Iterator, List

from .._kernel import level as kernel_level
from .._kernel import lifetime as kernel_lifetime
from .._kernel import sysctls
from .._model import namespace_commands
from . import finding, observed

_RETRIES = "tcp_synack_retries"
_FEWER = 2  # the kernel never prunes below it
_LARGEST_DEFAULT = 4096  # net.core.somaxconn from 5.4 on: a backlog beyond it was somebody's choice
_SHARE = 0.125
_NAMED = 5
_LOOPBACK = ("127.", "::1", "::ffff:127.")
_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def lifetime(host: observed.Host) -> Iterator[finding.Finding]:
    """The SYN queue is full: how long an entry that nobody answers holds its place, and how few SYNs keep it full."""
    for it in host.listeners:
        limits = [queue.limit for queue in (it.syn, it.new_peers) if queue.limit]
        scope = host.scope(it.namespace)
        scope = (
            scope if _RETRIES in scope.values else host.scope(namespace_commands.OWN)
        )  # up to 4.5 it is the whole machine's
        retries = scope.values.get(_RETRIES)
        if it.accept.full or not (it.syn.full or it.new_peers.full) or host.level is None or retries is None:
            continue
        stays, rate = (
            kernel_lifetime.half_open_lifetime(host.level, retries),
            kernel_lifetime.spoofed_rate_to_fill(host.level, retries, min(limits)),
        )
        yield finding.Finding(
            finding.INFO,
            it.subject,
            "A half-open connection that nobody completes stays up to {0:.0f} s (tcp_synack_retries {1}), and about "
            "{2} spoofed SYNs a second keep {3} taken.".format(
                stays,
                retries,
                _rate(rate or 0.0),
                "its only place" if min(limits) == 1 else "all {0} places".format(min(limits)),
            ),
            {
                _RETRIES: retries,
                "half_open_lifetime": stays,
                "spoofed_syn_rate_to_fill": None if rate is None else round(rate, 1),
                "limit": min(limits),
            },
            _fewer_retries(host.level, scope, retries),
            weight=rate or 0.0,
        )


def memory_at_limits(host: observed.Host) -> Iterator[finding.Finding]:
    """Backlogs larger than any default whose queues, all full, would take more than an eighth of the memory."""
    chosen = [it for it in host.listeners if _chosen(it)]
    total = sum(it.memory or 0 for it in chosen)
    if not chosen or not host.memory or total <= host.memory * _SHARE:
        return
    worst = sorted(chosen, key=lambda it: -(it.memory or 0))
    enough = _enough(chosen, host.memory * _SHARE)
    names = list(dict.fromkeys(it.subject for it in worst))
    yield finding.Finding(
        finding.WARNING,
        worst[0].subject if len(names) == 1 else namespace_commands.OWN,
        "Full queues of {0} would take {1} of {2} of memory ({3:.0%}), which the kernel cannot reclaim.".format(
            _named(names), _bytes(total), _bytes(host.memory), total / host.memory
        ),
        {
            "memory_total": host.memory,
            "memory_at_limits": total,
            "share": round(total / host.memory, 4),
            "listeners": [
                {"listener": it.subject, "backlog": it.backlog, "memory_bytes": it.memory} for it in worst[:_NAMED]
            ],
        },
        "Set a smaller backlog there: {0}. net.core.somaxconn clamps what the next listen() asks for.".format(
            "at most {0}, which keeps the memory below an eighth".format(enough) if enough > _LARGEST_DEFAULT
            else "{0} is enough for most pauses".format(enough)
        ),
    )


def _fewer_retries(level: kernel_level.Level, scope: observed.Scope, retries: int) -> str:
    room = "To fill a queue that is twice as large, a flood must be twice as fast"
    if retries <= _FEWER:
        return "{0}; SYN cookies work at any rate.".format(room)
    return (
        "{0}; SYN cookies need no places. `{1}sysctl -w {2}={3}` frees a place after {4:.0f} s. The kernel does this "
        "by itself once half of the places are taken. Clients that lose packets then get fewer tries."
    ).format(room, scope.command, sysctls.KEYS[_RETRIES].key, _FEWER, kernel_lifetime.half_open_lifetime(level, _FEWER))


def _chosen(it: observed.Listener) -> bool:
    return (it.backlog or 0) > _LARGEST_DEFAULT and not str(it.address).startswith(_LOOPBACK)


def _enough(chosen: List[observed.Listener], room: float) -> int:
    """The largest power of two that, where nobody has a larger backlog, fits; no less than the largest default."""
    most = 1 << max(it.backlog or 0 for it in chosen).bit_length()
    while most > _LARGEST_DEFAULT:
        most >>= 1
        if sum((it.memory or 0) * min(1.0, most / (it.backlog or 1)) for it in chosen) <= room:
            break
    return max(most, _LARGEST_DEFAULT)


def _named(names: List[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" and {0} more".format(len(names) - _NAMED) if len(names) > _NAMED else "")


def _rate(rate: float) -> str:
    return "{0:.0f}".format(rate) if rate >= 10 else "{0:.1f}".format(rate)


def _bytes(number: int) -> str:
    for size, unit in _UNITS:
        if number >= size:
            return "{0:.1f} {1}".format(number / size, unit)
    return "{0} bytes".format(number)
