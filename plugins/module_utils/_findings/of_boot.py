# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Findings about what a reboot makes of settings: values that do not last, and lines that have no effect."""

from __future__ import annotations

import re
from typing import Any, Iterator, List, Mapping, Optional, Tuple

from .._boot import number, reboot, resolve, writer
from .._boot import tuned as boot_tuned
from .._kernel import level as kernel_level
from .._kernel import sysctls
from .._model import gathered
from . import finding, observed

_OPERATORS_PLACES = ("/etc/", "/run/", "/usr/local/")  # files below are a person's or a deployment's, not a package's
_MAIN = "/etc/tuned/tuned-main.conf"
_OWN_PROFILE = r" *mine(?:-([0-9]{1,9}))? *"


def tuned_in_the_way(host: observed.Host) -> Iterator[finding.Finding]:
    """TuneD's active profile sets another value than a file asks for, or than the one in force."""
    for name, state in known(host):
        tuned = _deciding(state)
        if tuned is None:
            continue
        key, value, now = (
            sysctls.KEYS[name].key,
            gathered.number(tuned.get("value")),
            gathered.number(state.get("runtime")),
        )
        over, wanted = _over(state), _wanted(host, name, state)
        if over is not None:
            what = "This overrides {0}, which asks for {1}".format(over.get("source"), over.get("value"))
        elif wanted is not None:
            what = "So the present value {0} is lost at the next boot at the latest".format(now)
        else:
            continue
        yield finding.Finding(
            finding.WARNING,
            key,
            "TuneD's profile {0} sets {1} to {2} ({3}) at boot. {4}.".format(
                tuned.get("profile"), key, value, tuned.get("source"), what
            ),
            {
                "runtime": now,
                "boot": gathered.number(state.get("boot")),
                "profile": tuned.get("profile"),
                "tuned": value,
                "tuned_source": tuned.get("source"),
                "overridden": over.get("source") if over else None,
            },
            "{0} To leave it to TuneD, {1}.".format(
                _past_tuned(host, name, wanted, tuned),
                "delete {0}".format(over.get("source")) if over else "`sysctl -w {0}={1}`".format(key, value),
            ),
        )


def runtime_undone_at_boot(host: observed.Host) -> Iterator[finding.Finding]:
    """The value in force is not the one that the next boot sets."""
    for name, state in known(host):
        now, boot = gathered.number(state.get("runtime")), gathered.number(state.get("boot"))
        if state.get("drift") is not True or now is None:
            continue
        key, source = sysctls.KEYS[name].key, written(state)
        after = "will be {0} after a reboot ({1})".format(boot, source or "the kernel's default")
        evidence = {"runtime": now, "boot": boot, "boot_source": source}
        if _mitigated(host, name, now):
            yield finding.Finding(
                finding.INFO,
                key,
                "{0} is {1} for as long as a mitigation of a flood is in force, and {2}.".format(key, now, after),
                dict(evidence, before=gathered.number(host.mitigated[name].get("before"))),
                "After the flood, the playbook linuxnet.tcp.restore puts back what was there before.",
            )
        elif _deciding(state) is None and decided_elsewhere(state) is None:
            yield finding.Finding(
                finding.WARNING,
                key,
                "{0} is {1} now and {2}.".format(key, now, after),
                evidence,
                "To keep {0}, {1}. To go back to {2} now: `sysctl -w {3}={2}`.".format(
                    now, _keep(name, now, source), boot, key
                ),
            )


def boot_file_shadowed(host: observed.Host) -> Iterator[finding.Finding]:
    """A file that a person wrote sets another value than the one that wins at boot."""
    for name, state in known(host):
        lost = [row for row in contradicted(state) if not _told_elsewhere(host, name, state, row)]
        if not lost:
            continue
        key, winner = sysctls.KEYS[name].key, state.get("boot_source")
        yield finding.Finding(
            finding.WARNING,
            key,
            "{0} sets {1} = {2}, but this line has no effect: {3}. After a reboot {1} will be {4}.".format(
                lost[0].get("source"), key, lost[0].get("value"),
                lost[0].get("reason") or "{0} overrides it".format(winner), state.get("boot"),
            ),
            {"boot": state.get("boot"), "boot_source": winner, "shadowed": [dict(one) for one in lost]},
            _give_effect(host, name, lost[0], str(winner)),
        )  # fmt: skip


def written(state: Mapping[str, Any]) -> Optional[str]:
    """Where somebody wrote the value that the next boot sets; None where it is the kernel's own, or not known."""
    source = gathered.text(state, "boot_source")
    return source if source is not None and source.startswith(("/", "kernel command line")) else None


def contradicted(state: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    """Lines of operators' files that lost against another value; that a package's loses is what the order is for."""
    boot = gathered.number(state.get("boot"))
    if boot is None:
        return []
    return [
        row
        for row in gathered.rows(state, "shadowed")
        if str(row.get("source")).startswith(_OPERATORS_PLACES) and number.kernel_integer(str(row.get("value"))) != boot
    ]


def beyond_16_bits(level: Optional[kernel_level.Level], name: str, value: Optional[int]) -> bool:
    """Whether it is a somaxconn that this kernel's listeners have no room for."""
    return (
        name == "somaxconn"
        and level is not None
        and level < kernel_level.Level(4, 1)
        and value is not None
        and value > 0xFFFF
    )


def known(host: observed.Host) -> List[Tuple[str, Mapping[str, Any]]]:
    return [(name, state) for name, state in host.states.items() if name in sysctls.KEYS]


def decided_elsewhere(state: Mapping[str, Any]) -> Optional[Mapping[str, Any]]:
    """What sets a setting after the sysctl loader, where the next boot ends with that."""
    for one in gathered.rows(state, "other_writers"):
        if one.get("order") == writer.AFTER and one.get("source") == state.get("boot_source"):
            return one
    return None


def _deciding(state: Mapping[str, Any]) -> Optional[Mapping[str, Any]]:
    """What TuneD's profile makes of a setting, where the next boot ends with that."""
    tuned = gathered.part(state, "tuned")
    return tuned if tuned and tuned.get("source") == state.get("boot_source") else None


def _over(state: Mapping[str, Any]) -> Optional[Mapping[str, Any]]:
    """The line, the last of them, that asks for something else than TuneD makes of it."""
    lost = [row for row in contradicted(state) if boot_tuned.BY_TUNED in str(row.get("reason"))]
    return lost[-1] if lost and _deciding(state) is not None else None


def _wanted(host: observed.Host, name: str, state: Mapping[str, Any]) -> Optional[int]:
    """The value that TuneD stands in the way of; None where it is in nobody's way."""
    over = _over(state)
    if over is not None:
        return number.kernel_integer(str(over.get("value")))
    return (
        gathered.number(state.get("runtime")) if _deciding(state) is not None and undone(host, name, state) else None
    )


def undone(host: observed.Host, name: str, state: Mapping[str, Any]) -> bool:
    """Whether the value in force ends with the next boot, and not because a mitigation does."""
    now = gathered.number(state.get("runtime"))
    return state.get("drift") is True and now is not None and not _mitigated(host, name, now)


def _mitigated(host: observed.Host, name: str, now: int) -> bool:
    return gathered.number(host.mitigated.get(name, {}).get("set")) == now


def _told_elsewhere(host: observed.Host, name: str, state: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    if boot_tuned.BY_TUNED in str(row.get("reason")) and _deciding(state) is not None:
        return True
    if writer.BY_ANOTHER in str(row.get("reason")) and decided_elsewhere(state) is not None:
        return True
    return beyond_16_bits(host.level, name, number.kernel_integer(str(row.get("value"))))


def _keep(name: str, now: int, source: Optional[str]) -> str:
    """How the value in force is there after a reboot as well."""
    line = "{0} = {1}".format(sysctls.KEYS[name].key, now)
    if source is None:
        return "`echo '{0}' >> /etc/sysctl.d/99-{1}.conf`".format(line, name)
    if source.startswith(("/usr/lib/", "/lib/")):  # a package's, which its next update puts back
        return "`echo '{0}' >> /etc/sysctl.d/99-zz-{1}.conf`".format(line, name)
    return "set {0} in {1}".format(line, source)


def _give_effect(host: observed.Host, name: str, row: Mapping[str, Any], winner: str) -> str:
    """What to do about a line without effect, which depends on why it has none."""
    line, reason = str(row.get("source")), str(row.get("reason"))
    if reason == resolve.REFUSED:
        low, high = sysctls.valid_range(name, host.level or kernel_level.Level(4, 1))
        return "Write a number from {0} to {1}, or delete the line.".format(low, high)
    if reason == resolve.NOT_APPLIED:
        return "Let something apply it at boot (systemd-sysctl.service, or `sysctl --system` in an init script)."
    if reason == reboot.GONE or "does not read this file" in reason:
        return "Move the line to a file in /etc/sysctl.d."
    if "masks this file" in reason or "hidden files" in reason:
        return "Give {0} another name.".format(line.rpartition(":")[0])
    if winner.startswith(_OPERATORS_PLACES):
        return "Delete the line that is not meant: {0} or {1}.".format(line, winner)
    return "Move the line to a file whose name sorts later, such as /etc/sysctl.d/99-zz-{0}.conf.".format(name)


def _past_tuned(host: observed.Host, name: str, wanted: Optional[int], tuned: Mapping[str, Any]) -> str:
    """How another value than that of TuneD's profile comes to stay."""
    key, source = sysctls.KEYS[name].key, str(tuned.get("source"))
    if source.startswith("/etc/"):
        return "To have {0}, change it in {1}, then `systemctl restart tuned`.".format(wanted, source)
    if tuned.get("reapplies"):
        return (
            "To have {0}, write a plain `{1} = {0}` to /etc/sysctl.d/99-zz-{2}.conf, which TuneD applies after its "
            "profile, then `systemctl restart tuned`."
        ).format(wanted, key, name)
    profile = _own_profile(str(tuned.get("profile")))
    folder = ("/etc/tuned/profiles/" if "/tuned/profiles/" in source else "/etc/tuned/") + profile
    # All in one: the remedy of another setting, which would make the same profile, is then the same.
    settings = "".join("{0}={1}\\n".format(*one) for one in _for_an_own_profile(host))
    return (
        "To have {0}, make an own profile with `mkdir -p {1}`, then "
        "`printf '[main]\\ninclude={2}\\n[sysctl]\\n{3}' > {1}/tuned.conf`, then `tuned-adm profile {4}`; "
        "reapply_sysctl in {5} would let /etc/sysctl.d decide instead."
    ).format(wanted, folder, tuned.get("profile"), settings, profile, _MAIN)


def _own_profile(active: str) -> str:
    """A name that comes after those that we gave before: a profile that includes itself cannot be loaded."""
    ours = (re.fullmatch(_OWN_PROFILE, profile) for profile in active.split(","))
    numbers = [int(found.group(1) or 1) for found in ours if found]
    return "mine-{0}".format(max(numbers) + 1) if numbers else "mine"


def _for_an_own_profile(host: observed.Host) -> Iterator[Tuple[str, int]]:
    """All the settings that only a profile can decide, and what they are to be."""
    for name, state in known(host):
        tuned, wanted = _deciding(state) or {}, _wanted(host, name, state)
        elsewhere = tuned.get("reapplies") or str(tuned.get("source")).startswith("/etc/")
        if wanted is not None and not elsewhere:
            yield sysctls.KEYS[name].key, wanted
