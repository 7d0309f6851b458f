# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""The audit as text: one row a listener, worst first, and a last line that says how things stand."""

from __future__ import annotations

import re
import textwrap
import typing as t

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.condition import condition, half_open_of, worst_first

_HEADINGS = ("LISTENER", "PROCESS", "STATE", "ACCEPT QUEUE", "SYN QUEUE", "BOUND BY", "WHAT TO DO")
_GAP = "  "
_NARROWEST_REMEDY = 40
_COMMAND = re.compile(r"`[^`]*`")
_HELD = "\x00"  # stands for a space while lines are broken


def audit_table(hosts: t.Mapping[str, t.Mapping[str, t.Any]], width: int = 140) -> str:
    """The report on one or more hosts; ``hosts`` maps a name to its gathered ``syn_backlog``."""
    sections = [_host_section(name, facts, width) for name, facts in sorted(hosts.items())]
    return "\n\n".join([*sections, _last_line(hosts)]) + "\n"


def _host_section(name: str, facts: t.Mapping[str, t.Any], width: int) -> str:
    rows = [_cells(row) for row in worst_first(facts["listeners"])]
    return "\n".join([_host_line(name, facts), "", *_table(rows, width)])


def _host_line(name: str, facts: t.Mapping[str, t.Any]) -> str:
    kernel = facts["kernel"]
    sysctls = ", ".join(
        "{0} {1}".format(key, "unknown" if value["runtime"] is None else value["runtime"])
        for key, value in facts["sysctls"].items()
        if key in ("somaxconn", "tcp_max_syn_backlog", "tcp_syncookies")
    )
    return "{0}: Linux {1}, SYN queue rule {2} ({3}); {4}".format(
        name, kernel["stable_level"], kernel["rule"], kernel["rule_source"], sysctls
    )


def _cells(row: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    return (
        listener_name(row),
        row["unit"] or ", ".join(sorted({process["name"] for process in row["processes"]})) or "not visible",
        condition(row).state,
        _queue(row["accept_queue"]["used"], row["accept_queue"]["limit"]),
        _queue(half_open_of(row), row["syn_queue"]["limit"], row["syn_queue"]["new_peer_limit"]),
        row["bound_by"] or "unknown",
        row["remedy"] or "",
    )


def listener_name(row: t.Mapping[str, t.Any]) -> str:
    """A listener as people write it: 0.0.0.0:80, [::]:80, 10.0.0.1%eth0:80, and its namespace where that is another."""
    address = "[{0}]".format(row["address"]) if row["family"] == "ipv6" else row["address"]
    device = "%{0}".format(row["device"]) if row["device"] else ""
    namespace = "" if row["network_namespace"] == "host" else " in {0}".format(row["network_namespace"])
    return "{0}{1}:{2}{3}".format(address, device, row["port"], namespace)


def _queue(used: int | None, limit: int | None, new_peers: int | None = None) -> str:
    text = "{0}/{1}".format(_number(used), _number(limit))
    return text if new_peers is None else "{0} (new peers {1})".format(text, new_peers)


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)


def _table(rows: list[tuple[str, ...]], width: int) -> list[str]:
    """Aligned columns; the last one takes the rest of the width and wraps."""
    if not rows:
        return ["no TCP listener"]
    fixed = [max(len(cells[column]) for cells in [_HEADINGS, *rows]) for column in range(len(_HEADINGS) - 1)]
    left = sum(fixed) + len(_GAP) * len(fixed)
    remedy_width = max(width - left, _NARROWEST_REMEDY)
    lines = []
    for cells in [_HEADINGS, *rows]:
        head = _GAP.join(cell.ljust(size) for cell, size in zip(cells, fixed)) + _GAP
        wrapped = _wrap(cells[-1], remedy_width)
        lines.append((head + wrapped[0]).rstrip())
        lines.extend(" " * left + line for line in wrapped[1:])
    return lines


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most this width, breaking no `command` that fits on one: it is there to be copied."""
    kept = _COMMAND.sub(lambda found: found[0].replace(" ", _HELD) if len(found[0]) <= width else found[0], text)
    lines = textwrap.wrap(kept, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace(_HELD, " ") for line in lines] or [""]


def _last_line(hosts: t.Mapping[str, t.Mapping[str, t.Any]]) -> str:
    rows = [(name, row) for name, facts in sorted(hosts.items()) for row in worst_first(facts["listeners"])]
    troubled = [(name, row) for name, row in rows if condition(row).troubled]
    counted = "{0} listener{1} on {2} host{3}".format(
        len(rows), "" if len(rows) == 1 else "s", len(hosts), "" if len(hosts) == 1 else "s"
    )
    if not troubled:
        return "Result: {0}: no queue is full and no listener has dropped a connection.".format(counted)
    named = ", ".join(_troubled_name(name, row, len(hosts) > 1) for name, row in troubled[:5])
    more = " and {0} more".format(len(troubled) - 5) if len(troubled) > 5 else ""
    return "Result: {0}: {1} need{2} attention: {3}{4}.".format(
        counted, len(troubled), "s" if len(troubled) == 1 else "", named, more
    )


def _troubled_name(host: str, row: t.Mapping[str, t.Any], several_hosts: bool) -> str:
    place = "{0} ".format(host) if several_hosts else ""
    return "{0}{1} ({2})".format(place, listener_name(row), condition(row).state)
