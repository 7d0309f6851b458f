# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The value that a setting has after a reboot, where it comes from, and which lines have no effect."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, Optional, Tuple

from . import assignments, dropins, number, values
from . import reboot as boot_reboot

_LONGEST_VALUE = 256
REFUSED = "the kernel refuses this value"
NOT_APPLIED = "no loader applies this file at boot"
_UNKNOWN_LOADER = "it is not known how this host's loader treats its files"


Accepts = Callable[[str, str], bool]


def accepts_integers(_key: str, value: str) -> bool:
    """The kernel's answer where only the form of the number is known, not the range."""
    return number.kernel_integer(value) is not None


def resolve(
    boot: values.BootFiles, keys: Iterable[str], accepts: Accepts = accepts_integers, reboot: bool = True
) -> Dict[str, values.BootValue]:
    """The boot value of each key, a dotted name as in sysctl.d(5).

    :param accepts: whether the kernel takes a value for a key; what it refuses leaves the value before it
    :param reboot: leave out what a reboot takes away. Without it the answer is what the loader would do if it ran now.
    """
    gone: Tuple[dropins.DropIn, ...] = ()
    if reboot:
        boot, gone = without_volatile(boot)
    before = _on_command_line(boot.cmdline)
    if boot.loader == values.SYSTEMD:
        from . import systemd

        sequence = systemd.read(boot.dropins, boot.unlisted, boot.version or systemd.DEFAULT_VERSION, gone)
        return {
            key: _resolve(key, before, sequence, systemd.plan(sequence, _path(key)), systemd.concerns, accepts)
            for key in keys
        }
    from . import procps

    version = boot.version or procps.DEFAULT_VERSION
    sequence = procps.read(boot.dropins, boot.unlisted, version, gone)
    if boot.loader == values.PROCPS:
        return {
            key: _resolve(key, before, sequence, procps.plan(sequence, _path(key), version), procps.concerns, accepts)
            for key in keys
        }
    return {key: _unapplied(key, before, sequence, boot.loader, accepts) for key in keys}


def _on_command_line(cmdline: str) -> Tuple[assignments.Assignment, ...]:
    if not cmdline:
        return ()
    from . import cmdline as boot_cmdline

    return boot_cmdline.assignments(cmdline)


def without_volatile(boot: values.BootFiles) -> Tuple[values.BootFiles, Tuple[dropins.DropIn, ...]]:
    """The boot files after a reboot, and those that are gone by then."""
    kept, gone = boot_reboot.after_reboot(boot.dropins)
    unlisted = tuple(one for one in boot.unlisted if not boot_reboot.is_volatile(one.path))
    return boot._replace(dropins=kept, unlisted=unlisted), gone


def _path(key: str) -> str:
    return key.replace(".", "/")


def _resolve(
    key: str,
    before: Tuple[assignments.Assignment, ...],
    sequence: assignments.Sequence,
    plan: assignments.Plan,
    concerns: Callable[[assignments.Assignment, str], bool],
    accepts: Accepts,
) -> values.BootValue:
    path = _path(key)
    early = [found for found in before if found.key == path]
    winner, lost = _write(key, early + list(plan.writes), accepts)
    lost = sorted(lost + list(plan.unused), key=lambda one: (one[0] not in early, one[0].order))
    shadowed = [_shadowed(*one) for one in lost]
    shadowed += [_shadowed(*one) for one in sequence.aside if one[0].value is not None and concerns(one[0], path)]

    settled = -1 if plan.settled is None else plan.settled
    if winner is not None and winner not in early and not winner.pattern:
        settled = max(settled, winner.order)
    # A file at position n holds what would come before the assignment of order n.
    unread = [one for one in sequence.unread if one.order > settled]
    if unread:
        doubt = "; ".join(
            "%s cannot be read (%s)" % (dropins.printable(one.path), dropins.printable(one.problem)) for one in unread
        )
        if winner is not None:
            shadowed.append(_shadowed(winner, "may be overridden: " + doubt))
        return values.BootValue(None, None, None, tuple(shadowed), doubt)
    return _boot_value(winner, tuple(shadowed))


def _unapplied(
    key: str, before: Tuple[assignments.Assignment, ...], sequence: assignments.Sequence, loader: str, accepts: Accepts
) -> values.BootValue:
    path = _path(key)
    winner, lost = _write(key, [found for found in before if found.key == path], accepts)
    from . import procps

    named = [found for found in sequence.assignments if found.value is not None and procps.concerns(found, path)]
    in_doubt = loader == values.CONTAINER or loader == values.OTHER and (named or sequence.unread)
    reason = values.SET_BY_RUNTIME if loader == values.CONTAINER else _UNKNOWN_LOADER if in_doubt else NOT_APPLIED
    if in_doubt and winner is not None:
        lost.append((winner, "may be overridden: " + reason))
    shadowed = tuple(_shadowed(*one) for one in lost) + tuple(_shadowed(found, reason) for found in named)
    if in_doubt:
        return values.BootValue(None, None, None, shadowed, reason)
    return _boot_value(winner, shadowed)


def _write(
    key: str, writes: Iterable[assignments.Assignment], accepts: Accepts
) -> Tuple[Optional[assignments.Assignment], List[Tuple[assignments.Assignment, str]]]:
    winner: Optional[assignments.Assignment] = None
    lost: List[Tuple[assignments.Assignment, str]] = []
    for found in writes:
        if not accepts(key, found.value or ""):
            lost.append((found, REFUSED))
            continue
        if winner is not None:
            lost.append((winner, "overridden by %s" % found.source))
        winner = found
    return winner, lost


def _boot_value(winner: Optional[assignments.Assignment], shadowed: Tuple[values.Shadowed, ...]) -> values.BootValue:
    if winner is None:
        return values.BootValue(None, None, None, shadowed)
    value = winner.value or ""
    return values.BootValue(
        dropins.printable(value, _LONGEST_VALUE),
        number.kernel_integer(value),
        dropins.printable(winner.source),
        shadowed,
    )


def _shadowed(found: assignments.Assignment, reason: str) -> values.Shadowed:
    return values.Shadowed(
        dropins.printable(found.source), dropins.printable(found.value or "", _LONGEST_VALUE), dropins.printable(reason)
    )
