# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What a change looks like to the user: the diff, and the sentences of a failure."""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional

from .._kernel.sysctls import KEYS
from .._model.text import printable
from .plan import Plan, Shadow, Wanted

_MOST_LINES = 10000


def diff(plan: Plan, path: Optional[str], old: Optional[bytes], namespace: str) -> List[Dict[str, str]]:
    """Ansible's diff: the file, and the run-time values that change."""
    parts: List[Dict[str, str]] = []
    if plan.writes:
        where = "run-time values" if namespace == "host" else "run-time values in network namespace " + namespace
        ordered = sorted(plan.writes, key=lambda one: list(KEYS).index(one.name))
        parts.append(
            {
                "before_header": where,
                "after_header": where,
                "before": "".join("%s = %d\n" % (KEYS[one.name].key, one.before) for one in ordered),
                "after": "".join("%s = %d\n" % (KEYS[one.name].key, one.after) for one in ordered),
            }
        )
    if plan.file_changes and path is not None:
        shown = printable(path)
        parts.append(
            {
                "before_header": shown if old is not None else shown + " (absent)",
                "after_header": shown if plan.content is not None else shown + " (absent)",
                "before": _text(old),
                "after": _text(plan.content),
            }
        )
    return parts


def shadowed_message(shadows: Iterable[Shadow], wanted: Wanted, path: str) -> str:
    """Why the values would not hold after a reboot, and what can be done."""
    found = "; ".join(shadow_text(one, wanted) for one in shadows)
    return (
        "{0} would not decide at boot: {1}. Nothing was changed. Take the other setting away, choose a sysctl_file "
        "that is read later, or set on_shadowed to warn".format(printable(path), found)
    )


def shadow_text(shadow: Shadow, wanted: Wanted) -> str:
    """One setting that would not hold, with what wins."""
    key = KEYS[shadow.key].key
    if shadow.source is None:
        return "{0}: {1}".format(key, shadow.reason)
    value = "a value that is not known" if shadow.value is None else str(shadow.value)
    reason = " ({0})".format(shadow.reason) if shadow.reason else ""
    return "{0} would be {1} instead of {2}, from {3}{4}".format(
        key, value, wanted.values[shadow.key], shadow.source, reason
    )


def _text(content: Optional[bytes]) -> str:
    """The file's lines, each made printable: what a file holds is not ours to trust."""
    if not content:
        return ""
    lines = content.decode("utf-8", "backslashreplace").split("\n")
    shown = [printable(line.replace("\t", "    ")) for line in lines[:_MOST_LINES]]
    return "\n".join(shown)
