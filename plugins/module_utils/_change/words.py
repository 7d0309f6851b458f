# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What a change looks like to the user: the diff, and the sentences of a failure."""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional

from .._boot import resolve, tuned, values, writer
from .._kernel import sysctls
from .._model import sysctl_file, text
from . import plan as change_plan

_MOST_LINES = 10000


def diff(plan: change_plan.Plan, path: Optional[str], old: Optional[bytes], namespace: str) -> List[Dict[str, str]]:
    """Ansible's diff: the file, and the run-time values that change."""
    parts: List[Dict[str, str]] = []
    if plan.writes:
        where = "run-time values" if namespace == "host" else "run-time values in network namespace " + namespace
        ordered = sorted(plan.writes, key=lambda one: list(sysctls.KEYS).index(one.name))
        parts.append(
            {
                "before_header": where,
                "after_header": where,
                "before": "".join("%s = %d\n" % (sysctls.KEYS[one.name].key, one.before) for one in ordered),
                "after": "".join("%s = %d\n" % (sysctls.KEYS[one.name].key, one.after) for one in ordered),
            }
        )
    if plan.file_changes and path is not None:
        shown = text.printable(path)
        parts.append(
            {
                "before_header": shown if old is not None else shown + " (absent)",
                "after_header": shown if plan.content is not None else shown + " (absent)",
                "before": _text(old),
                "after": _text(plan.content),
            }
        )
    return parts


def shadowed_message(shadows: Iterable[change_plan.Shadow], wanted: change_plan.Wanted, path: str) -> str:
    """Why the values would not hold after a reboot, and what can be done."""
    shadows = list(shadows)
    found = "; ".join(shadow_text(one, wanted) for one in shadows)
    ways = []
    for way in [_way_out(shadow) for shadow in shadows]:
        if way not in ways:
            ways.append(way)
    return (
        "{0} would not decide at boot: {1}. Nothing was changed. {2}, or set on_shadowed=warn to write it "
        "anyway".format(text.printable(path), found, "; ".join(ways))
    )


def barred_message(bars: Iterable[sysctl_file.Bar], plan: change_plan.Plan, found: change_plan.Found) -> str:
    """Why run-time values cannot be set, and what can be done about it."""
    kinds = {one.kind for one in bars}
    ways = []
    if sysctl_file.NOT_ALLOWED in kinds:
        ways.append("run the module as root (become)")
    if sysctl_file.READ_ONLY in kinds:
        ways.append("run the module on the container's host, with network_namespace and persist=false")
    if found.file is not None:
        alone = "runtime=false" + (" and on_shadowed=warn" if plan.shadows else "")
        ways.append("set {0} to write the file alone".format(alone))
    texts = "; ".join(one.text for one in bars)
    advice = ", or ".join(ways)
    return "Run-time values cannot be set: {0}.{1}".format(texts, " " + advice[:1].upper() + advice[1:] if ways else "")


def shadow_text(shadow: change_plan.Shadow, wanted: change_plan.Wanted) -> str:
    """One setting that would not hold, with what wins."""
    key = sysctls.KEYS[shadow.key].key
    if shadow.source is None:
        return "{0}: {1}".format(key, shadow.reason)
    value = "a value that is not known" if shadow.value is None else str(shadow.value)
    reason = " ({0})".format(shadow.reason) if shadow.reason else ""
    if change_plan.satisfied(wanted.policy, wanted.values[shadow.key] or 0, shadow.value):
        return "{0} would be {1} without it, from {2}{3}".format(key, value, shadow.source, reason)
    return "{0} would be {1} instead of {2}, from {3}{4}".format(
        key, value, wanted.values[shadow.key], shadow.source, reason
    )


def disturber_text(one: writer.Writer) -> str:
    """What may set a setting to something else, though nobody can tell."""
    value = "another value" if one.value is None else one.value
    if one.order == writer.RUNTIME:
        return "{0} changes {1} while it runs ({2})".format(one.by, one.key, one.source)
    return "{0} may set {1} to {2} at boot or later ({3}), which only a boot can tell".format(
        one.by, one.key, value, one.source
    )


def _way_out(shadow: change_plan.Shadow) -> str:
    """What to do about it, by its cause."""
    if shadow.reason.endswith(values.SET_BY_RUNTIME):
        return "Hand the value to the container's runtime (--sysctl; persist=false then)"
    if shadow.reason == resolve.NOT_APPLIED:
        return "Have a sysctl loader apply sysctl files, or set the value where this host gets it (persist=false then)"
    if shadow.reason == tuned.BY_TUNED or shadow.reason.endswith(tuned.ONLY_TUNED_CAN_TELL):
        return "Change TuneD's profile"
    if shadow.reason == writer.BY_ANOTHER or shadow.reason.endswith(writer.IN_NO_KNOWN_ORDER):
        return "Change the value there, or take those lines away"
    if shadow.source is None:
        return "Make that readable"
    if shadow.reason:
        return "Choose a sysctl_file that the sysctl loader reads, as the default is"
    return "Take the other setting away, or choose a sysctl_file that is read later"


def _text(content: Optional[bytes]) -> str:
    """The file's lines, each made printable: what a file holds is not ours to trust."""
    if not content:
        return ""
    lines = content.decode("utf-8", "backslashreplace").split("\n")
    shown = [text.printable(line.replace("\t", "    ")) for line in lines[:_MOST_LINES]]
    return "\n".join(shown)
