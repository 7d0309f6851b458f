# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Findings about settings that are in force: what they do, and what they do not do."""

from __future__ import annotations

from typing import Any, Iterator, List, Mapping, Optional, Tuple

from .._boot import number
from .._kernel import level as kernel_level
from .._kernel import rules, sysctls
from .._model import gathered, namespace_commands
from . import finding, observed, of_boot

_LARGEST_DEFAULT = 4096  # tcp_max_syn_backlog on the largest machines, every version
_MOST_OF_16_BITS = 0xFFFF


def syncookies_off(host: observed.Host) -> Iterator[finding.Finding]:
    """tcp_syncookies is 0: a full SYN queue, or three quarters of tcp_max_syn_backlog, turns clients away."""
    for scope in host.scopes:
        if scope.values.get("tcp_syncookies") != 0:
            continue
        trouble = [it.subject for it in host.listeners_of(scope) if it.syn.full or it.new_peers.full]
        dropped = scope.moved.get("TCPReqQFullDrop", 0)
        yield finding.Finding(
            finding.WARNING if trouble or dropped else finding.INFO,
            _subject("tcp_syncookies", scope),
            "tcp_syncookies is 0: when a SYN queue is full, new clients are dropped instead of answered with cookies.",
            {"tcp_syncookies": 0, "full": trouble, "TCPReqQFullDrop": dropped if scope.seconds else None},
            _set(host, scope, "tcp_syncookies", 1),
        )


def syncookies_forced(host: observed.Host) -> Iterator[finding.Finding]:
    """tcp_syncookies is 2: no SYN is ever queued, and every connection pays for it."""
    for scope in host.scopes:
        value = scope.values.get("tcp_syncookies", 1)
        if rules.forces_cookies(host.level or kernel_level.Level(3, 12), value):
            yield finding.Finding(
                finding.WARNING,
                _subject("tcp_syncookies", scope),
                "tcp_syncookies is 2, a value for tests: every SYN is answered with a cookie, connections lose options "
                "that a cookie cannot carry (window scaling and SACK where the client sends no timestamps), and no "
                "backlog matters for SYNs.",
                {"tcp_syncookies": value},
                _set(host, scope, "tcp_syncookies", 1),
            )


def abort_on_overflow(host: observed.Host) -> Iterator[finding.Finding]:
    """tcp_abort_on_overflow is 1: a client that completes its handshake while the accept queue is full is reset."""
    for scope in host.scopes:
        value = scope.values.get("tcp_abort_on_overflow")
        if not value:
            continue
        trouble = [it.subject for it in host.listeners_of(scope) if it.accept.full]
        overflowed = scope.moved.get("ListenOverflows", 0)
        yield finding.Finding(
            finding.WARNING if trouble or overflowed else finding.INFO,
            _subject("tcp_abort_on_overflow", scope),
            "tcp_abort_on_overflow is {0}: a client that completes its handshake while the accept queue is full gets "
            "'connection reset by peer'. With 0 it waits, and gets in when there is room.".format(value),
            {
                "tcp_abort_on_overflow": value,
                "full": trouble,
                "ListenOverflows": overflowed if scope.seconds else None,
            },
            _set(host, scope, "tcp_abort_on_overflow", 0),
        )


def tcp_max_syn_backlog_without_effect(host: observed.Host) -> Iterator[finding.Finding]:
    """tcp_max_syn_backlog was set, and with cookies on nothing reads it (from 4.4)."""
    if host.rule is None or host.rule == rules.POWER_OF_TWO:
        return
    for scope in host.scopes:
        value = scope.values.get("tcp_max_syn_backlog")
        if value is None or not scope.values.get("tcp_syncookies"):
            continue
        state = host.states.get("tcp_max_syn_backlog", {}) if scope.name == namespace_commands.OWN else {}
        source = of_boot.written(state)
        if source is None and value <= (gathered.number(state.get("boot")) or _LARGEST_DEFAULT):
            continue
        hoped_for = [it.subject for it in host.listeners_of(scope) if it.syn.full]
        yield finding.Finding(
            finding.WARNING if hoped_for else finding.INFO,
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


def somaxconn_16_bits(host: observed.Host) -> Iterator[finding.Finding]:
    """somaxconn is beyond what a listener of this kernel holds: a larger backlog wraps around, or is refused."""
    level = host.level
    if level is None or rules.backlog_bits(level) == 32:
        return
    why = "Linux {0} keeps a listener's backlog in 16 bits".format(level.text)
    for scope in host.scopes:
        value = scope.values.get("somaxconn")
        if value is None or 0 <= value <= _MOST_OF_16_BITS:
            continue
        left = value & _MOST_OF_16_BITS if value > 0 else None
        wrapped = [it.subject for it in host.listeners_of(scope) if left is not None and it.backlog == left]
        yield finding.Finding(
            finding.WARNING,
            _subject("somaxconn", scope),
            "net.core.somaxconn is {0}, and {1}: {2}.".format(
                value,
                why,
                "a listener that asks for all of it gets {0}".format(left)
                if value > 0
                else "a negative one clamps nothing, and a listener that asks for 65536 gets 0",
            ),
            {"somaxconn": value, "most": _MOST_OF_16_BITS, "wrapped_to": left, "listeners": wrapped},
            "`{0}sysctl -w net.core.somaxconn={1}`, then restart what listens with more than that.".format(
                scope.command, _MOST_OF_16_BITS
            ),
        )
    state = host.states.get("somaxconn", {})
    for source, value in _lines_for(state):
        if of_boot.beyond_16_bits(level, "somaxconn", value):
            yield finding.Finding(
                finding.WARNING,
                sysctls.KEYS["somaxconn"].key,
                "{0} sets net.core.somaxconn to {1}, but {2}.".format(source, value, why),
                {"somaxconn": value, "most": _MOST_OF_16_BITS, "boot": gathered.number(state.get("boot"))},
                "Write net.core.somaxconn = {0} there.".format(_MOST_OF_16_BITS),
            )


def _lines_for(state: Mapping[str, Any]) -> List[Tuple[str, Optional[int]]]:
    """The lines that set it at boot, or that a person wrote in vain."""
    found = [
        (str(row.get("source")), number.kernel_integer(str(row.get("value")))) for row in of_boot.contradicted(state)
    ]
    source = of_boot.written(state)
    return [(source, gathered.number(state.get("boot")))] + found if source else found


def _set(host: observed.Host, scope: observed.Scope, name: str, value: int) -> str:
    """How to set it at once and for good."""
    command = "{0}sysctl -w {1}={2}".format(scope.command, sysctls.KEYS[name].key, value)
    if scope.name != namespace_commands.OWN:
        return "{0}  # and where that network namespace is set up".format(command)
    state = host.states.get(name, {})
    source = of_boot.written(state)
    if source is None or gathered.number(state.get("boot")) == value:
        return command
    return "{0}  # and in {1}, which sets it to {2} at boot".format(command, source, gathered.number(state.get("boot")))


def _subject(name: str, scope: observed.Scope) -> str:
    return sysctls.KEYS[name].key + scope.inside
