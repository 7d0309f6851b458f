# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Findings about settings that something else sets beside the sysctl loader, and about lines that set nothing."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional

from .._boot import near_misses, number, writer
from .._kernel import sysctls
from .._model import gathered
from . import finding, observed, of_boot


def set_elsewhere_at_boot(host: observed.Host) -> Iterator[finding.Finding]:
    """Another program sets a setting after the sysctl loader, or may set it to something else."""
    for name, state in of_boot.known(host):
        key, others = sysctls.KEYS[name].key, gathered.rows(state, "other_writers")
        if not others:
            continue
        decided = of_boot.decided_elsewhere(state)
        if decided is not None:
            yield from _decided(host, name, key, state, decided)
        elif state.get("boot") is None and any(one.get("order") == writer.AFTER for one in others):
            yield _disagreeing(key, state, others)
        elif state.get("boot_certain") is False:
            yield _uncertain(key, state, others)


def _decided(
    host: observed.Host, name: str, key: str, state: Mapping[str, Any], decided: Mapping[str, Any]
) -> Iterator[finding.Finding]:
    lost = [row for row in of_boot.contradicted(state) if str(row.get("reason")).endswith(writer.BY_ANOTHER)]
    now, boot = gathered.number(state.get("runtime")), gathered.number(state.get("boot"))
    if lost:
        what = "This overrides {0}, which asks for {1}".format(lost[-1].get("source"), lost[-1].get("value"))
        wanted: Any = lost[-1].get("value")
    elif of_boot.undone(host, name, state):
        what = "So the present value {0} is lost at the next boot at the latest".format(now)
        wanted = now
    else:
        return
    yield finding.Finding(
        finding.WARNING,
        key,
        "{0} sets {1} to {2} ({3}) at boot, after the sysctl loader. {4}.".format(
            decided.get("by"), key, boot, decided.get("source"), what
        ),
        _evidence(state, [decided], lost),
        "To have {0}, change the value in {1}. To leave {2} to /etc/sysctl.d, delete that line.".format(
            wanted, decided.get("source"), key
        ),
    )


def _disagreeing(key: str, state: Mapping[str, Any], others: List[Mapping[str, Any]]) -> finding.Finding:
    later = [one for one in others if one.get("order") == writer.AFTER]
    tuned = gathered.part(state, "tuned")  # starts after the loader as well, and is no row of the others
    by_tuned = [dict(tuned, by="TuneD")] if gathered.number(tuned.get("value")) is not None else []
    told = " and ".join(
        "{0} to {1} ({2})".format(one.get("by"), one.get("value"), one.get("source")) for one in [*later, *by_tuned]
    )
    return finding.Finding(
        finding.WARNING,
        key,
        "After the sysctl loader, {0} is set more than once: {1}. The order is not known: only a boot can tell which "
        "value stays.".format(key, told),
        _evidence(state, later, []),
        "Set the same value in all these places, or in one of them alone.",
    )


def _uncertain(key: str, state: Mapping[str, Any], others: List[Mapping[str, Any]]) -> finding.Finding:
    boot = gathered.number(state.get("boot"))
    other = [one for one in others if gathered.number(one.get("value")) != boot]
    first: Mapping[str, Any] = other[0] if other else others[0]
    by, source, value = first.get("by"), first.get("source"), gathered.number(first.get("value"))
    if first.get("order") == writer.RUNTIME:
        return finding.Finding(
            finding.INFO,
            key,
            "{0} ({1}) changes {2} while it runs: the value after a boot lasts until it does.".format(by, source, key),
            _evidence(state, other, []),
            "Let {1} set {0}, or stop {1} from setting it.".format(key, by),
        )
    return finding.Finding(
        finding.INFO,
        key,
        "{0} may set {1} to {2} at boot or later ({3}). Otherwise it is {4} after a reboot.".format(
            by, key, "another value" if value is None else value, source, "not known" if boot is None else boot
        ),
        _evidence(state, other, []),
        "Set the same value there, or delete the line: then the value after a reboot is certain.",
    )


def _evidence(
    state: Mapping[str, Any], others: List[Mapping[str, Any]], lost: List[Mapping[str, Any]]
) -> Dict[str, Any]:
    return {
        "runtime": gathered.number(state.get("runtime")),
        "boot": gathered.number(state.get("boot")),
        "boot_source": gathered.text(state, "boot_source"),
        "other_writers": [dict(one) for one in others],
        "overridden": [dict(one) for one in lost],
    }


def boot_line_without_effect(host: observed.Host) -> Iterator[finding.Finding]:
    """A line means a setting of ours, and sets nothing."""
    for name, state in of_boot.known(host):
        rows = gathered.rows(state, "without_effect") + _masked(state)
        if not rows:
            continue
        key, boot = sysctls.KEYS[name].key, gathered.number(state.get("boot"))
        astray = [row for row in rows if number.kernel_integer(str(row.get("value"))) != boot]
        first = (astray or rows)[0]
        misled = bool(astray) and first.get("reason") != near_misses.NOT_CONF and "instead" in first
        yield finding.Finding(
            finding.WARNING if misled else finding.INFO,
            key,
            "{0} looks as if it set {1} to {2}, and sets nothing: {3}. After a reboot it is {4}.".format(
                first.get("source"), key, first.get("value"), first.get("reason"), "not known" if boot is None else boot
            ),
            {"boot": boot, "boot_source": gathered.text(state, "boot_source"), "lines": [dict(one) for one in rows]},
            _right(first),
        )


def _masked(state: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    """A package's lines that an operator's file of the same name hides; an operator's own are told as shadowed."""
    return [
        row
        for row in gathered.rows(state, "shadowed")
        if str(row.get("reason")).endswith("masks this file")
        and str(row.get("source")).startswith(("/usr/lib/", "/lib/"))
        and number.kernel_integer(str(row.get("value"))) != gathered.number(state.get("boot"))
    ]


def _right(row: Mapping[str, Any]) -> str:
    path = str(row.get("source")).rpartition(":")[0]
    instead: Optional[str] = gathered.text(row, "instead")
    if instead is None:
        masking = str(row.get("reason")).partition(" masks")[0]
        return "If that is not meant, write the line into {0}, or delete {0}.".format(masking)
    if row.get("reason") == near_misses.NOT_CONF:
        return "If it is meant, write `{0}` to a file whose name ends in .conf; if not, delete {1}.".format(
            instead, path
        )
    return "Write it as `{0}`, or delete the line.".format(instead)
