# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Findings about settings: what they do not do, what the next boot undoes, what a file fails to set."""

from __future__ import annotations

from typing import Any, Iterator, List, Mapping, Optional

from .._kernel.level import Level
from .._kernel.rules import POWER_OF_TWO, forces_cookies
from .._kernel.sysctls import KEYS
from .._model.gathered import number
from .._model.namespace_commands import OWN
from .finding import INFO, WARNING, Finding
from .observed import Host, Scope

_LARGEST_DEFAULT = 4096  # tcp_max_syn_backlog on the largest machines, every version
_OPERATORS_PLACES = ("/etc/", "/run/", "/usr/local/")  # files below are a person's or a deployment's, not a package's


def syncookies_off(host: Host) -> Iterator[Finding]:
    """tcp_syncookies is 0: a full SYN queue, or three quarters of tcp_max_syn_backlog, turns clients away."""
    for scope in host.scopes:
        if scope.values.get("tcp_syncookies") != 0:
            continue
        trouble = [it.subject for it in host.listeners_of(scope) if it.syn.full or it.new_peers.full]
        dropped = scope.moved.get("TCPReqQFullDrop", 0)
        yield Finding(
            WARNING if trouble or dropped else INFO,
            _subject("tcp_syncookies", scope),
            "tcp_syncookies is 0: when a SYN queue is full, new clients are dropped instead of answered with cookies.",
            {"tcp_syncookies": 0, "full": trouble, "TCPReqQFullDrop": dropped if scope.seconds else None},
            "{0}sysctl -w net.ipv4.tcp_syncookies=1".format(scope.command),
        )


def syncookies_forced(host: Host) -> Iterator[Finding]:
    """tcp_syncookies is 2: no SYN is ever queued, and every connection pays for it."""
    for scope in host.scopes:
        value = scope.values.get("tcp_syncookies", 1)
        if forces_cookies(host.level or Level(3, 12), value):
            yield Finding(
                WARNING,
                _subject("tcp_syncookies", scope),
                "tcp_syncookies is 2, a value for tests: every SYN is answered with a cookie, connections lose options "
                "that a cookie cannot carry (window scaling and SACK where the client sends no timestamps), and no "
                "backlog matters for SYNs.",
                {"tcp_syncookies": value},
                "{0}sysctl -w net.ipv4.tcp_syncookies=1".format(scope.command),
            )


def tcp_max_syn_backlog_without_effect(host: Host) -> Iterator[Finding]:
    """tcp_max_syn_backlog was set, and with cookies on nothing reads it (from 4.4)."""
    if host.rule is None or host.rule == POWER_OF_TWO:
        return
    for scope in host.scopes:
        value = scope.values.get("tcp_max_syn_backlog")
        if value is None or not scope.values.get("tcp_syncookies"):
            continue
        state = host.states.get("tcp_max_syn_backlog", {}) if scope.name == OWN else {}
        source = _written(state)
        if source is None and value <= (number(state.get("boot")) or _LARGEST_DEFAULT):
            continue
        hoped_for = [it.subject for it in host.listeners_of(scope) if it.syn.full]
        yield Finding(
            WARNING if hoped_for else INFO,
            _subject("tcp_max_syn_backlog", scope),
            "tcp_max_syn_backlog is {0}, which has no effect: since Linux 4.4 only tcp_syncookies 0 makes the kernel "
            "look at it. What SYN queues admit is the listen backlog, clamped by net.core.somaxconn.".format(value),
            {
                "tcp_max_syn_backlog": value,
                "tcp_syncookies": scope.values["tcp_syncookies"],
                "full": hoped_for,
                "boot_source": source,
            },
            "Raise the listen backlog of the application and net.core.somaxconn instead{0}.".format(
                "; {0} can go".format(source) if source else ""
            ),
        )


def runtime_undone_at_boot(host: Host) -> Iterator[Finding]:
    """The value in force is not the one that the next boot sets."""
    for name, state in host.states.items():
        now, boot = number(state.get("runtime")), number(state.get("boot"))
        if name not in KEYS or state.get("drift") is not True or now is None:
            continue
        source = _written(state)
        key = KEYS[name].key
        yield Finding(
            WARNING,
            key,
            "{0} is {1} now and will be {2} after a reboot ({3}).".format(
                key, now, boot, source or "the kernel's default"
            ),
            {"runtime": now, "boot": boot, "boot_source": source},
            "To keep it, {0}; to drop it, `sysctl -w {1}={2}`.".format(
                "set {0} = {1} in {2}".format(key, now, source)
                if source
                else "`echo '{0} = {1}' > /etc/sysctl.d/99-{2}.conf`".format(key, now, name),
                key,
                boot,
            ),
        )


def boot_file_shadowed(host: Host) -> Iterator[Finding]:
    """A file that a person wrote sets another value than the one that wins at boot."""
    for name, state in host.states.items():
        lost = _contradicted(state)
        if name not in KEYS or not lost:
            continue
        key, winner = KEYS[name].key, state.get("boot_source")
        yield Finding(
            WARNING,
            key,
            "{0} sets {1} = {2} without effect: {3}.".format(
                lost[0].get("source"), key, lost[0].get("value"),
                lost[0].get("reason") or "{0} sets {1}".format(winner, state.get("boot")),
            ),
            {"boot": state.get("boot"), "boot_source": winner, "shadowed": [dict(one) for one in lost]},
            "Keep one of them: grep -rn '{0}' /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d".format(
                key.rpartition(".")[2]
            ),
        )  # fmt: skip


def _written(state: Mapping[str, Any]) -> Optional[str]:
    """Where somebody wrote the value that the next boot sets; None where it is the kernel's own, or not known."""
    source = state.get("boot_source")
    return source if isinstance(source, str) and source.startswith(("/", "kernel command line")) else None


def _contradicted(state: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    """Lines of operators' files that lost against another value; that a package's loses is what the order is for."""
    rows = state.get("shadowed")
    if not isinstance(rows, (list, tuple)) or state.get("boot") is None:
        return []
    return [
        row
        for row in rows
        if isinstance(row, Mapping)
        and str(row.get("source")).startswith(_OPERATORS_PLACES)
        and str(row.get("value")).strip() != str(state.get("boot"))
    ]


def _subject(name: str, scope: Scope) -> str:
    return KEYS[name].key + scope.inside
