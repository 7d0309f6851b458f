# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""The answers of a fleet, in whatever they come: hostvars, registered results, or what report.json holds."""

from __future__ import annotations

import typing as t

from .answer import answer

COMPARISON = "_compared"  # beside the hosts of a report.json: what changed since an earlier one

_GATHERED = ("findings", "kernel", "listeners", "schema", "sysctls")


def answers_of(hosts: t.Any, variable: str | None = None) -> dict[str, dict[str, t.Any]]:
    """By host, what `answer.answer` makes of it.

    ``variable``: the name under which a task registered its result; without one the facts are looked for.

    :raises ValueError: no mapping; the text says what was given.
    """
    if not isinstance(hosts, t.Mapping):
        raise ValueError(
            "expected a mapping of host names, such as hostvars or the content of report.json, got {0}".format(
                type(hosts).__name__
            )
        )
    raw = getattr(
        hosts, "raw_get", None
    )  # hostvars as they are: through templates, texts of hosts would be looked through
    return {
        str(name): _answer(raw(name) if raw else hosts[name], variable)
        for name in hosts
        if not (name == COMPARISON and not raw and is_comparison(hosts[name]))
    }


def is_comparison(found: t.Any) -> bool:
    """Whether this is what `audit_compare` wrote, and no host of that name."""
    return isinstance(found, t.Mapping) and {"better", "gone", "new", "worse"} <= set(found)


def _answer(found: t.Any, variable: str | None) -> dict[str, t.Any]:
    if not isinstance(found, t.Mapping):
        return answer(found)
    if variable is not None:
        return answer(found.get(variable))
    facts = found.get("ansible_facts")
    for inside in (facts, found):
        if isinstance(inside, t.Mapping) and inside.get("syn_backlog") is not None:
            return answer(dict(found, syn_backlog=inside["syn_backlog"]))
    if isinstance(found.get("error"), str):  # of a report.json
        return answer({"msg": found["error"], "unreachable": found.get("unreachable")})
    if any(name in found for name in _GATHERED):
        return answer({"syn_backlog": found, "warnings": found.get("warnings")})
    if any(name in found for name in ("failed", "unreachable", "msg")):
        return answer(found)
    return answer(None)
